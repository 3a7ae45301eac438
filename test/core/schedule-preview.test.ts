import { describe, expect, test } from "vitest";
import type { ScheduleSpec } from "../../src/core/job.ts";
import { PREVIEW_LIMITS, previewSchedule } from "../../src/core/schedule-preview.ts";
import { CRON_DEFAULTS } from "../support/specs.ts";

describe("a preview", () => {
  test("tells the next ticks in the zone of the job", () => {
    const fromMs = Date.parse("2026-05-01T00:00:00Z");
    const preview = previewSchedule(aCron("30 9 * * 1-5", "Asia/Kolkata"), fromMs, 2);

    expect(preview).toEqual({
      ticks: [
        { atMs: Date.parse("2026-05-01T04:00:00Z"), local: "2026-05-01T09:30:00+05:30" },
        { atMs: Date.parse("2026-05-04T04:00:00Z"), local: "2026-05-04T09:30:00+05:30" },
      ],
      words: { en: "At 09:30, Monday through Friday", zh: "在09:30, 星期一至星期五" },
      warnings: [],
    });
  });

  test("notes the tick that a gap moves", () => {
    const fromMs = Date.parse("2026-03-07T12:00:00Z");
    const { ticks } = previewSchedule(aCron("30 2 * * *", "America/New_York"), fromMs, 2);

    expect(ticks[0]?.local).toBe("2026-03-08T03:00:00-04:00");
    expect(ticks[0]?.note).toMatch(/skip the time it names/);
    expect(ticks[1]).not.toHaveProperty("note");
  });

  test("notes the tick whose local time occurs twice", () => {
    const fromMs = Date.parse("2026-11-01T00:00:00Z");
    const { ticks } = previewSchedule(aCron("30 1 * * *", "America/New_York"), fromMs, 2);

    expect(ticks[0]?.local).toBe("2026-11-01T01:30:00-04:00");
    expect(ticks[0]?.note).toMatch(/occurs twice/);
    expect(ticks[1]).not.toHaveProperty("note");
  });

  test("warns of what the clocks do within 24 months", () => {
    const fromMs = Date.parse("2026-05-01T00:00:00Z");
    const { warnings } = previewSchedule(aCron("30 2 * * *", "Europe/Stockholm"), fromMs, 1);

    expect(warnings.map((warning) => warning.slice(0, 25))).toEqual([
      "2026-10-25T02:30:00+02:00",
      "2027-03-28T03:00:00+02:00",
      "2027-10-31T02:30:00+02:00",
      "2028-03-26T03:00:00+02:00",
    ]);
  });

  test.each([
    ["0 15 10 ? * 6", /looks like Quartz/],
    ["0 0 13 * 5", /either of them is enough/],
    ["0 0 30 2 *", /never fires/],
  ])("%s warns", (cron, warning) => {
    const { warnings } = previewSchedule(aCron(cron, "UTC"), Date.parse("2026-05-01"), 1);
    expect(warnings.join("\n")).toMatch(warning);
  });

  test.each(["0 0 */2 * 5", "0 0 13 * +5", "* * * * *"])("%s does not surprise", (cron) => {
    const { warnings } = previewSchedule(aCron(cron, "UTC"), Date.parse("2026-05-01"), 1);
    expect(warnings).toEqual([]);
  });

  test("holds as many ticks as asked for, up to its limit", () => {
    const { ticks } = previewSchedule(aCron("* * * * *", "UTC"), 0, PREVIEW_LIMITS.ticksMax);
    expect(ticks).toHaveLength(100);
  });

  test("schedules without a zone are told in UTC", () => {
    const spec = { kind: "at", at: "2027-01-31T09:00:00+01:00" } as const;
    const { ticks } = previewSchedule(spec, Date.parse("2026-05-01"), 3);
    expect(ticks).toEqual([
      { atMs: Date.parse("2027-01-31T08:00:00Z"), local: "2027-01-31T08:00:00+00:00" },
    ]);
  });
});

function aCron(cron: string, timezone: string): ScheduleSpec {
  return { kind: "cron", cron, dialect: "standard", timezone, ...CRON_DEFAULTS };
}
