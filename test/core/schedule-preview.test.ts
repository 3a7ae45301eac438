import { describe, expect, test } from "vitest";
import type { ScheduleSpec } from "../../src/core/job.ts";
import { PREVIEW_LIMITS, previewSchedule } from "../../src/core/schedule-preview.ts";
import { compileCalendar } from "../../src/core/calendar.ts";
import { aCalendarCopy } from "../support/a-calendar.ts";
import { AFTER_DEFAULTS, CRON_DEFAULTS } from "../support/specs.ts";

const FROM_MS = Date.parse("2026-05-01T00:00:00Z");
const WEEKDAYS = compileCalendar(
  aCalendarCopy("weekdays", { weekdays: [1, 2, 3, 4, 5], knownUntil: "2026-05-31" }),
);

describe("a preview", () => {
  test("tells the next ticks in the zone of the job", () => {
    const fromMs = Date.parse("2026-05-01T00:00:00Z");
    const preview = previewSchedule(aCron("30 9 * * 1-5", "Asia/Kolkata"), { fromMs, count: 2 });

    expect(preview).toEqual({
      ticks: [
        { atMs: Date.parse("2026-05-01T04:00:00Z"), local: "2026-05-01T09:30:00+05:30" },
        { atMs: Date.parse("2026-05-04T04:00:00Z"), local: "2026-05-04T09:30:00+05:30" },
      ],
      words: {
        en: "At 09:30, Monday through Friday (time of Asia/Kolkata)",
        zh: "在09:30, 星期一至星期五（Asia/Kolkata 时间）",
      },
      warnings: [],
      anomalies: [],
      rewrites: [],
    });
  });

  test("notes the tick that a gap moves", () => {
    const fromMs = Date.parse("2026-03-07T12:00:00Z");
    const { ticks } = previewSchedule(aCron("30 2 * * *", "America/New_York"), {
      fromMs,
      count: 2,
    });

    expect(ticks[0]?.local).toBe("2026-03-08T03:00:00-04:00");
    expect(ticks[0]?.note).toMatch(/skip the time it names/);
    expect(ticks[1]).not.toHaveProperty("note");
  });

  test("notes the tick whose local time occurs twice", () => {
    const fromMs = Date.parse("2026-11-01T00:00:00Z");
    const { ticks } = previewSchedule(aCron("30 1 * * *", "America/New_York"), {
      fromMs,
      count: 2,
    });

    expect(ticks[0]?.local).toBe("2026-11-01T01:30:00-04:00");
    expect(ticks[0]?.note).toMatch(/occurs twice/);
    expect(ticks[1]).not.toHaveProperty("note");
  });

  test("lists what the clocks do within 24 months", () => {
    const fromMs = Date.parse("2026-05-01T00:00:00Z");
    const spec = aCron("30 2 * * *", "Europe/Stockholm");
    const { anomalies } = previewSchedule(spec, { fromMs, count: 1 });

    expect(anomalies.map(({ kind, local, tickMs }) => [kind, local, textOf(tickMs)])).toEqual([
      ["fold", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z"],
      ["gap", "2027-03-28T02:30:00", "2027-03-28T01:00:00Z"],
      ["fold", "2027-10-31T02:30:00", "2027-10-31T00:30:00Z"],
      ["gap", "2028-03-26T02:30:00", "2028-03-26T01:00:00Z"],
    ]);
    expect(anomalies[0]?.note).toMatch(/the first time only/);
    expect(anomalies[1]?.note).toMatch(/at the first instant after/);
  });

  test.each([
    [{ gap: "skip", fold: "last" }, [null, "2026-10-25T01:30:00Z"], /does not run/, /second time/],
    [{ gap: "shift", fold: "both" }, ["T01:00", "2026-10-25T00:30:00Z"], /instant after/, /both/],
  ] as const)("tells what the rule %j makes of them", (dst, [gapTick, foldTick], gap, fold) => {
    const fromMs = Date.parse("2026-03-01T00:00:00Z");
    const spec = { ...aCron("30 2 * * *", "Europe/Stockholm"), dst };
    const [first, second] = previewSchedule(spec, { fromMs, count: 1 }).anomalies;

    expect(first?.note).toMatch(gap);
    if (gapTick === null) expect(first?.tickMs).toBeNull();
    else expect(textOf(first?.tickMs ?? null)).toContain(gapTick);
    expect(second?.note).toMatch(fold);
    expect(textOf(second?.tickMs ?? null)).toBe(foldTick);
  });

  test("leaves out the anomalies of closed days, and those outside the bounds", () => {
    const fromMs = Date.parse("2026-03-01T00:00:00Z");
    const spec = aCron("30 2 * * *", "Europe/Stockholm");
    const use = { calendar: { name: "weekdays", roll: "skip" as const } };
    const closed = previewSchedule({ ...spec, ...use }, { fromMs, count: 1 }, () => WEEKDAYS);
    const ended = previewSchedule({ ...spec, endAt: "2026-12-31T00:00:00Z" }, { fromMs, count: 1 });

    expect(closed.anomalies).toEqual([]); // Europe changes its clocks on Sundays.
    expect(ended.anomalies.map(({ kind }) => kind)).toEqual(["gap", "fold"]);
  });

  test("an interval pattern has no anomalies: it runs at every real match", () => {
    const spec = aCron("*/30 * * * *", "Europe/Stockholm");
    expect(previewSchedule(spec, { fromMs: FROM_MS, count: 1 }).anomalies).toEqual([]);
  });

  test("shows what was understood in place of what was written", () => {
    const spec = { ...aCron("0 0 22-4 * * ?", "UTC"), dialect: "quartz" as const };
    const { rewrites } = previewSchedule(spec, { fromMs: FROM_MS, count: 1 });

    expect(rewrites).toMatchObject([{ from: "22-4", to: "22-23,0-4" }]);
  });

  test.each([
    ["0 15 10 ? * 6", /looks like Quartz/],
    ["0 0 13 * 5", /either of them is enough/],
    ["0 0 30 2 *", /never fires/],
    ["*/30 * * * * *", /has 2880 ticks a day/],
    ["* * * * * *", /has 86400 ticks a day/],
  ])("%s warns", (cron, warning) => {
    const { warnings } = previewSchedule(aCron(cron, "UTC"), { fromMs: FROM_MS, count: 1 });
    expect(warnings.join("\n")).toMatch(warning);
  });

  test.each(["0 0 */2 * 5", "0 0 13 * +5", "* * * * *"])("%s does not surprise", (cron) => {
    const { warnings } = previewSchedule(aCron(cron, "UTC"), { fromMs: FROM_MS, count: 1 });
    expect(warnings).toEqual([]);
  });

  test("holds as many ticks as asked for, up to its limit", () => {
    const { ticks } = previewSchedule(aCron("* * * * *", "UTC"), {
      fromMs: 0,
      count: PREVIEW_LIMITS.ticksMax,
    });
    expect(ticks).toHaveLength(100);
  });

  test("schedules without a zone are told in UTC", () => {
    const spec = { kind: "at", at: "2027-01-31T09:00:00+01:00" } as const;
    const { ticks } = previewSchedule(spec, { fromMs: FROM_MS, count: 3 });
    expect(ticks).toEqual([
      { atMs: Date.parse("2027-01-31T08:00:00Z"), local: "2027-01-31T08:00:00+00:00" },
    ]);
  });
});

describe("a preview of a bounded schedule", () => {
  const spec = { ...aCron("0 9 * * *", "UTC"), startAt: "2026-06-01T00:00:00Z", ticksMax: 2 };

  test("warns when its bounds leave fewer ticks than were asked for", () => {
    const preview = previewSchedule(spec, { fromMs: FROM_MS, count: 10 });

    expect(preview.ticks.map(({ local }) => local)).toEqual([
      "2026-06-01T09:00:00+00:00",
      "2026-06-02T09:00:00+00:00",
    ]);
    expect(preview.warnings).toEqual([
      "Its bounds leave few: 2 ticks are ahead, and then it ends.",
    ]);
    expect(previewSchedule(spec, { fromMs: FROM_MS, count: 2 }).warnings).toEqual([]);
  });

  test("says that the bounds leave nothing", () => {
    const late = { fromMs: Date.parse("2026-07-01T00:00:00Z"), count: 3 };
    const { ticks, warnings } = previewSchedule(spec, late);

    expect(ticks).toEqual([]);
    expect(warnings.join()).toMatch(/its bounds leave no tick/);
  });

  test("of a fixed delay shows the one tick that is sure, if the run before ends now", () => {
    const after = { kind: "after", delay: "90s", ...AFTER_DEFAULTS } as const;
    const { ticks } = previewSchedule(after, { fromMs: FROM_MS, count: 5 });

    expect(ticks).toMatchObject([
      { atMs: FROM_MS + 90_000, note: expect.stringMatching(/ends now/) },
    ]);
  });
});

describe("a preview with a calendar", () => {
  const friday = Date.parse("2026-05-01T10:00:00Z");
  const spec = aCron("0 9 * * *", "UTC");

  test("leaves out the ticks of closed days, and says how many", () => {
    const calendar = { name: "weekdays", roll: "skip" } as const;
    const options = { fromMs: friday, count: 2 };
    const preview = previewSchedule({ ...spec, calendar }, options, () => WEEKDAYS);

    expect(preview.ticks.map(({ local }) => local.slice(0, 10))).toEqual([
      "2026-05-04",
      "2026-05-05",
    ]);
    expect(preview.warnings.join()).toMatch(/closes the days of 2 more ticks/);
  });

  test("notes the ticks that were moved", () => {
    const calendar = { name: "weekdays", roll: "previous" } as const;
    const monthly = { ...aCron("0 9 3 * *", "UTC"), calendar }; // 3 May 2026 is a Sunday.
    const { ticks } = previewSchedule(
      monthly,
      { fromMs: Date.parse("2026-05-01T00:00:00Z"), count: 2 },
      () => WEEKDAYS,
    );

    expect(ticks[0]?.local).toBe("2026-05-01T09:00:00+00:00");
    expect(ticks[0]?.note).toMatch(/"weekdays" moves it here from a closed day/);
    expect(ticks[1]).not.toHaveProperty("note");
  });

  test("warns of ticks beyond the last day for which the holidays are known", () => {
    const calendar = { name: "weekdays", roll: "next" } as const;
    const until = (count: number): readonly string[] =>
      previewSchedule({ ...spec, calendar }, { fromMs: friday, count }, () => WEEKDAYS).warnings;

    expect(until(20)).toEqual([]); // The twentieth is on 29 May.
    expect(until(25).join()).toMatch(/known until 2026-05-31 only/);
  });

  test("says that the calendar leaves nothing", () => {
    const calendar = { name: "weekdays", roll: "skip" } as const;
    const sundays = { ...aCron("0 9 * * 0", "UTC"), calendar };
    const { ticks, warnings } = previewSchedule(
      sundays,
      { fromMs: friday, count: 3 },
      () => WEEKDAYS,
    );

    expect(ticks).toEqual([]);
    expect(warnings.join()).toMatch(/the calendar "weekdays" leaves no tick/);
  });
});

function textOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString().replace(".000Z", "Z");
}

function aCron(cron: string, timezone: string): Extract<ScheduleSpec, { readonly kind: "cron" }> {
  return { kind: "cron", cron, dialect: "standard", timezone, ...CRON_DEFAULTS };
}
