import { LAG_BUCKETS_MS } from "../ports/shard-client.ts";

/** What a shard counts of itself since it woke. */
export interface Counters {
  readonly runsEnded: Record<string, number>;
  readonly workflowRunsEnded: Record<string, number>;
  readonly ticks: Record<string, number>;
  readonly lagBuckets: number[];
  lagSumMs: number;
}

export function newCounters(): Counters {
  const lagBuckets = Array.from({ length: LAG_BUCKETS_MS.length + 1 }, () => 0);
  return { runsEnded: {}, workflowRunsEnded: {}, ticks: {}, lagBuckets, lagSumMs: 0 };
}

export function count(counter: Record<string, number>, name: string, by = 1): void {
  counter[name] = (counter[name] ?? 0) + by;
}
