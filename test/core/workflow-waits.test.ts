import { describe, expect, test } from "vitest";
import type { WorkflowInput } from "../../src/core/workflow-effect.ts";
import type { StepSpec } from "../../src/core/workflow.ts";
import { BEGIN_MS, PlayedMachine } from "../support/played-machine.ts";
import { A_HANDLER, aWorkflowSpec } from "../support/workflow-specs.ts";

const RUN = { run: A_HANDLER } as const;
const begun = (steps: readonly StepSpec[], more = {}): PlayedMachine => {
  const play = new PlayedMachine(aWorkflowSpec(steps, { onFailure: "finish_branches", ...more }));
  play.begin();
  return play;
};
const due = (play: PlayedMachine, passMs: number): void => {
  play.nowMs += passMs;
  play.take({ kind: "due" });
};
const paid = (data: { readonly [key: string]: number }): WorkflowInput => ({
  kind: "event",
  name: "paid",
  data,
});

describe("time", () => {
  test("wakes sleeps in the order in which they are due, and no sooner", () => {
    const play = begun([
      { name: "long", sleep: "20s" },
      { name: "short", sleep: "10s" },
      { name: "work", ...RUN },
    ]);
    expect(play.machine.dueMs).toBe(BEGIN_MS + 10_000);
    due(play, 9_999);
    expect(play.states).toBe("waiting waiting running");
    due(play, 60_000);

    expect(play.states).toBe("succeeded succeeded running");
    expect([play.row("long").order, play.row("short").order]).toEqual([2, 1]);
    expect(play.machine.dueMs).toBe(BEGIN_MS + 3_600_000);
  });

  test("ends a run at its deadline, before whatever is due then or later", () => {
    const play = begun(
      [
        { name: "before", sleep: "9s" },
        { name: "at", sleep: "10s" },
        { name: "work", ...RUN },
      ],
      { timeout: "10s" },
    );
    due(play, 30_000);

    expect(play.states).toBe("succeeded canceled canceled");
    expect([...play.canceled]).toEqual(["2/-1@1"]);
    play.end("work", { state: "canceled" });
    expect(play.run).toMatchObject({
      phase: { state: "timed_out" },
      error: { code: "workflow.timed_out", message: "The workflow took longer than 10s." },
    });
  });

  test("does not count towards the deadline during a pause, but sleeps go on", () => {
    const play = begun(
      [
        { name: "nap", sleep: "5s" },
        { name: "next", after: ["nap"], ...RUN },
      ],
      {
        timeout: "10s",
      },
    );
    play.nowMs += 1_000;
    play.take({ kind: "pause", reason: "look" });
    expect(play.machine.dueMs).toBe(BEGIN_MS + 5_000);
    due(play, 100_000);
    expect(play.states).toBe("succeeded pending");
    expect(play.machine.dueMs).toBeNull();

    expect(play.take({ kind: "resume" }).starts).toMatchObject([{ step: 1 }]);
    expect(play.machine.dueMs).toBe(BEGIN_MS + 110_000);
    expect(play.run).toMatchObject({ pausedMs: null, pauseReason: null });
  });

  test("lets a paused run end whose last step ends", () => {
    const play = begun([{ name: "nap", sleep: "5s" }]);
    play.take({ kind: "pause", reason: null });
    due(play, 5_000);

    expect(play.run).toMatchObject({ phase: { state: "succeeded" }, pausedMs: null });
  });
});

describe("an event", () => {
  test("wakes every step that waits for it and that it matches", () => {
    const match = "event.data.amount > 10.0 && event.name == 'paid'";
    const play = begun([
      { name: "any", waitFor: { event: "paid" } },
      { name: "much", waitFor: { event: "paid", match } },
      { name: "wrong", waitFor: { event: "paid", match: "event.data.gone" } },
      { name: "other", waitFor: { event: "sent" } },
    ]);
    expect(play.take(paid({ amount: 5 })).events).toEqual([
      { workflowRun: "wr", seq: 1, name: "paid", data: { amount: 5 }, atMs: BEGIN_MS },
    ]);
    expect(play.states).toBe("succeeded waiting waiting waiting");
    play.take(paid({ amount: 50 }));

    expect(play.states).toBe("succeeded succeeded waiting waiting");
    expect(play.row("much").output).toEqual({ amount: 50 });
  });

  test("that came before is taken when the step begins: the oldest that matches and is not too old", () => {
    const play = begun([
      { name: "work", ...RUN },
      { name: "first", after: ["work"], waitFor: { event: "paid" } },
      { name: "new", after: ["work"], waitFor: { event: "paid", lookBack: "5s" } },
      { name: "none", after: ["work"], waitFor: { event: "paid", lookBack: "1s" } },
    ]);
    play.take(paid({ n: 1 }));
    play.nowMs += 10_000;
    play.take(paid({ n: 2 }));
    play.nowMs += 5_000;
    play.end("work");

    expect(play.row("first").output).toEqual({ n: 1 });
    expect(play.row("new").output).toEqual({ n: 2 });
    expect(play.row("none").state).toBe("waiting");
  });

  test("is there for what begins to wait because of it, and before the run's turn", () => {
    const steps = [
      { name: "a", waitFor: { event: "paid" } },
      { name: "b", after: ["a"], waitFor: { event: "paid" } },
    ];
    const play = begun(steps);
    play.take(paid({ n: 1 }));
    expect(play.run.phase.state).toBe("succeeded");

    const early = new PlayedMachine(aWorkflowSpec(steps));
    early.take(paid({ n: 1 }));
    expect(early.states).toBe("pending pending");
    early.begin();
    expect(early.run).toMatchObject({ phase: { state: "succeeded" }, output: { n: 1 } });
  });

  test("that does not come in time fails the step; without a time it is the run that times out", () => {
    const play = begun([
      { name: "a", waitFor: { event: "paid", timeout: "5s" } },
      { name: "b", waitFor: { event: "paid" } },
    ]);
    due(play, 5_000);
    expect(play.row("a").error?.code).toBe("wait.timed_out");
    expect(play.row("b")).toMatchObject({ state: "waiting", dueMs: null });
    due(play, 3_600_000);

    expect(play.row("b")).toMatchObject({
      state: "canceled",
      reason: "The workflow run timed out.",
    });
  });
});

describe("an approval", () => {
  const ASK: StepSpec = { name: "ask", approval: { timeout: "5s" } };
  const asked = { kind: "decide", step: "ask", result: { seats: 2 }, by: "ann" } as const;

  test("says who approved, and what they said", () => {
    const play = begun([ASK]);
    play.take({ ...asked, action: "approve", note: "fine" });

    expect(play.row("ask")).toMatchObject({
      state: "succeeded",
      output: { approved: true, by: "ann", note: "fine", result: { seats: 2 } },
      decision: { action: "approve", by: "ann", note: "fine", atMs: BEGIN_MS },
    });
  });

  test("fails when it is rejected", () => {
    const play = begun([ASK]);
    play.take({ ...asked, action: "reject", note: "too dear" });

    expect(play.row("ask")).toMatchObject({
      state: "failed",
      error: { code: "approval.rejected", message: "It was rejected by ann: too dear" },
      decision: { action: "reject" },
    });
  });

  test("has an answer for silence: no, unless it says yes", () => {
    const play = begun([ASK, { name: "yes", approval: { timeout: "5s", onTimeout: "approve" } }]);
    due(play, 5_000);

    expect(play.row("ask").error?.code).toBe("approval.timed_out");
    const output = { approved: true, by: null, note: null, result: null };
    expect(play.row("yes")).toMatchObject({ state: "succeeded", output, decision: null });
  });
});
