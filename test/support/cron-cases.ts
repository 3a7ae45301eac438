import fc from "fast-check";
import type { ReferencePattern } from "./cron-reference.ts";
import { offsetTable } from "./offset-table.ts";

const ZONES = [
  "UTC",
  "America/New_York",
  "Europe/London",
  "Europe/Stockholm",
  "Australia/Lord_Howe",
  "Africa/Cairo",
  "America/Havana",
  "America/Sao_Paulo",
  "Asia/Tehran",
  "Africa/Casablanca",
  "America/St_Johns",
  "Antarctica/Troll",
  "Pacific/Apia",
  "Asia/Kolkata",
] as const;
const HOUR_MS = 3_600_000;

/** A pattern in a zone, and a window in which to list its ticks: never more than 10,000. */
export interface CronCase {
  readonly pattern: ReferencePattern;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly isAtChange: boolean;
}

/** A window of days around a change of the clocks or anywhere; of hours for seconds. */
export function aCase(): fc.Arbitrary<CronCase> {
  return fc
    .record({
      timezone: fc.constantFrom(...ZONES),
      drawn: aPattern(),
      isAtChange: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
      change: fc.nat(),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
      anywhereMs: anInstant(),
    })
    .map(({ timezone, drawn, isAtChange, change, part, anywhereMs }) => {
      const { changes } = offsetTable(timezone);
      const changeMs = isAtChange ? changes[change % changes.length]?.atMs : undefined;
      const lengthMs = (drawn.isDense ? 2.5 : 72) * HOUR_MS;
      const fromMs = Math.floor((changeMs ?? anywhereMs) - part * lengthMs);
      const pattern = { cron: drawn.cron, dialect: drawn.dialect, timezone };
      return {
        pattern,
        fromMs,
        untilMs: fromMs + lengthMs,
        isAtChange: changeMs !== undefined,
      };
    });
}

interface DrawnPattern {
  readonly cron: string;
  readonly dialect: "standard" | "quartz";
  /** Its seconds are more than one value: the window is kept short. */
  readonly isDense: boolean;
}

function aPattern(): fc.Arbitrary<DrawnPattern> {
  const time = fc.tuple(aTimeField(59), aTimeField(59), anHourField());
  const standard = fc
    .tuple(time, fc.boolean(), fc.boolean(), aDateOf("standard"))
    .map(([[second, minute, hour], hasSeconds, isDense, date]) => {
      const seconds = hasSeconds ? [isDense ? second : "0"] : [];
      return {
        cron: [...seconds, minute, hour, ...date].join(" "),
        dialect: "standard" as const,
        isDense: hasSeconds && isDense,
      };
    });
  const quartz = fc
    .tuple(
      fc.tuple(aQuartzField(59), aQuartzField(59), aQuartzField(23)),
      fc.boolean(),
      aDateOf("quartz"),
      fc.constantFrom("", " *", " 2010-2040", " 2008/2"),
    )
    .map(([[second, minute, hour], isDense, date, year]) => ({
      cron: [isDense ? second : "0", minute, hour, ...date].join(" ") + year,
      dialect: "quartz" as const,
      isDense,
    }));
  return fc.oneof({ weight: 3, arbitrary: standard }, { weight: 2, arbitrary: quartz });
}

function aTimeField(max: number): fc.Arbitrary<string> {
  const value = fc.integer({ min: 0, max });
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant("*") },
    { weight: 6, arbitrary: fc.constantFrom("0", "1", "15", "30", "45", `${max}`) },
    { weight: 3, arbitrary: value.map(String) },
    { weight: 3, arbitrary: fc.uniqueArray(value, { minLength: 2, maxLength: 4 }).map(String) },
    { weight: 1, arbitrary: rangeOf(0, max) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 40 }).map((step) => `*/${step}`) },
    { weight: 1, arbitrary: fc.tuple(rangeOf(0, max), fc.integer({ min: 1, max: 9 })).map(joined) },
  );
}

