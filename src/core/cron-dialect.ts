import { readField, type CronRewrite } from "./cron-field.ts";

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
      /** What was understood in place of what was written. */
      readonly rewrites: readonly CronRewrite[];
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

/**
 * Reads a pattern in its dialect, and in no other: what a dialect does not know is refused rather
 * than guessed. What the calculator lacks is rewritten where another wording means the same, with
 * the reason: see `readField`.
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
  const rewrites = [{ from: cron, to: pattern, reason: "It is a shorthand." }];
  return { ok: true, pattern, hasTimeRange: false, isBothDays: true, rewrites };
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

/** What the calculator lacks among days, and what Quartz does not have. */
function unsupportedDay(given: readonly string[], dialect: CronDialect): CronReading | undefined {
  const dayAt = dayOfMonthAt(given);
  const [dayOfMonth, dayOfWeek] = [given[dayAt] ?? "", given[dayAt + 2] ?? ""];
  if (/(^|,)L-/i.test(dayOfMonth))
    return refused(
      `has "${dayOfMonth}" as day-of-month: days counted back from the last one are not supported`,
      'Use "L" for the last day, "LW" for the last weekday, or name the days.',
    );
  const isLoneSaturday = dialect === "quartz" && dayOfWeek.toUpperCase() === "L";
  if (/(^|,)L(,|$)/i.test(dayOfWeek) && !isLoneSaturday)
    return refused(
      `has "${dayOfWeek}" as day-of-week: an "L" without its weekday is not supported`,
      'Write "SAT" for Saturday, or "FRIL" for the last Friday of the month.',
    );
  return dialect === "quartz" ? wrongQuartzDay(dayOfMonth, dayOfWeek) : undefined;
}

function wrongQuartzDay(dayOfMonth: string, dayOfWeek: string): CronReading | undefined {
  // The calculator would take 8 for Sunday.
  if (/(^|[,-])(0|[89]|\d\d)/.test(dayOfWeek))
    return refused(
      `has "${dayOfWeek}" as day-of-week: Quartz counts from 1, Sunday, to 7, Saturday`,
      "Names such as MON-FRI cannot be mistaken.",
    );
  const isBoth = [dayOfMonth, dayOfWeek].every((text) => !["*", "?"].includes(text));
  if (isBoth)
    return refused(
      "names days of the month and days of the week, which Quartz does not combine",
      'Set one of the two fields to "?", or make two jobs.',
    );
  return undefined;
}

function readFields(texts: readonly string[], dialect: CronDialect): CronReading {
  const dayAt = dayOfMonthAt(texts);
  const read = texts.map((text, i) => readField(text, dialect, i + 3 - dayAt));
  const pattern = read.map((field) => field.pattern).join(" ");
  const rewrites = read.flatMap((field) => field.rewrites);
  const wrapped = rewrites.find(({ isWrapped }) => isWrapped);
  if (dialect === "standard" && wrapped !== undefined)
    return refused(
      "has a range whose end lies before its start",
      `Two ranges say it: "${pattern}".`,
    );
  return {
    ok: true,
    pattern,
    hasTimeRange: read.slice(0, dayAt).some((field) => field.hasRange),
    isBothDays: [texts[dayAt], texts[dayAt + 2]].some((text) => /^[*?]/.test(text ?? "")),
    rewrites: rewrites.map(({ from, to, reason }) => ({ from, to, reason })),
  };
}

/** Which field is the day of the month: seconds may be left out. */
function dayOfMonthAt(texts: readonly string[]): number {
  return texts.length === 5 ? 2 : 3;
}

/** The hint that sends a pattern to the dialect it was written in. */
export function toDialect(dialect: CronDialect): string {
  return `Set schedule.dialect to "${dialect}".`;
}

function refused(message: string, hint: string): CronReading {
  return { ok: false, message, hint };
}
