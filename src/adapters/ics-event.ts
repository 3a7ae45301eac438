import { dateOfDay } from "../core/civil-date.ts";
import { durationMs } from "../core/duration.ts";
import { IcsFault } from "./ics-fault.ts";
import { daysOfRule, type DayRule } from "./ics-recurrence.ts";

/** One property of an event, as jCal has it (RFC 7265). */
export interface IcsProperty {
  /** Where it stands, from 1. */
  readonly line: number;
  /** In lower case. */
  readonly name: string;
  readonly type: string;
  readonly values: readonly unknown[];
}

export interface IcsEvent {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly properties: readonly IcsProperty[];
}

interface EventWalk {
  /** Occurrences that other events stand for. */
  readonly moved: readonly IcsProperty[];
  readonly mayLook: () => boolean;
}

const DAY_MS = 86_400_000;
/** A longer event is a mistake, and a few of them would be more days than a calendar takes. */
const SPAN_DAYS_MAX = 3_660;
const EVENT_DAYS_MAX = 50_000;
/** Recurrences go on for ever; calendars do not. */
const LAST_DAY = Date.UTC(2040, 11, 31) / DAY_MS;
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}):(\d{2}):(\d{2})Z?)?$/;
const FREQUENCIES = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"] as const;
const WEEKDAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
const WEEKDAY = /^([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)$/;
/** What a rule may say, in jCal. Anything else would be read wrongly, so it is refused. */
const RULE_PARTS: ReadonlySet<string> = new Set([
  "freq",
  "interval",
  "count",
  "until",
  "wkst",
  "bymonth",
  "bymonthday",
  "byyearday",
  "byday",
  "bysetpos",
]);

/** Every day that an event covers, its recurrences among them, counted from 1970-01-01. */
export function eventDays(event: IcsEvent, walk: EventWalk): readonly number[] {
  const start = event.properties.find(({ name }) => name === "dtstart");
  if (start === undefined) throw new IcsFault(event.line, "The event has no DTSTART.");
  const startMs = wallMsOf(start, start.values[0]);
  const span = spanOf(event, start, startMs);
  const isReplacement = event.properties.some(({ name }) => name === "recurrence-id");
  const left = daysOf(event, isReplacement ? [] : ["exdate"]);
  const gone = new Set([...left, ...(isReplacement ? [] : walk.moved.flatMap(daysIn))]);
  const starts = [...occurrences(event, dayOf(startMs), walk), ...daysOf(event, ["rdate"])].filter(
    (day) => !gone.has(day),
  );
  if (starts.length * span > EVENT_DAYS_MAX)
    throw new IcsFault(event.line, `The event covers more than ${EVENT_DAYS_MAX} days.`);
  return starts.flatMap((day) => Array.from({ length: span }, (_, i) => day + i));
}

function occurrences(event: IcsEvent, firstDay: number, walk: EventWalk): readonly number[] {
  const rules = event.properties.filter(({ name }) => name === "rrule");
  const days = rules.flatMap((property) => {
    const rule = ruleOf(property);
    const found = daysOfRule(rule, { firstDay, lastDay: LAST_DAY, mayLook: walk.mayLook });
    if (found !== null) return found;
    throw new IcsFault(property.line, "The rules up to here take too long to follow.");
  });
  return [...new Set([firstDay, ...days])];
}

/** How many days the event lasts. Its end is exclusive, and an end at midnight adds no day. */
function spanOf(event: IcsEvent, start: IcsProperty, startMs: number): number {
  const end = event.properties.find(({ name }) => name === "dtend");
  const duration = event.properties.find(({ name }) => name === "duration");
  const endMs =
    end !== undefined
      ? wallMsOf(end, end.values[0])
      : startMs + (duration === undefined ? 0 : lengthOf(duration));
  const at = end ?? duration ?? start;
  if (endMs < startMs) throw new IcsFault(at.line, "The event ends before it begins.");
  const span = Math.max(1, dayOf(endMs - 1) - dayOf(startMs) + 1);
  if (span <= SPAN_DAYS_MAX) return span;
  throw new IcsFault(at.line, `The event lasts more than ${SPAN_DAYS_MAX} days.`);
}

function lengthOf(property: IcsProperty): number {
  const text = String(property.values[0]);
  const weeks = /^P(\d{1,4})W$/.exec(text)?.[1];
  const ms = weeks === undefined ? durationMs(text) : Number(weeks) * 7 * DAY_MS;
  if (ms !== undefined) return ms;
  throw new IcsFault(property.line, `${JSON.stringify(text.slice(0, 40))} is no duration.`);
}

function daysOf(event: IcsEvent, names: readonly string[]): readonly number[] {
  return event.properties.filter(({ name }) => names.includes(name)).flatMap(daysIn);
}

/** The days of a list of dates, such as EXDATE; of a period its beginning. */
function daysIn(property: IcsProperty): readonly number[] {
  return property.values.map((value) => {
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return dayOf(wallMsOf(property, first));
  });
}

/** A date or date-time as the clock on the wall shows it, written as if that were UTC. */
function wallMsOf({ line }: IcsProperty, value: unknown): number {
  const text = typeof value === "string" ? value : "";
  const match = DATE_TIME.exec(text);
  const date = match?.[1] ?? "";
  const midnightMs = date === "" ? -1 : Date.parse(date);
  // A month that is too short for its day is taken for the next one, so it is written out again.
  if (!(midnightMs >= 0) || dateOfDay(midnightMs / DAY_MS) !== date)
    throw new IcsFault(line, `${JSON.stringify(text.slice(0, 40))} is no date since 1970.`);
  const seconds = [2, 3, 4].reduce((sum, group) => sum * 60 + Number(match?.[group] ?? 0), 0);
  return midnightMs + seconds * 1_000;
}

function dayOf(wallMs: number): number {
  return Math.floor(wallMs / DAY_MS);
}

/** What ical.js has read of a recurrence rule, checked part by part. */
function ruleOf(property: IcsProperty): DayRule {
  const [value] = property.values;
  const parts = new Map<string, unknown>(
    typeof value === "object" && value !== null ? Object.entries(value) : [],
  );
  const unknown = [...parts.keys()].find((name) => !RULE_PARTS.has(name));
  if (unknown !== undefined)
    throw new IcsFault(property.line, `${unknown.toUpperCase()} of a rule is not supported.`);
  const freq = FREQUENCIES.find((name) => name === parts.get("freq"));
  if (freq === undefined)
    throw new IcsFault(property.line, `FREQ of a rule must be one of ${FREQUENCIES.join(", ")}.`);
  const [count = null] = numbersOf(property, parts.get("count"));
  const weekStart = Number(parts.get("wkst") ?? 2) - 1;
  return {
    freq,
    interval: Math.max(1, numbersOf(property, parts.get("interval"))[0] ?? 1),
    count,
    untilDay: parts.has("until") ? dayOf(wallMsOf(property, parts.get("until"))) : null,
    months: numbersOf(property, parts.get("bymonth")),
    monthDays: numbersOf(property, parts.get("bymonthday")),
    yearDays: numbersOf(property, parts.get("byyearday")),
    weekdays: listOf(parts.get("byday")).map((text) => weekdayOf(property, freq, text)),
    positions: numbersOf(property, parts.get("bysetpos")),
    weekStart,
  };
}

function weekdayOf(
  { line }: IcsProperty,
  freq: DayRule["freq"],
  text: unknown,
): DayRule["weekdays"][number] {
  const match = WEEKDAY.exec(String(text));
  const nth = Number(match?.[1] ?? 0);
  const mayCount = freq === "MONTHLY" || freq === "YEARLY";
  if (match === null || (nth !== 0 && !mayCount))
    throw new IcsFault(line, `${JSON.stringify(String(text).slice(0, 20))} is no day here.`);
  return { weekday: WEEKDAYS.indexOf(match[2] ?? ""), nth };
}

function numbersOf({ line }: IcsProperty, value: unknown): readonly number[] {
  return listOf(value).map((item) => {
    if (typeof item === "number" && Number.isSafeInteger(item)) return item;
    throw new IcsFault(line, `${JSON.stringify(String(item).slice(0, 20))} is no number here.`);
  });
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
