import { describe, expect, test } from "vitest";
import { advanceRun } from "../../src/core/advance-run.ts";
import { isTooLateToRetry } from "../../src/core/fail-attempt.ts";
import type { RunEvent } from "../../src/core/run-event.ts";
import { RUN_LIMITS, type Run } from "../../src/core/run.ts";
import {
  ACCEPTED,
  answered,
  aRun,
  calledBack,
  CUT,
  failedAnswer,
  OK,
  RUN_MS,
  started,
  TIMED_OUT,
  TIMEOUT_MS,
} from "../support/a-run.ts";

const NOW = RUN_MS;
const draw = 0.5;

function after(run: Run, ...events: readonly RunEvent[]): Run {
  return events.reduce(advanceRun, run);
}

describe("an attempt", () => {
  test("starts when its time has come, and its deadline is its timeout and a grace", () => {
    const run = aRun();

    expect(advanceRun(run, started(NOW - 1))).toBe(run);
    expect(advanceRun(run, started(NOW)).phase).toEqual({
      state: "dispatching",
      attempt: 1,
      send: 1,
      dueMs: NOW + TIMEOUT_MS + RUN_LIMITS.dispatchGraceMs,
    });
  });

  test("that succeeds ends the run with its result", () => {
    const run = after(aRun(), started(NOW), answered(OK, { nowMs: NOW + 9 }));

    expect(run.phase).toEqual({ state: "succeeded", attempt: 1, endedMs: NOW + 9 });
    expect(run).toMatchObject({ result: "done", error: null, startedMs: NOW });
    expect(run.attempts).toHaveLength(1);
  });

  test("that fails is followed by the next one after its wait", () => {
    const run = after(aRun(), started(NOW), answered(failedAnswer(), { nowMs: NOW }));

    expect(run.phase).toEqual({ state: "retrying", attempt: 1, resend: 0, dueMs: NOW + 1_000 });
    expect(after(run, started(NOW + 1_000)).phase).toMatchObject({ attempt: 2, send: 1 });
  });

  test("that is the last one ends the run as it ended itself", () => {
    const once = aRun({ retry: { attemptsMax: 1 } });

    expect(after(once, started(NOW), answered(failedAnswer(), { nowMs: NOW })).phase.state).toBe(
      "failed",
    );
    expect(after(once, started(NOW), answered(TIMED_OUT, { nowMs: NOW })).phase.state).toBe(
      "timed_out",
    );
  });

  test("is not followed by another when its target says so", () => {
    const answer = failedAnswer({ retry: false });

    expect(after(aRun(), started(NOW), answered(answer, { nowMs: NOW })).phase.state).toBe(
      "failed",
    );
  });

  test("waits as long as Retry-After asks", () => {
    const answer = failedAnswer({ retryAfterMs: 45_000 });
    const run = after(aRun(), started(NOW), answered(answer, { nowMs: NOW }));

    expect(run.phase).toMatchObject({ state: "retrying", dueMs: NOW + 45_000 });
  });

  test("does not begin at or after the instant that bounds the retries", () => {
    const bounded = aRun({ retry: { beforeMs: NOW + 1_500 } });
    const waiting = after(bounded, started(NOW), answered(failedAnswer(), { nowMs: NOW }));

    expect(waiting.phase.state).toBe("retrying");
    expect(isTooLateToRetry(waiting, NOW + 1_499)).toBe(false);
    expect(isTooLateToRetry(waiting, NOW + 1_500)).toBe(true);
    expect(advanceRun(waiting, { kind: "expired", nowMs: NOW + 1_500, draw }).phase).toEqual({
      state: "failed",
      attempt: 1,
      endedMs: NOW + 1_500,
    });
  });

  test("whose wait would end too late is not waited for", () => {
    const bounded = aRun({ retry: { beforeMs: NOW + 1_000 } });

    expect(after(bounded, started(NOW), answered(failedAnswer(), { nowMs: NOW })).phase.state).toBe(
      "failed",
    );
  });
});

describe("an unknown outcome", () => {
  test("is sent once more under the same number", () => {
    const cut = after(aRun(), started(NOW), answered(CUT, { nowMs: NOW }));

    expect(cut.phase).toMatchObject({ state: "retrying", attempt: 1, resend: 1 });
    expect(after(cut, started(NOW + 1_000)).phase).toMatchObject({ attempt: 1, send: 2 });
  });

  test("that comes twice is a failed attempt", () => {
    const run = after(aRun(), started(NOW), { kind: "orphaned", nowMs: NOW, draw }, started(NOW), {
      kind: "orphaned",
      nowMs: NOW,
      draw,
    });

    expect(run.phase).toMatchObject({ state: "retrying", attempt: 1, resend: 0 });
  });

  test("is sent again at once after a crash", () => {
    const run = after(aRun(), started(NOW), { kind: "orphaned", nowMs: NOW + 5, draw });

    expect(run.phase).toMatchObject({ state: "retrying", resend: 1, dueMs: NOW + 5 });
  });

  test("loses a run that may be sent at most once", () => {
    const once = aRun({ order: { delivery: "at_most_once" } });

    expect(after(once, started(NOW), answered(CUT, { nowMs: NOW })).phase.state).toBe("lost");
    expect(after(once, started(NOW), { kind: "orphaned", nowMs: NOW, draw }).phase.state).toBe(
      "lost",
    );
  });

  test("does not arise when no byte had left: such a run is tried again", () => {
    const once = aRun({ order: { delivery: "at_most_once" } });
    const answer = failedAnswer({ delivered: false });

    expect(after(once, started(NOW), answered(answer, { nowMs: NOW })).phase.state).toBe(
      "retrying",
    );
    expect(after(once, started(NOW), answered(failedAnswer(), { nowMs: NOW })).phase.state).toBe(
      "failed",
    );
  });
});

