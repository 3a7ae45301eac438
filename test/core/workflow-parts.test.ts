import { describe, expect, test } from "vitest";
import type { WorkflowEffects } from "../../src/core/workflow-effect.ts";
import type { StepSpec } from "../../src/core/workflow.ts";
import { PlayedMachine } from "../support/played-machine.ts";
import { A_HANDLER, aWorkflowSpec } from "../support/workflow-specs.ts";

const RUN = { run: A_HANDLER } as const;
const THREE = { tasks: [RUN, RUN, RUN] } as const;
const begun = (steps: readonly StepSpec[], params = {}): PlayedMachine => {
  const spec = aWorkflowSpec(steps, { onFailure: "finish_branches" });
  const play = new PlayedMachine(spec, { params });
  play.begin();
  return play;
};
const refs = (parts: readonly { readonly step: number; readonly part: number }[]): string =>
  parts.map(({ step, part }) => `${step}/${part}`).join(" ");
const manyItems = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
const startsOf = ({ starts }: WorkflowEffects): string => refs(starts);

describe("tasks", () => {
  test("succeed together, with their objects laid over each other and all outputs in order", () => {
    const play = begun([
      { name: "a", ...THREE },
      { name: "b", after: ["a"], ...RUN, params: { all: "${steps.a.outputs}" } },
    ]);
    expect(play.machine.partsOf(0)).toEqual({ total: 3, ended: 0 });
    play.end("a", { part: 2, output: { x: 3, z: 3 }, startedMs: 5 });
    play.end("a", { part: 0, output: { x: 1, y: 1 }, startedMs: 3 });
    expect(play.machine.partsOf(0)).toEqual({ total: 3, ended: 2 });
    const { starts } = play.end("a", { part: 1, output: "text", startedMs: 4 });

    expect(play.row("a")).toMatchObject({
      state: "succeeded",
      output: { x: 3, y: 1, z: 3 },
      startedMs: 3,
    });
    expect(starts[0]?.params).toEqual({ all: [{ x: 1, y: 1 }, "text", { x: 3, z: 3 }] });
  });

  test("have failed with the first that does when all must succeed, and the rest is canceled", () => {
    const play = begun([{ name: "a", ...THREE, complete: { mode: "all", rest: "finish" } }]);
    const { cancels } = play.end("a", { part: 1, state: "timed_out" });

    expect(refs(cancels)).toBe("0/0 0/2");
    expect(play.row("a").error).toEqual({ message: "Task 1: No luck.", code: "no.luck" });
    expect(play.rows.get("0/1")).toMatchObject({ state: "failed", error: { code: "no.luck" } });
    expect(play.end("a", { part: 0, state: "canceled" }).rows).toEqual([]);
  });

  test("of which some are enough cancel the rest, or let it finish without changing anything", () => {
    const complete = { mode: "count", count: 2 } as const;
    const canceling = begun([{ name: "a", ...THREE, complete }]);
    canceling.end("a", { part: 1, output: { b: 1 } });
    expect(refs(canceling.end("a", { part: 2, output: { c: 1 } }).cancels)).toBe("0/0");
    expect(canceling.end("a", { part: 0 }).rows).toEqual([]);
    expect(canceling.row("a").output).toEqual({ b: 1, c: 1 });

    const finishing = begun([
      { name: "a", ...THREE, complete: { ...complete, rest: "finish" } },
      { name: "b", after: ["a"], ...RUN },
      { name: "c", after: ["b"], ...RUN, params: { all: "${steps.a.outputs}" } },
    ]);
    finishing.end("a", { part: 1, output: { b: 1 } });
    expect(finishing.end("a", { part: 2 }).cancels).toEqual([]);
    const late = finishing.end("a", { part: 0, output: { a: 1 }, context: { n: 5 } });
    expect(late).toMatchObject({ run: null, rows: [{ part: 0, state: "succeeded", order: 0 }] });
    expect(finishing.end("b").starts[0]?.params).toEqual({ all: [null, { b: 1 }, null] });
  });

  test("whose outputs are too much together have failed", () => {
    const play = begun([{ name: "a", ...THREE }]);
    for (const part of [0, 1, 2]) play.end("a", { part, output: "o".repeat(400_000) });

    expect(play.row("a").error?.code).toBe("output.too_large");
  });
});

