import { assert } from "./assert.ts";
import type { CronTicks } from "./cron.ts";
import type { ScheduleSpec } from "./job.ts";
import { compileSchedule, nextTicks, ticksBetween, type Schedule } from "./schedule.ts";
import { describeSchedule, type Words } from "./schedule-words.ts";
import { localText, offsetChanges, zoneOf, type Zone } from "./zone.ts";

export const PREVIEW_LIMITS = {
  ticksMax: 100,
  /** How far ahead anomalies of the zone are looked for: 24 months. */
  horizonMs: 731 * 86_400_000,
  warningsMax: 20,
} as const;

interface PreviewTick {
  readonly atMs: number;
  /** Wall time in the job's zone, with its offset; UTC where the schedule has no zone. */
  readonly local: string;
  /** What the change of the clocks does to this tick. */
  readonly note?: string;
}

type CronSpec = Extract<ScheduleSpec, { readonly kind: "cron" }>;

/** What a schedule will do, for the one who is about to save it. */
export interface SchedulePreview {
  readonly ticks: readonly PreviewTick[];
  readonly words: Words;
  readonly warnings: readonly string[];
}

/**
 * The next ticks of a schedule, and what may surprise in it. Throws `Refusal("schedule.invalid")`;
 * a schedule that never fires is no error here, but a warning.
 */
export function previewSchedule(
  spec: ScheduleSpec,
  fromMs: number,
  count: number,
): SchedulePreview {
  assert(count >= 0 && count <= PREVIEW_LIMITS.ticksMax, "a preview has at most 100 ticks");
  const schedule = compileSchedule(spec);
  const zone = schedule.kind === "cron" ? schedule.cron.zone : utc();
  const ticks = nextTicks(schedule, fromMs, count).map((atMs): PreviewTick => {
    const local = localText(zone, atMs);
    const note = schedule.kind === "cron" ? noteOf(schedule.cron, atMs) : undefined;
    return note === undefined ? { atMs, local } : { atMs, local, note };
  });
  return { ticks, words: describeSchedule(spec), warnings: warningsOf(spec, schedule, fromMs) };
}

function utc(): Zone {
  const zone = zoneOf("UTC");
  assert(zone !== undefined, "every runtime knows UTC");
  return zone;
}

/** Only fixed-time patterns are treated in a special way; the others run at every real match. */
function noteOf(cron: CronTicks, atMs: number): string | undefined {
  if (!cron.isFixedTime) return undefined;
  if (!cron.isNamed(atMs))
    return "The clocks skip the time it names on this day; it runs at the first instant after.";
  if (isTwice(cron.zone, atMs)) return "This local time occurs twice; it runs the first time only.";
  return undefined;
}

/**
 * Whether the same wall time comes again within 3 hours, which no change of the clocks has
 * exceeded.
 */
function isTwice(zone: Zone, atMs: number): boolean {
  const before = zone.offsetMs(atMs);
  const back = before - zone.offsetMs(atMs + 3 * 3_600_000);
  return back > 0 && zone.offsetMs(atMs + back) === before - back;
}

function warningsOf(spec: ScheduleSpec, schedule: Schedule, fromMs: number): readonly string[] {
  if (schedule.kind === "manual") return [];
  const [first] = nextTicks(schedule, fromMs, 1);
  if (first === undefined) return ["It never fires."];
  if (spec.kind !== "cron" || schedule.kind !== "cron") return [];
  return [...patternWarnings(spec), ...clockWarnings(schedule.cron, schedule, fromMs)];
}

function patternWarnings({ cron, dialect }: CronSpec): readonly string[] {
  if (dialect === "quartz") return [];
  const warnings: string[] = [];
  const fields = cron.split(" ").filter((text) => text !== "");
  if (fields.length > 5 && cron.includes("?"))
    warnings.push(
      "It looks like Quartz, where 1 is Sunday; here 0 and 7 are. " +
        'For the meaning of Quartz set schedule.dialect to "quartz".',
    );
  const [dayOfMonth, , dayOfWeek] = fields.slice(fields.length === 5 ? 2 : 3);
  if (isDayList(dayOfMonth) && isDayList(dayOfWeek))
    warnings.push("Days of the month and days of the week are both set: either of them is enough.");
  return warnings;
}

/** A star or "?" leaves it to the other field; a "+" before the weekdays asks for both at once. */
function isDayList(field: string | undefined): boolean {
  return field !== undefined && !/^[*?+]/.test(field);
}

/** The ticks of the next 24 months that a change of the clocks moves, or would double. */
function clockWarnings(cron: CronTicks, schedule: Schedule, fromMs: number): readonly string[] {
  if (!cron.isFixedTime) return [];
  const changes = offsetChanges(cron.zone, fromMs, fromMs + PREVIEW_LIMITS.horizonMs);
  const warnings = changes.flatMap((changeMs) => {
    // Local times skipped or repeated by a change lie within 3 hours of it.
    const range = { afterMs: changeMs - 3 * 3_600_000, untilMs: changeMs, limit: 200 };
    return ticksBetween(schedule, range).ticks.flatMap((atMs) => {
      const note = noteOf(cron, atMs);
      return note === undefined ? [] : [`${localText(cron.zone, atMs)}: ${note}`];
    });
  });
  return warnings.slice(0, PREVIEW_LIMITS.warningsMax);
}
