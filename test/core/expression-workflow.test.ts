import { describe, expect, test } from "vitest";
import { compileExpression } from "../../src/core/expression.ts";
import { LOOP_LIMITS } from "../../src/core/expression-loops.ts";
import type { Json } from "../../src/core/json.ts";
import { ITEM_NAMES, STEP_BOUNDS, STEP_NAMES } from "../../src/core/step-scope.ts";
import { refusal } from "../support/refused.ts";

/** What a step's expressions may be: names of steps, loops within bounds, and the common slips. */

const compile = (text: string, names: readonly string[] = STEP_NAMES) =>
  compileExpression(text, { names, bounds: STEP_BOUNDS, pointer: "/when" });
const refusedFor = (text: string, names: readonly string[] = STEP_NAMES): string =>
  refusal(() => compile(text, names)).errors?.[0]?.message ?? "";
const FILES = [
  { size: 1, name: "a" },
  { size: 30, name: "b" },
  { size: 20, name: "c" },
];
const VALUES = {
  params: { least: 10, big: "x".repeat(LOOP_LIMITS.outsideSizeMax + 1), n: 3, none: [] },
  context: {},
  run: { id: "wr_1" },
  steps: { list: { output: { files: FILES } }, "ok?": { output: { approved: true } } },
};
const evaluate = (text: string, values: { readonly [name: string]: Json } = VALUES) =>
  compile(text).evaluate(values);

describe("what an expression speaks of", () => {
  test.each<readonly [string, readonly string[], readonly string[]]>([
    ["1.0 + 2.0", [], []],
    ["params.a && params.b", ["params"], []],
    ["steps.a.output.rows > 0.0", ["steps"], ["a"]],
    ['steps["ok?"].output', ["steps"], ["ok?"]],
    ["steps['a b'].x == steps.c || steps.a.y", ["steps"], ["a b", "c", "a"]],
    ["steps.?maybe.orValue(run.id)", ["steps", "run"], ["maybe"]],
    ['steps[?"maybe"]', ["steps"], ["maybe"]],
    ["has(steps.a.output.x) ? context.y : {'k': [steps.b]}", ["steps", "context"], ["a", "b"]],
    ["steps.a.output.exists(x, x.n > steps.b.output)", ["steps"], ["a", "b"]],
    ["params.list.map(x, x)", ["params"], []],
    ["[(steps).a]", ["steps"], ["a"]],
  ])("%s", (text, names, steps) => {
    expect(compile(text).references).toEqual({ names, steps });
  });

  test.each([
    ["steps[params.a]", /written out/],
    ["steps[0]", /written out/],
    ['steps["a" + "b"]', /written out/],
    ["steps", /only used with the name of a step/],
    ["size(steps)", /only used with/],
    ["'a' in steps", /only used with/],
    ["[steps]", /only used with/],
    ["{'a': steps}.a.b", /only used with/],
    ["steps == steps", /only used with/],
    ["params.list.exists(steps, steps.a)", /only used with|has a meaning already/],
    ["params.list.exists(x, steps[x].output)", /written out/],
  ])("%s leaves open which steps: refused", (text, message) => {
    expect(refusedFor(text)).toMatch(message);
  });

  test("where there are no steps, the name means nothing", () => {
    expect(refusedFor("steps.a", ["event"])).toMatch(/Unknown variable: steps/);
  });
});

test("an expression that was parsed long ago is parsed again when it is evaluated", () => {
  const old = compile("params.n == 3.0");
  for (let i = 0; i < 5_000; i++) compile(`params.n == ${i}.0 || params.least == 10.0`);

  expect(old.evaluate(VALUES)).toEqual({ kind: "value", value: true });
});