describe("a map", () => {
  const MAP: StepSpec = {
    name: "a",
    map: { over: "${params.items}", concurrencyMax: 2 },
    ...RUN,
    params: { it: "${item}", at: "${index}" },
  };

  test("stores what it goes over, and starts in order as many as may run at once", () => {
    const play = begun([MAP], { items: ["x", "y", "z"] });

    expect([...play.live.keys()]).toEqual(["0/0@1", "0/1@1"]);
    expect(play.rows.get("0/-1")).toMatchObject({ state: "running", items: ["x", "y", "z"] });
    const { starts } = play.end("a", { part: 1, output: "Y" });
    expect(starts).toMatchObject([{ part: 2, params: { it: "z", at: 2 } }]);
    play.end("a", { part: 2, output: "Z" });
    play.end("a", { part: 0, output: "X" });
    expect(play.row("a")).toMatchObject({
      output: ["X", "Y", "Z"],
      items: ["x", "y", "z"],
      version: 2,
    });
  });

  test("of nothing succeeds at once", () => {
    expect(begun([MAP], { items: [] }).row("a")).toMatchObject({ state: "succeeded", output: [] });
  });

  test("counts an item whose params cannot be evaluated as failed", () => {
    const params = { v: "${item.v}" };
    const any = begun([{ ...MAP, params, complete: { mode: "any" } }], { items: [1, { v: 2 }] });
    expect([...any.live.keys()]).toEqual(["0/1@1"]);
    expect(any.rows.get("0/0")?.error?.code).toBe("expression.failed");
    const all = begun([{ ...MAP, params }], { items: [{ v: 2 }, 1, { v: 3 }] });
    expect(all.row("a").error).toMatchObject({ code: "expression.failed" });
    expect([...all.canceled]).toEqual(["0/0@1"]);
  });

  test("begins anew with other items when it is done again", () => {
    const play = begun([
      { name: "first", ...RUN },
      { ...MAP, after: ["first"], map: { over: "${steps.first.output}" } },
    ]);
    play.end("first", { output: [1, 2, 3] });
    for (const part of [0, 1]) play.end("a", { part, output: part });
    play.end("a", { part: 2, state: "failed" });
    play.take({ kind: "retry", step: "first", by: "ann" });
    expect(play.machine.partsOf(1)).toEqual({ total: 0, ended: 0 });
    play.end("first", { output: ["only"] });
    expect(play.machine.partsOf(1)).toEqual({ total: 1, ended: 0 });
    play.end("a", { part: 0, output: "new" });

    expect(play.row("a")).toMatchObject({ state: "succeeded", output: ["new"], revision: 2 });
    expect(play.rows.get("1/0")).toMatchObject({ revision: 2, version: 2, output: "new" });
  });
});

test("a map that is done again while it runs goes over what it is given then", () => {
  const over = "${steps.first.output}";
  const play = begun([
    { name: "first", ...RUN },
    {
      name: "a",
      after: ["first"],
      map: { over, concurrencyMax: 1 },
      ...RUN,
      params: { it: "${item}" },
    },
  ]);
  play.end("first", { output: ["old", "older"] });
  play.take({ kind: "retry", step: "first", by: null });
  play.take({ kind: "pause", reason: null });
  expect(play.take({ kind: "resume" }).starts).toEqual([]);

  expect(play.end("first", { output: ["new"] }).starts).toMatchObject([{ params: { it: "new" } }]);
});

