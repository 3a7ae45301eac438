import type { LiveRows } from "../ports/live-feed.ts";
import type { Shard } from "./shard.ts";

/**
 * The rows of a namespace that the records do not have yet, as far as they fit into one batch. `isWhole` says
 * that it holds all of them. Steps are not among them: no list shows them.
 */
export function unrecordedRows(shard: Shard, namespace: string): LiveRows {
  const size = shard.outboxSize;
  const batch = shard.takeOutbox()?.batch;
  const own = <T extends { readonly namespace: string }>(rows: readonly T[] = []): readonly T[] =>
    rows.filter((row) => row.namespace === namespace);
  const told = Object.values(batch ?? {}).reduce((sum, rows) => sum + rows.length, 0);
  return {
    jobs: own(batch?.jobs),
    deletedJobs: own(batch?.deletedJobs),
    runs: own(batch?.runs),
    workflowRuns: own(batch?.workflowRuns),
    steps: [],
    executors: [],
    isWhole: told >= size && (batch?.steps.length ?? 0) === 0,
  };
}
