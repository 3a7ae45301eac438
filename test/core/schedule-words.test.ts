import { describe, expect, test } from "vitest";
import type { ScheduleSpec } from "../../src/core/job.ts";
import { describeSchedule } from "../../src/core/schedule-words.ts";
import { AFTER_DEFAULTS, CRON_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";

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

  test.each([
    ["30s", "30 seconds after each run ends", "每次运行结束 30 秒后"],
    ["1h", "1 hour after each run ends", "每次运行结束 1 小时后"],
  ])("a fixed delay of %s is counted from the end of a run", (delay, en, zh) => {
    expect(describeSchedule({ kind: "after", delay, ...AFTER_DEFAULTS })).toEqual({ en, zh });
  });

  test("a zone other than UTC, bounds and a jitter are named", () => {
    const spec: ScheduleSpec = {
      ...aCron("0 2 * * *", "standard"),
      timezone: "Europe/Stockholm",
      startAt: "2027-01-01T00:00:00Z",
      endAt: "2027-12-31T00:00:00Z",
      ticksMax: 10,
      jitter: "90s",
    };
    expect(describeSchedule(spec)).toEqual({
      en:
        "At 02:00 (time of Europe/Stockholm), from 2027-01-01T00:00:00Z, " +
        "until 2027-12-31T00:00:00Z, at most 10 times, each up to 90 seconds later",
      zh:
        "在02:00（Europe/Stockholm 时间），自 2027-01-01T00:00:00Z 起，" +
        "至 2027-12-31T00:00:00Z 止，最多 10 次，每次最多延后 90 秒",
    });
  });

  test.each([
    ["skip", '; not on days that the calendar "cn" closes', "；日历“cn”的关闭日跳过"],
    [
      "previous",
      '; from days that the calendar "cn" closes it moves to the open day before',
      "；遇日历“cn”的关闭日，提前到前一个开放日",
    ],
    [
      "next",
      '; from days that the calendar "cn" closes it moves to the open day after',
      "；遇日历“cn”的关闭日，推迟到后一个开放日",
    ],
  ] as const)("a calendar with roll %s says what becomes of closed days", (roll, en, zh) => {
    const spec: ScheduleSpec = {
      ...aCron("0 2 * * *", "standard"),
      calendar: { name: "cn", roll },
    };
    expect(describeSchedule(spec)).toEqual({ en: `At 02:00${en}`, zh: `在02:00${zh}` });
  });

  test("an interval names its zone where a calendar asks for days", () => {
    const spec = {
      kind: "every",
      every: "6h",
      anchor: "2026-01-01T00:00:00Z",
      ...EVERY_DEFAULTS,
      timezone: "Asia/Shanghai",
    } as const;
    const { en } = describeSchedule({ ...spec, calendar: { name: "cn", roll: "skip" } });

    expect(en).toBe(
      'Every 6 hours; not on days that the calendar "cn" closes (time of Asia/Shanghai)',
    );
    expect(describeSchedule(spec).en).toBe("Every 6 hours");
  });

  test("an instant and a manual schedule have words of their own", () => {
    expect(describeSchedule({ kind: "at", at: "2027-01-31T09:00:00Z" })).toEqual({
      en: "Once, at 2027-01-31T09:00:00Z",
      zh: "一次，于 2027-01-31T09:00:00Z",
    });
    expect(describeSchedule({ kind: "manual" }).en).toBe("Only when it is started by hand");
  });
});

function aCron(
  cron: string,
  dialect: "standard" | "quartz",
): Extract<ScheduleSpec, { readonly kind: "cron" }> {
  return { kind: "cron", cron, dialect, timezone: "UTC", ...CRON_DEFAULTS };
}
