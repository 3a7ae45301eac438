import { describe, expect, test } from "vitest";
import {
  BACKFILL_LIMITS,
  cancelBackfill,
  countEnded,
  liveOf,
  pauseBackfill,
  resumeBackfill,
  stepBackfill,
  type Backfill,
  type BackfillStep,
} from "../../src/core/backfill.ts";
import { compileSchedule } from "../../src/core/schedule.ts";
import { aBackfill, BACKFILL_MS } from "../support/a-backfill.ts";

function step(
  backfill: Backfill,
  nowMs: number,
  more: { readonly waiting?: number; readonly free?: number } = {},
): BackfillStep {
  const { waiting = 0, free = Number.POSITIVE_INFINITY } = more;
  return stepBackfill(backfill, {
    schedule: compileSchedule(backfill.schedule),
    nowMs,
    waiting,
    free,
  });
}

describe("the pace of a backfill", () => {
  test("makes one run a second at sixty a minute, from its start on", () => {
    const first = step(aBackfill(), BACKFILL_MS);
    const early = step(first.backfill, BACKFILL_MS + 999);
    const second = step(first.backfill, BACKFILL_MS + 1_003);

    expect(first.runs).toEqual([first.backfill.fromMs]);
    expect(first.backfill.dueMs).toBe(BACKFILL_MS + 1_000);
    expect(early.runs).toEqual([]);
    expect(second.runs).toEqual([first.backfill.fromMs + 60_000]);
    // Being three milliseconds late moves no later slot.
    expect(second.backfill.dueMs).toBe(BACKFILL_MS + 2_000);
  });

  test("gathers the runs of half a second when they lie close together", () => {
    const first = step(aBackfill({ rate: 600, ticks: 50 }), BACKFILL_MS);
    const second = step(first.backfill, first.backfill.dueMs ?? 0);

    expect(first.backfill.dueMs).toBe(BACKFILL_MS + 500);
    expect(second.runs).toHaveLength(5);
  });

  test("makes up for one second at most after an outage", () => {
    const busy = step(aBackfill({ rate: 600, ticks: 100 }), BACKFILL_MS + 3_600_000);
    const calm = step(aBackfill({ rate: 6 }), BACKFILL_MS + 3_600_000);

    expect(busy.runs).toHaveLength(10);
    expect(calm.runs).toHaveLength(1);
    expect(calm.backfill.dueMs).toBe(BACKFILL_MS + 3_610_000);
  });

  test("makes up for nothing after a pause", () => {
    const paused = pauseBackfill(aBackfill({ rate: 600, ticks: 100 }), BACKFILL_MS);
    const resumed = resumeBackfill(paused, BACKFILL_MS + 60_000);

    expect(paused).toMatchObject({ state: "paused", dueMs: null, pausedMs: BACKFILL_MS });
    expect(step(paused, BACKFILL_MS + 1_000).runs).toEqual([]);
    expect(step(resumed, BACKFILL_MS + 60_000).runs).toHaveLength(1);
  });
});

describe("the room of a backfill", () => {
  test("bounds the runs that wait, and without it the backfill waits too", () => {
    const { waitingMax } = BACKFILL_LIMITS;
    const backfill = aBackfill({ rate: 6_000, ticks: 500 });
    const late = BACKFILL_MS + 900;
    const tight = step(backfill, late, { waiting: waitingMax - 3 });
    const full = step(backfill, late, { waiting: waitingMax });

    expect(tight.runs).toHaveLength(3);
    expect(tight.backfill.dueMs).toBeNull();
    expect(full.runs).toEqual([]);
    expect(full.backfill).toMatchObject({ dueMs: null, nextMs: backfill.fromMs });
  });

  test("is the job's limit for one that skips", () => {
    const backfill = aBackfill({ overlap: "skip" });
    const skipped = step(backfill, BACKFILL_MS, { free: 0 });
    const made = step(skipped.backfill, BACKFILL_MS + 1_000, { free: 1 });

    expect([skipped.runs, skipped.skipped]).toEqual([[], 1]);
    expect([made.runs, made.skipped]).toEqual([[backfill.fromMs + 60_000], 0]);
    expect(made.backfill).toMatchObject({ made: 1, skipped: 1 });
  });

  test("gives one that skips each tick in its own slot, however close they lie", () => {
    const first = step(aBackfill({ overlap: "skip", rate: 6_000 }), BACKFILL_MS, { free: 1 });

    expect(first.backfill.dueMs).toBe(BACKFILL_MS + 10);
  });
});

describe("the end of a backfill", () => {
  test("is completion once every tick is decided and every run has ended", () => {
    const decided = step(aBackfill({ ticks: 1 }), BACKFILL_MS).backfill;
    const completed = countEnded(decided, ["timed_out"], BACKFILL_MS + 5);

    expect(decided).toMatchObject({ state: "running", nextMs: null, dueMs: null });
    expect(liveOf(decided)).toBe(1);
    expect(completed).toMatchObject({ state: "completed", failed: 1, endedMs: BACKFILL_MS + 5 });
  });

  test("comes at once when the last tick is skipped and nothing lives", () => {
    const over = step(aBackfill({ ticks: 1, overlap: "skip" }), BACKFILL_MS, { free: 0 });

    expect(over.backfill).toMatchObject({ state: "completed", endedMs: BACKFILL_MS });
  });

  test("comes to a paused one too, when its last run ends", () => {
    const decided = step(aBackfill({ ticks: 1 }), BACKFILL_MS).backfill;
    const paused = pauseBackfill(decided, BACKFILL_MS);

    expect(countEnded(paused, ["succeeded"], BACKFILL_MS + 5).state).toBe("completed");
  });

  test("by cancellation is final, though runs that go on are still counted", () => {
    const made = step(aBackfill({ ticks: 2 }), BACKFILL_MS).backfill;
    const canceled = cancelBackfill(made, BACKFILL_MS + 1);
    const counted = countEnded(canceled, ["succeeded"], BACKFILL_MS + 9);

    expect(step(canceled, BACKFILL_MS + 5_000).runs).toEqual([]);
    expect(counted).toMatchObject({ state: "canceled", succeeded: 1, endedMs: BACKFILL_MS + 1 });
    expect(counted.version).toBe(canceled.version + 1);
  });

  test("changes nothing when no run of it ended", () => {
    const backfill = aBackfill();

    expect(countEnded(backfill, [], BACKFILL_MS)).toBe(backfill);
  });
});
