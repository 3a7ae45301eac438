import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { advanceRun } from "../../src/core/advance-run.ts";
import type { ShardingSpec, SuccessRule } from "../../src/core/job.ts";
import type { RunEvent } from "../../src/core/run-event.ts";
import { latestDueMs } from "../../src/core/run-lease.ts";
import { isEnded, RUN_LIMITS, type EndedState, type Run } from "../../src/core/run.ts";
import { FAILED_SLICES_MAX } from "../../src/core/slice-tally.ts";
import { slicesToRetry } from "../../src/core/slices-to-retry.ts";
import { answered, aRun, calledBack, executorOrder, OK, RUN_MS } from "../support/a-run.ts";

const NOW = RUN_MS;
const draw = 0.5;

function sharded(success: SuccessRule = { mode: "all" }, total = 4): Run {
  const sharding: ShardingSpec = { mode: "count", total, success };
  return aRun({ order: { ...executorOrder(), sharding } });
}

function after(run: Run, ...events: readonly RunEvent[]): Run {
  return events.reduce(advanceRun, run);
}

const split = (total = 4): RunEvent => ({ kind: "split", nowMs: NOW, total });

/** Slices from `from` on end like this, a millisecond after each other. */
function ends(...states: readonly EndedState[]): readonly RunEvent[] {
  return states.map((state, index) => ({
    kind: "slices_ended",
    nowMs: NOW + index,
    ends: [{ index, state }],
  }));
}

describe("a sharded run", () => {
  test("is running from its split on, without an attempt, and due far ahead", () => {
    const run = after(sharded(), split());

    expect(run).toMatchObject({
      phase: { state: "running", attempt: 0, dueMs: NOW + RUN_LIMITS.leaseMsMax },
      tally: { total: 4, succeeded: 0, failed: 0, canceled: 0 },
      progress: { percent: 0 },
      startedMs: NOW,
      attempts: [],
    });
    expect(latestDueMs(run, NOW - 5)).toBe(NOW - 5 + RUN_LIMITS.leaseMsMax);
  });

  test("is split once, and not before its time", () => {
    const run = after(sharded(), split());

    expect(after(run, split())).toBe(run);
    expect(after(sharded(), { kind: "split", nowMs: NOW - 1, total: 4 }).tally).toBeNull();
  });

  test("has an attempt fail for which nobody is there, and is split with a later one", () => {
    const error = { message: "Nobody is there.", code: "executor.no_nodes" };
    const run = after(sharded(), { kind: "unsplit", nowMs: NOW, error, draw });

    expect(run).toMatchObject({
      phase: { state: "retrying", attempt: 1, resend: 0, dueMs: NOW + 1_000 },
      attempts: [{ attempt: 1, outcome: "failed", error }],
    });
    const later: RunEvent = { kind: "split", nowMs: NOW + 1_000, total: 2 };
    expect(after(run, later)).toMatchObject({ phase: { state: "running" }, tally: { total: 2 } });
    const again: RunEvent = { kind: "unsplit", nowMs: NOW + 9_000, error, draw };
    const last = after(run, again, again, { ...again, nowMs: NOW + 99_000 });
    expect(last).toMatchObject({ phase: { state: "failed", attempt: 3 }, error });
  });

  test("succeeds when all of its slices have", () => {
    const run = after(sharded(), split(), ...ends("succeeded", "succeeded", "succeeded"));

    expect(run).toMatchObject({ phase: { state: "running" }, progress: { percent: 75 } });
    expect(
      after(run, {
        kind: "slices_ended",
        nowMs: NOW + 9,
        ends: [{ index: 3, state: "succeeded" }],
      }),
    ).toMatchObject({
      phase: { state: "succeeded", endedMs: NOW + 9 },
      result: { total: 4, succeeded: 4, failed: 0, canceled: 0, failedShards: [] },
      progress: { percent: 100 },
      error: null,
    });
  });

  test("fails when the last has ended, though it was lost before", () => {
    const states = ["succeeded", "lost", "timed_out"] as const;
    const run = after(sharded(), split(), ...ends(...states));

    expect(run.phase.state).toBe("running");
    expect(after(run, ...ends("canceled").slice(-1))).toMatchObject({
      phase: { state: "failed" },
      result: { total: 4, succeeded: 1, failed: 2, canceled: 1, failedShards: [1, 2] },
      error: { code: "shards.failed" },
    });
  });

  test("succeeds with enough of them, and counts the rest as canceled", () => {
    const rule = { mode: "count", count: 2 } as const;
    const run = after(sharded(rule), split(), ...ends("failed", "succeeded", "succeeded"));

    expect(run).toMatchObject({
      phase: { state: "succeeded" },
      tally: { succeeded: 2, failed: 1, canceled: 1 },
    });
    expect(after(sharded({ mode: "any" }), split(), ...ends("succeeded")).phase.state).toBe(
      "succeeded",
    );
  });

  test("that is to stop ends with the last slice, as canceled, or sooner by its success", () => {
    const ask: RunEvent = { kind: "cancel_requested", nowMs: NOW, reason: "By hand." };
    const run = after(sharded({ mode: "any" }, 2), split(2), ask, ...ends("canceled"));

    expect(run).toMatchObject({ phase: { state: "running", dueMs: NOW + 10_000 } });
    const [, failed] = ends("canceled", "failed");
    const [, succeeded] = ends("canceled", "succeeded");
    if (failed === undefined || succeeded === undefined) throw new Error("two ends");
    expect(after(run, failed)).toMatchObject({
      phase: { state: "canceled" },
      cancelReason: "By hand.",
      result: { canceled: 1, failed: 1 },
    });
    expect(after(run, succeeded).phase.state).toBe("succeeded");
  });

  test("that is canceled at once counts what has not ended as canceled", () => {
    const cancel: RunEvent = { kind: "canceled", nowMs: NOW + 9, reason: null };

    expect(after(sharded(), split(), ...ends("succeeded"), cancel)).toMatchObject({
      phase: { state: "canceled" },
      tally: { total: 4, succeeded: 1, canceled: 3 },
    });
  });

  test("takes no answer, no callback, no lease and no lost node: its slices have these", () => {
    const run = after(sharded(), split());
    const strangers: readonly RunEvent[] = [
      answered(OK, { nowMs: NOW, attempt: 0 }),
      calledBack("succeeded", { nowMs: NOW, attempt: 0 }),
      { kind: "extended", nowMs: NOW, attempt: 0, progress: null },
      { kind: "node_lost", nowMs: NOW, draw },
      { kind: "orphaned", nowMs: NOW, draw },
      { kind: "expired", nowMs: NOW + 99 * RUN_LIMITS.leaseMsMax, draw },
    ];

    for (const event of strangers) expect(after(run, event)).toBe(run);
  });

  test("has more time at its backstop while slices live, and then is settled by what they said", () => {
    const run = after(sharded(), split(), ...ends("succeeded"));
    const nowMs = NOW + RUN_LIMITS.leaseMsMax;

    expect(after(run, { kind: "overdue", nowMs, liveSlices: 3 }).phase).toMatchObject({
      state: "running",
      dueMs: nowMs + RUN_LIMITS.leaseMsMax,
    });
    expect(after(run, { kind: "overdue", nowMs, liveSlices: 0 })).toMatchObject({
      phase: { state: "failed", endedMs: nowMs },
      tally: { succeeded: 1, failed: 3 },
    });
  });

  test("names a bounded number of those that failed", () => {
    const total = FAILED_SLICES_MAX + 5;
    const ended = Array.from({ length: total }, (_, index) => ({
      index,
      state: "failed" as const,
    }));
    const run = after(sharded({ mode: "all" }, total), split(total), {
      kind: "slices_ended",
      nowMs: NOW,
      ends: ended,
    });

    expect(run.tally?.failedSlices).toHaveLength(FAILED_SLICES_MAX);
    expect(run.tally?.failed).toBe(total);
  });
});

