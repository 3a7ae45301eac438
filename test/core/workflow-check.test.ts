import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkWorkflow } from "../../src/core/workflow-check.ts";
import { WORKFLOW_LIMITS, type StepSpec, type WorkflowSpec } from "../../src/core/workflow.ts";
import { refusal } from "../support/refused.ts";
import { aWorkflowSpec } from "../support/stored-workflows.ts";

const RUN = { executor: "orders", handler: "work" } as const;
const SHORT = { executor: "o", handler: "w" } as const;
const HOOK = { url: "https://example.com/hook" } as const;

const specOf = (steps: readonly StepSpec[], more: Partial<WorkflowSpec> = {}): WorkflowSpec =>
  aWorkflowSpec({ steps, ...more });
const refused = (steps: readonly StepSpec[], more: Partial<WorkflowSpec> = {}) => {
  const { code, errors = [], hint, detail } = refusal(() => checkWorkflow(specOf(steps, more)));
  return { code, hint, detail, pointer: errors[0]?.pointer, message: errors[0]?.message, errors };
};
const a: StepSpec = { name: "a", run: RUN };

const chain = (length: number): readonly StepSpec[] =>
  Array.from({ length }, (_, i) => ({ name: `s${i}`, after: i === 0 ? [] : [`s${i - 1}`] }));
const long = (chars: number): readonly StepSpec[] => [{ ...a, params: { x: "y".repeat(chars) } }];

/** The example of the API's description. */
const EXAMPLE: readonly StepSpec[] = [
  {
    name: "extract",
    run: { executor: "orders", handler: "extract" },
    params: { day: "${params.day}" },
    retry: { max: 2 },
    timeout: "5m",
  },
  {
    name: "clean",
    after: ["extract"],
    tasks: [{ run: RUN }, { run: HOOK }],
    complete: { mode: "all" },
  },
  { name: "decide", after: ["clean"], when: "steps.clean.output.rows > 0.0" },
  {
    name: "each",
    after: ["decide"],
    map: { over: "${steps.extract.output.files}", concurrencyMax: 20 },
    run: RUN,
    params: { file: "${item}", at: "${index} of ${size(steps.extract.output.files)}" },
  },
  { name: "nap", after: ["each"], sleep: "10m" },
  {
    name: "wait",
    after: ["each"],
    waitFor: { event: "paid", timeout: "1d", match: "event.data.ok" },
  },
  {
    name: "ok?",
    after: ["nap", "wait"],
    join: "all",
    approval: { timeout: "1d", onTimeout: "reject" },
  },
  { name: "child", after: ["ok?"], workflow: "publish", when: 'steps["ok?"].output.approved' },
];

describe("a sound definition", () => {
  test("passes: the example of the API", () => {
    expect(() =>
      checkWorkflow(specOf(EXAMPLE, { output: '${steps["ok?"].output}' })),
    ).not.toThrow();
  });

  test.each<readonly [string, readonly StepSpec[], Partial<WorkflowSpec>]>([
    ["one gate", [{ name: "a" }], {}],
    ["joins", [a, { name: "b" }, { name: "c", after: ["a", "b"], join: { count: 2 } }], {}],
    [
      "compensation speaks of what comes after",
      [{ ...a, compensate: { run: RUN, params: { all: "${steps.b.output}" } } }, { name: "b" }],
      {},
    ],
    [
      "events start it",
      [a],
      { on: [{ event: "paid", when: "event.data.n > 1.0", params: { id: "${event.id}" } }] },
    ],
    [
      "events give all params",
      [a],
      { on: [{ event: "paid", when: null, params: "${event.data}" }] },
    ],
    [
      "a far ancestor",
      [a, { name: "b", after: ["a"] }, { name: "c", after: ["b"], when: "steps.a.output" }],
      {},
    ],
    ["a map of workflows", [{ name: "m", map: { over: "${params.l}" }, workflow: "w" }], {}],
    ["an hour for a webhook", [{ name: "a", run: HOOK, timeout: "1h" }], {}],
    [
      "a day for one that calls back",
      [{ name: "a", run: { ...HOOK, mode: "async" }, timeout: "1d" }],
      {},
    ],
  ])("%s", (_, steps, more) => {
    expect(() => checkWorkflow(specOf(steps, more))).not.toThrow();
  });
});

