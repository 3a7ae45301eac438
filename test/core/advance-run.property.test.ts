import { describe, expect, test } from "vitest";
import { advanceRun } from "../../src/core/advance-run.ts";
import type { RunEvent } from "../../src/core/run-event.ts";
import { isEnded, RUN_LIMITS, type Run } from "../../src/core/run.ts";
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
  started,
  TIMED_OUT,
} from "../support/a-run.ts";

/** Longer than any run can live: three attempts of two sends each, with all that can happen between. */
const DEPTH_MAX = 40;
const draw = 0.5;

/** Everything that can happen to a run that stands like this, at the instants that matter. */
function eventsOf(run: Run): readonly RunEvent[] {
  const nowMs = "dueMs" in run.phase ? run.phase.dueMs : run.phase.endedMs + 1;
  const attempts = new Set([run.phase.attempt, Math.max(1, run.phase.attempt - 1)]);
  const events: RunEvent[] = [
    started(nowMs),
    started(nowMs - 1),
    { kind: "expired", nowMs, draw },
    { kind: "orphaned", nowMs, draw },
    { kind: "canceled", nowMs, reason: null },
    { kind: "cancel_requested", nowMs: nowMs - 1, reason: null },
    { kind: "node_lost", nowMs, draw },
  ];
  for (const attempt of attempts) {
    events.push(extended({ nowMs, attempt }));
    events.push({ kind: "cancel_confirmed", nowMs, attempt });
    for (const status of ["succeeded", "failed", "canceled"] as const)
      events.push(calledBack(status, { nowMs, attempt }));
    for (const answer of [OK, failedAnswer(), ACCEPTED, TIMED_OUT, CUT])
      for (const send of [1, 2]) events.push(answered(answer, { nowMs, attempt, send }));
  }
  events.push(answered(failedAnswer({ delivered: false }), { nowMs, attempt: run.phase.attempt }));
  return events;
}

interface Step {
  readonly before: Run;
  readonly event: RunEvent;
  readonly run: Run;
}

/**
 * Walks every order of events to its end. Runs that differ only in what no rule looks at (instants, texts,
 * versions) stand alike, and each standing is left once: by every event that there is.
 */
function walk(first: Run, visit: (step: Step) => void): void {
  const seen = new Set<string>();
  let front = [first];
  for (let depth = 0; depth < DEPTH_MAX && front.length > 0; depth++) {
    const next: Run[] = [];
    for (const before of front)
      for (const event of eventsOf(before)) {
        const run = advanceRun(before, event);
        visit({ before, event, run });
        if (run === before || seen.has(standingOf(run))) continue;
        seen.add(standingOf(run));
        next.push(run);
      }
    front = next;
  }
  expect(front).toEqual([]);
}

function standingOf({ phase, attempts, cancelRequestedMs }: Run): string {
  const { state, attempt } = phase;
  const send = "send" in phase ? phase.send : "";
  const resend = "resend" in phase ? phase.resend : "";
  const outcomes = attempts.map((a) => `${a.attempt}.${a.send}${a.outcome}${a.late}`).join();
  return `${state} ${attempt} ${send} ${resend} ${outcomes} ${cancelRequestedMs !== null}`;
}

const WEBHOOK = aRun().order.target;
const { target: RESEND } = executorOrder({ onNodeLost: "resend" });
const { target: FAIL } = executorOrder({ onNodeLost: "fail" });

