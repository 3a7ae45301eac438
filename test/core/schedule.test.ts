import { describe, expect, test } from "vitest";
import type { ScheduleSpec } from "../../src/core/job.ts";
import {
  assertFires,
  compileSchedule,
  countTicks,
  fireAtMs,
  isShort,
  lastTicks,
  nextTick,
  nextTicks,
  ticksBetween,
} from "../../src/core/schedule.ts";
import { CRON_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";
import { refusal } from "../support/refused.ts";

const NOW = "2026-05-01T00:00:00Z"; // A Friday.

describe("the standard dialect", () => {
  test.each([
    ["*/15 * * * *", ["2026-05-01T00:15:00Z", "2026-05-01T00:30:00Z"]],
    ["*/20 * * * * *", ["2026-05-01T00:00:20Z", "2026-05-01T00:00:40Z"]],
    ["0 0 12 24 12 * 2026-2027", ["2026-12-24T12:00:00Z", "2027-12-24T12:00:00Z"]],
    ["0 0 * * 0", ["2026-05-03T00:00:00Z", "2026-05-10T00:00:00Z"]],
    ["0 0 * * 7", ["2026-05-03T00:00:00Z", "2026-05-10T00:00:00Z"]],
    ["0 0 * * FRI-SUN", ["2026-05-02T00:00:00Z", "2026-05-03T00:00:00Z"]],
    ["0 0 L * *", ["2026-05-31T00:00:00Z", "2026-06-30T00:00:00Z"]],
    ["0 0 LW * *", ["2026-05-29T00:00:00Z", "2026-06-30T00:00:00Z"]],
    ["0 0 15W * *", ["2026-05-15T00:00:00Z", "2026-06-15T00:00:00Z"]],
    ["0 0 ? * 5#2", ["2026-05-08T00:00:00Z", "2026-06-12T00:00:00Z"]],
    ["0 0 * * 5L", ["2026-05-29T00:00:00Z", "2026-06-26T00:00:00Z"]],
    ["0 0 13 * 5", ["2026-05-08T00:00:00Z", "2026-05-13T00:00:00Z"]],
    ["0 0 */2 * 1", ["2026-05-11T00:00:00Z", "2026-05-25T00:00:00Z"]],
    ["@hourly", ["2026-05-01T01:00:00Z", "2026-05-01T02:00:00Z"]],
    ["@daily", ["2026-05-02T00:00:00Z", "2026-05-03T00:00:00Z"]],
    ["@midnight", ["2026-05-02T00:00:00Z", "2026-05-03T00:00:00Z"]],
    ["@weekly", ["2026-05-03T00:00:00Z", "2026-05-10T00:00:00Z"]],
    ["@monthly", ["2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"]],
    ["@yearly", ["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"]],
    ["@ANNUALLY", ["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"]],
  ])("%s", (cron, expected) => {
    expect(next(aCron({ cron }))).toEqual(expected);
  });

  test.each([
    ["0/5 * * * * ?", /looks like Quartz: set schedule\.dialect to "quartz"/],
    ["0 0 22-4 * * ?", /Two ranges say it: "0 0 22-23,0-4 \* \* \?"/],
    ["22-4 * * * *", /Two ranges say it: "22-59,0-4 \* \* \* \*"/],
    ["5/10 * * * *", /Write a step as "\*\/5"/],
    ["* * * *", /Fields: \[second\] minute hour/],
    ["60 * * * *", /Fields/],
    ["@every 5m", /schedule\.kind to "every"/],
    ["@reboot", /Known are @hourly/],
    ["0 0 L-3 * *", /"L" for the last day/],
    ["0 0 * * L", /"SAT" for Saturday/],
    ["", /Fields/],
    ["0 0 * * *\n", /plain spaces/],
    ["0 0\u0000 * * *", /plain spaces/],
    ["2027-01-01T00:00:00Z", /Use digits/],
    [`${"0,".repeat(128)}0 * * * *`, /Fields/],
  ])("%j is refused with a hint", (cron, hint) => {
    const data = refusal(() => compileSchedule(aCron({ cron })));

    expect(data.code).toBe("schedule.invalid");
    expect(data.hint).toMatch(hint);
    expect(data.errors?.[0]?.pointer).toBe("/schedule/cron");
  });
});

describe("the Quartz dialect", () => {
  test.each([
    ["0/20 * * * * ?", ["2026-05-01T00:00:20Z", "2026-05-01T00:00:40Z"]],
    ["0 15 10 ? * 6#3", ["2026-05-15T10:15:00Z", "2026-06-19T10:15:00Z"]],
    ["0 0 0 ? * 1", ["2026-05-03T00:00:00Z", "2026-05-10T00:00:00Z"]],
    ["0 0 0 ? * 6L", ["2026-05-29T00:00:00Z", "2026-06-26T00:00:00Z"]],
    ["0 0 0 ? * SAT-MON", ["2026-05-02T00:00:00Z", "2026-05-03T00:00:00Z"]],
    ["0 0 22-4/3 * * ?", ["2026-05-01T01:00:00Z", "2026-05-01T04:00:00Z"]],
    ["0 0 0 1 NOV-FEB ?", ["2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"]],
    ["0 0 12 1 1 ? 2030/5", ["2030-01-01T12:00:00Z", "2035-01-01T12:00:00Z"]],
  ])("%s", (cron, expected) => {
    expect(next(aCron({ cron, dialect: "quartz" }))).toEqual(expected);
  });

  test.each([
    ["0 12 * * *", /"standard"/],
    ["@daily", /"standard"/],
    ["0 0 0 L-3 * ?", /"L" for the last day/],
    ["0 0 0 ? * MON,L", /"SAT" for Saturday/],
    ["0 0 0 ? * 8", /MON-FRI/],
    ["0 0 0 ? * 0", /MON-FRI/],
    ["0 0 0 1 * MON", /"\?"/],
    ["0 0/0 * * * ?", /Fields|step/],
  ])("%j is refused with a hint", (cron, hint) => {
    const data = refusal(() => compileSchedule(aCron({ cron, dialect: "quartz" })));

    expect(data.code).toBe("schedule.invalid");
    expect(data.hint).toMatch(hint);
  });
});

describe("time zones", () => {
  test.each(["", "local", "Mars/Olympus", "+02:00", "x".repeat(65)])(
    "%j is refused",
    (timezone) => {
      const data = refusal(() => compileSchedule(aCron({ timezone })));

      expect(data.code).toBe("schedule.invalid");
      expect(data.errors?.[0]?.pointer).toBe("/schedule/timezone");
    },
  );

  test.each([
    ["30 2 * * *", ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]], // 03:00, after the gap.
    ["30 1,2 * * *", ["2026-03-08T06:30:00Z", "2026-03-08T07:00:00Z"]],
    ["30 1-3 * * *", ["2026-03-08T06:30:00Z", "2026-03-08T07:30:00Z"]], // A range: real matches.
    ["30 */2 * * *", ["2026-03-08T05:30:00Z", "2026-03-08T08:30:00Z"]],
  ])("%s on the day of a gap in New York", (cron, expected) => {
    const spec = aCron({ cron, timezone: "America/New_York" });
    expect(next(spec, "2026-03-08T04:59:59Z")).toEqual(expected);
  });

  test.each([
    ["30 1 * * *", ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]],
    ["30 1-1 * * *", ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]],
    ["30 * * * *", ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"]],
  ])("%s on the day of a fold in New York", (cron, expected) => {
    const spec = aCron({ cron, timezone: "America/New_York" });
    expect(next(spec, "2026-11-01T05:00:00Z")).toEqual(expected);
  });

  test("a day that does not exist is skipped", () => {
    const spec = aCron({ cron: "0 12 * * *", timezone: "Pacific/Apia" });
    const expected = ["2011-12-29T22:00:00Z", "2011-12-30T22:00:00Z"]; // The 29th and the 31st.
    expect(next(spec, "2011-12-29T12:00:00Z")).toEqual(expected);
  });
});

