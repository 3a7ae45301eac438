import type { SimulatedTick } from "./simulate.ts";

const MINUTE_MS = 60_000;

export const LOAD_LIMITS = {
  /** The busiest minutes are listed, at most a day's worth of them. */
  minutesMax: 1_440,
} as const;

/** How many runs start in which minute, and how many are under way at once. */
export interface SimulatedLoad {
  /** The busiest minutes with runs, in the order of time. */
  readonly perMinute: readonly { readonly minuteMs: number; readonly runs: number }[];
  readonly maxPerMinute: number;
  readonly maxConcurrent: number;
  /** More minutes had runs than are listed. */
  readonly isCut: boolean;
}

export function loadOf(ticks: readonly SimulatedTick[]): SimulatedLoad {
  const runs = ticks.flatMap(({ run }) => {
    if (run === null || run.startsMs === null) return [];
    return [{ startsMs: run.startsMs, endsMs: run.endsMs ?? Number.POSITIVE_INFINITY }];
  });
  const minutes = new Map<number, number>();
  for (const { startsMs } of runs) {
    const minuteMs = Math.floor(startsMs / MINUTE_MS) * MINUTE_MS;
    minutes.set(minuteMs, (minutes.get(minuteMs) ?? 0) + 1);
  }
  const counted = Array.from(minutes, ([minuteMs, count]) => ({ minuteMs, runs: count }));
  const busiest = counted.toSorted((a, b) => b.runs - a.runs || a.minuteMs - b.minuteMs);
  const listed = busiest.slice(0, LOAD_LIMITS.minutesMax);
  return {
    perMinute: listed.toSorted((a, b) => a.minuteMs - b.minuteMs),
    maxPerMinute: busiest[0]?.runs ?? 0,
    maxConcurrent: mostAtOnce(runs),
    isCut: counted.length > listed.length,
  };
}

/** A run that ends at the instant at which another starts makes room for it. */
function mostAtOnce(
  runs: readonly { readonly startsMs: number; readonly endsMs: number }[],
): number {
  const starts = runs.map(({ startsMs }) => startsMs).toSorted((a, b) => a - b);
  const ends = runs.map(({ endsMs }) => endsMs).toSorted((a, b) => a - b);
  let most = 0;
  let over = 0;
  for (const [i, startsMs] of starts.entries()) {
    while ((ends[over] ?? Infinity) <= startsMs) over++;
    most = Math.max(most, i + 1 - over);
  }
  return most;
}
