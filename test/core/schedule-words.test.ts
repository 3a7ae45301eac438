import { describe, expect, test } from "vitest";
import type { ScheduleSpec } from "../../src/core/job.ts";
import { describeSchedule } from "../../src/core/schedule-words.ts";
import { CRON_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";

describe("a schedule in words", () => {
  test.each([
    ["0 2 * * *", "standard", "At 02:00", "在02:00"],
    ["*/5 * * * *", "standard", "Every 5 minutes", "每隔 5 分钟"],
    ["@daily", "standard", "At 00:00", "在00:00"],
    ["0 9 * * 1-5", "standard", "At 09:00, Monday through Friday", "在09:00, 星期一至星期五"],
  ] as const)("%s (%s) is said in English and Chinese", (cron, dialect, en, zh) => {
    expect(describeSchedule(aCron(cron, dialect))).toEqual({ en, zh });
  });

  test("a weekday is that of the dialect", () => {
    expect(describeSchedule(aCron("0 15 10 ? * 6#3", "quartz")).en).toContain("third Friday");
    expect(describeSchedule(aCron("0 15 10 ? * 6#3", "standard")).en).toContain("third Saturday");
    expect(describeSchedule(aCron("0 15 10 ? * 6#3", "quartz")).zh).toContain("星期五");
  });

  test("a pattern without words is quoted", () => {
    expect(describeSchedule(aCron("0 0 1 * +MON", "standard"))).toEqual({
      en: 'Cron pattern "0 0 1 * +MON"',
      zh: "Cron 表达式“0 0 1 * +MON”",
    });
  });

  test.each([
    ["30s", "Every 30 seconds", "每 30 秒"],
    ["1m", "Every minute", "每 1 分钟"],
    ["90s", "Every 90 seconds", "每 90 秒"],
    ["PT2H", "Every 2 hours", "每 2 小时"],
    ["1500ms", "Every 1500 milliseconds", "每 1500 毫秒"],
  ])("an interval of %s is counted in its largest unit", (every, en, zh) => {
    const spec = {
      kind: "every",
      every,
      anchor: "2026-01-01T00:00:00Z",
      ...EVERY_DEFAULTS,
    } as const;
    expect(describeSchedule(spec)).toEqual({ en, zh });
  });

  test("an instant and a manual schedule have words of their own", () => {
    expect(describeSchedule({ kind: "at", at: "2027-01-31T09:00:00Z" })).toEqual({
      en: "Once, at 2027-01-31T09:00:00Z",
      zh: "一次，于 2027-01-31T09:00:00Z",
    });
    expect(describeSchedule({ kind: "manual" }).en).toBe("Only when it is started by hand");
  });
});

function aCron(cron: string, dialect: "standard" | "quartz"): ScheduleSpec {
  return { kind: "cron", cron, dialect, timezone: "UTC", ...CRON_DEFAULTS };
}
