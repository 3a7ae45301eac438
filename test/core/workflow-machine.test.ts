import { describe, expect, test } from "vitest";
import type { JoinRule, StepSpec } from "../../src/core/workflow.ts";
import { BEGIN_MS, PlayedMachine } from "../support/played-machine.ts";
import { A_HANDLER, aWorkflowSpec } from "../support/workflow-specs.ts";

const RUN = { run: A_HANDLER } as const;
const flow = (steps: readonly StepSpec[], more = {}): PlayedMachine =>
  new PlayedMachine(aWorkflowSpec(steps, { onFailure: "finish_branches", ...more }));
const begun = (steps: readonly StepSpec[], more = {}): PlayedMachine => {
  const play = flow(steps, more);
  play.begin();
  return play;
};

describe("a join", () => {
  const PARENTS: readonly StepSpec[] = [
    { name: "ok", ...RUN },
    { name: "bad", ...RUN },
    { name: "not", when: "false" },
    { name: "late", ...RUN },
  ];

  test.each<readonly [JoinRule, readonly string[], string]>([
    ["all", ["ok"], "running"],
    ["all", ["ok", "not"], "running"],
    ["all", ["not"], "skipped"],
    ["all", ["ok", "late"], "pending"],
    ["all", ["bad", "late"], "canceled"],
    ["any", ["ok", "late"], "running"],
    ["any", ["bad", "late"], "pending"],
    ["any", ["bad", "not"], "canceled"],
    ["any", ["not"], "skipped"],
    [{ count: 1 }, ["ok", "bad", "late"], "running"],
    [{ count: 2 }, ["ok", "bad", "late"], "pending"],
    [{ count: 2 }, ["ok", "bad", "not"], "canceled"],
    [{ count: 2 }, ["ok", "not"], "skipped"],
    ["all_done", ["ok", "bad", "not"], "running"],
    ["all_done", ["not"], "running"],
    ["all_done", ["ok", "late"], "pending"],
  ])("%j of %j: %s", (join, after, state) => {
    const play = begun([...PARENTS, { name: "x", after, join, ...RUN }]);
    play.end("ok");
    play.end("bad", { state: "failed" });

    expect(play.row("x").state).toBe(state);
  });

  test("that cannot hold any more names who is in its way", () => {
    const play = begun([
      { name: "a", ...RUN },
      { name: "b", after: ["a"] },
      { name: "c", after: ["b"] },
    ]);
    play.end("a", { state: "failed" });

    expect(play.row("b").reason).toBe('Step "a" failed.');
    expect(play.row("c").reason).toBe('Step "b" was canceled.');
  });
});

describe("a step", () => {
  test("is given what its expressions speak of, and its run stands for it until it has ended", () => {
    const play = begun([
      { name: "a", ...RUN },
      {
        name: "b",
        after: ["a"],
        when: "steps.a.state == 'succeeded' && context.n == 2.0",
        ...RUN,
        params: { rows: "${steps.a.output.rows}", by: "${run.workflow}", yes: "${params.yes}" },
        timeout: "5m",
        retry: { max: 1 },
      },
    ]);
    expect(play.row("a")).toMatchObject({ state: "running", version: 0 });

    const { starts, rows, run } = play.end("a", { output: { rows: 7 }, context: { n: 2 } });

    expect(starts).toMatchObject([
      {
        step: 1,
        part: -1,
        revision: 1,
        isCompensation: false,
        stepName: "b",
        target: { kind: "executor", executor: "orders", handler: "work" },
        params: { rows: 7, by: "flow", yes: true },
        timeoutMs: 300_000,
        retry: { attemptsMax: 2 },
      },
    ]);
    expect(rows).toMatchObject([{ name: "a", output: { rows: 7 }, order: 1, version: 1 }]);
    expect(run).toMatchObject({ context: { n: 2 }, version: 3 });
  });

  test.each<readonly [string, Omit<StepSpec, "name">, string]>([
    ["whose condition fails", { when: "params.gone" }, "expression.failed"],
    ["whose condition is no yes or no", { when: "1" }, "expression.failed"],
    ["whose params fail", { ...RUN, params: { a: "${params.gone}" } }, "expression.failed"],
    [
      "whose params are too large",
      { ...RUN, params: { a: "${params.big}", b: "${params.big}" } },
      "params.too_large",
    ],
    ["whose map has no list", { ...RUN, map: { over: "${params.yes}" } }, "map.not_a_list"],
    ["whose map has too many", { ...RUN, map: { over: "${params.many}" } }, "map.too_large"],
    [
      "whose map can never have as many",
      { ...RUN, map: { over: "${params.items}" }, complete: { mode: "count", count: 5 } },
      "complete.impossible",
    ],
  ])("%s has failed", (_, step, code) => {
    const params = {
      big: "b".repeat(200_000),
      many: Array.from({ length: 10_001 }, () => 0),
      items: [1, 2],
      yes: true,
    };
    const play = new PlayedMachine(aWorkflowSpec([{ name: "a", ...step }]), { params });
    play.begin();

    expect(play.row("a")).toMatchObject({ state: "failed", error: { code } });
    expect(play.run).toMatchObject({ phase: { state: "failed" }, error: { code } });
    expect(play.run.error?.message).toMatch(/^Step "a": /);
  });

  test("whose context would be too much has failed, and the context stays", () => {
    const play = begun([{ name: "a", ...RUN }]);
    play.end("a", { context: { long: "c".repeat(65_536) } });

    expect(play.row("a").error?.code).toBe("context.too_large");
    expect(play.run.context).toEqual({ n: 0 });
  });

  test("whose run a person canceled is canceled, and fails the workflow run at once", () => {
    const play = begun(
      [
        { name: "a", ...RUN },
        { name: "b", ...RUN },
      ],
      { onFailure: "fail_fast" },
    );
    const { cancels } = play.end("a", { state: "canceled" });

    expect(cancels).toMatchObject([{ step: 1, part: -1, reason: 'Step "a" was canceled.' }]);
    expect(play.states).toBe("canceled canceled");
    expect(play.run.phase).toEqual({ state: "ending", outcome: "failed" });
  });
});

