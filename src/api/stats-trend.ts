import type { CountedRuns } from "../ports/stats.ts";
import type { TrendJson } from "./stats-json.ts";
import { isoText, SPAN_MS } from "./wire.ts";

export const TREND_LIMITS = { daysMax: 371, hourlyMax: 168 } as const;

/** Which buckets a trend has: `count` of them from `fromMs` on, the last with the present in it. */
export interface TrendSpan {
  readonly fromMs: number;
  readonly bucketMs: number;
  readonly count: number;
}

/** Where nothing is asked for, the last 24 hours. */
export function trendSpan(
  { hours, days }: { readonly hours: string | undefined; readonly days: number | undefined },
  nowMs: number,
): TrendSpan {
  const asked = Number(hours ?? 24);
  const isHourly = days === undefined && asked <= TREND_LIMITS.hourlyMax;
  const bucketMs = isHourly ? SPAN_MS.hour : SPAN_MS.day;
  const count = isHourly ? asked : (days ?? asked / 24);
  const lastMs = nowMs - (nowMs % bucketMs);
  return { fromMs: lastMs - (count - 1) * bucketMs, bucketMs, count };
}

/** Every bucket, those without a run included. */
export function trendJson(
  { fromMs, bucketMs, count }: TrendSpan,
  counted: readonly CountedRuns[],
): TrendJson {
  const buckets = Array.from({ length: count }, (_, i) => ({
    at: isoText(fromMs + i * bucketMs),
    succeeded: 0,
    failed: 0,
    timed_out: 0,
    canceled: 0,
    lost: 0,
  }));
  for (const { atMs, state, count: runs } of counted) {
    const bucket = buckets[(atMs - fromMs) / bucketMs];
    // A run may have come to be by a clock that was ahead of ours.
    if (bucket !== undefined && state in bucket) Object.assign(bucket, { [state]: runs });
  }
  return { bucketMs, buckets };
}
