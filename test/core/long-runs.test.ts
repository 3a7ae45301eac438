import { describe, expect, test } from "vitest";
import { advanceRun } from "../../src/core/advance-run.ts";
import type { NodeLostPolicy } from "../../src/core/job.ts";
import type { RunEvent } from "../../src/core/run-event.ts";
import { latestDueMs } from "../../src/core/run-lease.ts";
import { RUN_LIMITS, type Run } from "../../src/core/run.ts";
import {
  ACCEPTED,
  answered,
  aRun,
  calledBack,
  CUT,
  executorOrder,
  extended,
  failedAnswer,
  OK,
  RUN_MS,
  started,
  TIMED_OUT,
  TIMEOUT_MS,
} from "../support/a-run.ts";

const NOW = RUN_MS;
const NODE = "https://worker-1.example.com";
const DAY = 86_400_000;
const draw = 0.5;

function after(run: Run, ...events: readonly RunEvent[]): Run {
  return events.reduce(advanceRun, run);
}

function executorRun(onNodeLost: NodeLostPolicy = "resend"): Run {
  return aRun({ order: executorOrder({ onNodeLost }) });
}

const begin = started(NOW, NODE);
const accept = answered(ACCEPTED, { nowMs: NOW + 1 });
const ask = (nowMs: number): RunEvent => ({ kind: "cancel_requested", nowMs, reason: "By hand." });
const lose = (nowMs: number): RunEvent => ({ kind: "node_lost", nowMs, draw });
const expire = (nowMs: number): RunEvent => ({ kind: "expired", nowMs, draw });
const confirm = (nowMs: number, attempt = 1): RunEvent => ({
  kind: "cancel_confirmed",
  nowMs,
  attempt,
});

describe("a lease", () => {
  test("begins anew with each word of the executor", () => {
    const run = after(executorRun(), begin, accept, extended({ nowMs: NOW + 9_000 }));

    expect(run.phase).toMatchObject({ state: "running", dueMs: NOW + 9_000 + TIMEOUT_MS });
    expect(run.progress).toBeNull();
  });

  test("takes the progress along, and keeps it when none is said", () => {
    const half = { percent: 50, message: "half" };
    const run = after(executorRun(), begin, accept, extended({ nowMs: NOW + 5 }, half));

    expect(run.progress).toEqual({ ...half, atMs: NOW + 5 });
    expect(after(run, extended({ nowMs: NOW + 6 })).progress).toBe(run.progress);
  });

  test("ends a week after the send at the latest", () => {
    const run = after(executorRun(), begin, accept, extended({ nowMs: NOW + 7 * DAY - 5_000 }));

    expect(run.phase).toMatchObject({ dueMs: NOW + 7 * DAY });
  });

  test("begins before the 202, which then changes nothing of it", () => {
    const run = after(executorRun(), begin, extended({ nowMs: NOW + 50 }));

    expect(run.phase).toMatchObject({ state: "running", dueMs: NOW + 50 + TIMEOUT_MS });
    for (const answer of [ACCEPTED, TIMED_OUT, CUT])
      expect(after(run, answered(answer, { nowMs: NOW + 99 }))).toBe(run);
    expect(after(run, answered(OK, { nowMs: NOW + 99 })).phase.state).toBe("succeeded");
  });

  test("saves an attempt whose connection was cut from being sent again", () => {
    const cut = after(executorRun(), begin, answered(CUT, { nowMs: NOW + 9 }));
    const run = after(cut, extended({ nowMs: NOW + 10 }));

    expect(cut.phase).toMatchObject({ state: "retrying", resend: 1 });
    expect(run.phase).toMatchObject({ state: "running", attempt: 1, send: 1 });
    expect(run.attempts).toMatchObject([{ outcome: "accepted", answeredMs: null, error: null }]);
  });

  test("is given to no other attempt, and to none that is over", () => {
    const run = after(executorRun(), begin, accept);
    const failed = after(run, calledBack("failed", { nowMs: NOW + 2 }));

    expect(after(run, extended({ nowMs: NOW + 9, attempt: 2 }))).toBe(run);
    expect(after(failed, extended({ nowMs: NOW + 9 }))).toBe(failed);
    expect(after(executorRun(), extended({ nowMs: NOW, attempt: 0 })).phase.state).toBe("waiting");
  });

  test("is not longer than a new one when the clock has stepped back", () => {
    expect(latestDueMs(after(executorRun(), begin, accept), NOW)).toBe(NOW + TIMEOUT_MS);
    expect(latestDueMs(after(executorRun(), begin), NOW)).toBe(
      NOW + TIMEOUT_MS + RUN_LIMITS.dispatchGraceMs,
    );
  });
});

