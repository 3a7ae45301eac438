import { shardOfId } from "../core/placement.ts";
import { Refusal, type RefusalCode } from "../core/refusal.ts";
import { isEnded, type Run } from "../core/run.ts";
import type { Json } from "../core/json.ts";
import type { RunsQuery } from "../ports/records.ts";
import type { Idempotency } from "../ports/shard-client.ts";
import type { ApiDeps } from "./api-deps.ts";
import { sha256Hex } from "./digest.ts";
import { maySeeRun, narrowedTo } from "./executor-limit.ts";
import { eachBounded } from "../core/each-bounded.ts";
import { runJson, type RunJson } from "./run-json.ts";
import { refusePart, type RunStore } from "./run-store.ts";
import type { Principal } from "./principal.ts";
import { sendToShard } from "./shard-call.ts";

export const BULK_LIMITS = { runsMax: 1_000, failedMax: 100, sampleMax: 20 } as const;

/** Bodies of runs can be long: so many are held at once. */
const RUNS_A_PAGE = 200;
const AT_ONCE_PER_SHARD = 4;

/** What is to be done to which runs. */
export interface BulkOrder {
  readonly action: "cancel" | "retry";
  readonly namespace: string;
  /** Those whom it is asked by may be limited to some executors. */
  readonly who: Pick<Principal, "executors">;
  readonly reason: string | null;
  readonly params: { readonly [key: string]: Json } | null;
  /** Of the caller: under it a run that was retried is not retried again. */
  readonly key: string | null;
  readonly of:
    | { readonly kind: "ids"; readonly ids: readonly string[] }
    | {
        readonly kind: "query";
        readonly query: Omit<RunsQuery, "namespace" | "limit" | "cursor">;
      };
}

interface Failure {
  readonly run: string;
  readonly code: RefusalCode;
  readonly detail: string;
}

interface BulkAnswer {
  readonly matched: number;
  readonly isMore: boolean;
  readonly done: number;
  readonly skipped: number;
  readonly failed: Failure[];
}

/** A run to act on; null when only its id is known. */
interface Wanted {
  readonly id: string;
  readonly run: Run | null;
}

type Outcome = "done" | "skipped" | Refusal;

/** One action on many runs, one after the other: what is refused for one does not stop the others. */
export class BulkRuns {
  readonly #deps: Pick<ApiDeps, "shards" | "records">;
  readonly #runs: RunStore;

  constructor(deps: Pick<ApiDeps, "shards" | "records">, runs: RunStore) {
    this.#deps = deps;
    this.#runs = runs;
  }

