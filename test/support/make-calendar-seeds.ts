/**
 * Makes the calendars that a namespace may begin with: `node test/support/make-calendar-seeds.ts`
 * writes them to `src/api/calendar-seeds/`. They are data, made once a year: nothing reads the package
 * behind them while the scheduler runs.
 */
import { writeFile } from "node:fs/promises";
import days from "chinese-days/dist/chinese-days.json" with { type: "json" };
import source from "chinese-days/package.json" with { type: "json" };
import type { CalendarDate } from "../../src/core/calendar.ts";

/** One seed as its file holds it. */
export interface SeedFile {
  readonly name: string;
  readonly description: string;
  readonly source: string;
  readonly weekdays: readonly number[];
  readonly include: readonly CalendarDate[];
  readonly exclude: readonly CalendarDate[];
  readonly knownUntil: string;
}

const FOLDER = new URL("../../src/api/calendar-seeds/", import.meta.url);
const DAY_MS = 86_400_000;
const MONDAY_TO_FRIDAY = [1, 2, 3, 4, 5];
const US_YEARS = { first: 2024, last: 2037 } as const;

export function allSeeds(): readonly SeedFile[] {
  return [cnWorkdays(), usFederalHolidays()];
}

function cnWorkdays(): SeedFile {
  const lastYear = Object.keys(days.holidays).toSorted().at(-1)?.slice(0, 4) ?? "";
  return {
    name: "cn-workdays",
    description:
      "Working days in mainland China: Monday to Friday without the public holidays, and the " +
      "make-up working days of weekends (调休). 中国大陆工作日:法定节假日休息,调休日上班。",
    source: `chinese-days ${source.version} (MIT, https://github.com/vsme/chinese-days)`,
    weekdays: MONDAY_TO_FRIDAY,
    include: datesOf(days.workdays, " 调休 (make-up workday)"),
    exclude: datesOf(days.holidays, ""),
    knownUntil: `${lastYear}-12-31`,
  };
}

/** From days by date, each with `English name,Chinese name,number of days off`. */
function datesOf(texts: Readonly<Record<string, string>>, suffix: string): readonly CalendarDate[] {
  return Object.entries(texts)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([date, text]) => {
      const [english = "", chinese = ""] = text.split(",");
      return { date, name: `${chinese} ${english}${suffix}` };
    });
}

/** Months count from 1. */
type Holiday =
  | { readonly name: string; readonly month: number; readonly day: number }
  | {
      readonly name: string;
      readonly month: number;
      /** 0 is Sunday. */
      readonly weekday: number;
      /** The nth of the month; -1 is the last. */
      readonly nth: number;
    };

/** The eleven public holidays of 5 U.S.C. 6103(a). */
const US_HOLIDAYS: readonly Holiday[] = [
  { name: "New Year's Day", month: 1, day: 1 },
  { name: "Birthday of Martin Luther King, Jr.", month: 1, weekday: 1, nth: 3 },
  { name: "Washington's Birthday", month: 2, weekday: 1, nth: 3 },
  { name: "Memorial Day", month: 5, weekday: 1, nth: -1 },
  { name: "Juneteenth National Independence Day", month: 6, day: 19 },
  { name: "Independence Day", month: 7, day: 4 },
  { name: "Labor Day", month: 9, weekday: 1, nth: 1 },
  { name: "Columbus Day", month: 10, weekday: 1, nth: 2 },
  { name: "Veterans Day", month: 11, day: 11 },
  { name: "Thanksgiving Day", month: 11, weekday: 4, nth: 4 },
  { name: "Christmas Day", month: 12, day: 25 },
];

function usFederalHolidays(): SeedFile {
  const { first, last } = US_YEARS;
  const byDate = new Map<string, string>();
  // The New Year's Day after the last year may be observed in it.
  for (let year = first; year <= last + 1; year++)
    for (const holiday of US_HOLIDAYS)
      for (const { date, name } of observed(holiday, year)) byDate.set(date, name);
  const dates = [...byDate].map(([date, name]) => ({ date, name }));
  return {
    name: "us-federal-holidays",
    description:
      "Working days of the federal government of the United States: Monday to Friday without the " +
      "eleven public holidays, each observed on the nearest weekday.",
    source: "5 U.S.C. 6103, computed",
    weekdays: MONDAY_TO_FRIDAY,
    include: [],
    exclude: dates
      .filter(({ date }) => date >= `${first}` && date < `${last + 1}`)
      .toSorted((a, b) => (a.date < b.date ? -1 : 1)),
    knownUntil: `${last}-12-31`,
  };
}

/**
 * A holiday of a year, and the day it is observed on where that is another: the Friday before a
 * Saturday (5 U.S.C. 6103(b)), the Monday after a Sunday (Executive Order 11582).
 */
function observed(
  holiday: Holiday,
  year: number,
): readonly { readonly date: string; readonly name: string }[] {
  const { name } = holiday;
  const ms = "day" in holiday ? Date.UTC(year, holiday.month - 1, holiday.day) : nth(holiday, year);
  const shift = { 0: 1, 6: -1 }[new Date(ms).getUTCDay()] ?? 0;
  const on = { date: dateOf(ms), name };
  if (shift === 0) return [on];
  return [on, { date: dateOf(ms + shift * DAY_MS), name: `${name} (observed)` }];
}

function nth(holiday: Extract<Holiday, { readonly nth: number }>, year: number): number {
  const { month, weekday } = holiday;
  const firstMs = Date.UTC(year, month - 1, 1);
  const lead = (weekday - new Date(firstMs).getUTCDay() + 7) % 7;
  if (holiday.nth > 0) return firstMs + (lead + (holiday.nth - 1) * 7) * DAY_MS;
  const lastMs = Date.UTC(year, month, 0);
  return lastMs - ((new Date(lastMs).getUTCDay() - weekday + 7) % 7) * DAY_MS;
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** The text of a seed's file: one line for each date, so that a change of a year is easy to read. */
export function textOfSeed(seed: SeedFile): string {
  const lines = Object.entries(seed).map(([key, value]) => {
    const isDates = key === "include" || key === "exclude";
    return `  "${key}": ${isDates ? onePerLine(seed[key]) : spaced(value)}`;
  });
  return `{\n${lines.join(",\n")}\n}\n`;
}

function onePerLine(dates: readonly CalendarDate[]): string {
  if (dates.length === 0) return "[]";
  return `[\n${dates.map((date) => `    ${spaced(date)}`).join(",\n")}\n  ]`;
}

/** One line of JSON in the spacing of the formatter. */
function spaced(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  const members = Object.entries(value).map(([key, member]) => `"${key}": ${spaced(member)}`);
  return `{ ${members.join(", ")} }`;
}

if (import.meta.main)
  for (const seed of allSeeds())
    // oxlint-disable-next-line no-await-in-loop -- Two small files.
    await writeFile(new URL(`${seed.name}.json`, FOLDER), textOfSeed(seed));