test("whatever its slices come to, it ends once, by its rule, and accounts for each", () => {
  const state = fc.constantFrom<EndedState>("succeeded", "failed", "timed_out", "lost", "canceled");
  const rule = fc.oneof(
    fc.constant({ mode: "all" } as const),
    fc.constant({ mode: "any" } as const),
    fc.record({ mode: fc.constant("count" as const), count: fc.integer({ min: 1, max: 12 }) }),
  );
  fc.assert(
    fc.property(fc.array(state, { minLength: 1, maxLength: 12 }), rule, (states, success) => {
      const total = states.length;
      const needed = { all: total, any: 1, count: "count" in success ? success.count : 0 };
      let run = after(sharded(success, total), split(total));
      let succeeded = 0;
      for (const [index, slice] of states.entries()) {
        const before = run;
        run = after(run, { kind: "slices_ended", nowMs: NOW, ends: [{ index, state: slice }] });
        if (isEnded(before.phase)) {
          expect(run).toBe(before);
          continue;
        }
        if (slice === "succeeded") succeeded++;
        const isWon = succeeded >= needed[success.mode];
        expect(run.phase.state === "succeeded").toBe(isWon);
      }
      expect(isEnded(run.phase)).toBe(true);
      const { tally } = run;
      expect(tally && tally.succeeded + tally.failed + tally.canceled).toBe(total);
    }),
    { numRuns: 2_000 },
  );
});

test("a retry does again what did not succeed, and all of it when all did", () => {
  const slices = [0, 1, 2].map((index) => ({ index, total: 3, items: null, node: null }));
  const runs = slices.map((slice) =>
    aRun({ slice, phase: { state: "succeeded", attempt: 1, endedMs: 1 } }),
  );
  const failed = runs.map((run, i): Run =>
    i === 1 ? run : { ...run, phase: { state: "failed", attempt: 1, endedMs: 1 } },
  );

  expect(slicesToRetry(runs)).toBeNull();
  expect(slicesToRetry(failed.toReversed())).toEqual([slices[0], slices[2]]);
});
