import { describe, expect, test } from "vitest";
import { plan, PLAN_LIMITS, type PlanInput } from "../../src/core/plan.ts";
import { compileSchedule } from "../../src/core/schedule.ts";
import { CRON_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";

const T0 = Date.UTC(2026, 4, 1, 12);
const MINUTE = 60_000;
const EVERY_MINUTE = compileSchedule({
  kind: "every",
  every: "1m",
  anchor: new Date(T0).toISOString(),
  ...EVERY_DEFAULTS,
});

/** A job that ticks each minute, whose tick at T0 was the last accounted one. */
function aPlan(more: Partial<PlanInput> & { readonly policy?: "skip" | "latest" | "all" }) {
  const { policy = "latest", ...rest } = more;
  return plan({
    schedule: EVERY_MINUTE,
    jobId: "job_a",
    jobVersion: 3,
    cursorMs: T0,
    nowMs: T0,
    misfire: { policy, graceMs: 5_000, maxAgeMs: 10 * MINUTE, maxCatchup: 3 },
    startWithinMs: null,
    overlap: "allow",
    liveRuns: 0,
    limit: rest.overlap === undefined || rest.overlap === "allow" ? Number.POSITIVE_INFINITY : 1,
    bufferedMax: 4,
    blockedBy: null,
    pause: null,
    mode: "due",
    ...rest,
  });
}

function minutes(nominals: readonly { readonly nominalMs: number }[]): readonly number[] {
  return nominals.map(({ nominalMs }) => (nominalMs - T0) / MINUTE);
}

describe("a tick", () => {
  test("fires when its time has come, and says what comes next", () => {
    const planned = aPlan({ nowMs: T0 + MINUTE + 3 });

    expect(planned.fires).toEqual([
      { nominalMs: T0 + MINUTE, nextNominalMs: T0 + 2 * MINUTE, lagMs: 3 },
    ]);
    expect(planned).toMatchObject({
      ticks: [],
      cursorMs: T0 + MINUTE,
      nextMs: T0 + 2 * MINUTE,
      nextDueMs: T0 + 2 * MINUTE,
      isComplete: true,
    });
  });

  test("does not fire a millisecond early", () => {
    expect(aPlan({ nowMs: T0 + MINUTE - 1 })).toMatchObject({ fires: [], cursorMs: T0 });
  });

  test("never fires again after the clock stepped back", () => {
    const planned = aPlan({ cursorMs: T0 + 5 * MINUTE, nowMs: T0 });

    expect(planned).toMatchObject({ fires: [], ticks: [], cursorMs: T0 + 5 * MINUTE });
    expect(planned.nextMs).toBe(T0 + 6 * MINUTE);
  });

  test("found within its grace is on time, a millisecond later it is missed", () => {
    const onTime = { nowMs: T0 + MINUTE + 5_000, policy: "skip" } as const;

    expect(aPlan(onTime).fires).toHaveLength(1);
    expect(aPlan({ ...onTime, nowMs: onTime.nowMs + 1 }).ticks).toEqual([
      {
        nominalMs: T0 + MINUTE,
        toMs: T0 + MINUTE,
        count: 1,
        disposition: "skipped",
        reason: "misfire",
        intoMs: null,
        evidence: {
          jobVersion: 3,
          misfire: { policy: "skip", graceMs: 5_000, maxAgeMs: 10 * MINUTE, maxCatchup: 3 },
        },
      },
    ]);
  });

  test("of another run's time is skipped for overlap, and only then", () => {
    const busy = { nowMs: T0 + MINUTE, overlap: "skip", liveRuns: 1 } as const;

    expect(aPlan(busy).ticks).toMatchObject([{ disposition: "skipped", reason: "overlap" }]);
    expect(aPlan({ ...busy, overlap: "allow" }).fires).toHaveLength(1);
    expect(aPlan({ ...busy, liveRuns: 0 }).fires).toHaveLength(1);
  });
});

describe("after five missed minutes and a half", () => {
  const nowMs = T0 + 5.5 * MINUTE;

  test("skip runs none of them", () => {
    expect(aPlan({ nowMs, policy: "skip" })).toMatchObject({
      fires: [],
      ticks: [{ nominalMs: T0 + MINUTE, toMs: T0 + 5 * MINUTE, count: 5, reason: "misfire" }],
      cursorMs: T0 + 5 * MINUTE,
    });
  });

  test("latest runs the newest, and the others go into it", () => {
    const planned = aPlan({ nowMs });

    expect(minutes(planned.fires)).toEqual([5]);
    expect(planned.ticks).toMatchObject([
      { count: 4, disposition: "coalesced", reason: null, intoMs: T0 + 5 * MINUTE },
    ]);
  });

  test("all runs the newest few in order, and counts the rest", () => {
    const planned = aPlan({ nowMs, policy: "all" });

    expect(minutes(planned.fires)).toEqual([3, 4, 5]);
    expect(planned.ticks).toMatchObject([{ count: 2, disposition: "skipped" }]);
  });

  test("none goes into a newest one that does not run itself", () => {
    const overlapping = aPlan({ nowMs, overlap: "skip", liveRuns: 1 });
    const late = aPlan({ nowMs, startWithinMs: 20_000 });

    expect(overlapping.ticks).toMatchObject([
      { count: 4, disposition: "skipped", reason: "misfire", intoMs: null },
      { count: 1, disposition: "skipped", reason: "overlap" },
    ]);
    expect(late.ticks).toMatchObject([
      { count: 4, disposition: "skipped", reason: "misfire" },
      { count: 1, disposition: "skipped", reason: "misfire" },
    ]);
  });

  test("ticks older than the highest age are skipped whatever the policy", () => {
    const misfire = { policy: "latest", graceMs: 5_000, maxAgeMs: 2 * MINUTE, maxCatchup: 3 };
    const planned = aPlan({ nowMs, misfire: { ...misfire, policy: "latest" } });

    expect(planned.ticks).toMatchObject([
      { count: 3, disposition: "skipped", reason: "misfire" },
      { count: 1, disposition: "coalesced" },
    ]);
    expect(minutes(planned.fires)).toEqual([5]);
  });

  test("a pause says so, and counts every tick of its time as missed", () => {
    const planned = aPlan({ nowMs: T0 + 5 * MINUTE, mode: "resume", policy: "skip" });

    expect(planned).toMatchObject({ fires: [], ticks: [{ count: 5, reason: "paused" }] });
  });
});

test("years of a pattern by the second are one range, counted at once", () => {
  const schedule = compileSchedule({
    kind: "cron",
    cron: "* * * * * *",
    dialect: "standard",
    timezone: "Europe/Stockholm",
    ...CRON_DEFAULTS,
  });
  const nowMs = T0 + 3 * 365 * 86_400_000;
  const planned = aPlan({ schedule, nowMs, mode: "resume", policy: "skip" });

  expect(planned.isComplete).toBe(true);
  expect(planned.ticks.reduce((sum, { count }) => sum + count, 0)).toBe((nowMs - T0) / 1_000);
  expect(planned.ticks.length).toBeLessThanOrEqual(2);
});

test("a jitter moves the start and not the nominal time, and a tick waits for it", () => {
  const schedule = compileSchedule({
    kind: "every",
    every: "1m",
    anchor: new Date(T0).toISOString(),
    ...EVERY_DEFAULTS,
    jitter: "50s",
  });
  const dueMs = aPlan({ schedule }).nextDueMs ?? 0;

  expect(dueMs).toBeGreaterThan(T0 + MINUTE);
  expect(aPlan({ schedule, nowMs: dueMs - 1 }).fires).toEqual([]);
  expect(minutes(aPlan({ schedule, nowMs: dueMs }).fires)).toEqual([1]);
  expect(minutes(aPlan({ schedule, nowMs: T0 + MINUTE, mode: "settle" }).fires)).toEqual([1]);
});

test("one plan starts a bounded number of runs, and the next goes on", () => {
  const nowMs = T0 + (PLAN_LIMITS.firesMax + 10) * MINUTE;
  const misfire = { policy: "latest", graceMs: 1e12, maxAgeMs: 0, maxCatchup: 0 } as const;
  const first = aPlan({ nowMs, misfire });
  const second = aPlan({ nowMs, misfire, cursorMs: first.cursorMs });

  expect(first.fires).toHaveLength(PLAN_LIMITS.firesMax);
  expect(first.isComplete).toBe(false);
  expect(second.fires).toHaveLength(10);
  expect(second.isComplete).toBe(true);
});
