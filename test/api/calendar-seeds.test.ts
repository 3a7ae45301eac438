import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { seedDraft } from "../../src/api/calendar-seeds.ts";
import { checkCalendar } from "../../src/core/calendar-check.ts";
import { compileCalendar, type Calendar } from "../../src/core/calendar.ts";
import { dayOfDate } from "../../src/core/civil-date.ts";
import { allSeeds, textOfSeed } from "../support/make-calendar-seeds.ts";

const FOLDER = new URL("../../src/api/calendar-seeds/", import.meta.url);

function seeded(name: string): Calendar {
  const { rules } = seedDraft(name);
  return compileCalendar({ namespace: "default", name, version: 1, rules, parts: {} });
}

function isOpen(calendar: Calendar, date: string): boolean {
  return calendar.isOpen(dayOfDate(date) ?? Number.NaN);
}

describe.each(allSeeds())("the seed $name", (seed) => {
  it("is what its source gives", async () => {
    const text = await readFile(new URL(`${seed.name}.json`, FOLDER), "utf8");

    expect(JSON.parse(text)).toEqual(JSON.parse(textOfSeed(seed)));
  });

  it("is a calendar that may be stored", () => {
    const { rules } = seedDraft(seed.name);

    checkCalendar({ name: seed.name, rules, parts: {} }, dayOfDate("2026-11-21") ?? 0);
  });
});

describe("cn-workdays", () => {
  const calendar = seeded("cn-workdays");

  it.each([
    ["2026-10-01", false],
    ["2026-10-07", false],
    ["2026-10-08", true],
    ["2026-10-10", true],
    ["2026-10-11", false],
    ["2026-02-14", true],
    ["2026-02-17", false],
    ["2024-05-11", true],
  ])("%s is open: %s", (date, open) => {
    expect(isOpen(calendar, date)).toBe(open);
  });

  it("names its days in Chinese and English", () => {
    expect(calendar.nameOf(dayOfDate("2026-10-01") ?? 0)).toBe("国庆节 National Day");
    expect(calendar.nameOf(dayOfDate("2026-10-10") ?? 0)).toContain("调休");
    expect(calendar.knownUntil).toBe(dayOfDate("2026-12-31"));
  });
});

describe("us-federal-holidays", () => {
  const calendar = seeded("us-federal-holidays");

  // https://www.opm.gov/policy-data-oversight/pay-leave/federal-holidays/
  it.each([
    ["2026-01-19", "Birthday of Martin Luther King, Jr."],
    ["2026-07-03", "Independence Day (observed)"],
    ["2026-11-26", "Thanksgiving Day"],
    ["2027-05-31", "Memorial Day"],
    ["2027-06-18", "Juneteenth National Independence Day (observed)"],
    ["2027-07-05", "Independence Day (observed)"],
    ["2027-12-24", "Christmas Day (observed)"],
    ["2027-12-31", "New Year's Day (observed)"],
    ["2028-11-10", "Veterans Day (observed)"],
  ])("is closed on %s: %s", (date, name) => {
    expect(isOpen(calendar, date)).toBe(false);
    expect(calendar.nameOf(dayOfDate(date) ?? 0)).toBe(name);
  });

  it("closes eleven days a year besides weekends", () => {
    for (let year = 2024; year <= 2037; year++) {
      const first = dayOfDate(`${year}-01-01`) ?? 0;
      const next = dayOfDate(`${year + 1}-01-01`) ?? 0;
      const days = Array.from({ length: next - first }, (_, i) => first + i);
      const weekdays = days.filter((day) => (day + 4) % 7 !== 0 && (day + 4) % 7 !== 6);
      const closed = weekdays.filter((day) => !calendar.isOpen(day)).length;
      // A New Year's Day on a Saturday is observed in the year before.
      expect([10, 11, 12], String(year)).toContain(closed);
    }
    expect(isOpen(calendar, "2027-07-06")).toBe(true);
  });
});