describe("what a step may say", () => {
  test.each<readonly [StepSpec, string, RegExp]>([
    [{ name: "" }, "/name", /1 to 64/],
    [{ name: "?a" }, "/name", /1 to 64/],
    [{ name: "a b" }, "/name", /1 to 64/],
    [{ name: "__proto__" }, "/name", /1 to 64/],
    [{ name: "x".repeat(65) }, "/name", /1 to 64/],
    [{ name: "s", run: RUN, sleep: "1s" }, "/sleep", /one kind of work, and this one has run/],
    [{ name: "s", run: RUN, workflow: "w" }, "/workflow", /one kind/],
    [{ name: "s", map: { over: "${params.l}" } }, "/map", /goes with run or workflow/],
    [{ name: "s", sleep: "1s", map: { over: "${params.l}" } }, "/map", /goes with run or/],
    [{ ...a, name: "s", complete: { mode: "any" } }, "/complete", /tasks or map/],
    [{ name: "s", sleep: "1s", compensate: { run: RUN } }, "/compensate", /Only a step with run/],
    [{ name: "s", approval: {}, timeout: "1d" }, "/timeout", /Only a step with run/],
    [{ name: "s", params: {} }, "/params", /Only a step with run/],
    [{ name: "s", retry: { max: 1 } }, "/retry", /Only a step with run/],
    [{ name: "s", after: ["a"], join: { count: 2 } }, "/join/count", /from 1 to 1/],
    [{ name: "s", after: ["a"], join: { count: 0 } }, "/join/count", /from 1 to 1/],
    [{ name: "s", join: { count: 1 } }, "/join", /after nothing/],
    [{ name: "s", tasks: [] }, "/tasks", /1 to 100/],
    [{ name: "s", tasks: Array.from({ length: 101 }, () => ({ run: RUN })) }, "/tasks", /1 to 100/],
    [
      { name: "s", tasks: [{ run: RUN }], complete: { mode: "count", count: 2 } },
      "/complete/count",
      /from 1 to 1/,
    ],
    [
      { name: "s", run: RUN, map: { over: "${params.l}", concurrencyMax: 1_001 } },
      "/map/concurrencyMax",
      /from 1 to 1000/,
    ],
    [{ name: "s", run: RUN, map: { over: "steps.a" } }, "/map/over", /Not one \$\{…\}/],
    [{ name: "s", sleep: "soon" }, "/sleep", /Not a duration/],
    [{ name: "s", sleep: "31d" }, "/sleep", /to 30d/],
    [{ name: "s", run: RUN, timeout: "500ms" }, "/timeout", /from 1s to 1d/],
    [{ name: "s", run: RUN, timeout: "2d" }, "/timeout", /from 1s to 1d/],
    [{ name: "s", workflow: "w", timeout: "31d" }, "/timeout", /from 1s to 30d/],
    [{ name: "s", run: HOOK, timeout: "2h" }, "/run", /More than 1h/],
    [{ name: "s", tasks: [{ run: RUN, timeout: "0s" }] }, "/tasks/0/timeout", /from 1s/],
    [{ name: "s", tasks: [{ run: HOOK, timeout: "2h" }] }, "/tasks/0/timeout", /More than 1h/],
    [{ name: "s", run: RUN, retry: { max: 51 } }, "/retry/max", /from 0 to 50/],
    [{ name: "s", waitFor: { event: "" } }, "/waitFor/event", /name of an event/],
    [{ name: "s", waitFor: { event: "e", lookBack: "x" } }, "/waitFor/lookBack", /Not a duration/],
    [{ name: "s", approval: { timeout: "40d" } }, "/approval/timeout", /to 30d/],
    [{ name: "s", workflow: "no such/name" }, "/workflow", /name of a workflow/],
    [{ name: "s", after: ["a", "a"] }, "/after/1", /named twice/],
    [{ name: "a" }, "/name", /Step 1 is called "a", too/],
  ])("%j", (step, pointer, message) => {
    const found = refused([a, step]);

    expect(found.code).toBe("workflow.invalid");
    expect(found.pointer).toBe(`/steps/1${pointer}`);
    expect(found.message).toMatch(message);
  });

  test("several faults are told at once, and not without end", () => {
    const wrong = Array.from({ length: 50 }, (_, i) => ({ name: `s${i}`, sleep: "never" }));

    expect(refused(wrong).errors).toHaveLength(20);
    expect(refused(wrong.slice(0, 2)).errors.map(({ pointer }) => pointer)).toEqual([
      "/steps/0/sleep",
      "/steps/1/sleep",
    ]);
  });

  test("an unknown step is named, and the one that was meant", () => {
    expect(refused([{ name: "extract" }, { name: "b", after: ["extrct"] }])).toMatchObject({
      code: "workflow.invalid",
      pointer: "/steps/1/after/0",
      message: 'There is no step "extrct", which "b" comes after.',
      hint: 'Did you mean "extract"?',
    });
    expect(refused([{ name: "extract" }, { name: "b", after: ["zzz"] }]).hint).toBeUndefined();
  });

  test("the top is looked at, too", () => {
    expect(refused([a], { timeout: "40d" })).toMatchObject({ pointer: "/timeout" });
    expect(refused([], {})).toMatchObject({ code: "workflow.invalid", pointer: "/steps" });
    const on = Array.from({ length: 21 }, () => ({ event: "e", when: null, params: null }));
    expect(refused([a], { on })).toMatchObject({ pointer: "/on" });
    expect(refused([a], { on: [{ event: "\n", when: null, params: null }] })).toMatchObject({
      pointer: "/on/0/event",
    });
    expect(refused([a], { on: [{ event: "e", when: null, params: ["x"] }] })).toMatchObject({
      code: "workflow.invalid",
      pointer: "/on/0/params",
    });
  });
});