describe("a run", () => {
  test("has ended when its last part has, not before, and nothing outlives it", () => {
    const play = begun(
      [
        { name: "a", ...RUN },
        { name: "b", ...RUN },
      ],
      { onFailure: "fail_fast" },
    );
    play.end("a", { state: "failed" });
    expect(play.run.phase.state).toBe("ending");
    expect(play.machine.dueMs).toBeNull();

    play.end("b", { state: "succeeded" });

    expect(play.row("b").state).toBe("canceled");
    expect(play.run).toMatchObject({
      phase: { state: "failed", endedMs: BEGIN_MS },
      error: { message: 'Step "a": No luck.', code: "no.luck" },
      counts: { total: 2, succeeded: 0, failed: 1, skipped: 0, canceled: 1 },
    });
  });

  test("writes its own row only when it has changed itself", () => {
    const play = begun([
      { name: "a", ...RUN },
      { name: "b", after: ["a"], ...RUN },
    ]);

    expect(play.end("a").run).toBeNull();
    expect(play.end("b").run).toMatchObject({ version: 3 });
  });

  test.each<readonly [string, readonly string[], object]>([
    ["that of its last step", ["語".repeat(333_333)], {}],
    ["those of its last steps together", ["o".repeat(499_996), "o".repeat(499_996)], {}],
    ["what it says", ["語".repeat(333_331)], { output: { all: "${steps.s0.output}" } }],
  ])("has failed when its output is more bytes than one row bears: %s", (_name, outputs, more) => {
    const steps = outputs.map((_, i) => ({ name: `s${i}`, ...RUN }));
    const play = begun(steps, more);
    for (const [i, output] of outputs.entries()) play.end(`s${i}`, { output });
    expect(play.run.phase.state).toBe("failed");
    expect(play.run.error?.code).toBe("output.too_large");
    const fits = begun(steps, more);
    for (const i of outputs.keys()) fits.end(`s${i}`, { output: "語".repeat(166_000) });
    expect(fits.run.phase.state).toBe("succeeded");
  });

  test("gives the output of its last step, or of its last steps by name, or what it says", () => {
    const one = begun([{ name: "a", ...RUN }]);
    one.end("a", { output: 5 });
    expect(one.run.output).toBe(5);

    const steps = [
      { name: "a", ...RUN },
      { name: "b", when: "false" },
    ];
    const two = begun(steps);
    two.end("a", { output: 5 });
    expect(two.run.output).toEqual({ a: 5, b: null });

    const said = begun(steps, { output: { sum: "${steps.a.output + 1.0}" } });
    said.end("a", { output: 5 });
    expect(said.run.output).toEqual({ sum: 6 });
    const wrong = begun(steps, { output: "${steps.a.output.gone}" });
    wrong.end("a", { output: 5 });
    expect(wrong.run).toMatchObject({
      phase: { state: "failed" },
      error: { code: "expression.failed" },
    });
  });

  test("says the failure that came first, before what was canceled", () => {
    const play = begun([
      { name: "a", ...RUN },
      { name: "b", ...RUN },
      { name: "c", ...RUN },
    ]);
    play.end("c", { state: "canceled" });
    play.end("b", { state: "failed" });
    play.end("a", { state: "failed" });

    expect(play.run.error?.message).toBe('Step "b": No luck.');
  });

  test("of ten thousand steps in a chain ends in one input, and undoes them one by one", () => {
    const steps = Array.from({ length: 10_000 }, (_, i) => ({
      name: `s${i}`,
      ...(i > 0 && { after: [`s${i - 1}`] }),
      ...(i % 100 === 0 && { compensate: { ...RUN, params: { a: "${params.gone}" } } }),
    }));
    const play = begun([...steps, { name: "last", after: ["s9999"], when: "params.gone" }]);

    expect(play.run).toMatchObject({ phase: { state: "failed" }, counts: { succeeded: 10_000 } });
    expect(play.run.error?.message).toMatch(/^Step "last": .* Undoing "s9900" failed\./);
    expect(play.row("s100").compensation).toMatchObject({ state: "failed" });
  });
});