describe("milliseconds", () => {
  test("an instant within a second neither loses nor repeats a tick", () => {
    const schedule = compileSchedule(aCron({ cron: "* * * * * *" }));
    const noon = Date.parse("2026-05-01T12:00:00Z");

    expect(nextTick(schedule, noon - 1)).toBe(noon);
    expect(nextTick(schedule, noon)).toBe(noon + 1_000);
    expect(nextTick(schedule, noon + 500)).toBe(noon + 1_000);
    expect(lastTicks(schedule, { afterMs: noon - 1, untilMs: noon + 500, n: 5 })).toEqual([noon]);
    expect(lastTicks(schedule, { afterMs: noon, untilMs: noon + 500, n: 5 })).toEqual([]);
  });
});

describe("intervals", () => {
  const every = { kind: "every", every: "30s", anchor: NOW, ...EVERY_DEFAULTS } as const;

  test("the anchor is the first tick, and nothing lies before it", () => {
    expect(next(every, "2026-04-01T00:00:00Z")).toEqual([NOW, "2026-05-01T00:00:30Z"]);
    expect(next(every, NOW)[0]).toBe("2026-05-01T00:00:30Z");
  });

  test("years of an outage are counted without listing them", () => {
    const schedule = compileSchedule({ ...every, every: "1s" });
    const range = { afterMs: at(NOW), untilMs: at("2036-05-01T00:00:00Z") };

    expect(countTicks(schedule, range)).toBe((range.untilMs - range.afterMs) / 1_000);
    expect(lastTicks(schedule, { ...range, n: 2 })).toEqual([range.untilMs - 1_000, range.untilMs]);
    expect(ticksBetween(schedule, { ...range, limit: 3 }).isComplete).toBe(false);
  });

  test.each([
    [{ every: "999ms" }, "/schedule/every"],
    [{ every: "11y" }, "/schedule/every"],
    [{ every: "9999d" }, "/schedule/every"],
    [{ anchor: "2026-02-30T00:00:00Z" }, "/schedule/anchor"],
    [{ anchor: "2026-02-03 00:00:00" }, "/schedule/anchor"],
    [{ jitter: "-1s" }, "/schedule/jitter"],
    [{ jitter: "25h" }, "/schedule/jitter"],
  ])("%j is refused", (wrong, pointer) => {
    const data = refusal(() => compileSchedule({ ...every, ...wrong }));

    expect(data.code).toBe("schedule.invalid");
    expect(data.errors?.[0]?.pointer).toBe(pointer);
    expect(data.hint).toBeDefined();
  });
});

