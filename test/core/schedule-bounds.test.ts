import { describe, expect, test } from "vitest";
import {
  assertFires,
  compileSchedule,
  countTicks,
  isExhausted,
  isTick,
  lastTicks,
  nextTick,
  nextTicks,
} from "../../src/core/schedule.ts";
import { AFTER_DEFAULTS, CRON_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";
import { refusal } from "../support/refused.ts";

const NOW = at("2026-05-01T00:00:00Z"); // A Friday.
const DAILY = {
  kind: "cron",
  cron: "0 9 * * *",
  dialect: "standard",
  timezone: "UTC",
  ...CRON_DEFAULTS,
} as const;
const HOURLY = {
  kind: "every",
  every: "1h",
  anchor: "2026-05-01T00:30:00Z",
  ...EVERY_DEFAULTS,
} as const;
const DELAYED = { kind: "after", delay: "30s", ...AFTER_DEFAULTS } as const;

describe("bounds", () => {
  test("a tick exactly at startAt or at endAt counts", () => {
    const bounds = { startAt: "2026-05-02T09:00:00Z", endAt: "2026-05-04T09:00:00Z" };
    const schedule = compileSchedule({ ...DAILY, ...bounds });

    expect(texts(nextTicks(schedule, NOW, 9))).toEqual([
      "2026-05-02T09:00:00Z",
      "2026-05-03T09:00:00Z",
      "2026-05-04T09:00:00Z",
    ]);
    expect(nextTick(schedule, at("2026-05-04T09:00:00Z"))).toBeNull();
    expect(lastTicks(schedule, { afterMs: 0, untilMs: at("2030-01-01T00:00:00Z"), n: 1 })).toEqual([
      at("2026-05-04T09:00:00Z"),
    ]);
    expect(countTicks(schedule, { afterMs: 0, untilMs: at("2030-01-01T00:00:00Z") })).toBe(3);
  });

  test("a number of ticks is counted from startAt, wherever the question begins", () => {
    const spec = { ...HOURLY, startAt: "2026-05-01T12:00:00Z", ticksMax: 3 };
    const schedule = compileSchedule(spec);
    const expected = ["2026-05-01T12:30:00Z", "2026-05-01T13:30:00Z", "2026-05-01T14:30:00Z"];

    expect(texts(nextTicks(schedule, 0, 9))).toEqual(expected);
    expect(texts(nextTicks(compileSchedule(spec), at("2026-05-01T14:00:00Z"), 9))).toEqual(
      expected.slice(2),
    );
    expect(nextTick(schedule, at("2026-05-01T14:30:00Z"))).toBeNull();
  });

  test("endAt and a number of ticks hold together", () => {
    const bounds = { startAt: "2026-05-01T00:00:00Z", endAt: "2026-05-01T02:00:00Z" };
    const ticks = (ticksMax: number): number =>
      nextTicks(compileSchedule({ ...HOURLY, ...bounds, ticksMax }), 0, 9).length;

    expect([ticks(1), ticks(2), ticks(9)]).toEqual([1, 2, 2]);
  });

  test.each([
    [{ startAt: "2026-05-02T00:00:00Z", endAt: "2026-05-01T23:59:59Z" }, "/schedule/endAt"],
    [{ startAt: "soon" }, "/schedule/startAt"],
    [{ endAt: "2026-05-02" }, "/schedule/endAt"],
    [{ startAt: "2026-05-01T00:00:00Z", ticksMax: 0 }, "/schedule/ticksMax"],
    [{ startAt: "2026-05-01T00:00:00Z", ticksMax: 10_001 }, "/schedule/ticksMax"],
    [{ ticksMax: 3 }, "/schedule/startAt"],
  ])("%j is refused", (bounds, pointer) => {
    for (const spec of [DAILY, HOURLY]) {
      const data = refusal(() => compileSchedule({ ...spec, ...bounds }));

      expect(data.code).toBe("schedule.invalid");
      expect(data.errors?.[0]?.pointer).toBe(pointer);
    }
  });

  test.each([
    [{ endAt: "2026-04-30T00:00:00Z" }, /bounds leave no tick/],
    [{ startAt: "2026-04-01T00:00:00Z", ticksMax: 5 }, /bounds leave no tick/],
  ])("with %j nothing lies ahead", (bounds, detail) => {
    const data = refusal(() => assertFires(compileSchedule({ ...DAILY, ...bounds }), NOW));

    expect(data.code).toBe("schedule.never_fires");
    expect(data.detail).toMatch(detail);
  });
});

describe("a fixed delay", () => {
  const schedule = compileSchedule(DELAYED);

  test("has one tick ahead, counted from the end of a run", () => {
    expect(nextTick(schedule, NOW)).toBe(NOW + 30_000);
    expect(nextTicks(schedule, NOW, 5)).toEqual([NOW + 30_000]);
    expect(lastTicks(schedule, { afterMs: NOW, untilMs: NOW + 90_000, n: 5 })).toEqual([
      NOW + 30_000,
    ]);
    expect(countTicks(schedule, { afterMs: NOW, untilMs: NOW + 90_000 })).toBe(1);
    expect(countTicks(schedule, { afterMs: NOW, untilMs: NOW + 29_999 })).toBe(0);
    expect(isTick(schedule, NOW + 30_000)).toBe(false);
  });

  test("does not begin before startAt, and ends at endAt", () => {
    const bounds = { startAt: "2026-05-01T01:00:00Z", endAt: "2026-05-01T02:00:00Z" };
    const bounded = compileSchedule({ ...DELAYED, ...bounds });

    expect(nextTick(bounded, NOW)).toBe(at("2026-05-01T01:00:00Z"));
    expect(nextTick(bounded, at("2026-05-01T01:59:30Z"))).toBe(at("2026-05-01T02:00:00Z"));
    expect(nextTick(bounded, at("2026-05-01T01:59:31Z"))).toBeNull();
  });

  test("counts its ticks as they are done", () => {
    const bounded = compileSchedule({ ...DELAYED, ticksMax: 2 });

    expect([0, 1, 2, 3].map((done) => isExhausted(bounded, done))).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect(isExhausted(schedule, 1e6)).toBe(false);
    expect(isExhausted(compileSchedule(HOURLY), 1e6)).toBe(false);
  });

  test.each(["999ms", "0s", "soon", "9999d"])("a delay of %s is refused", (delay) => {
    const data = refusal(() => compileSchedule({ ...DELAYED, delay }));

    expect(data.code).toBe("schedule.invalid");
    expect(data.errors?.[0]?.pointer).toBe("/schedule/delay");
  });
});

test("the zone of an interval is checked as that of a pattern", () => {
  const data = refusal(() => compileSchedule({ ...HOURLY, timezone: "Mars/Olympus" }));

  expect(data.code).toBe("schedule.invalid");
  expect(data.errors?.[0]?.pointer).toBe("/schedule/timezone");
});

function at(text: string): number {
  return Date.parse(text);
}

function texts(ticks: readonly number[]): string[] {
  return ticks.map((ms) => new Date(ms).toISOString().replace(".000Z", "Z"));
}