describe("a cancel", () => {
  const asked = after(executorRun(), begin, accept, ask(NOW + 10));

  test("asks what an executor has accepted to stop, within ten seconds", () => {
    expect(asked).toMatchObject({
      phase: { state: "running", attempt: 1, dueMs: NOW + 1 + TIMEOUT_MS },
      cancelRequestedMs: NOW + 10,
      cancelReason: "By hand.",
    });
    const long = after(aRun({ order: { ...executorOrder(), timeoutMs: DAY } }), begin, accept);
    expect(after(long, ask(NOW + 10)).phase).toMatchObject({ dueMs: NOW + 10_010 });
    expect(latestDueMs(after(long, ask(NOW)), NOW - 5)).toBe(NOW + 9_995);
  });

  test("that is repeated changes nothing", () => {
    expect(after(asked, ask(NOW + 11))).toBe(asked);
  });

  test("is done when the node or the handler says so", () => {
    for (const event of [confirm(NOW + 20), calledBack("canceled", { nowMs: NOW + 20 })])
      expect(after(asked, event)).toMatchObject({
        phase: { state: "canceled", endedMs: NOW + 20 },
        attempts: [{ outcome: "canceled", answeredMs: NOW + 20 }],
        cancelReason: "By hand.",
      });
    expect(after(asked, confirm(NOW + 20, 2))).toBe(asked);
  });

  test("is done when the handler failed meanwhile, or its node is lost", () => {
    const failures = [
      calledBack("failed", { nowMs: NOW + 20 }),
      answered(failedAnswer(), { nowMs: NOW + 20 }),
      lose(NOW + 20),
    ];
    for (const event of failures) expect(after(asked, event).phase.state).toBe("canceled");
  });

  test("comes too late for a success", () => {
    const run = after(asked, calledBack("succeeded", { nowMs: NOW + 20 }));

    expect(run).toMatchObject({ phase: { state: "succeeded" }, result: "called back" });
  });

  test("is done by force at the end of the grace, and gets no more time", () => {
    const told = after(asked, extended({ nowMs: NOW + 20 }, { percent: 9, message: null }));

    expect(told.phase).toEqual(asked.phase);
    expect(told.progress).toMatchObject({ percent: 9 });
    expect(after(told, expire(NOW + 1 + TIMEOUT_MS)).phase.state).toBe("canceled");
  });

  test("ends everything else at once", () => {
    const waiting = executorRun();
    const out = after(waiting, begin);
    const retrying = after(out, answered(failedAnswer(), { nowMs: NOW }));
    const webhook = after(aRun(), started(NOW), accept);

    for (const run of [waiting, out, retrying, webhook])
      expect(after(run, ask(NOW + 1))).toMatchObject({
        phase: { state: "canceled", endedMs: NOW + 1 },
        cancelRequestedMs: null,
      });
  });

  test("that nobody asked for is a failure", () => {
    const run = after(executorRun(), begin, accept, calledBack("canceled", { nowMs: NOW + 9 }));

    expect(run).toMatchObject({ phase: { state: "retrying" }, error: { code: "stopped" } });
    expect(after(after(executorRun(), begin, accept), confirm(NOW + 9)).phase.state).toBe(
      "running",
    );
  });
});

describe("the loss of a node", () => {
  const states = [[begin], [begin, accept]];

  test("has the same attempt sent again, once, and then counts as a failure", () => {
    for (const events of states) {
      const run = after(executorRun(), ...events, lose(NOW + 9));
      expect(run).toMatchObject({
        phase: { state: "retrying", attempt: 1, resend: 1, dueMs: NOW + 9 },
        error: { code: "node_lost" },
      });
      const again = after(run, started(NOW + 9, NODE), lose(NOW + 10));
      expect(again.phase).toMatchObject({ state: "retrying", attempt: 1, resend: 0 });
    }
  });

  test("loses what may be delivered once at most", () => {
    const run = aRun({ order: { ...executorOrder(), delivery: "at_most_once" } });

    for (const events of states)
      expect(after(run, ...events, lose(NOW + 9)).phase.state).toBe("lost");
  });

  test("is a failed attempt, or nothing, when the job says so", () => {
    for (const events of states) {
      const failed = after(executorRun("fail"), ...events, lose(NOW + 9));
      expect(failed.phase).toMatchObject({ state: "retrying", resend: 0, dueMs: NOW + 1_009 });
      const waiting = after(executorRun("wait"), ...events);
      expect(after(waiting, lose(NOW + 9))).toBe(waiting);
    }
  });

  test("is nothing to a run that is not out", () => {
    const waiting = executorRun();
    const retrying = after(waiting, begin, answered(failedAnswer(), { nowMs: NOW }));

    for (const run of [waiting, retrying]) expect(after(run, lose(NOW + 9))).toBe(run);
  });
});

test("an answer names the node that it came of", () => {
  const other = { ...answered(OK, { nowMs: NOW + 9 }), node: "https://worker-2.example.com" };
  const run = after(executorRun(), begin, other);

  expect(run.attempts).toMatchObject([{ node: "https://worker-2.example.com" }]);
  expect(after(executorRun(), begin, answered(OK, { nowMs: 9 })).attempts[0]?.node).toBe(NODE);
});
