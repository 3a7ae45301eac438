import { describe, expect, test } from "vitest";
import type { PlanInput } from "../../src/core/plan.ts";
import { planDelay } from "../../src/core/plan-delay.ts";
import { compileSchedule } from "../../src/core/schedule.ts";
import { aPlanInput, MINUTE, T0 } from "../support/a-plan.ts";
import { AFTER_DEFAULTS } from "../support/specs.ts";

const MINUTE_AFTER = compileSchedule({ kind: "after", delay: "1m", ...AFTER_DEFAULTS });

/** A job whose last run ended at T0, and whose next tick is a minute later. */
function aDelay(more: Partial<PlanInput> & { readonly policy?: "skip" | "latest" | "all" }) {
  return planDelay(aPlanInput({ schedule: MINUTE_AFTER, ...more }));
}

describe("a fixed delay", () => {
  test("has its tick a delay after the end of the last run, and not before", () => {
    expect(aDelay({ nowMs: T0 + MINUTE - 1 })).toMatchObject({
      fires: [],
      cursorMs: T0,
      nextMs: T0 + MINUTE,
      isAwaiting: false,
    });
    expect(aDelay({ nowMs: T0 + MINUTE + 7 })).toMatchObject({
      fires: [{ nominalMs: T0 + MINUTE, nextNominalMs: null, lagMs: 7 }],
      nextMs: null,
      isAwaiting: true,
    });
  });

  test("has one missed tick after however long an outage", () => {
    const late = { nowMs: T0 + 9 * MINUTE };

    expect(aDelay({ ...late, policy: "all" }).fires).toHaveLength(1);
    expect(aDelay({ ...late, policy: "latest" }).fires).toHaveLength(1);
    expect(aDelay({ ...late, policy: "skip" })).toMatchObject({
      fires: [],
      ticks: [{ nominalMs: T0 + MINUTE, count: 1, reason: "misfire" }],
      cursorMs: T0 + 9 * MINUTE,
      nextMs: T0 + 10 * MINUTE,
    });
  });

  test("skips a tick that is too old, and counts the delay from then on", () => {
    expect(aDelay({ nowMs: T0 + 12 * MINUTE })).toMatchObject({
      ticks: [{ reason: "misfire" }],
      nextMs: T0 + 13 * MINUTE,
    });
  });

  test("whose tick may not run counts the delay from then on", () => {
    const nowMs = T0 + MINUTE + 10;
    const busy = { overlap: "skip", limit: 1, liveRuns: 1, nowMs } as const;

    expect(aDelay(busy)).toMatchObject({
      fires: [],
      ticks: [{ reason: "overlap" }],
      cursorMs: nowMs,
      nextMs: nowMs + MINUTE,
      isAwaiting: false,
    });
    expect(aDelay({ nowMs, startWithinMs: 5 })).toMatchObject({
      ticks: [{ reason: "misfire" }],
      nextMs: nowMs + MINUTE,
    });
  });

  test("asks the policy at the end of a pause, however late the tick is", () => {
    const resumed = { mode: "resume", nowMs: T0 + MINUTE } as const;

    expect(aDelay({ ...resumed, policy: "skip" }).ticks).toMatchObject([{ reason: "paused" }]);
    expect(aDelay({ ...resumed, policy: "latest" }).fires).toHaveLength(1);
    expect(aDelay({ ...resumed, nowMs: T0 + MINUTE - 1, policy: "skip" }).ticks).toEqual([]);
  });

  test("is over when the next tick would come after its end", () => {
    const endAt = new Date(T0 + 90_000).toISOString();
    const schedule = compileSchedule({
      kind: "after",
      delay: "1m",
      ...AFTER_DEFAULTS,
      endAt,
    });

    expect(aDelay({ schedule, nowMs: T0 }).nextMs).toBe(T0 + MINUTE);
    expect(aDelay({ schedule, cursorMs: T0 + MINUTE, nowMs: T0 + MINUTE }).nextMs).toBeNull();
  });
});
