import { isEnded, type Run } from "../core/run.ts";
import { Refusal } from "../core/refusal.ts";
import type { ApiDeps } from "./api-deps.ts";
import { shardOfRun } from "./request-of.ts";
import { callShard, unlessRefused, waitForRun } from "./shard-call.ts";

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
}