describe("cycles", () => {
  test.each<readonly [readonly StepSpec[], string, string]>([
    [[{ name: "a", after: ["a"] }], "a → a", "/steps/0/after/0"],
    [
      [
        { name: "a", after: ["b"] },
        { name: "b", after: ["a"] },
      ],
      "a → b → a",
      "/steps/0/after/0",
    ],
    [
      [
        { name: "first" },
        { name: "c", after: ["b"] },
        { name: "a", after: ["first", "c"] },
        { name: "b", after: ["a"] },
        { name: "behind", after: ["c"] },
      ],
      "c → a → b → c",
      "/steps/1/after/0",
    ],
  ])("%j is named in the direction of time", (steps, path, pointer) => {
    const found = refused(steps);

    expect(found.code).toBe("workflow.cycle");
    expect(found.detail).toContain(`: ${path}.`);
    expect(found.pointer).toBe(pointer);
  });

  test("whatever the graph, it is refused exactly when it has one, and what is named is one", () => {
    const anEdge = fc.tuple(fc.nat(7), fc.nat(7));
    fc.assert(
      fc.property(fc.uniqueArray(anEdge, { selector: String, maxLength: 14 }), (edges) => {
        const steps = Array.from({ length: 8 }, (_, i) => ({
          name: `s${i}`,
          after: edges.filter(([, to]) => to === i).map(([from]) => `s${from}`),
        }));
        let detail = "";
        try {
          checkWorkflow(specOf(steps));
        } catch {
          ({ detail } = refused(steps));
        }
        expect(detail !== "").toBe(hasCycle(edges));
        const path = detail === "" ? [] : detail.replace(/^.*: |\.$/g, "").split(" → ");
        for (const [i, name] of path.slice(1).entries())
          expect(steps.find((step) => step.name === name)?.after).toContain(path[i]);
        expect(path[0]).toBe(path.at(-1));
      }),
      { numRuns: 500 },
    );
  });
});

/** By another way: what is behind a step is followed until nothing new is found. */
function hasCycle(edges: readonly (readonly [number, number])[]): boolean {
  return Array.from({ length: 8 }, (_, start) => start).some((start) => {
    const reached = new Set<number>();
    let from = [start];
    while (from.length > 0) {
      const next = edges.filter(([one]) => from.includes(one)).map(([, other]) => other);
      from = next.filter((place) => !reached.has(place));
      for (const place of from) reached.add(place);
    }
    return reached.has(start);
  });
}

