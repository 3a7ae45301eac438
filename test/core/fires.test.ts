import fc from "fast-check";
import { expect, test } from "vitest";
import { dateOfDay } from "../../src/core/civil-date.ts";
import { firesByDay, FIRES_LIMITS } from "../../src/core/fires.ts";
import type { ScheduleSpec } from "../../src/core/job.ts";
import { localDay } from "../../src/core/local-time.ts";
import { compileSchedule, nextOpenTick } from "../../src/core/schedule.ts";
import { zoneOf, type Zone } from "../../src/core/zone.ts";
import { assert } from "../../src/core/assert.ts";
import { AFTER_DEFAULTS, CRON_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

function zone(name: string): Zone {
  const found = zoneOf(name);
  assert(found !== undefined, "the zone is known");
  return found;
}

/** The same by listing every fire. */
function naively(spec: ScheduleSpec, range: { fromMs: number; toMs: number; zone: Zone }) {
  const schedule = compileSchedule(spec);
  const days = new Map<number, number[]>();
  let tick = nextOpenTick(schedule, range.fromMs - 1);
  while (tick !== null && tick < range.toMs) {
    const day = localDay(range.zone, tick);
    days.set(day, [...(days.get(day) ?? []), tick]);
    tick = schedule.kind === "at" ? null : nextOpenTick(schedule, tick);
  }
  return [...days].map(([day, ticks]) => ({
    day,
    count: ticks.length,
    timesMs: ticks.length > FIRES_LIMITS.timesMax ? null : ticks,
  }));
}

const specs: fc.Arbitrary<ScheduleSpec> = fc.oneof(
  fc
    .constantFrom("0 3 * * *", "30 2 * * *", "*/20 * * * *", "0 */6 * * 1-5", "15 0 1 * *")
    .chain((cron) =>
      fc
        .constantFrom("UTC", "Europe/Berlin", "America/New_York", "Asia/Shanghai")
        .map(
          (timezone) =>
            ({ kind: "cron", dialect: "standard", ...CRON_DEFAULTS, cron, timezone }) as const,
        ),
    ),
  fc.integer({ min: 600, max: 200_000 }).map((seconds) => ({
    kind: "every" as const,
    ...EVERY_DEFAULTS,
    every: `${seconds}s` as const,
    anchor: "2026-01-01T00:00:00Z",
  })),
);

test("fires are those that listing every one of them finds, also where the clocks change", () => {
  fc.assert(
    fc.property(
      specs,
      fc.constantFrom("UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Shanghai"),
      fc.integer({ min: 0, max: 400 * 24 }),
      fc.integer({ min: 1, max: 8 * 24 }),
      (spec, name, startHours, hours) => {
        const fromMs = Date.UTC(2026, 0, 1) + startHours * HOUR_MS;
        const range = { fromMs, toMs: fromMs + hours * HOUR_MS, zone: zone(name) };

        expect(firesByDay(compileSchedule(spec), range)).toEqual(naively(spec, range));
      },
    ),
    { numRuns: 200 },
  );
});

test("a schedule that fires each second is counted and not listed", () => {
  const spec = {
    kind: "every",
    ...EVERY_DEFAULTS,
    every: "1s",
    anchor: "2026-01-01T00:00:00Z",
  } as const;
  const fromMs = Date.UTC(2026, 9, 20);
  const range = { fromMs, toMs: fromMs + 8 * DAY_MS, zone: zone("Europe/Berlin") };

  const days = firesByDay(compileSchedule(spec), range);

  const counts = days.map(({ day, count }) => [dateOfDay(day), count / 3_600]);
  // On that day the clocks go back.
  expect(counts).toContainEqual(["2026-10-25", 25]);
  expect(days.reduce((sum, { count }) => sum + count, 0)).toBe((8 * DAY_MS) / 1_000);
  expect(days.every(({ timesMs }) => timesMs === null)).toBe(true);
});

test("of a fixed delay, and of what is started by hand, nothing is told", () => {
  const range = { fromMs: 0, toMs: DAY_MS, zone: zone("UTC") };
  const delay = { kind: "after", delay: "1h", ...AFTER_DEFAULTS } as const;

  expect(firesByDay(compileSchedule(delay), range)).toEqual([]);
  expect(firesByDay(compileSchedule({ kind: "manual" }), range)).toEqual([]);
});

test("a single instant fires once, and not outside of the range", () => {
  const schedule = compileSchedule({ kind: "at", at: "2026-01-01T12:00:00Z" });
  const noonMs = Date.UTC(2026, 0, 1, 12);
  const utc = zone("UTC");

  expect(firesByDay(schedule, { fromMs: noonMs, toMs: noonMs + 1, zone: utc })).toMatchObject([
    { count: 1, timesMs: [noonMs] },
  ]);
  expect(firesByDay(schedule, { fromMs: noonMs - DAY_MS, toMs: noonMs, zone: utc })).toEqual([]);
});