test("a sending of which no byte left says nothing of the one that came after it", () => {
  const accepted = after(
    aRun(),
    started(NOW),
    { kind: "orphaned", nowMs: NOW, draw },
    started(NOW),
    answered({ kind: "accepted" }, { nowMs: NOW, send: 2 }),
  );
  const late = answered(failedAnswer({ delivered: false }), { nowMs: NOW + 1, send: 1 });

  expect(accepted.phase).toMatchObject({ state: "running", send: 2 });
  expect(after(accepted, late)).toBe(accepted);
});

describe("a lease", () => {
  const running = after(aRun(), started(NOW), answered(ACCEPTED, { nowMs: NOW + 50 }));

  test("begins with a 202 and lasts for the timeout", () => {
    expect(running.phase).toMatchObject({ state: "running", dueMs: NOW + 50 + TIMEOUT_MS });
  });

  test("that ends without a callback is a failed attempt", () => {
    const nowMs = NOW + 50 + TIMEOUT_MS;

    expect(advanceRun(running, { kind: "expired", nowMs: nowMs - 1, draw })).toBe(running);
    expect(advanceRun(running, { kind: "expired", nowMs, draw }).phase.state).toBe("retrying");
  });

  test("ends with a callback", () => {
    const run = advanceRun(running, calledBack("succeeded", { nowMs: NOW + 60 }));

    expect(run).toMatchObject({ phase: { state: "succeeded" }, result: "called back" });
  });
});

describe("a callback", () => {
  test("that overtakes its own 202 is kept, and the 202 changes nothing", () => {
    const run = after(aRun(), started(NOW), calledBack("succeeded", { nowMs: NOW + 1 }));

    expect(run.phase.state).toBe("succeeded");
    expect(advanceRun(run, answered(ACCEPTED, { nowMs: NOW + 2 }))).toBe(run);
  });

  test("is taken while the same attempt waits to be sent again", () => {
    const orphan = after(aRun(), started(NOW), { kind: "orphaned", nowMs: NOW, draw });

    expect(advanceRun(orphan, calledBack("succeeded", { nowMs: NOW })).phase.state).toBe(
      "succeeded",
    );
  });

  test("of an attempt that is over changes nothing", () => {
    const second = after(
      aRun(),
      started(NOW),
      answered(failedAnswer(), { nowMs: NOW }),
      started(NOW + 1_000),
    );

    expect(advanceRun(second, calledBack("succeeded", { nowMs: NOW + 1_001 }))).toBe(second);
  });

  test("may say that no other attempt shall follow", () => {
    const failed = calledBack("failed", { nowMs: NOW, retry: false });

    expect(after(aRun(), started(NOW), failed).phase.state).toBe("failed");
  });
});

describe("a cancel", () => {
  test("ends a run wherever it stands", () => {
    const cancel: RunEvent = { kind: "canceled", nowMs: NOW + 1, reason: "By hand." };

    for (const run of [aRun(), after(aRun(), started(NOW))])
      expect(advanceRun(run, cancel)).toMatchObject({
        phase: { state: "canceled", endedMs: NOW + 1 },
        cancelReason: "By hand.",
      });
  });

  test("is not undone by a late answer, which is noted beside the attempt", () => {
    const canceled = after(aRun(), started(NOW), { kind: "canceled", nowMs: NOW, reason: null });
    const late = advanceRun(canceled, answered(OK, { nowMs: NOW + 70 }));

    expect(late.phase).toBe(canceled.phase);
    expect(late.attempts.at(-1)).toMatchObject({ late: true, answeredMs: NOW + 70, status: 200 });
    expect(advanceRun(late, answered(OK, { nowMs: NOW + 80 }))).toBe(late);
  });
});

test("only the newest attempts are kept with a run", () => {
  const attemptsMax = RUN_LIMITS.attemptsKeptMax + 5;
  let run = aRun({ retry: { attemptsMax, delayMsMax: 0 } });
  for (let attempt = 1; attempt <= attemptsMax; attempt++)
    run = after(run, started(NOW), answered(failedAnswer(), { nowMs: NOW, attempt }));

  expect(run.attempts).toHaveLength(RUN_LIMITS.attemptsKeptMax);
  expect(run.attempts.at(-1)?.attempt).toBe(attemptsMax);
});