describe("expressions", () => {
  const b = (more: Partial<StepSpec>): readonly StepSpec[] => [
    { name: "a", run: RUN },
    { name: "side" },
    { name: "b", after: ["a"], ...more },
    { name: "later", after: ["b"] },
  ];

  test.each<readonly [Partial<StepSpec>, string, RegExp]>([
    [{ when: "params." }, "/when", /Expected IDENTIFIER/],
    [{ when: "params.t.matches('a')" }, "/when", /matches\(\) is refused/],
    [{ when: "item == 1.0" }, "/when", /Unknown variable: item/],
    [{ when: "steps.aa.output" }, "/when", /There is no step "aa"/],
    [{ when: "steps.b.output" }, "/when", /cannot speak of itself/],
    [{ when: "steps.later.output" }, "/when", /"later" comes after "b"/],
    [{ when: "steps.side.output" }, "/when", /"side" does not come before "b"/],
    [{ run: RUN, params: { x: ["${steps.side}"] } }, "/params/x/0", /does not come before/],
    [{ run: RUN, params: { x: "${item}" } }, "/params/x", /Unknown variable: item/],
    [{ run: { ...HOOK, body: { t: "${steps.side}" } } }, "/run/body/t", /does not come before/],
    [{ run: { ...RUN, hashKey: "steps.a" } }, "/run/hashKey", /Unknown variable: steps/],
    [{ run: RUN, map: { over: "${item}" } }, "/map/over", /Unknown variable: item/],
    [{ tasks: [{ run: RUN, params: { x: "${" } }] }, "/tasks/0/params/x", /has no }/],
    [
      { run: RUN, compensate: { run: RUN, params: { x: "${steps.none}" } } },
      "/compensate/params/x",
      /There is no step/,
    ],
    [{ waitFor: { event: "e", match: "event.data ==" } }, "/waitFor/match", /token/],
    [{ when: "event.data" }, "/when", /Unknown variable: event/],
  ])("%j", (more, pointer, message) => {
    const found = refused(b(more));

    expect(found.code).toBe("expression.invalid");
    expect(found.pointer).toBe(`/steps/2${pointer}`);
    expect(found.message).toMatch(message);
  });

  test("hints say how to mend it", () => {
    expect(refused(b({ when: "steps.side.output" })).hint).toBe(
      'Add "side" to the "after" of "b".',
    );
    expect(refused(b({ when: "steps.sid.output" })).hint).toBe('Did you mean "side"?');
  });

  test("what the workflow gives and what starts it are read, too", () => {
    expect(refused([a], { output: { x: "${steps.none}" } })).toMatchObject({
      code: "expression.invalid",
      pointer: "/output/x",
    });
    const on = [{ event: "e", when: "params.x", params: null }];
    expect(refused([a], { on })).toMatchObject({ pointer: "/on/0/when" });
  });
});

describe("size", () => {
  const { stepsMax, edgesMax, depthMax, specBytesMax } = WORKFLOW_LIMITS;

  test("a million steps are refused by their number, before anything is read", () => {
    const steps = Array.from({ length: 1_000_000 }, () => ({ name: "", after: ["", ""] }));

    expect(refused(steps)).toMatchObject({
      code: "workflow.invalid",
      pointer: "/steps",
      errors: [{ message: expect.stringContaining("It has 1000000 steps") }],
    });
  });

  test("edges, depth and characters have their limits", () => {
    const names = Array.from({ length: edgesMax / 10 + 1 }, (_, i) => `p${i}`);
    const wide = [
      ...names.map((name) => ({ name })),
      ...chain(10).map((s) => ({ ...s, after: names })),
    ];
    expect(refused(wide).message).toMatch(/name 50010 steps in all/);
    expect(refused(chain(depthMax + 1))).toMatchObject({ pointer: `/steps/${depthMax}` });
    expect(() => checkWorkflow(specOf(chain(depthMax)))).not.toThrow();
    const rest = Buffer.byteLength(JSON.stringify(specOf(long(0))));
    expect(refused(long(specBytesMax + 1 - rest)).message).toMatch(/1500001 bytes of JSON/);
  });

  test("ten thousand steps in a chain or in a ring do not overflow the stack", () => {
    expect(refused(chain(stepsMax)).message).toMatch(/More than 1000 steps lie one after/);
    const ring = chain(stepsMax).map((step, i) => (i === 0 ? { ...step, after: ["s9999"] } : step));
    expect(refused(ring)).toMatchObject({
      code: "workflow.cycle",
      detail: expect.stringContaining("s0 → s1 → s2"),
    });
    expect(refused(ring).detail).toContain("(9988 more) → s0");
  });

  test("ten thousand steps, ten wide, with a condition and params each, pass", () => {
    const steps = Array.from({ length: stepsMax }, (_, i): StepSpec => {
      const before = [0, 1].map((k) => `s${(Math.floor(i / 10) - 1) * 10 + k}`);
      if (i < 10) return { name: `s${i}`, run: RUN };
      const params = { x: `\${steps.${before[1]}.output}` };
      return {
        name: `s${i}`,
        after: before,
        run: SHORT,
        when: `steps.${before[0]}.ok`,
        params,
      };
    });

    expect(() => checkWorkflow(specOf(steps))).not.toThrow();
    const far = steps.map((step, i) => (i === 9_999 ? { ...step, when: "steps.s0.output" } : step));
    expect(() => checkWorkflow(specOf(far))).not.toThrow();
    const side = steps.map((step, i) =>
      i === 9_999 ? { ...step, when: "steps.s5.output" } : step,
    );
    expect(refused(side).hint).toBe('Add "s5" to the "after" of "s9999".');
  });
});

test("the example that is run end to end is sound", () => {
  const etl: Partial<WorkflowSpec> = JSON.parse(
    readFileSync("test/support/examples/etl.json", "utf8"),
  );

  expect(() => checkWorkflow(aWorkflowSpec(etl))).not.toThrow();
});