describe("one instant, and none", () => {
  test("an instant fires once", () => {
    const schedule = compileSchedule({ kind: "at", at: "2026-05-01T02:00:00.250+02:00" });
    const dueMs = at("2026-05-01T00:00:00.250Z");

    expect(nextTicks(schedule, at(NOW), 5)).toEqual([dueMs]);
    expect(nextTick(schedule, dueMs)).toBeNull();
    expect(countTicks(schedule, { afterMs: dueMs - 1, untilMs: dueMs })).toBe(1);
    expect(countTicks(schedule, { afterMs: dueMs, untilMs: dueMs + 1 })).toBe(0);
  });

  test("a manual schedule has no ticks, and that is no mistake", () => {
    const schedule = compileSchedule({ kind: "manual" });

    expect(nextTick(schedule, 0)).toBeNull();
    expect(() => assertFires(schedule, 0)).not.toThrow();
  });
});

describe("a schedule that never fires", () => {
  test.each([
    [aCron({ cron: "0 0 30 2 *" }), /30 February/],
    [aCron({ cron: "0 0 0 1 1 ? 2020", dialect: "quartz" }), /year that is over/],
    [{ kind: "at", at: NOW } as const, /POST \/jobs\/\{job\}\/runs runs it now/],
  ])("%j is refused with the reason", (spec, hint) => {
    const data = refusal(() => assertFires(compileSchedule(spec), at(NOW)));

    expect(data.code).toBe("schedule.never_fires");
    expect(data.hint).toMatch(hint);
  });
});

describe("jitter", () => {
  test("jobs of one schedule are spread over it", () => {
    const schedule = compileSchedule(aCron({ jitter: "10s" }));
    const nominal = at("2026-05-01T02:00:00Z");
    const starts = Array.from({ length: 200 }, (_, i) => fireAtMs(schedule, `job_${i}`, nominal));

    expect(Math.min(...starts)).toBeGreaterThanOrEqual(nominal);
    expect(Math.max(...starts)).toBeLessThanOrEqual(nominal + 10_000);
    expect(new Set(starts).size).toBeGreaterThan(150);
  });

  test("is cut short where the next tick is nearer", () => {
    const schedule = compileSchedule(aCron({ cron: "* * * * *", jitter: "1h" }));
    const nominal = at("2026-05-01T02:00:00Z");
    const starts = Array.from({ length: 200 }, (_, i) => fireAtMs(schedule, `job_${i}`, nominal));

    expect(Math.max(...starts)).toBeLessThan(nominal + 60_000);
    expect(new Set(starts).size).toBeGreaterThan(150);
  });
});

describe("short schedules", () => {
  test.each([
    [aCron({ cron: "* * * * *" }), true],
    [aCron({ cron: "*/5 * * * *" }), false],
    [aCron({ cron: "0 2 * * *" }), false],
    [{ kind: "every", every: "299s", anchor: NOW, ...EVERY_DEFAULTS } as const, true],
    [{ kind: "at", at: "2027-01-01T00:00:00Z" } as const, false],
    [{ kind: "manual" } as const, false],
  ])("%j: %s", (spec, expected) => {
    expect(isShort(compileSchedule(spec), at(NOW), 300_000)).toBe(expected);
  });
});

type CronSpec = Extract<ScheduleSpec, { readonly kind: "cron" }>;

function aCron(given: Partial<CronSpec>): CronSpec {
  return {
    kind: "cron",
    cron: "0 2 * * *",
    dialect: "standard",
    timezone: "UTC",
    ...CRON_DEFAULTS,
    ...given,
  };
}

function at(text: string): number {
  return Date.parse(text);
}

/** The next two ticks as text. */
function next(spec: ScheduleSpec, after: string = NOW): string[] {
  const ticks = nextTicks(compileSchedule(spec), at(after), 2);
  return ticks.map((ms) => new Date(ms).toISOString().replace(".000Z", "Z"));
}
