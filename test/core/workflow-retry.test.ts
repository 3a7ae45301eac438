import { describe, expect, test } from "vitest";
import type { WorkflowInput } from "../../src/core/workflow-effect.ts";
import { WORKFLOW_RUN_LIMITS } from "../../src/core/workflow-run.ts";
import type { StepSpec } from "../../src/core/workflow.ts";
import { endOf, keyOf, PlayedMachine } from "../support/played-machine.ts";
import { A_HANDLER, aWorkflowSpec } from "../support/workflow-specs.ts";

const RUN = { run: A_HANDLER } as const;
const begun = (steps: readonly StepSpec[], more = {}): PlayedMachine => {
  const play = new PlayedMachine(aWorkflowSpec(steps, { onFailure: "finish_branches", ...more }));
  play.begin();
  return play;
};
const retry = (step: string | null): WorkflowInput => ({ kind: "retry", step, by: "ann" });
const mark = (action: "skip" | "succeed", step: string): WorkflowInput => ({
  kind: "decide",
  action,
  step,
  result: { by: "hand" },
  note: "note",
  by: "ann",
});

/** a → b → c, and d beside them. */
const STEPS: readonly StepSpec[] = [
  { name: "a", ...RUN, compensate: RUN },
  { name: "b", after: ["a"], ...RUN },
  { name: "c", after: ["b"], ...RUN },
  { name: "d", ...RUN },
];

/** b has failed, and with it the run. */
function failed(): PlayedMachine {
  const play = begun(STEPS);
  play.end("a", { output: 1 });
  play.end("b", { state: "failed" });
  play.end("d", { output: 4 });
  play.end("a", { isCompensation: true, state: "failed" });
  expect(play.states).toBe("succeeded failed canceled succeeded");
  return play;
}

describe("a retry", () => {
  test("of a run does again what failed, what was undone and everything behind it", () => {
    const play = failed();
    play.nowMs += 1_000;
    const { starts, rows } = play.take(retry(null));

    expect(starts).toMatchObject([{ step: 0, revision: 2, isCompensation: false }]);
    expect(rows.map(({ name, state, version }) => [name, state, version])).toEqual([
      ["a", "running", 4],
      ["b", "pending", 2],
      ["c", "pending", 2],
    ]);
    expect(rows[1]).toMatchObject({ order: 0, error: null, endedMs: null, revision: 2 });
    expect(play.run).toMatchObject({
      phase: { state: "running" },
      revision: 2,
      revisions: [{ revision: 2, atMs: play.nowMs, action: "retry", step: null, by: "ann" }],
      deadlineMs: play.nowMs + 3_600_000,
      error: null,
    });
    expect(play.row("d")).toMatchObject({ state: "succeeded", revision: 1, output: 4 });
  });

  test("of a step does it again with everything behind it, and cancels what runs of that", () => {
    const play = begun(STEPS);
    play.end("a");
    const old = [...play.live.values()].find(({ step }) => step === 1);
    const { cancels, starts } = play.take(retry("a"));

    expect(cancels.map(keyOf)).toEqual(["1/-1@1"]);
    expect(starts.map(keyOf)).toEqual(["0/-1@2"]);
    expect(play.states).toBe("running pending pending running");
    play.end("a");
    if (old === undefined) throw new Error("b was running");
    const late = play.take({ kind: "part_ended", end: endOf(old, { context: { n: 9 } }) });
    expect(late).toEqual({ starts: [], cancels: [], rows: [], events: [], run: null });
    expect(play.row("b")).toMatchObject({ state: "running", revision: 2 });
  });

  test("of a run that has succeeded names its step", () => {
    const play = begun([{ name: "a" }, { name: "b", after: ["a"], ...RUN }]);
    play.end("b", { output: 1 });
    const { starts, run } = play.take(retry("b"));

    expect(starts).toMatchObject([{ step: 1, revision: 2 }]);
    expect(run).toMatchObject({ phase: { state: "running" }, output: null });
  });

  test("of a run that was canceled before its turn begins it", () => {
    const play = new PlayedMachine(aWorkflowSpec(STEPS));
    play.take({ kind: "cancel", reason: "early" });
    expect(play.run.phase.state).toBe("canceled");
    expect(play.take(retry(null)).starts).toMatchObject([{ step: 0 }, { step: 3 }]);

    expect(play.run).toMatchObject({ startedMs: play.nowMs, cancelReason: null });
  });

  test("during a pause starts nothing until the pause is over", () => {
    const play = begun([{ name: "a" }, { name: "b", ...RUN }]);
    play.take({ kind: "pause", reason: null });
    expect(play.take(retry("a")).starts).toEqual([]);
    expect(play.states).toBe("pending running");
    play.take({ kind: "resume" });

    expect(play.row("a")).toMatchObject({ state: "succeeded", revision: 2, version: 3 });
  });

  test("is remembered with the newest others", () => {
    const { revisionsKeptMax } = WORKFLOW_RUN_LIMITS;
    const play = begun([{ name: "a" }, { name: "b", ...RUN }]);
    for (let i = 0; i < revisionsKeptMax + 5; i++) play.take(retry("a"));

    expect(play.run.revisions).toHaveLength(revisionsKeptMax);
    expect(play.run.revisions.at(-1)).toMatchObject({ revision: revisionsKeptMax + 6 });
  });

  test("leaves what begins later its own revision", () => {
    const play = begun([{ name: "a" }, { name: "b", ...RUN }, { name: "c", after: ["b"], ...RUN }]);
    play.take(retry("a"));

    expect(play.end("b").starts).toMatchObject([{ step: 2, revision: 2 }]);
    expect(play.row("b").revision).toBe(1);
  });
});

