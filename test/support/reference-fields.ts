// The fields of a cron pattern, read by hand and by nothing that the calculator uses. A pattern is
// taken to be well-formed.

/** The fields of a pattern: which values they take. */
export interface Fields {
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
  /** Whether a day is taken, by its number since 1970: what was found once is kept. */
  readonly known: Map<number, boolean>;
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

const DAY_MS = 86_400_000;
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const SHORTHANDS: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);

const parsed = new Map<string, Fields>();
const PARSED_MAX = 1_000;

export function referenceFields(cron: string, dialect: "standard" | "quartz"): Fields {
  const key = `${dialect} ${cron}`;
  const kept = parsed.get(key);
  if (kept !== undefined) return kept;
  if (parsed.size >= PARSED_MAX) parsed.clear();
  const fields = parse(cron, dialect);
  parsed.set(key, fields);
  return fields;
}

function parse(cron: string, dialect: "standard" | "quartz"): Fields {
  const given = (SHORTHANDS.get(cron.trim().toLowerCase()) ?? cron).trim().split(/ +/);
  const texts = given.length === 5 ? ["0", ...given] : given;
  const [dayOfMonth, weekday, year] = [texts[3], texts[5], texts[6]].map((text) => text ?? "*");
  // A plus in front of the weekdays asks for both day fields at once.
  const hasPlus = weekday?.startsWith("+") === true;
  const dayOfWeek = hasPlus ? weekday.slice(1) : weekday;
  const field = (at: number, min: number, max: number): ReadonlySet<number> =>
    numbers(named(texts[at] ?? "", MONTHS, 1), min, max);
  return {
    second: field(0, 0, 59),
    minute: field(1, 0, 59),
    hour: field(2, 0, 23),
    month: field(4, 1, 12),
    year: isOpen(year) ? undefined : field(6, 1970, 2199),
    dayOfMonth: items(dayOfMonth)?.map(dayOfMonthTest),
    dayOfWeek: items(dayOfWeek)?.map((item) => dayOfWeekTest(item, dialect)),
    needsBothDays: hasPlus || [dayOfMonth, weekday].some((text) => text?.startsWith("*") === true),
    isFixed: texts.slice(0, 3).every((text) => text.split(",").every(isValue)),
    known: new Map(),
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
  const [span, step] = item.replace(/^\//, "*/").split("/");
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
  if (dialect === "quartz" && item.toUpperCase() === "L") return ({ weekday }) => weekday === 6;
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

/** Whether the day of a local time is taken. */
export function isDayMatch(fields: Fields, localMs: number): boolean {
  const number = Math.floor(localMs / DAY_MS);
  const kept = fields.known.get(number);
  if (kept !== undefined) return kept;
  const date = dayOf(number);
  const isInYear = fields.year?.has(date.year) ?? true;
  const isTaken = isInYear && fields.month.has(date.month) && isDayOf(fields, date);
  fields.known.set(number, isTaken);
  return isTaken;
}

function isDayOf({ dayOfMonth, dayOfWeek, needsBothDays }: Fields, date: Day): boolean {
  const byMonth = dayOfMonth?.some((test) => test(date));
  const byWeek = dayOfWeek?.some((test) => test(date));
  if (byMonth === undefined || byWeek === undefined) return byMonth ?? byWeek ?? true;
  return needsBothDays ? byMonth && byWeek : byMonth || byWeek;
}

const days = new Map<number, Day>();

function dayOf(number: number): Day {
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

/** In seconds since midnight. */
export function timesOfDay({ hour, minute, second }: Fields): number[] {
  return [...hour].flatMap((h) =>
    [...minute].flatMap((m) => [...second].map((s) => h * 3_600 + m * 60 + s)),
  );
}
