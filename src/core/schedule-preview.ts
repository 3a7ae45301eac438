import { assert } from "./assert.ts";
import type { CronRewrite } from "./cron-field.ts";
import type { ScheduleSpec } from "./job.ts";
import { clockNote, scheduleAnomalies, type PreviewAnomaly } from "./schedule-anomalies.ts";
import { compileSchedule, nextOpenTick, type CalendarLookup, type Schedule } from "./schedule.ts";
import { scheduleWarnings } from "./schedule-warnings.ts";
import { describeSchedule, type Words } from "./schedule-words.ts";
import { localText, zoneOf, type Zone } from "./zone.ts";

export const PREVIEW_LIMITS = {
  ticksMax: 100,
  /** How far ahead anomalies of the zone are looked for: 24 months. */
  horizonMs: 731 * 86_400_000,
  anomaliesMax: 50,
} as const;

interface PreviewTick {
  readonly atMs: number;
  /** Wall time in the job's zone, with its offset; UTC where the schedule has no zone. */
  readonly local: string;
  /** What the change of the clocks, or the calendar, does to this tick. */
  readonly note?: string;
}

/** What a schedule will do, for the one who is about to save it. */
export interface SchedulePreview {
  /** The next ticks that may run: those of closed days are left out. */
  readonly ticks: readonly PreviewTick[];
  readonly words: Words;
  readonly warnings: readonly string[];
  /** What the changes of the clocks do to it within 24 months. */
  readonly anomalies: readonly PreviewAnomaly[];
  /** Parts of the pattern that were understood as others, which mean the same. */
  readonly rewrites: readonly CronRewrite[];
}

/**
 * The next ticks of a schedule, and what may surprise in it. Throws `Refusal("schedule.invalid")`
 * or `"calendar.unknown"`; a schedule that never fires is no error here, but a warning.
 */
export function previewSchedule(
  spec: ScheduleSpec,
  { fromMs, count }: { readonly fromMs: number; readonly count: number },
  calendarOf?: CalendarLookup,
): SchedulePreview {
  assert(count >= 0 && count <= PREVIEW_LIMITS.ticksMax, "a preview has at most 100 ticks");
  const schedule = compileSchedule(spec, calendarOf);
  const zone = "zone" in schedule ? schedule.zone : utc();
  const ticks = openTicksAfter(schedule, fromMs, count);
  return {
    ticks: ticks.map((atMs): PreviewTick => {
      const local = localText(zone, atMs);
      const note = noteOf(spec, schedule, atMs);
      return note === undefined ? { atMs, local } : { atMs, local, note };
    }),
    words: describeSchedule(spec),
    warnings: scheduleWarnings(spec, schedule, { fromMs, count, ticks }),
    anomalies: anomaliesOf(spec, schedule, fromMs),
    rewrites: schedule.kind === "cron" ? schedule.cron.rewrites : [],
  };
}

/** Of a fixed delay there is one ahead: what follows depends on the run. */
function openTicksAfter(schedule: Schedule, fromMs: number, count: number): readonly number[] {
  const countMax = schedule.kind === "after" ? Math.min(1, count) : count;
  const ticks: number[] = [];
  let tick: number | null = fromMs;
  while (ticks.length < countMax) {
    tick = nextOpenTick(schedule, tick);
    if (tick === null) break;
    ticks.push(tick);
  }
  return ticks;
}

function anomaliesOf(
  spec: ScheduleSpec,
  schedule: Schedule,
  fromMs: number,
): readonly PreviewAnomaly[] {
  if (spec.kind !== "cron" || schedule.kind !== "cron") return [];
  return scheduleAnomalies(spec, schedule, {
    afterMs: fromMs,
    untilMs: fromMs + PREVIEW_LIMITS.horizonMs,
    limit: PREVIEW_LIMITS.anomaliesMax,
  });
}

function noteOf(spec: ScheduleSpec, schedule: Schedule, atMs: number): string | undefined {
  if (schedule.kind === "after")
    return "Each tick follows the end of the run before: this one, if that run ends now.";
  if (schedule.kind !== "cron" && schedule.kind !== "every") return undefined;
  const bare = schedule.kind === "cron" ? schedule.cron : schedule.interval;
  // A tick that the pattern itself does not have was moved here.
  if (schedule.calendar !== null && bare.nextAfter(atMs - 1) !== atMs)
    return `The calendar "${schedule.calendar.calendar.name}" moves it here from a closed day.`;
  return spec.kind === "cron" && schedule.kind === "cron"
    ? clockNote(spec, schedule, atMs)
    : undefined;
}

function utc(): Zone {
  const zone = zoneOf("UTC");
  assert(zone !== undefined, "every runtime knows UTC");
  return zone;
}
