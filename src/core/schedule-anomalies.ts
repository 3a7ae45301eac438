import type { DstRule, ScheduleSpec } from "./job.ts";
import { instantsOf } from "./local-time.ts";
import type { Schedule } from "./schedule.ts";
import { boundsOf } from "./schedule-members.ts";
import type { TickRange } from "./tick-source.ts";

type CronSpec = Extract<ScheduleSpec, { readonly kind: "cron" }>;
type CronSchedule = Extract<Schedule, { readonly kind: "cron" }>;

/** A wall time of a schedule that a change of the clocks skips or shows twice. */
export interface PreviewAnomaly {
  /** `gap`: the wall time does not exist. `fold`: it comes twice. */
  readonly kind: "gap" | "fold";
  /** The instant that would show it if the clocks were not changed. */
  readonly atMs: number;
  /** The wall time, without an offset: no single one would be true of it. */
  readonly local: string;
  /**
   * When it ticks all the same; null when it does not. Where both of two tick, the first of them.
   */
  readonly tickMs: number | null;
  /** What the schedule's rule makes of it, in a sentence. */
  readonly note: string;
}

const GAP_NOTES: Readonly<Record<DstRule["gap"], string>> = {
  shift: "The clocks skip the time it names on this day; it runs at the first instant after.",
  skip: "The clocks skip the time it names on this day; it does not run.",
};
const FOLD_NOTES: Readonly<Record<DstRule["fold"], string>> = {
  first: "This local time occurs twice; it runs the first time only.",
  last: "This local time occurs twice; it runs the second time only.",
  both: "This local time occurs twice; it runs both times.",
};
const LOST_DAY_NOTE = "The clocks skip this whole day; it does not run.";

/**
 * The anomalies of a range, at most `limit`, in time order. Those of days that a calendar closes
 * are left out, since nothing ticks then anyway, and so are those outside the bounds.
 */
export function scheduleAnomalies(
  spec: CronSpec,
  schedule: CronSchedule,
  range: TickRange & { readonly limit: number },
): readonly PreviewAnomaly[] {
  const { startMs, endMs } = boundsOf(spec);
  const calendar = schedule.calendar?.calendar;
  const afterMs = Math.max(range.afterMs, startMs - 1);
  const untilMs = Math.min(range.untilMs, endMs);
  // More are asked for than may be told: some fall away.
  return schedule.cron
    .anomalies({ afterMs, untilMs, limit: range.limit * 4 })
    .filter(({ local }) => calendar?.isOpen(dayOfWall(local)) ?? true)
    .filter(({ atMs, tickMs }) => {
      // It may lie beyond the last of a bounded number of ticks.
      const next = schedule.ticks.nextAfter(tickMs === null ? atMs : tickMs - 1);
      return tickMs === null ? next !== null : next === tickMs;
    })
    .slice(0, range.limit)
    .map(({ kind, atMs, local, tickMs }) => {
      const isLostDay = kind === "gap" && spec.dst.gap === "shift" && tickMs === null;
      const note = kind === "gap" ? GAP_NOTES[spec.dst.gap] : FOLD_NOTES[spec.dst.fold];
      return { kind, atMs, local, tickMs, note: isLostDay ? LOST_DAY_NOTE : note };
    });
}

/** What a change of the clocks does to one tick of a fixed-time pattern; undefined when nothing. */
export function clockNote(
  { dst }: CronSpec,
  { cron }: CronSchedule,
  tickMs: number,
): string | undefined {
  // Interval patterns run at every real match.
  if (!cron.isFixedTime) return undefined;
  if (!cron.isNamed(tickMs)) return GAP_NOTES.shift;
  const wallMs = tickMs + cron.zone.offsetMs(tickMs);
  const shown = instantsOf(cron.zone, wallMs, { gap: "skip", fold: "both" });
  return shown.length > 1 ? FOLD_NOTES[dst.fold] : undefined;
}

function dayOfWall(local: string): number {
  return Math.floor(Date.parse(`${local}Z`) / 86_400_000);
}
