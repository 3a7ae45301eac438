import { isEnded, type Run, type Slice } from "../core/run.ts";
import { Refusal } from "../core/refusal.ts";
import type { ApiDeps } from "./api-deps.ts";
import { eachBounded } from "../core/each-bounded.ts";
import type { Page } from "../ports/records.ts";
import { shardOfRun } from "./request-of.ts";
import { callShard, unlessRefused, waitForRun } from "./shard-call.ts";

const SLICES_A_PAGE = 200;
const SLICES_AT_ONCE = 8;

/**
 * Finds runs where they are: in the shard that made them, or in the records once they have left it.
 */
export class RunStore {
  readonly #deps: Pick<ApiDeps, "shards" | "records">;

  constructor(deps: Pick<ApiDeps, "shards" | "records">) {
    this.#deps = deps;
  }

  async get(namespace: string, runId: string): Promise<Run> {
    const { shards, records } = this.#deps;
    const shard = shardOfRun(runId, shards.count);
    const input = { ref: { namespace, run: runId } };
    const order = { shard, kind: "run.get", input, idempotency: null } as const;
    const held = await unlessRefused(["run.unknown"], callShard(shards, order));
    if (held !== null) return held.value.run;
    const recorded = await records.run(namespace, runId);
    if (recorded !== null) return recorded;
    throw new Refusal("run.unknown", `There is no run ${runId}.`);
  }

  /** The run when it ends, or as it is when the wait is over. */
  async waited(run: Run, waitMs: number): Promise<Run> {
    if (waitMs === 0 || isEnded(run.phase)) return run;
    const { shards } = this.#deps;
    const client = shards.at(shardOfRun(run.id, shards.count));
    const later = await waitForRun(client, run.id, waitMs);
    return later ?? this.get(run.namespace, run.id);
  }

  /**
   * The slices of an ended sharded run that a retry does again; null for all of them, as with a run that is
   * not sharded or has succeeded. Throws `records.unavailable` while the records do not know them all.
   */
  async slicesToRetry({ id, namespace, phase, tally }: Run): Promise<readonly Slice[] | null> {
    if (tally === null || phase.state === "succeeded") return null;
    const told = await this.#slicesOf(namespace, id);
    if (told.length < tally.total) throw notToldYet(id);
    const failed: Slice[] = [];
    await eachBounded(told, SLICES_AT_ONCE, async (run) => {
      // The records may be behind; the shard knows the end of what they have no end of.
      const slice = isEnded(run.phase) ? run : await this.get(namespace, run.id);
      if (!isEnded(slice.phase)) throw notToldYet(id);
      if (slice.phase.state !== "succeeded" && slice.slice !== null) failed.push(slice.slice);
    });
    return failed.length === 0 ? null : failed.toSorted((a, b) => a.index - b.index);
  }

  async #slicesOf(namespace: string, parent: string): Promise<readonly Run[]> {
    const found: Run[] = [];
    let cursor: string | null = null;
    do {
      const query = { namespace, parent, states: [], limit: SLICES_A_PAGE, cursor };
      // oxlint-disable-next-line no-await-in-loop -- A page names the next one.
      const page: Page<Run> = await this.#deps.records.slices(query);
      found.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return found;
  }
}

function notToldYet(runId: string): Refusal {
  return new Refusal("records.unavailable", `Not all shards of run ${runId} are recorded yet.`, {
    retryAfterMs: 1_000,
  });
}

/** A run of a workflow run is done again by it, so that what comes after it is done again, too. */
export function refusePart({ id, trigger }: Run): void {
  if (trigger.kind !== "workflow") return;
  const { workflowRun, stepName } = trigger;
  throw new Refusal("run.ended", `Run ${id} belongs to the workflow run ${workflowRun}.`, {
    hint: `Retry its step "${stepName}": POST /api/v1/workflow-runs/${workflowRun}/retry.`,
  });
}
