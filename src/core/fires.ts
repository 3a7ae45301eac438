import { assert } from "./assert.ts";
import type { CivilDay } from "./civil-days.ts";
import { dayPiece } from "./local-time.ts";
import { nextOpenTick, segmentsBetween, type Schedule } from "./schedule.ts";
import type { TickRange } from "./tick-source.ts";
import type { Zone } from "./zone.ts";

export const FIRES_LIMITS = {
  /** How long a range may be. */
  spanMsMax: 8 * 86_400_000,
  /** A day with more fires is told by their number alone. */
  timesMax: 24,
  /** Stretches of open and closed days in a piece of one day: another zone may see three days in it. */
  segmentsMax: 16,
} as const;

/** The fires of one day. */
export interface FiresOfDay {
  readonly day: CivilDay;
  readonly count: number;
  /** Nominal times, ascending; null where there are more than `timesMax`. */
  readonly timesMs: readonly number[] | null;
}

/**
 * When a schedule fires in a range, `fromMs <= t < toMs`, by the days of a zone; days without a fire are left
 * out. The days that its calendar closes do not count. Fires are counted, not listed, so that a schedule that
 * fires each second costs no more than a daily one. Of a fixed delay nothing is known beforehand.
 */
export function firesByDay(
  schedule: Schedule,
  { fromMs, toMs, zone }: { readonly fromMs: number; readonly toMs: number; readonly zone: Zone },
): readonly FiresOfDay[] {
  assert(toMs - fromMs <= FIRES_LIMITS.spanMsMax, "a range of fires is at most 8 days long");
  if (schedule.kind === "after" || schedule.kind === "manual") return [];
  const days = new Map<CivilDay, FiresOfDay>();
  for (let atMs = fromMs; atMs < toMs;) {
    const { day, untilMs } = dayPiece(zone, atMs);
    const endMs = Math.min(untilMs, toMs);
    const piece = firesIn(schedule, { afterMs: atMs - 1, untilMs: endMs - 1 });
    if (piece.count > 0) days.set(day, joined(days.get(day), { day, ...piece }));
    atMs = endMs;
  }
  return [...days.values()];
}

function firesIn(schedule: Schedule, range: TickRange): Omit<FiresOfDay, "day"> {
  const { segmentsMax, timesMax } = FIRES_LIMITS;
  const { segments } = segmentsBetween(schedule, { ...range, limit: segmentsMax });
  const open = segments.filter(({ isClosed }) => !isClosed);
  const count = open.reduce((sum, segment) => sum + segment.count, 0);
  if (count > timesMax) return { count, timesMs: null };
  const timesMs: number[] = [];
  let tick = nextOpenTick(schedule, range.afterMs);
  while (tick !== null && timesMs.length < count) {
    timesMs.push(tick);
    tick = nextOpenTick(schedule, tick);
  }
  return { count, timesMs };
}

/** A day in which the clocks change comes in several pieces. */
function joined(before: FiresOfDay | undefined, piece: FiresOfDay): FiresOfDay {
  if (before === undefined) return piece;
  const { day } = piece;
  const count = before.count + piece.count;
  const isListed =
    before.timesMs !== null && piece.timesMs !== null && count <= FIRES_LIMITS.timesMax;
  const timesMs = isListed ? [...(before.timesMs ?? []), ...(piece.timesMs ?? [])] : null;
  return { day, count, timesMs };
}
