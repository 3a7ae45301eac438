/** How a cron pattern is written: which fields there are, and what their numbers mean. */
export type CronDialect = "standard" | "quartz";

const CRON_LIMITS = { patternLengthMax: 256 } as const;

/** A pattern in the form that the calculator takes, or what is wrong with it. */
export type CronReading =
  | {
      readonly ok: true;
      readonly pattern: string;
      /** Hours, minutes or seconds hold a range: such a pattern means every real match. */
      readonly hasTimeRange: boolean;
      /**
       * A day has to match both day fields, because one of them starts with a star. Otherwise
       * either is enough: the rule of Vixie cron (crontab(5)).
       */
      readonly isBothDays: boolean;
    }
  | { readonly ok: false; readonly message: string; readonly hint: string };

const SHORTHANDS: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};
/** Beyond these no pattern has meaning. A colon would even make the calculator read a date. */
const ALPHABET = /^[0-9A-Za-z*?,/#+ -]*$/;
const FIELDS_HINT =
  "Fields: [second] minute hour day-of-month month day-of-week [year]; " +
  "or @hourly, @daily, @midnight, @weekly, @monthly, @yearly.";

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names of the values from `min` up. */
  readonly names: readonly string[];
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN"].concat(
  ["JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], // Two rows, for the width of a line.
);
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const TIME_FIELDS: readonly Field[] = [
  { name: "second", min: 0, max: 59, names: [] },
  { name: "minute", min: 0, max: 59, names: [] },
  { name: "hour", min: 0, max: 23, names: [] },
];
const DATE_FIELDS: readonly Field[] = [
  { name: "day-of-month", min: 1, max: 31, names: [] },
  { name: "month", min: 1, max: 12, names: MONTHS },
];
const FIELDS: Readonly<Record<CronDialect, readonly Field[]>> = {
  standard: [...TIME_FIELDS, ...DATE_FIELDS, { name: "day-of-week", min: 0, max: 6, names: DAYS }],
  quartz: [...TIME_FIELDS, ...DATE_FIELDS, { name: "day-of-week", min: 1, max: 7, names: DAYS }],
};
const RANGE = /^([0-9]{1,2}|[A-Za-z]{3})-([0-9]{1,2}|[A-Za-z]{3})(?:\/([0-9]{1,2}))?$/;

/**
 * Reads a pattern in its dialect, and in no other: what a dialect does not know is refused rather
 * than guessed. Ranges that run past the end of their field (`22-4`), which Quartz has, become two
 * ranges.
 */
export function readCron(cron: string, dialect: CronDialect): CronReading {
  if (cron.length > CRON_LIMITS.patternLengthMax)
    return refused(`is longer than ${CRON_LIMITS.patternLengthMax} characters`, FIELDS_HINT);
  const given = cron.split(" ").filter((text) => text !== "");
  if (given[0]?.startsWith("@") === true) return readShorthand(given.join(" "), dialect);
  if (!ALPHABET.test(cron))
    return refused(
      "holds a character that no cron pattern has",
      "Use digits, English names, and * ? , - / # + with plain spaces between the fields.",
    );
  const trouble = wrongCount(given.length, dialect) ?? unsupportedDay(given, dialect);
  return trouble ?? readFields(given, dialect);
}

function readShorthand(cron: string, dialect: CronDialect): CronReading {
  const pattern = SHORTHANDS[cron.toLowerCase()];
  if (pattern === undefined) {
    const isEvery = cron.toLowerCase().startsWith("@every");
    return refused(
      "is no shorthand that is known here",
      isEvery
        ? 'For an interval, set schedule.kind to "every", with schedule.every such as "5m".'
        : `Known are ${Object.keys(SHORTHANDS).join(", ")}.`,
    );
  }
  if (dialect === "quartz")
    return refused("is a shorthand, which Quartz has not", toDialect("standard"));
  return { ok: true, pattern, hasTimeRange: false, isBothDays: true };
}

function wrongCount(count: number, dialect: CronDialect): CronReading | undefined {
  if (count >= (dialect === "quartz" ? 6 : 5) && count <= 7) return undefined;
  if (dialect === "quartz" && count === 5)
    return refused(
      "has 5 fields; a Quartz pattern has 6 or 7, seconds first",
      `Put "0 " in front of it, or: ${toDialect("standard")}`,
    );
  return refused(`has ${count} field${count === 1 ? "" : "s"}`, FIELDS_HINT);
}

/** What the calculator lacks among days, and what Quartz itself refuses. */
function unsupportedDay(given: readonly string[], dialect: CronDialect): CronReading | undefined {
  const dayAt = dayOfMonthAt(given);
  const [dayOfMonth, dayOfWeek] = [given[dayAt] ?? "", given[dayAt + 2] ?? ""];
  if (/(^|,)L-/i.test(dayOfMonth))
    return refused(
      `has "${dayOfMonth}" as day-of-month: days counted back from the last one are not supported`,
      'Use "L" for the last day, "LW" for the last weekday, or name the days.',
    );
  if (/(^|,)L(,|$)/i.test(dayOfWeek))
    return refused(
      `has "${dayOfWeek}" as day-of-week: an "L" without its weekday is not supported`,
      'Write "SAT" for Saturday, or "FRIL" for the last Friday of the month.',
    );
  // The calculator would take 8 for Sunday.
  if (dialect === "quartz" && /(^|[,-])(0|[89]|\d\d)/.test(dayOfWeek))
    return refused(
      `has "${dayOfWeek}" as day-of-week: Quartz counts from 1, Sunday, to 7, Saturday`,
      "Names such as MON-FRI cannot be mistaken.",
    );
  const isBoth = [dayOfMonth, dayOfWeek].every((text) => !["*", "?"].includes(text));
  if (dialect === "quartz" && isBoth)
    return refused(
      "names days of the month and days of the week, which Quartz does not combine",
      'Set one of the two fields to "?", or make two jobs.',
    );
  return undefined;
}

function readFields(texts: readonly string[], dialect: CronDialect): CronReading {
  const dayAt = dayOfMonthAt(texts);
  const fields = FIELDS[dialect].slice(3 - dayAt);
  const read = texts.map((text, i) => readField(text, fields[i]));
  const pattern = read.map((field) => field.pattern).join(" ");
  if (dialect === "standard" && read.some((field) => field.isRewritten))
    return refused(
      "has a range whose end lies before its start",
      `Two ranges say it: "${pattern}".`,
    );
  return {
    ok: true,
    pattern,
    hasTimeRange: read.slice(0, dayAt).some((field) => field.hasRange),
    isBothDays: [texts[dayAt], texts[dayAt + 2]].some((text) => /^[*?]/.test(text ?? "")),
  };
}

/** Which field is the day of the month: seconds may be left out. */
function dayOfMonthAt(texts: readonly string[]): number {
  return texts.length === 5 ? 2 : 3;
}

interface ReadField {
  readonly pattern: string;
  readonly isRewritten: boolean;
  readonly hasRange: boolean;
}

/** `field` is undefined for years, which do not wrap around. */
function readField(text: string, field: Field | undefined): ReadField {
  const items = text.split(",");
  const ranges = items.map((item) => (field === undefined ? item : unwrapped(item, field)));
  return {
    pattern: ranges.join(","),
    isRewritten: ranges.some((range, i) => range !== items[i]),
    hasRange: items.some((item) => {
      const match = RANGE.exec(item);
      return match !== null && Number(match[1]) !== Number(match[2]);
    }),
  };
}

/** `22-4` in an hour is `22-23,0-4`. */
function unwrapped(item: string, field: Field): string {
  const match = RANGE.exec(item);
  if (match === null) return item;
  const [, first = "", last = "", by = "1"] = match;
  const [from, to, step] = [valueOf(first, field), endOf(last, field), Number(by)];
  if (from === undefined || to === undefined || from <= to || step === 0) return item;
  return twoRanges(field, { from, to, step });
}

/** With a step, the second range starts where the first one would have gone on. */
function twoRanges(
  { min, max }: Field,
  { from, to, step }: { readonly from: number; readonly to: number; readonly step: number },
): string {
  const end = step === 1 ? "" : `/${step}`;
  const untilMax = max + 1 - from;
  const restFrom = min + Math.ceil(untilMax / step) * step - untilMax;
  const upper = `${from}-${max}${end}`;
  return restFrom > to ? upper : `${upper},${restFrom}-${to}${end}`;
}

/** In the standard dialect Sunday is 7 as well as 0, so `FRI-SUN` does not wrap around. */
function endOf(text: string, field: Field): number | undefined {
  return field.min === 0 && text.toUpperCase() === "SUN" ? 7 : valueOf(text, field);
}

function valueOf(text: string, field: Field): number | undefined {
  const named = field.names.indexOf(text.toUpperCase());
  if (named !== -1) return field.min + named;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.min && value <= field.max ? value : undefined;
}

/** The hint that sends a pattern to the dialect it was written in. */
export function toDialect(dialect: CronDialect): string {
  return `Set schedule.dialect to "${dialect}".`;
}

function refused(message: string, hint: string): CronReading {
  return { ok: false, message, hint };
}