describe("a step that a person ends", () => {
  test("lets what is behind it go on, skipped or marked, and its run is canceled", () => {
    for (const action of ["skip", "succeed"] as const) {
      const play = begun(STEPS);
      const { cancels, starts, run } = play.take(mark(action, "a"));

      expect(cancels.map(keyOf)).toEqual(["0/-1@1"]);
      expect(starts.map(keyOf)).toEqual(["1/-1@1"]);
      expect(run).toBeNull();
      expect(play.row("a")).toMatchObject({
        state: action === "skip" ? "skipped" : "succeeded",
        isPassed: action === "skip",
        output: action === "skip" ? null : { by: "hand" },
        decision: { action, by: "ann", note: "note" },
      });
    }
  });

  test("before the run's turn lets it begin behind the step", () => {
    const play = new PlayedMachine(aWorkflowSpec(STEPS));
    expect(play.take(mark("skip", "a")).starts).toEqual([]);

    expect(play.begin().starts.map(keyOf)).toEqual(["1/-1@1", "3/-1@1"]);
  });

  test("after it had failed does again what is behind it, and what was undone, but not itself", () => {
    const play = failed();
    const { starts } = play.take(mark("succeed", "b"));

    expect(starts.map(keyOf)).toEqual(["0/-1@2", "2/-1@2"]);
    expect(play.row("b")).toMatchObject({ state: "succeeded", revision: 2, version: 2 });
    expect(play.row("a")).toMatchObject({ state: "running", revision: 2 });
    expect(play.run.revisions).toMatchObject([{ action: "succeed", step: "b" }]);
    for (const name of ["a", "c"]) play.end(name, { output: name });
    expect(play.run).toMatchObject({ phase: { state: "succeeded" }, output: { c: "c", d: 4 } });
  });

  test("in a run that goes on does again only what is behind it", () => {
    const play = begun([...STEPS, { name: "e", ...RUN }]);
    play.end("a");
    play.end("b", { state: "failed" });
    play.end("d", { state: "failed" });
    const { starts } = play.take(mark("skip", "b"));

    expect(starts.map(keyOf)).toEqual(["2/-1@2"]);
    expect(play.states).toBe("succeeded skipped running failed running");
  });
});
