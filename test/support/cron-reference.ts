import { offsetTable, type OffsetTable } from "./offset-table.ts";

// Cron by brute force, to check the calculator against: it shares no code with it. Patterns are
// parsed here, local time comes from a table of offsets per zone, and every second or minute is
// looked at.

/** What to list the ticks of. */
export interface ReferencePattern {
  readonly cron: string;
  readonly dialect: "standard" | "quartz";
  readonly timezone: string;
}

/** How a tick came to be: each rule that moves or leaves out a tick has a name. */
export type ReferenceRule =
  | "match"
  | "gap: runs at the first instant after"
  | "fold: runs the first time only"
  | "a day that does not exist is skipped";

export interface ReferenceTicks {
  readonly ticks: readonly number[];
  readonly rules: ReadonlySet<ReferenceRule>;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The ticks in `[fromMs, untilMs]`. */
export function referenceTicks(
  pattern: ReferencePattern,
  fromMs: number,
  untilMs: number,
): ReferenceTicks {
  const fields = parse(pattern);
  const zone = offsetTable(pattern.timezone);
  if (fields.isFixed) return fixedTicks(fields, zone, { fromMs, untilMs });
  const hasSeconds = fields.second.size !== 1 || !fields.second.has(0);
  const stepMs = hasSeconds ? 1_000 : MINUTE_MS;
  const ticks: number[] = [];
  for (let at = Math.ceil(fromMs / stepMs) * stepMs; at <= untilMs; at += stepMs)
    if (isMatch(fields, at + zone.offsetMs(at))) ticks.push(at);
  return { ticks, rules: new Set(["match"]) };
}

/** Walks the local calendar and asks, for each wall time that the pattern names, when that is. */
function fixedTicks(
  fields: Fields,
  zone: OffsetTable,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
): ReferenceTicks {
  const found = new Set<number>();
  const rules = new Set<ReferenceRule>();
  const firstDay = Math.floor(fromMs / DAY_MS) - 2;
  const lastDay = Math.floor(untilMs / DAY_MS) + 2;
  for (let day = firstDay; day <= lastDay; day++) {
    if (!isDayMatch(fields, day * DAY_MS)) continue;
    for (const time of timesOfDay(fields)) {
      const { atMs, rule } = instantOf(zone, day * DAY_MS + time * 1_000);
      if (atMs !== undefined && (atMs < fromMs || atMs > untilMs)) continue;
      rules.add(rule);
      if (atMs !== undefined) found.add(atMs);
    }
  }
  return { ticks: [...found].toSorted((a, b) => a - b), rules };
}

function instantOf(
  zone: OffsetTable,
  localMs: number,
): { readonly atMs: number | undefined; readonly rule: ReferenceRule } {
  const offsets = new Set([-26, -13, 0, 13, 26].map((h) => zone.offsetMs(localMs + h * 3_600_000)));
  const instants = [...offsets]
    .map((offset) => localMs - offset)
    .filter((at) => at + zone.offsetMs(at) === localMs)
    .toSorted((a, b) => a - b);
  if (instants[0] !== undefined)
    return {
      atMs: instants[0],
      rule: instants.length > 1 ? "fold: runs the first time only" : "match",
    };
  const gap = zone.changes.find(
    ({ atMs, beforeMs, afterMs }) => localMs >= atMs + beforeMs && localMs < atMs + afterMs,
  );
  if (gap === undefined) throw new Error(`no gap around local ${localMs}`);
  const isSameDay = Math.floor((gap.atMs + gap.afterMs) / DAY_MS) === Math.floor(localMs / DAY_MS);
  return isSameDay
    ? { atMs: gap.atMs, rule: "gap: runs at the first instant after" }
    : { atMs: undefined, rule: "a day that does not exist is skipped" };
}

interface Fields {
  readonly second: ReadonlySet<number>;
  readonly minute: ReadonlySet<number>;
  readonly hour: ReadonlySet<number>;
  readonly month: ReadonlySet<number>;
  readonly year: ReadonlySet<number> | undefined;
  /** Each item of the day fields tells whether it takes a day; undefined is a star or "?". */
  readonly dayOfMonth: readonly DayTest[] | undefined;
  readonly dayOfWeek: readonly DayTest[] | undefined;
  readonly needsBothDays: boolean;
  readonly isFixed: boolean;
}

interface Day {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly daysInMonth: number;
}

type DayTest = (day: Day) => boolean;

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

function parse({ cron, dialect }: ReferencePattern): Fields {
  const given = cron.trim().split(/ +/);
  const texts = given.length === 5 ? ["0", ...given] : given;
  const [dayOfMonth, dayOfWeek, year] = [texts[3], texts[5], texts[6]].map((text) => text ?? "*");
  const field = (at: number, min: number, max: number): ReadonlySet<number> =>
    numbers(named(texts[at] ?? "", MONTHS, 1), min, max);
  return {
    second: field(0, 0, 59),
    minute: field(1, 0, 59),
    hour: field(2, 0, 23),
    month: field(4, 1, 12),
    year: isOpen(year) ? undefined : field(6, 1970, 2099),
    dayOfMonth: items(dayOfMonth)?.map(dayOfMonthTest),
    dayOfWeek: items(dayOfWeek)?.map((item) => dayOfWeekTest(item, dialect)),
    needsBothDays: [dayOfMonth, dayOfWeek].some((text) => text?.startsWith("*") === true),
    isFixed: texts.slice(0, 3).every((text) => text.split(",").every(isValue)),
  };
}

function isOpen(text: string | undefined): boolean {
  return text === undefined || text === "*" || text === "?";
}

function items(text: string | undefined): readonly string[] | undefined {
  return isOpen(text) ? undefined : text?.split(",");
}

/** A number, or a range of one number. */
function isValue(item: string): boolean {
  const [from, to] = item.split("-");
  return /^\d+(-\d+)?$/.test(item) && (to === undefined || Number(from) === Number(to));
}

function named(text: string, names: readonly string[], first: number): string {
  return text.replace(/[A-Z]{3}/gi, (name) => String(names.indexOf(name.toUpperCase()) + first));
}

function numbers(text: string, min: number, max: number): ReadonlySet<number> {
  return new Set(text.split(",").flatMap((item) => numbersOf(item, min, max)));
}

/** Wraps around where the end lies before the start. */
function numbersOf(item: string, min: number, max: number): readonly number[] {
  const [span, step] = item.split("/");
  const [from = min, to] = isOpen(span) ? [min, max] : (span ?? "").split("-").map(Number);
  const last = to ?? (step === undefined ? from : max);
  const width = max - min + 1;
  const end = last < from ? last + width : last;
  const found: number[] = [];
  for (let value = from; value <= end; value += Number(step ?? 1))
    found.push(value > max ? value - width : value);
  return found;
}

function dayOfMonthTest(item: string): DayTest {
  const upper = item.toUpperCase();
  if (upper === "L") return ({ day, daysInMonth }) => day === daysInMonth;
  if (upper === "LW") return (date) => date.day === nearestWeekday(date, date.daysInMonth);
  if (upper.endsWith("W")) {
    const target = Number(upper.slice(0, -1));
    return (date) => target <= date.daysInMonth && date.day === nearestWeekday(date, target);
  }
  const days = numbers(item, 1, 31);
  return ({ day }) => days.has(day);
}

/** Monday to Friday nearest to a day, within its month. */
function nearestWeekday({ year, month, daysInMonth }: Day, target: number): number {
  const isWorkday = (day: number): boolean => {
    const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
    return day >= 1 && day <= daysInMonth && weekday >= 1 && weekday <= 5;
  };
  const distances = [0, -1, 1, -2, 2];
  return target + (distances.find((distance) => isWorkday(target + distance)) ?? 0);
}

function dayOfWeekTest(item: string, dialect: "standard" | "quartz"): DayTest {
  const first = dialect === "quartz" ? 1 : 0;
  const text = named(item.replace(/-SUN$/i, first === 0 ? "-7" : "-1"), DAYS, first);
  const nth = /^(\d)#(\d)$/.exec(text);
  if (nth !== null) {
    const [weekday, week] = [(Number(nth[1]) - first + 7) % 7, Number(nth[2])];
    return (date) => date.weekday === weekday && Math.ceil(date.day / 7) === week;
  }
  const last = /^(\d)L$/i.exec(text);
  if (last !== null) {
    const weekday = (Number(last[1]) - first + 7) % 7;
    return (date) => date.weekday === weekday && date.day + 7 > date.daysInMonth;
  }
  const isLongEnd = first === 0 && /[-,]?7/.test(text);
  const values = numbers(text, first, isLongEnd ? 7 : first + 6);
  const weekdays = new Set([...values].map((value) => (value - first + 7) % 7));
  return ({ weekday }) => weekdays.has(weekday);
}

function isMatch(fields: Fields, localMs: number): boolean {
  const seconds = Math.floor((((localMs % DAY_MS) + DAY_MS) % DAY_MS) / 1_000);
  return (
    fields.second.has(seconds % 60) &&
    fields.minute.has(Math.floor(seconds / 60) % 60) &&
    fields.hour.has(Math.floor(seconds / 3_600)) &&
    isDayMatch(fields, localMs)
  );
}

function isDayMatch(fields: Fields, localMs: number): boolean {
  const date = dayOf(localMs);
  const isInYear = fields.year?.has(date.year) ?? true;
  return isInYear && fields.month.has(date.month) && isDayOf(fields, date);
}

function isDayOf({ dayOfMonth, dayOfWeek, needsBothDays }: Fields, date: Day): boolean {
  const byMonth = dayOfMonth?.some((test) => test(date));
  const byWeek = dayOfWeek?.some((test) => test(date));
  if (byMonth === undefined || byWeek === undefined) return byMonth ?? byWeek ?? true;
  return needsBothDays ? byMonth && byWeek : byMonth || byWeek;
}

const days = new Map<number, Day>();

function dayOf(localMs: number): Day {
  const number = Math.floor(localMs / DAY_MS);
  const kept = days.get(number);
  if (kept !== undefined) return kept;
  const date = new Date(number * DAY_MS);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
  const made: Day = {
    year,
    month,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    daysInMonth: new Date(Date.UTC(year, month, 0)).getUTCDate(),
  };
  days.set(number, made);
  return made;
}

function timesOfDay({ hour, minute, second }: Fields): number[] {
  return [...hour].flatMap((h) =>
    [...minute].flatMap((m) => [...second].map((s) => h * 3_600 + m * 60 + s)),
  );
}
