import { describe, expect, test } from "vitest";
import { compileCron } from "../../src/core/cron.ts";
import type { CronTicks } from "../../src/core/cron-ticks.ts";
import type { DstRule } from "../../src/core/job.ts";

const DEFAULT: DstRule = { gap: "shift", fold: "first" };

describe("a gap", () => {
  test.each([
    ["America/New_York", "30 2 * * *", "2026-03-08", ["03-08T07:00", "03-09T06:30"]],
    // Before midnight: the first instant after the gap lies on the next day.
    ["America/Nuuk", "30 23 * * *", "2026-03-28T12:00", ["03-29T01:00", "03-30T00:30"]],
    ["America/Scoresbysund", "30 23 * * 6", "2026-03-28T12:00", ["03-29T01:00", "04-05T00:30"]],
    ["Africa/Cairo", "0 0 * * *", "2026-04-23", ["04-23T22:00", "04-24T21:00"]],
    // Half an hour.
    ["Australia/Lord_Howe", "15 2 * * *", "2026-10-03T12:00", ["10-03T15:30", "10-04T15:15"]],
    // Two hours: several named times in one gap are one tick, and so is the named one after it.
    ["Antarctica/Troll", "0,30 1,2 * * *", "2026-03-29", ["03-29T01:00", "03-29T23:00"]],
    ["Antarctica/Troll", "0 1,2,3 * * *", "2026-03-29", ["03-29T01:00", "03-29T23:00"]],
  ])("in %s shifts %s to the first instant after it", (timezone, cron, after, expected) => {
    expect(next({ timezone, cron }, after, 2)).toEqual(expected);
  });

  test.each([
    ["America/New_York", "30 2 * * *", "2026-03-08", ["03-09T06:30"]],
    ["America/Nuuk", "30 23 * * *", "2026-03-28T12:00", ["03-30T00:30"]],
    ["Antarctica/Troll", "0 1,2,3 * * *", "2026-03-29", ["03-29T01:00"]],
  ])("in %s leaves out %s where the rule says so", (timezone, cron, after, expected) => {
    const dst = { gap: "skip", fold: "first" } as const;
    expect(next({ timezone, cron, dst }, after, 1)).toEqual(expected);
  });

  test.each(["Pacific/Apia", "Pacific/Fakaofo"])("of a whole day in %s skips it", (timezone) => {
    const [first, second] = next({ timezone, cron: "0 12 * * *" }, "2011-12-29T12:00", 2);
    expect([first?.slice(0, 5), second?.slice(0, 5)]).toEqual(["12-29", "12-30"]);
    const range = { afterMs: Date.parse("2011-12-29T00:00Z"), untilMs: Date.parse("2012-01-02") };
    expect(ticksOf({ timezone, cron: "0 12 * * *" }).count(range)).toBe(4);
  });
});

describe("a fold", () => {
  const NEW_YORK = { timezone: "America/New_York", cron: "30 1 * * *" };
  const LORD_HOWE = { timezone: "Australia/Lord_Howe", cron: "45 1 * * *" };

  test.each([
    [NEW_YORK, "first", "2026-11-01", ["11-01T05:30", "11-02T06:30"]],
    [NEW_YORK, "last", "2026-11-01", ["11-01T06:30", "11-02T06:30"]],
    [NEW_YORK, "both", "2026-11-01", ["11-01T05:30", "11-01T06:30"]],
    [LORD_HOWE, "first", "2026-04-04T12:00", ["04-04T14:45", "04-05T15:15"]],
    [LORD_HOWE, "last", "2026-04-04T12:00", ["04-04T15:15", "04-05T15:15"]],
    [LORD_HOWE, "both", "2026-04-04T12:00", ["04-04T14:45", "04-04T15:15"]],
  ] as const)("of %j runs the %s time", (spec, fold, after, expected) => {
    expect(next({ ...spec, dst: { gap: "shift", fold } }, after, 2)).toEqual(expected);
  });

  test("does not concern an interval", () => {
    const dst = { gap: "shift", fold: "last" } as const;
    const found = next(
      { timezone: "America/New_York", cron: "30 * * * *", dst },
      "2026-11-01T05:00",
      2,
    );
    expect(found).toEqual(["11-01T05:30", "11-01T06:30"]);
  });
});