describe("where as many live as may", () => {
  const WIDE: StepSpec = {
    name: "wide",
    map: { over: "${params.wide}", concurrencyMax: 10_000 },
    ...RUN,
    params: { it: "${item}" },
  };
  const STEPS: readonly StepSpec[] = [
    WIDE,
    { name: "late", after: ["soon"], ...RUN },
    { name: "early", ...RUN },
    { name: "gate" },
    { name: "soon", after: ["gate"] },
  ];

  function full(): PlayedMachine {
    const play = begun(STEPS, { wide: manyItems(1_002) });
    expect(play.machine.livePartCount).toBe(1_000);
    expect(play.states).toBe("running pending pending succeeded succeeded");
    return play;
  }

  test("the others wait in the order in which they were due", () => {
    const play = full();
    const order = [0, 1, 2, 3].map((part) => startsOf(play.end("wide", { part })));

    expect(order).toEqual(["0/1000", "0/1001", "2/-1", "1/-1"]);
    expect(play.machine.livePartCount).toBe(1_000);
  });

  test("they wait in the same order after a restart", () => {
    const play = full();
    play.end("wide", { part: 0 });
    const order = [1, 2, 3].map((part) => {
      play.machine = play.restored();
      return startsOf(play.end("wide", { part }));
    });

    expect(order).toEqual(["0/1001", "2/-1", "1/-1"]);
  });

  test("a pause holds them, and what went another way meanwhile does not start", () => {
    const play = full();
    play.take({ kind: "pause", reason: null });
    for (const part of [0, 1, 2, 3]) expect(startsOf(play.end("wide", { part }))).toBe("");
    const said = { result: null, note: null, by: null };
    play.take({ kind: "decide", action: "skip", step: "early", ...said });

    expect(startsOf(play.take({ kind: "resume" }))).toBe("0/1000 0/1001 1/-1");
  });

  test("a resume lets them start by their places, as everything that a pause held", () => {
    const play = full();
    play.take({ kind: "pause", reason: null });
    for (const part of [0, 1, 2]) play.end("wide", { part });

    expect(startsOf(play.take({ kind: "resume" }))).toBe("0/1000 0/1001 1/-1");
    expect(startsOf(play.end("wide", { part: 3 }))).toBe("2/-1");
  });

  test("nobody overtakes them with the room that its own parent leaves", () => {
    const steps = [
      { name: "first", ...RUN },
      { name: "child", after: ["first"], ...RUN },
      WIDE,
      { name: "early", ...RUN },
    ];
    const play = begun(steps, { wide: manyItems(1_000) });
    const order = [play.end("first"), play.end("wide", { part: 0 }), play.end("wide", { part: 1 })];

    expect(order.map(startsOf)).toEqual(["2/999", "3/-1", "1/-1"]);
  });

  test("what a retry makes due anew stands behind those that were due before", () => {
    const steps = [
      WIDE,
      { name: "x", after: ["p"], ...RUN },
      { name: "y", after: ["q"], ...RUN },
      { name: "p" },
      { name: "q" },
    ];
    const play = begun(steps, { wide: manyItems(1_000) });
    play.take({ kind: "retry", step: "p", by: null });

    const order = [0, 1].map((part) => startsOf(play.end("wide", { part })));
    expect(order).toEqual(["2/-1", "1/-1"]);
  });

  test("what was canceled counts until its end was told", () => {
    const play = full();
    const said = { result: [], note: null, by: null };
    const { cancels, starts } = play.take({
      kind: "decide",
      action: "succeed",
      step: "wide",
      ...said,
    });
    expect([cancels.length, starts.length]).toEqual([1_000, 0]);

    expect(startsOf(play.end("wide", { part: 7, state: "canceled" }))).toBe("2/-1");
  });
});

test("a map of ten thousand reads what it goes over once for each item, and each part once", () => {
  const count = 10_000;
  const items = Array.from({ length: count }, (_, i) => ({ id: i, text: "t".repeat(40) }));
  const play = begun(
    [{ name: "a", map: { over: "${params.items}" }, ...RUN, params: { it: "${item}" } }],
    { items },
  );
  for (let part = 0; part < count; part++) play.end("a", { part, output: part });

  expect(play.run).toMatchObject({ phase: { state: "succeeded" } });
  expect(play.reads).toBeLessThan(2 * count + 10);
});
