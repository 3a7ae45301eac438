import { nextOpenTick, segmentsBetween, type Schedule } from "./schedule.ts";
import type { TickRange } from "./tick-source.ts";

/** Stretches of open and closed days that one step of counting takes. */
const COUNT_SEGMENTS = 1_000;

/** The first `limit` ticks of a range that may run, ascending: those on closed days are left out. */
export function openTicks(
  schedule: Schedule,
  { afterMs, untilMs, limit }: TickRange & { readonly limit: number },
): readonly number[] {
  const open: number[] = [];
  let tick = limit === 0 ? null : nextOpenTick(schedule, afterMs);
  while (tick !== null && tick <= untilMs) {
    open.push(tick);
    tick = open.length === limit ? null : nextOpenTick(schedule, tick);
  }
  return open;
}

/** How many ticks of a range may run. They are counted, not listed. */
export function countOpenTicks(schedule: Schedule, { afterMs, untilMs }: TickRange): number {
  let count = 0;
  let fromMs = afterMs;
  for (;;) {
    const range = { afterMs: fromMs, untilMs, limit: COUNT_SEGMENTS };
    const { segments, isComplete } = segmentsBetween(schedule, range);
    for (const segment of segments) if (!segment.isClosed) count += segment.count;
    const last = segments.at(-1);
    if (isComplete || last === undefined) return count;
    fromMs = last.toMs;
  }
}