describe("looking back and counting", () => {
  const ticks = ticksOf({ timezone: "America/Nuuk", cron: "30 23 * * *" });

  test("a tick that a gap moved is found from both sides, once", () => {
    const moved = Date.parse("2026-03-29T01:00Z");

    expect(ticks.lastBefore(moved + 1)).toBe(moved);
    expect(ticks.nextAfter(moved - 1)).toBe(moved);
    expect(ticks.count({ afterMs: moved - 1, untilMs: moved })).toBe(1);
    expect(ticks.isNamed(moved)).toBe(false);
  });

  test("nothing lies before 1970 and nothing after 9999", () => {
    expect(ticks.lastBefore(0)).toBeNull();
    expect(ticks.nextAfter(-1e12)).toBe(Date.parse("1970-01-01T02:30Z"));
    expect(ticks.nextAfter(Date.parse("9999-12-31T12:00Z"))).toBeNull();
    expect(ticks.lastBefore(8e15)).toBe(Date.parse("9999-12-31T01:30Z"));
  });

  test("ten years of seconds are counted without listing them", () => {
    const seconds = ticksOf({ timezone: "Europe/Stockholm", cron: "* * * * * *" });
    const range = { afterMs: Date.parse("2026-01-01"), untilMs: Date.parse("2036-01-01") };

    expect(seconds.count(range)).toBe((range.untilMs - range.afterMs) / 1_000);
  });

  test("a date that is rare is found, and one that never comes is not", () => {
    const rare = ticksOf({ timezone: "Europe/Stockholm", cron: "0 0 29 2 +MON" });

    expect(rare.nextAfter(Date.parse("2026-01-01"))).toBe(Date.parse("2044-02-28T23:00Z"));
    expect(rare.lastBefore(Date.parse("2026-01-01"))).toBe(Date.parse("2016-02-28T23:00Z"));
    expect(ticksOf({ timezone: "UTC", cron: "0 0 30 2 *" }).nextAfter(0)).toBeNull();
    expect(ticksOf({ timezone: "UTC", cron: "0 0 0 1 1 * 2031" }).nextAfter(2e12)).toBeNull();
  });
});

describe("anomalies", () => {
  const RANGE = { afterMs: Date.parse("2026-01-01"), untilMs: Date.parse("2027-01-01"), limit: 10 };
  const GAP = { kind: "gap", local: "2026-03-08T02:30:00", atMs: at("2026-03-08T07:30Z") } as const;
  const FOLD = { kind: "fold", local: "2026-11-01T01:30:00", atMs: at("2026-11-01T05:30Z") };
  const [SPRING, AUTUMN] = [at("2026-03-08T07:00Z"), at("2026-11-01T06:00Z")];

  test.each([
    ["shift", "first", SPRING, "2026-11-01T05:30Z"],
    ["skip", "last", null, "2026-11-01T06:30Z"],
    ["shift", "both", SPRING, "2026-11-01T05:30Z"],
  ] as const)("tell what %s and %s do to each named time", (gap, fold, shifted, doubled) => {
    const dst = { gap, fold };
    const ticks = ticksOf({ timezone: "America/New_York", cron: "30 1,2 * * *", dst });

    expect(ticks.anomalies(RANGE)).toEqual([
      { ...GAP, tickMs: shifted, changeMs: SPRING },
      { ...FOLD, tickMs: at(doubled), changeMs: AUTUMN },
    ]);
    expect(ticks.anomalies({ ...RANGE, limit: 1 })).toHaveLength(1);
  });

  test("name each time of a day that does not exist", () => {
    const ticks = ticksOf({ timezone: "Pacific/Apia", cron: "0 6,12 * * *" });
    const range = { afterMs: at("2011-12-01T00:00Z"), untilMs: at("2012-01-31T00:00Z"), limit: 9 };

    expect(ticks.anomalies(range).map(({ local, tickMs }) => [local, tickMs])).toEqual([
      ["2011-12-30T06:00:00", null],
      ["2011-12-30T12:00:00", null],
    ]);
  });

  test("are none for an interval", () => {
    const ticks = ticksOf({ timezone: "America/New_York", cron: "*/30 * * * *" });
    expect(ticks.anomalies(RANGE)).toEqual([]);
  });
});

interface Given {
  readonly cron: string;
  readonly timezone: string;
  readonly dst?: DstRule;
}

function ticksOf(given: Given): CronTicks {
  return compileCron({ dialect: "standard", dst: DEFAULT, ...given });
}

function at(text: string): number {
  return Date.parse(text);
}

/** The next ticks in UTC, without their year and their seconds. */
function next(given: Given, after: string, n: number): readonly string[] {
  const ticks = ticksOf(given);
  let atMs = Date.parse(after.length === 10 ? after : `${after}Z`);
  return Array.from({ length: n }, () => {
    atMs = ticks.nextAfter(atMs) ?? Number.NaN;
    return new Date(atMs).toISOString().slice(5, 16);
  });
}