describe("compensation", () => {
  const STEPS: readonly StepSpec[] = [
    { name: "a", ...RUN, compensate: { ...RUN, params: { of: "${steps.b.output}" } } },
    { name: "b", ...RUN, compensate: { ...RUN, timeout: "9s" } },
    { name: "marked", ...RUN, compensate: RUN },
    { name: "plain", ...RUN },
    { name: "x", after: ["a", "b", "marked", "plain"], ...RUN },
  ];

  function failing(): PlayedMachine {
    const play = begun(STEPS, { onFailure: "fail_fast" });
    const by = { by: null, note: null };
    play.take({ kind: "decide", action: "succeed", step: "marked", result: 1, ...by });
    play.end("marked", { state: "canceled" });
    for (const name of ["a", "b", "plain"]) play.end(name, { output: name });
    return play;
  }

  test("undoes what succeeded, the last first and one after the other", () => {
    const play = failing();
    const { starts } = play.end("x", { state: "failed" });
    expect(starts).toMatchObject([
      { step: 1, part: -1, isCompensation: true, params: {}, timeoutMs: 9_000 },
    ]);
    expect(play.run.phase).toEqual({ state: "compensating", outcome: "failed" });
    expect(play.row("b").compensation).toEqual({ state: "running", error: null });

    const next = play.end("b", { isCompensation: true, state: "lost", context: { n: 9 } });
    expect(next.starts).toMatchObject([{ step: 0, isCompensation: true, params: { of: "b" } }]);
    play.end("a", { isCompensation: true });

    expect(play.row("b").compensation).toMatchObject({
      state: "failed",
      error: { code: "no.luck" },
    });
    expect(play.row("a")).toMatchObject({ output: "a", compensation: { state: "succeeded" } });
    expect(play.run).toMatchObject({
      phase: { state: "failed" },
      error: { message: 'Step "x": No luck. Undoing "b" failed.', code: "no.luck" },
      context: { n: 0 },
    });
  });

  test("waits for the end of a pause", () => {
    const play = failing();
    play.take({ kind: "pause", reason: "look" });
    expect(play.end("x", { state: "failed" }).starts).toEqual([]);
    expect(play.run).toMatchObject({ phase: { state: "compensating" }, pauseReason: "look" });

    expect(play.take({ kind: "resume" }).starts).toMatchObject([{ step: 1, isCompensation: true }]);
  });

  test("is left out when the run was canceled, even when it was about to fail", () => {
    const play = begun([...STEPS, { name: "y", ...RUN }], { onFailure: "fail_fast" });
    play.end("a");
    play.end("b", { state: "failed" });
    expect(play.run.phase).toEqual({ state: "ending", outcome: "failed" });
    expect(play.take({ kind: "cancel", reason: "enough" }).run).toMatchObject({
      phase: { state: "ending", outcome: "canceled" },
      cancelReason: "enough",
    });
    expect(play.take({ kind: "cancel", reason: "again" }).run).toBeNull();

    for (const name of ["marked", "plain", "y"]) play.end(name, { state: "canceled" });

    expect(play.run).toMatchObject({ phase: { state: "canceled" }, cancelReason: "enough" });
    expect(play.row("a").compensation).toBeNull();
  });
});
