import { describe, expect, test } from "vitest";
import { plan } from "../../src/core/plan.ts";
import { aPlanInput, MINUTE, T0 } from "../support/a-plan.ts";

const ON_TIME = { graceMs: 1e12, maxAgeMs: 0, maxCatchup: 0, policy: "latest" } as const;

function minuteOf(nominalMs: number): number {
  return (nominalMs - T0) / MINUTE;
}

/** Five ticks are due at once, none of them missed. */
function fiveDue(more: Parameters<typeof aPlanInput>[0]) {
  const planned = plan(aPlanInput({ misfire: ON_TIME, nowMs: T0 + 5 * MINUTE, limit: 1, ...more }));
  return {
    runs: planned.fires.map(({ nominalMs }) => minuteOf(nominalMs)),
    ticks: planned.ticks.map(({ nominalMs, disposition, reason, intoMs }) => [
      minuteOf(nominalMs),
      disposition,
      intoMs === null ? reason : minuteOf(intoMs),
    ]),
    evidence: planned.ticks.map(({ evidence }) => evidence),
  };
}

describe("with as many live runs as may start", () => {
  test("skip skips", () => {
    const planned = fiveDue({ overlap: "skip", limit: 2, liveRuns: 1 });

    expect(planned.runs).toEqual([1]);
    expect(planned.ticks).toEqual([2, 3, 4, 5].map((tick) => [tick, "skipped", "overlap"]));
  });

  test("buffer_one lets one wait", () => {
    const planned = fiveDue({ overlap: "buffer_one", liveRuns: 1 });

    expect(planned.runs).toEqual([1]);
    expect(planned.ticks).toEqual([2, 3, 4, 5].map((tick) => [tick, "skipped", "overlap"]));
  });

  test.each(["buffer_all", "allow"] as const)("%s lets as many wait as the cap says", (overlap) => {
    const planned = fiveDue({ overlap, liveRuns: 2 });

    expect(planned.runs).toEqual([1, 2, 3]);
    expect(planned.ticks).toEqual([
      [4, "dropped", "limit"],
      [5, "dropped", "limit"],
    ]);
  });

  test("allow without a concurrency drops nothing", () => {
    expect(fiveDue({ overlap: "allow", limit: Infinity, liveRuns: 9_000 }).ticks).toEqual([]);
  });

  test("cancel_other runs the newest, and the others go into it", () => {
    const planned = fiveDue({ overlap: "cancel_other", liveRuns: 1 });

    expect(planned.runs).toEqual([5]);
    expect(planned.ticks).toEqual([1, 2, 3, 4].map((tick) => [tick, "coalesced", 5]));
  });
});

test("what was missed goes where the tick goes that stands for it", () => {
  const misfire = { ...ON_TIME, graceMs: MINUTE, maxAgeMs: 10 * MINUTE };
  const planned = fiveDue({ overlap: "cancel_other", misfire });

  expect(planned.runs).toEqual([5]);
  expect(planned.ticks).toEqual([
    [1, "coalesced", 5],
    [3, "coalesced", 5],
    [4, "coalesced", 5],
  ]);
});

describe("the evidence", () => {
  test("of an overlap names the policy, the numbers and the oldest run", () => {
    const { evidence } = fiveDue({ overlap: "skip", liveRuns: 1, blockedBy: "run_x" });

    expect(evidence[0]).toEqual({
      jobVersion: 3,
      overlap: "skip",
      live: 1,
      limit: 1,
      blockedBy: "run_x",
    });
  });

  test("counts the runs that the same plan starts", () => {
    const { evidence } = fiveDue({ overlap: "buffer_all" });

    expect(evidence).toEqual([]);
    expect(fiveDue({ overlap: "buffer_all", bufferedMax: 2 }).evidence).toEqual([
      { jobVersion: 3, overlap: "buffer_all", live: 3, limit: 1 },
      { jobVersion: 3, overlap: "buffer_all", live: 3, limit: 1 },
    ]);
  });

  test("of a late start names the bound", () => {
    const { evidence } = fiveDue({ startWithinMs: 3.5 * MINUTE });

    expect(evidence).toEqual([{ jobVersion: 3, startWithinMs: 3.5 * MINUTE }]);
  });

  test("of a pause names it, with the policy that decided on its ticks", () => {
    const pause = { sinceMs: T0, untilMs: null, reason: "Because.", cursorMs: T0 };
    const misfire = { policy: "skip", graceMs: 1, maxAgeMs: 10 * MINUTE, maxCatchup: 3 } as const;
    const { ticks, evidence } = fiveDue({ mode: "resume", pause, misfire });

    expect(ticks).toEqual([[1, "skipped", "paused"]]);
    expect(evidence).toEqual([
      { jobVersion: 3, misfire, pause: { sinceMs: T0, untilMs: null, reason: "Because." } },
    ]);
  });
});