  /** Which runs the order means; none is touched. */
  async preview(
    order: BulkOrder,
  ): Promise<{ matched: number; isMore: boolean; sample: RunJson[] }> {
    const sample: RunJson[] = [];
    let matched = 0;
    const isMore = await this.#eachPage(order, async (wanted) => {
      const found: Run[] = [];
      await eachBounded(wanted, AT_ONCE_PER_SHARD, async ({ id, run }) => {
        const known = run ?? (await this.#find(order, id));
        if (!(known instanceof Refusal)) found.push(known);
      });
      matched += found.length;
      const room = BULK_LIMITS.sampleMax - sample.length;
      sample.push(...found.slice(0, room).map(runJson));
    });
    return { matched, isMore, sample };
  }

  async act(order: BulkOrder): Promise<BulkAnswer> {
    const counts = { matched: 0, done: 0, skipped: 0 };
    const failed: Failure[] = [];
    const isMore = await this.#eachPage(order, async (wanted) => {
      counts.matched += wanted.length;
      await this.#eachOf(wanted, async ({ id, run }) => {
        const outcome = await this.#outcomeOf(order, id, run);
        if (outcome === "done") counts.done += 1;
        else if (outcome === "skipped") counts.skipped += 1;
        else if (failed.length < BULK_LIMITS.failedMax) {
          const { code, detail } = outcome.data;
          failed.push({ run: id, code, detail });
        }
      });
    });
    return { ...counts, failed, isMore };
  }

  /** Hands out the runs in parts, the oldest first. True when there are more than may be acted on. */
  async #eachPage(
    { of, namespace, who }: BulkOrder,
    work: (wanted: readonly Wanted[]) => Promise<void>,
  ): Promise<boolean> {
    if (of.kind === "ids") {
      await work(of.ids.map((id) => ({ id, run: null })));
      return false;
    }
    let cursor: string | null = null;
    for (let left: number = BULK_LIMITS.runsMax; left > 0;) {
      const limit = Math.min(RUNS_A_PAGE, left);
      const query: RunsQuery = { ...of.query, ...narrowedTo(who), namespace, limit, cursor };
      // oxlint-disable-next-line no-await-in-loop -- A page names the next one.
      const page = await this.#deps.records.runs(query);
      // oxlint-disable-next-line no-await-in-loop -- Oldest first, and not all in memory at once.
      await work(
        page.items.filter((run) => maySeeRun(who, run)).map((run) => ({ id: run.id, run })),
      );
      cursor = page.nextCursor;
      if (cursor === null) return false;
      // A page may hold fewer than it was asked for: runs can be long.
      left -= page.items.length;
    }
    return true;
  }

  /** Each shard gets a few at a time, however many of the runs are its own. */
  async #eachOf(wanted: readonly Wanted[], work: (one: Wanted) => Promise<void>): Promise<void> {
    const { count } = this.#deps.shards;
    const byShard = Map.groupBy(wanted, ({ id }) => shardOfId("run", id, count) ?? 0);
    const lists = [...byShard.values()];
    await eachBounded(lists, lists.length, (list) => eachBounded(list, AT_ONCE_PER_SHARD, work));
  }

  async #outcomeOf(order: BulkOrder, id: string, run: Run | null): Promise<Outcome> {
    try {
      if (order.action === "retry")
        return await this.#retry(order, run ?? (await this.#own(order, id)));
      if (order.who.executors !== null) await this.#own(order, id);
      return await this.#cancel(order, id);
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  }

  async #cancel(bulk: BulkOrder, id: string): Promise<Outcome> {
    const { shards } = this.#deps;
    const { namespace, reason } = bulk;
    const shard = shardOfId("run", id, shards.count);
    if (shard === undefined) return unknown(id);
    const input = { ref: { namespace, run: id }, reason };
    const order = { shard, kind: "run.cancel", input, idempotency: null } as const;
    try {
      await sendToShard(shards, order);
      return "done";
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.data.code === "run.ended") return "skipped";
      if (error.data.code !== "run.unknown") return error;
      // What has left its shard has ended, if it is there at all.
      const found = await this.#find(bulk, id);
      return found instanceof Refusal ? found : "skipped";
    }
  }

  async #retry(bulk: BulkOrder, origin: Run): Promise<Outcome> {
    const { shards } = this.#deps;
    if (!isEnded(origin.phase)) return "skipped";
    refusePart(origin);
    const slices = await this.#runs.slicesToRetry(origin);
    const shard = shardOfId("job", origin.jobId, shards.count) ?? 0;
    const input = { origin, slices, params: bulk.params, traceparent: null };
    const idempotency = keyOfRetry(bulk, origin.id);
    const order = { shard, kind: "run.retry", input, idempotency } as const;
    const { isReplay } = await sendToShard(shards, order);
    return isReplay && isOfDeadLetters(bulk) ? "skipped" : "done";
  }

  /** The run, if whoever asks may see it. */
  async #own({ namespace, who }: BulkOrder, id: string): Promise<Run> {
    const run = await this.#runs.get(namespace, id);
    if (maySeeRun(who, run)) return run;
    throw unknown(id);
  }

  async #find(order: BulkOrder, id: string): Promise<Run | Refusal> {
    try {
      return await this.#own(order, id);
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  }
}

function isOfDeadLetters({ of }: BulkOrder): boolean {
  return of.kind === "query" && of.query.isDeadLetter;
}

/**
 * A dead letter that was retried is one no more, though the records may hear of it a moment later: one key
 * for each of them keeps it from being retried twice. Other runs may be retried as often as somebody likes.
 */
function keyOfRetry(bulk: BulkOrder, runId: string): Idempotency | null {
  const { namespace, key } = bulk;
  if (isOfDeadLetters(bulk))
    return { key: sha256Hex("dead letter", namespace, runId), bodyHash: "dead letter" };
  return key === null ? null : { key: sha256Hex("bulk", key, runId), bodyHash: key };
}

function unknown(id: string): Refusal {
  return new Refusal("run.unknown", `There is no run ${id}.`);
}
