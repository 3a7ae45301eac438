import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ScheduleSpec } from "../../src/core/job.ts";
import {
  compileSchedule,
  countTicks,
  fireAtMs,
  lastTicks,
  nextTick,
  nextTicks,
  ticksBetween,
  type Schedule,
} from "../../src/core/schedule.ts";
import { SCHEDULE_LIMITS } from "../../src/core/schedule-members.ts";
import { aCase, anInstant, type CronCase } from "../support/cron-cases.ts";
import {
  referenceTicks,
  type ReferencePattern,
  type ReferenceRule,
} from "../support/cron-reference.ts";
import { CRON_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";

const CASES = 6_000;
/** One case for each rule that moves or leaves out a tick, so that no draw can miss one. */
const NAMED_RULES: readonly CronCase[] = [
  atChange("30 2 * * *", "America/New_York", "2026-03-08"),
  atChange("30 1 * * *", "America/New_York", "2026-11-01"),
  atChange("0,15 2,3 * * *", "Australia/Lord_Howe", "2026-04-05"),
  atChange("0 0 * * *", "Africa/Cairo", "2026-04-24"),
  atChange("0 12 * * *", "Pacific/Apia", "2011-12-30"),
];
const HOUR_MS = 3_600_000;

describe("cron against a brute-force reference", () => {
  test("the same ticks in 14 zones, outside and at changes of the clocks", () => {
    const rules = new Map<ReferenceRule, number>();
    const seen = { cases: 0, ticks: 0, atChange: 0 };

    fc.assert(
      fc.property(aCase(), ({ pattern, fromMs, untilMs, isAtChange }) => {
        const expected = referenceTicks(pattern, fromMs, untilMs);
        const found = ticksBetween(cronSchedule(pattern), {
          afterMs: fromMs - 1,
          untilMs,
          limit: SCHEDULE_LIMITS.ticksMax,
        });
        for (const rule of expected.rules) rules.set(rule, (rules.get(rule) ?? 0) + 1);
        seen.cases++;
        seen.ticks += expected.ticks.length;
        seen.atChange += isAtChange ? 1 : 0;
        expect(found.isComplete).toBe(true);
        expect(difference(found.ticks, expected.ticks)).toBeNull();
      }),
      { numRuns: CASES, examples: NAMED_RULES.map((named) => [named]) },
    );

    expect(seen.cases).toBeGreaterThanOrEqual(5_000);
    expect(seen.atChange).toBeGreaterThan(2_000);
    expect([...rules.keys()].toSorted()).toEqual([
      "a day that does not exist is skipped",
      "fold: runs the first time only",
      "gap: runs at the first instant after",
      "match",
    ]);
  }, 60_000);

  test("looking back finds what looking ahead finds", () => {
    fc.assert(
      fc.property(aCase(), fc.integer({ min: 1, max: 6 }), (drawn, n) => {
        const { fromMs, untilMs } = drawn;
        const schedule = cronSchedule(drawn.pattern);
        const range = { afterMs: fromMs, untilMs };
        const all = ticksBetween(schedule, { ...range, limit: SCHEDULE_LIMITS.ticksMax });
        expect(lastTicks(schedule, { ...range, n })).toEqual(all.ticks.slice(-n));
      }),
      { numRuns: 1_000 },
    );
  });

  test("a schedule that was asked before answers as a fresh one does", () => {
    fc.assert(
      fc.property(aCase(), fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (drawn, parts) => {
        const { pattern, fromMs, untilMs } = drawn;
        const asked = cronSchedule(pattern);
        for (const part of parts) {
          const afterMs = Math.floor(fromMs + part * (untilMs - fromMs));
          expect(nextTick(asked, afterMs)).toBe(nextTick(cronSchedule(pattern), afterMs));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("the laws of every schedule", () => {
  test("ticks rise strictly, and lie strictly after the instant asked for", () => {
    fc.assert(
      fc.property(aSchedule(), anInstant(), (schedule, afterMs) => {
        const ticks = [afterMs, ...nextTicks(schedule, afterMs, 20)];
        for (const [i, tick] of ticks.entries())
          expect(i === 0 || tick > (ticks[i - 1] ?? Number.NaN)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("every instant up to the next tick has that tick as its next", () => {
    fc.assert(
      fc.property(
        aSchedule(),
        anInstant(),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (schedule, afterMs, part) => {
          const next = nextTick(schedule, afterMs);
          fc.pre(next !== null);
          const between = afterMs + Math.floor(part * (next - afterMs));
          expect(nextTick(schedule, between)).toBe(next);
          expect(nextTick(schedule, next - 1)).toBe(next);
          expect(nextTick(schedule, next)).not.toBe(next);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("enumerating in two pieces equals enumerating in one", () => {
    fc.assert(
      fc.property(
        aSchedule(),
        anInstant(),
        fc.tuple(fc.nat(48 * HOUR_MS), fc.nat(48 * HOUR_MS)),
        (schedule, afterMs, [a, b]) => {
          const [middleMs, untilMs] = [afterMs + a, afterMs + a + b];
          const limit = SCHEDULE_LIMITS.ticksMax;
          const one = ticksBetween(schedule, { afterMs, untilMs, limit });
          fc.pre(one.isComplete);
          const first = ticksBetween(schedule, { afterMs, untilMs: middleMs, limit });
          const second = ticksBetween(schedule, { afterMs: middleMs, untilMs, limit });
          expect([...first.ticks, ...second.ticks]).toEqual(one.ticks);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("a limit cuts the list short and says so", () => {
    fc.assert(
      fc.property(aSchedule(), anInstant(), fc.nat(20), (schedule, afterMs, limit) => {
        const range = { afterMs, untilMs: afterMs + 24 * HOUR_MS };
        const all = ticksBetween(schedule, { ...range, limit: SCHEDULE_LIMITS.ticksMax });
        fc.pre(all.isComplete);
        expect(ticksBetween(schedule, { ...range, limit })).toEqual({
          ticks: all.ticks.slice(0, limit),
          isComplete: all.ticks.length <= limit,
        });
      }),
      { numRuns: 300 },
    );
  });

  test("jitter is the same each time, and never reaches the next nominal time", () => {
    fc.assert(
      fc.property(aSchedule("90m"), anInstant(), fc.uuid(), (schedule, afterMs, jobId) => {
        const nominal = nextTick(schedule, afterMs);
        fc.pre(nominal !== null);
        const fireMs = fireAtMs(schedule, jobId, nominal);
        expect(fireAtMs(schedule, jobId, nominal)).toBe(fireMs);
        expect(fireMs).toBeGreaterThanOrEqual(nominal);
        expect(fireMs - nominal).toBeLessThanOrEqual(90 * 60_000);
        expect(fireMs).toBeLessThan(nextTick(schedule, nominal) ?? Number.POSITIVE_INFINITY);
      }),
      { numRuns: 500 },
    );
  });

  test("the arithmetic of an interval equals its enumeration", () => {
    const arbitrary = fc.record({
      everyMs: fc.integer({ min: 1_000, max: 100_000 }),
      anchorMs: fc.integer({ min: 1.7e12, max: 1.7e12 + 1e6 }),
      afterMs: fc.integer({ min: 1.7e12 - 1e6, max: 1.7e12 + 2e6 }),
      lengthMs: fc.nat(2_000_000),
      n: fc.nat(10),
    });
    fc.assert(
      fc.property(arbitrary, ({ everyMs, anchorMs, afterMs, lengthMs, n }) => {
        const anchor = new Date(anchorMs).toISOString();
        const every = `${everyMs}ms`;
        const schedule = compileSchedule({ kind: "every", every, anchor, ...EVERY_DEFAULTS });
        const untilMs = afterMs + lengthMs;
        const expected: number[] = [];
        for (let tick = anchorMs; tick <= untilMs; tick += everyMs)
          if (tick > afterMs) expected.push(tick);
        const range = { afterMs, untilMs };
        expect(ticksBetween(schedule, { ...range, limit: SCHEDULE_LIMITS.ticksMax }).ticks).toEqual(
          expected,
        );
        expect(countTicks(schedule, range)).toBe(expected.length);
        expect(lastTicks(schedule, { ...range, n })).toEqual(n === 0 ? [] : expected.slice(-n));
      }),
    );
  });
});

function atChange(cron: string, timezone: string, day: string): CronCase {
  const fromMs = Date.parse(`${day}T00:00:00Z`) - 24 * 3_600_000;
  const pattern = { cron, dialect: "standard", timezone } as const;
  return { pattern, fromMs, untilMs: fromMs + 72 * 3_600_000, isAtChange: true };
}

/** The first difference only: a list of thousands tells less. */
function difference(found: readonly number[], expected: readonly number[]): string | null {
  const at = [...expected, 0].findIndex((tick, i) => found[i] !== tick);
  if (at >= expected.length && found.length === expected.length) return null;
  return `tick ${at}: found ${textOf(found[at])}, expected ${textOf(expected[at])}`;
}

function textOf(ms: number | undefined): string {
  return ms === undefined ? "nothing" : new Date(ms).toISOString();
}

function cronSchedule(pattern: ReferencePattern, jitter = "0s"): Schedule {
  const spec: ScheduleSpec = { kind: "cron", ...CRON_DEFAULTS, ...pattern, jitter };
  return compileSchedule(spec);
}

function aSchedule(jitter = "0s"): fc.Arbitrary<Schedule> {
  return fc.oneof(
    { weight: 4, arbitrary: aCase().map(({ pattern }) => cronSchedule(pattern, jitter)) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.integer({ min: 1, max: 5_000 }), anInstant())
        .map(([seconds, anchorMs]) =>
          compileSchedule({
            kind: "every",
            every: `${seconds}s`,
            anchor: new Date(anchorMs).toISOString(),
            ...EVERY_DEFAULTS,
            jitter,
          }),
        ),
    },
    {
      weight: 1,
      arbitrary: anInstant().map((atMs) =>
        compileSchedule({ kind: "at", at: new Date(atMs).toISOString() }),
      ),
    },
  );
}
