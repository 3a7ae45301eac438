import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plan, type Plan, type PlanInput } from "../../src/core/plan.ts";
import { compileCalendar } from "../../src/core/calendar.ts";
import {
  compileSchedule,
  fireAtMs,
  isClosed,
  ticksBetween,
  type Schedule,
} from "../../src/core/schedule.ts";
import { durationText } from "../../src/core/duration.ts";
import { naivePlan, type Fate } from "../support/naive-plan.ts";
import { CRON_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";

const START_MS = Date.UTC(2026, 2, 28, 23);

describe("the planner", () => {
  test("does what the rules say of each tick by itself", () => {
    fc.assert(
      fc.property(anInput(), (input) => {
        const expected = naivePlan(input, ticksOf(input));
        const planned = plan(input);

        expect(planned.isComplete).toBe(true);
        expect(fatesOf(planned, input.schedule)).toEqual(new Map([...expected].toSorted(byTime)));
      }),
      { numRuns: 2_000 },
    );
  });

  test("looks at no tick twice: planning again at the same instant finds nothing", () => {
    fc.assert(
      fc.property(anInput(), (input) => {
        const { cursorMs, nextDueMs } = plan(input);
        const again = plan({ ...input, cursorMs });

        expect(again.fires).toEqual([]);
        expect(again.ticks).toEqual([]);
        expect(again.nextDueMs).toBe(nextDueMs);
        expect(cursorMs).toBeGreaterThanOrEqual(input.cursorMs);
        if (input.mode === "due") expect(nextDueMs ?? Infinity).toBeGreaterThan(input.nowMs);
      }),
      { numRuns: 1_000 },
    );
  });

  test("advancing in two steps equals advancing in one where nothing counts as missed", () => {
    fc.assert(
      fc.property(anInput(), fc.double({ min: 0, max: 1, noNaN: true }), (drawn, share) => {
        const misfire = { ...drawn.misfire, graceMs: 1e12 };
        const free = { overlap: "allow", limit: Number.POSITIVE_INFINITY } as const;
        const input = { ...drawn, ...free, misfire, startWithinMs: null };
        const halfMs = Math.floor(input.cursorMs + (input.nowMs - input.cursorMs) * share);
        const once = planAll({ ...input, mode: "due" });
        const first = planAll({ ...input, mode: "due", nowMs: halfMs });
        const second = planAll({ ...input, mode: "due", cursorMs: first.cursorMs });
        const nominals = [...first.fires, ...second.fires].map(({ nominalMs }) => nominalMs);

        expect(nominals).toEqual(once.fires.map(({ nominalMs }) => nominalMs));
        expect(second.cursorMs).toBe(once.cursorMs);
        expect(second.nextDueMs).toBe(once.nextDueMs);
      }),
      { numRuns: 1_000 },
    );
  });

  test("accounts for every tick in two steps as in one, whatever the policy", () => {
    fc.assert(
      fc.property(anInput(), fc.double({ min: 0, max: 1, noNaN: true }), (drawn, share) => {
        const input: PlanInput = { ...drawn, mode: "due" };
        const halfMs = Math.floor(input.cursorMs + (input.nowMs - input.cursorMs) * share);
        const first = plan({ ...input, nowMs: halfMs });
        const second = plan({ ...input, cursorMs: first.cursorMs });
        const parts = [first, second].flatMap((part) => [...fatesOf(part, input.schedule).keys()]);

        expect(parts).toEqual([...fatesOf(plan(input), input.schedule).keys()]);
      }),
      { numRuns: 1_000 },
    );
  });
});

/** One plan starts so many runs and no more: goes on until nothing is left. */
function planAll(input: PlanInput): Plan {
  const planned = plan(input);
  if (planned.isComplete) return planned;
  const rest = planAll({ ...input, cursorMs: planned.cursorMs });
  return { ...rest, fires: [...planned.fires, ...rest.fires] };
}

/** Every tick that a plan accounts for, ranges spelt out. */
function fatesOf(planned: Plan, schedule: Schedule): ReadonlyMap<number, Fate> {
  const fates: [number, Fate][] = planned.fires.map(({ nominalMs }) => [nominalMs, "runs"]);
  for (const { nominalMs, toMs, count, disposition, reason, intoMs } of planned.ticks) {
    const range = { afterMs: nominalMs - 1, untilMs: toMs, limit: 10_000 };
    const { ticks } = ticksBetween(schedule, range);
    expect([ticks[0], ticks.at(-1), ticks.length]).toEqual([nominalMs, toMs, count]);
    const fate: Fate =
      disposition === "coalesced"
        ? `coalesced into ${intoMs ?? 0}`
        : `${disposition} ${reason ?? "ended"}`;
    for (const tick of ticks) fates.push([tick, fate]);
  }
  const found = new Map(fates.toSorted(byTime));
  expect(found.size, "one fate each").toBe(fates.length);
  return found;
}

function byTime(a: readonly [number, unknown], b: readonly [number, unknown]): number {
  return a[0] - b[0];
}

function ticksOf({ schedule, jobId, cursorMs, nowMs }: PlanInput): {
  readonly nominalMs: number;
  readonly fireMs: number;
  readonly isClosed: boolean;
}[] {
  const { ticks } = ticksBetween(schedule, { afterMs: cursorMs, untilMs: nowMs, limit: 10_000 });
  return ticks.map((nominalMs) => ({
    nominalMs,
    fireMs: fireAtMs(schedule, jobId, nominalMs),
    isClosed: isClosed(schedule, nominalMs),
  }));
}

/** Short and long absences, and bounds on both sides of them. */
function anInput(): fc.Arbitrary<PlanInput> {
  const spanMs = fc.oneof(fc.nat(20_000), fc.nat(600_000), fc.nat(5_400_000));
  return fc
    .record({
      schedule: aSchedule(),
      afterMs: fc.nat(600_000),
      awayMs: spanMs,
      policy: fc.constantFrom("skip" as const, "latest" as const, "all" as const),
      graceMs: fc.oneof(fc.constant(0), fc.constant(5_000), fc.nat(100_000)),
      maxAgeMs: fc.oneof(fc.constant(0), spanMs),
      maxCatchup: fc.nat(5),
      startWithinMs: fc.option(spanMs, { nil: null }),
      overlap: fc.constantFrom(...OVERLAPS),
      liveRuns: fc.constantFrom(0, 0, 1, 2, 5),
      concurrency: fc.constantFrom(null, null, 1, 3),
      bufferedMax: fc.nat(3),
      mode: fc.constantFrom("due" as const, "settle" as const, "resume" as const),
      job: fc.nat(50),
    })
    .map(({ afterMs, awayMs, job, policy, graceMs, maxAgeMs, maxCatchup, ...rest }) => ({
      ...rest,
      limit: rest.concurrency ?? (rest.overlap === "allow" ? Number.POSITIVE_INFINITY : 1),
      blockedBy: null,
      pause: null,
      jobVersion: 1,
      jobId: `job_${job}`,
      cursorMs: START_MS + afterMs,
      nowMs: START_MS + afterMs + awayMs,
      misfire: { policy, graceMs, maxAgeMs, maxCatchup },
    }));
}

const OVERLAPS = ["skip", "buffer_one", "buffer_all", "cancel_other", "allow"] as const;

/** Closed on the day on which worlds begin, and open on the next. */
const CALENDAR = compileCalendar({
  namespace: "default",
  name: "odd",
  version: 7,
  rules: {
    weekdays: [2, 4, 7],
    include: [],
    exclude: [],
    allOf: [],
    anyOf: [],
    knownUntil: null,
  },
  parts: {},
});

function aSchedule(): fc.Arbitrary<Schedule> {
  const calendar = fc.constantFrom(null, null, { name: "odd", roll: "skip" as const });
  const jitter = fc.oneof(fc.constant("0s"), fc.nat(90_000).map(durationText));
  const anchor = new Date(START_MS + 1_234).toISOString();
  const every = fc
    .record({ everyMs: fc.integer({ min: 1_000, max: 900_000 }), jitter, calendar })
    .map((drawn) => ({
      kind: "every" as const,
      every: durationText(drawn.everyMs),
      anchor,
      ...EVERY_DEFAULTS,
      jitter: drawn.jitter,
      calendar: drawn.calendar,
    }));
  const cron = fc
    .record({
      cron: fc.constantFrom("*/10 * * * * *", "* * * * *", "5,20 * * * *", "0 2 * * *"),
      jitter,
      calendar,
    })
    .map((drawn) => ({
      ...CRON_DEFAULTS,
      ...drawn,
      kind: "cron" as const,
      dialect: "standard" as const,
      timezone: "Europe/Stockholm",
    }));
  const at = fc.nat(3_600_000).map((ms) => ({
    kind: "at" as const,
    at: new Date(START_MS + ms).toISOString(),
  }));
  return fc
    .oneof(
      { weight: 5, arbitrary: every },
      { weight: 3, arbitrary: cron },
      { weight: 1, arbitrary: at },
    )
    .map((spec) => compileSchedule(spec, () => CALENDAR));
}