describe.each([
  { delivery: "at_least_once", target: WEBHOOK },
  { delivery: "at_most_once", target: WEBHOOK },
  { delivery: "at_least_once", target: RESEND },
  { delivery: "at_most_once", target: RESEND },
  { delivery: "at_least_once", target: FAIL },
  { delivery: "at_most_once", target: FAIL },
] as const)("whatever happens, $delivery to $target.kind:", ({ delivery, target }) => {
  const steps: Step[] = [];
  walk(aRun({ order: { delivery, target } }), (step) => steps.push(step));
  const changes = steps.filter(({ before, run }) => run !== before);

  test("many orders of events are tried, and all states are seen", () => {
    const states = new Set(changes.map(({ run }) => run.phase.state));

    expect(changes.length).toBeGreaterThan(delivery === "at_least_once" ? 1_000 : 50);
    expect(states).toEqual(
      new Set([
        "dispatching",
        "running",
        "retrying",
        "succeeded",
        "failed",
        "timed_out",
        "canceled",
        "lost",
      ]),
    );
  });

  test("no event leaves an ended state, or changes its result", () => {
    for (const { before, run } of changes) {
      if (!isEnded(before.phase)) continue;
      expect(run.phase).toBe(before.phase);
      expect(run.result).toBe(before.result);
      expect(run.error).toBe(before.error);
    }
  });

  test("the version rises by one with each change", () => {
    for (const { before, run } of changes) expect(run.version).toBe(before.version + 1);
  });

  test("attempts never fall, rise by one, and stay within the policy", () => {
    for (const { before, run } of changes) {
      const rise = run.phase.attempt - before.phase.attempt;
      expect(rise === 0 || (rise === 1 && run.phase.state === "dispatching")).toBe(true);
      expect(run.phase.attempt).toBeLessThanOrEqual(run.order.retry.attemptsMax);
    }
  });

  test("only a start sends, and one attempt is sent twice at most", () => {
    for (const { event, run, before } of changes) {
      if (run.phase.state !== "dispatching" || before.phase.state === "dispatching") continue;
      expect(event.kind).toBe("started");
      expect(run.phase.send).toBeLessThanOrEqual(RUN_LIMITS.sendsPerAttemptMax);
      expect(run.attempts.at(-1)).toMatchObject({
        attempt: run.phase.attempt,
        send: run.phase.send,
        outcome: "in_flight",
      });
    }
  });

  test("an answer or a callback of another attempt changes nothing", () => {
    for (const { before, event } of changes) {
      if ("attempt" in event) expect(event.attempt).toBe(before.phase.attempt);
    }
  });

  test("what has not ended is due at some instant", () => {
    for (const { run } of changes)
      if (!isEnded(run.phase)) expect(Number.isSafeInteger(run.phase.dueMs)).toBe(true);
  });

  test("what was asked to stop is not tried again, and ends soon", () => {
    for (const { before, run } of changes) {
      const sinceMs = before.cancelRequestedMs;
      if (sinceMs === null || isEnded(before.phase)) continue;
      expect(["running", "canceled", "succeeded"]).toContain(run.phase.state);
      if (isEnded(run.phase)) continue;
      expect(run.phase.dueMs).toBeLessThanOrEqual(sinceMs + RUN_LIMITS.cancelGraceMs);
    }
  });

  test("only what an executor has accepted is asked to stop", () => {
    for (const { before, run } of changes) {
      if (run.cancelRequestedMs === before.cancelRequestedMs) continue;
      expect(before.phase.state).toBe("running");
      expect(target.kind).toBe("executor");
    }
  });

  test("a lease ends within a week of its send", () => {
    for (const { run } of changes) {
      const sentMs = run.attempts.at(-1)?.sentMs ?? 0;
      if (run.phase.state !== "running") continue;
      expect(run.phase.dueMs).toBeLessThanOrEqual(sentMs + RUN_LIMITS.leaseMsMax);
    }
  });

  test("a success was said by somebody", () => {
    for (const { event, run, before } of changes) {
      if (run.phase.state !== "succeeded" || isEnded(before.phase)) continue;
      const said =
        event.kind === "answered"
          ? event.answer.kind
          : event.kind === "called_back" && event.status;
      expect(said).toBe("succeeded");
    }
  });

  test("at most once is sent again only after an answer that no byte had left", () => {
    if (delivery === "at_least_once") return;
    for (const { before, event, run } of changes) {
      if (run.phase.state !== "retrying" || before.phase.state === "retrying") continue;
      expect(event).toMatchObject({ kind: "answered", answer: { delivered: false } });
    }
  });
});