/** Most changes of the clocks are in the first hours of a day. */
function anHourField(): fc.Arbitrary<string> {
  const early = fc.integer({ min: 0, max: 4 });
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant("*") },
    { weight: 6, arbitrary: early.map(String) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 23 }).map(String) },
    { weight: 3, arbitrary: fc.uniqueArray(early, { minLength: 2, maxLength: 3 }).map(String) },
    { weight: 1, arbitrary: early.map((hour) => `${hour}-${hour}`) },
    { weight: 2, arbitrary: rangeOf(0, 5) },
    { weight: 1, arbitrary: rangeOf(0, 23) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 12 }).map((step) => `*/${step}`) },
  );
}

/** Ranges may run past the end, and a step may start at a number. */
function aQuartzField(max: number): fc.Arbitrary<string> {
  const value = fc.integer({ min: 0, max });
  const step = fc.integer({ min: 1, max: 20 });
  return fc.oneof(
    { weight: 2, arbitrary: max === 23 ? anHourField() : aTimeField(max) },
    { weight: 1, arbitrary: fc.tuple(value, step).map(joined) },
    { weight: 1, arbitrary: fc.tuple(value, value).map(([a, b]) => `${a}-${b}`) },
    {
      weight: 1,
      arbitrary: fc.tuple(value, value, step).map(([a, b, by]) => `${a}-${b}/${by}`),
    },
  );
}

/** Day of month, month, day of week: mostly every day, so that the windows hold ticks. */
function aDateOf(dialect: "standard" | "quartz"): fc.Arbitrary<readonly string[]> {
  const everyDay = fc.constant(["*", "*", dialect === "quartz" ? "?" : "*"] as const);
  const month = fc.oneof(
    { weight: 4, arbitrary: fc.constant("*") },
    { weight: 1, arbitrary: fc.constantFrom("3,4,9-11", "MAR-NOV", "*/2", "OCT,MAR") },
    { weight: 1, arbitrary: fc.constant(dialect === "quartz" ? "10-4" : "1-6") },
  );
  const day = fc.constantFrom(
    "*/2",
    "1-15",
    "L",
    "LW",
    "15W",
    "1W",
    "31W",
    "1,L",
    "5,20-31/3",
    "29",
  );
  const weekday = aWeekday(dialect);
  const [open, other] = dialect === "quartz" ? ["?", "?"] : ["*", "?"];
  const dates: fc.Arbitrary<readonly string[]>[] = [
    fc.tuple(day, month, fc.constant(open)),
    fc.tuple(fc.constant(other), month, weekday),
    ...(dialect === "standard" ? [fc.tuple(day, month, weekday)] : []),
  ];
  return fc.oneof(
    { weight: 4, arbitrary: everyDay },
    ...dates.map((arbitrary) => ({ weight: 1, arbitrary })),
  );
}

function aWeekday(dialect: "standard" | "quartz"): fc.Arbitrary<string> {
  const both = [
    "SUN",
    "sat",
    "MON-FRI",
    "6#3",
    "SUN#1",
    "FRI#5",
    "5L",
    "SUNL",
    "1",
    "*/2",
    "1,3,5",
  ];
  return dialect === "quartz"
    ? fc.constantFrom(...both, "7", "SAT-MON", "6-2", "FRI-SUN", "2/3", "1-7")
    : fc.constantFrom(...both, "0", "7", "0-7", "5-7", "SAT-SUN", "0-6/2");
}

function rangeOf(min: number, max: number): fc.Arbitrary<string> {
  return fc
    .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
    .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
}

function joined([span, step]: readonly [string | number, number]): string {
  return `${span}/${step}`;
}

export function anInstant(): fc.Arbitrary<number> {
  return fc.integer({ min: Date.UTC(2010, 0, 1), max: Date.UTC(2030, 0, 1) });
}
