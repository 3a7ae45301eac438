import { dateOfDay } from "./civil-date.ts";
import type { ScheduleSpec } from "./job.ts";
import { localDay } from "./local-time.ts";
import { Refusal } from "./refusal.ts";
import { assertFires, countTicks, nextTick, segmentsBetween, type Schedule } from "./schedule.ts";

const DAY_MS = 86_400_000;
/** A schedule with more ticks than these is probably meant to have fewer: one a minute. */
const DENSE_PER_DAY = 1_440;
/** Stretches of open and closed days that are looked at for one warning. */
const SEGMENTS_MAX = 1_000;

type CronSpec = Extract<ScheduleSpec, { readonly kind: "cron" }>;
type Ticking = Extract<Schedule, { readonly kind: "cron" | "every" }>;

/** What was asked for, and the open ticks that were found. */
export interface Previewed {
  readonly fromMs: number;
  readonly count: number;
  readonly ticks: readonly number[];
}

/** What may surprise in a schedule, in sentences; for the one who is about to save it. */
export function scheduleWarnings(
  spec: ScheduleSpec,
  schedule: Schedule,
  previewed: Previewed,
): readonly string[] {
  const never = neverWarning(schedule, previewed.fromMs);
  if (never !== null) return [never];
  if (schedule.kind !== "cron" && schedule.kind !== "every") return [];
  return [
    ...(spec.kind === "cron" ? patternWarnings(spec) : []),
    ...densityWarnings(schedule, previewed),
    ...boundsWarnings(spec, previewed),
    ...calendarWarnings(schedule, previewed),
  ];
}

function neverWarning(schedule: Schedule, fromMs: number): string | null {
  try {
    assertFires(schedule, fromMs);
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.data.detail;
    throw error;
  }
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

function densityWarnings(schedule: Ticking, { fromMs }: Previewed): readonly string[] {
  const first = nextTick(schedule, fromMs);
  if (first === null) return [];
  const perDay = countTicks(schedule, { afterMs: first - 1, untilMs: first - 1 + DAY_MS });
  return perDay <= DENSE_PER_DAY ? [] : [`It has ${perDay} ticks a day.`];
}

function boundsWarnings(spec: ScheduleSpec, { count, ticks }: Previewed): readonly string[] {
  if (!("endAt" in spec) || (spec.endAt === null && spec.ticksMax === null)) return [];
  if (ticks.length === 0 || ticks.length >= count) return [];
  const left = ticks.length === 1 ? "1 tick is" : `${ticks.length} ticks are`;
  return [`Its bounds leave few: ${left} ahead, and then it ends.`];
}

function calendarWarnings(schedule: Ticking, { fromMs, ticks }: Previewed): readonly string[] {
  const last = ticks.at(-1);
  const { zone, calendar: frame } = schedule;
  if (frame === null || last === undefined) return [];
  const { name, knownUntil } = frame.calendar;
  const range = { afterMs: fromMs, untilMs: last, limit: SEGMENTS_MAX };
  const closed = segmentsBetween(schedule, range).segments.filter(({ isClosed }) => isClosed);
  const skipped = closed.reduce((sum, { count }) => sum + count, 0);
  const warnings: string[] = [];
  if (skipped > 0)
    warnings.push(
      `The calendar "${name}" closes the days of ${skipped} more ` +
        `${skipped === 1 ? "tick" : "ticks"} up to the last one shown; they are skipped.`,
    );
  if (knownUntil !== null && localDay(zone, last) > knownUntil)
    warnings.push(
      `The holidays of the calendar "${name}" are known until ${dateOfDay(knownUntil)} only; ` +
        "ticks after that day may lie on one.",
    );
  return warnings;
}