describe("the slip that everybody makes", () => {
  test.each([
    ["params.n + 1", "write 1.0, not 1"],
    ["2 * params.n", "write 1.0, not 1"],
    ["params.n % 2", "write int(n) % 2"],
  ])("%s", (text, advice) => {
    const evaluated = evaluate(text);

    expect(evaluated).toMatchObject({ kind: "error" });
    expect(evaluated.kind === "error" ? evaluated.message : "").toContain(advice);
  });

  test("is told when the definition is saved, where it can be", () => {
    expect(refusedFor("double(params.n) + 1")).toContain("write 1.0, not 1");
  });

  test("a condition is no template", () => {
    expect(refusal(() => compile("${params.a}")).hint).toContain("leave out the ${");
  });
});

describe("loops", () => {
  test.each<readonly [string, Json]>([
    ["steps.list.output.files.exists(f, f.size > params.least)", true],
    ["steps.list.output.files.all(f, f.size > params.least)", false],
    ["steps.list.output.files.exists_one(f, f.size == 20.0)", true],
    ["steps.list.output.files.filter(f, f.size > 10.0).map(f, f.name)", ["b", "c"]],
    ["steps.list.output.files.map(f, f.size > 10.0, f.name)", ["b", "c"]],
    ["size(steps.list.output.files.filter(f, f.size > params.least))", 2],
    ["[1.0, params.n].exists(x, x == 3.0)", true],
    ["params.none.exists(x, x)", false],
  ])("%s", (text, value) => {
    expect(evaluate(text)).toEqual({ kind: "value", value });
  });

  test.each([
    ["params.a.filter(x, params.b.exists(y, y == x))", /cannot be within filter\(\)/],
    ["params.a.map(x, x.map(y, y))", /more than once/],
    ["params.a.map(x, [x, x]).map(x, [x, x])", /more than once/],
    ["params.a.all(params, true)", /has a meaning already/],
    ["(params.a + params.b).all(x, true)", /a list that is named/],
    ["params[params.k].all(x, true)", /a list that is named/],
    [Array.from({ length: 5 }, () => "params.a.all(x, x)").join(" || "), /more than 4 loops/],
    ["params.a.filter(x, run.id.matches('(a+)+$'))", /matches\(\) is refused/],
    ["params.a.filter('x', true)", /invalid predicate iteration variable/],
    ["cel.bind(a, params.b, a)", /no function bind\(\)/],
  ])("%s is refused: its work has no bound", (text, message) => {
    expect(refusedFor(text)).toMatch(message);
  });

  test("the item of a map is a list like any other", () => {
    const read = compile("item.parts.exists(p, p == index)", ITEM_NAMES);

    expect(read.evaluate({ item: { parts: [1, 2] }, index: 2 })).toEqual({
      kind: "value",
      value: true,
    });
  });

  test("a list that is too long is an error value, and nothing is read", () => {
    const none = Array.from({ length: LOOP_LIMITS.itemsMax + 1 }, () => 0);

    expect(evaluate("params.none.exists(x, x > 1.0)", { params: { none } })).toMatchObject({
      kind: "error",
      message: expect.stringContaining("more than 10000 items"),
    });
  });

  test("what is read for every item is small", () => {
    for (const text of [
      "steps.list.output.files.filter(f, f.name == params.big)",
      "steps.list.output.files.map(f, params)",
      "steps.list.output.files.map(f, params[f.name])",
    ])
      expect(evaluate(text)).toMatchObject({
        kind: "error",
        message: expect.stringContaining("too large"),
      });
  });

  test("what grows by being repeated has a bound, too", () => {
    const many = Array.from({ length: 150 }, () => "x").join(",");
    const none = Array.from({ length: LOOP_LIMITS.itemsMax }, (_, i) => ({ n: i }));

    expect(evaluate(`params.none.map(x, [${many}])`, { params: { none } })).toMatchObject({
      kind: "error",
      message: expect.stringContaining("more than an expression may"),
    });
  });

  test("several evaluations share one room", () => {
    const room = { left: 10 };
    const read = compile("params.t");

    expect(read.evaluate({ params: { t: "12345678" } }, room)).toMatchObject({ kind: "value" });
    expect(read.evaluate({ params: { t: "12345678" } }, room)).toMatchObject({ kind: "error" });
  });
});
