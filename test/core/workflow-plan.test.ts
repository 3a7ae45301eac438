import { describe, expect, test } from "vitest";
import type { PlannedPart, StepValues } from "../../src/core/planned-step.ts";
import { compilePlan } from "../../src/core/workflow-plan.ts";
import { WORKFLOW_RUN_LIMITS } from "../../src/core/workflow-run.ts";
import type { StepSpec, WorkflowSpec } from "../../src/core/workflow.ts";
import { aWorkflow } from "../support/stored-workflows.ts";

const RUN = { executor: "orders", handler: "work" } as const;
const VALUES: StepValues = { params: { day: "friday", n: 2 }, context: {}, steps: {}, run: {} };
const RETRY = {
  attemptsMax: 4,
  baseMs: 10_000,
  factor: 3,
  delayMsMax: 86_400_000,
  jitter: "full",
  beforeMs: null,
} as const;

const planOf = (steps: readonly StepSpec[], more: Partial<WorkflowSpec> = {}) =>
  compilePlan(aWorkflow({ spec: { steps, ...more } }));
const workOf = (step: Omit<StepSpec, "name">) => planOf([{ name: "s", ...step }]).stepOf(0).work;
const partOf = (step: Omit<StepSpec, "name">): PlannedPart => {
  const work = workOf(step);
  if (work.kind === "run" || work.kind === "map") return work.part;
  throw new Error("the step has no single part");
};

describe("the plan of a workflow", () => {
  test("knows who comes after whom, by place", () => {
    const plan = planOf([
      { name: "d", after: ["b", "c"], join: "any" },
      { name: "a" },
      { name: "c", after: ["a"] },
      { name: "b", after: ["a"] },
    ]);

    expect([...plan.places]).toEqual([
      ["d", 0],
      ["a", 1],
      ["c", 2],
      ["b", 3],
    ]);
    expect(plan.parents).toEqual([[3, 2], [], [1], [1]]);
    expect(plan.children).toEqual([[], [2, 3], [0], [0]]);
    expect(plan.joins).toEqual(["any", "all", "all", "all"]);
    expect(plan.timeoutMs).toBe(3_600_000);
    expect(plan.output).toBeNull();
  });

  test("compiles a step once while it is asked for", () => {
    const plan = planOf([{ name: "a", run: RUN }]);

    expect(plan.stepOf(0)).toBe(plan.stepOf(0));
    expect(() => plan.stepOf(1)).toThrow("bug");
  });

  test("reads what the workflow gives", () => {
    const plan = planOf([{ name: "a" }], { output: { x: "${steps.a.output}" } });

    expect(plan.output?.references).toEqual({ names: ["steps"], steps: ["a"] });
    expect(plan.output?.evaluate({ steps: { a: { output: 1 } } })).toEqual({
      kind: "value",
      value: { x: 1 },
    });
  });
});

describe("what a step does", () => {
  test.each<readonly [Omit<StepSpec, "name">, object]>([
    [{}, { kind: "gate" }],
    [{ sleep: "10m" }, { kind: "sleep", durationMs: 600_000 }],
    [
      { waitFor: { event: "paid" } },
      { kind: "wait", event: "paid", timeoutMs: null, match: null, lookBackMs: null },
    ],
    [
      { waitFor: { event: "paid", timeout: "1d", lookBack: "1h" } },
      { kind: "wait", event: "paid", timeoutMs: 86_400_000, match: null, lookBackMs: 3_600_000 },
    ],
    [{ approval: {} }, { kind: "approval", timeoutMs: null, onTimeout: "reject" }],
    [
      { approval: { timeout: "1h", onTimeout: "approve" } },
      { kind: "approval", timeoutMs: 3_600_000, onTimeout: "approve" },
    ],
  ])("%j", (step, work) => {
    expect(workOf(step)).toEqual(work);
  });

  test("conditions are read with the names that they have", () => {
    const plan = planOf([
      {
        name: "s",
        when: "params.n > 1.0",
        waitFor: { event: "e", match: "event.data == params.n" },
      },
    ]);
    const { when, work } = plan.stepOf(0);

    expect(when?.evaluate(VALUES)).toEqual({ kind: "value", value: true });
    expect(work.kind === "wait" && work.match?.evaluate({ ...VALUES, event: { data: 2 } })).toEqual(
      {
        kind: "value",
        value: true,
      },
    );
  });

  test("an executor is called with the defaults of a job", () => {
    const part = partOf({ run: RUN, params: { day: "${params.day}", fixed: [1] } });

    expect(part).toMatchObject({ timeoutMs: 60_000, retry: RETRY });
    expect(part.references).toEqual({ names: ["params"], steps: [] });
    expect(part.prepare(VALUES)).toEqual({
      kind: "ready",
      target: {
        kind: "executor",
        ...RUN,
        route: "round_robin",
        hashKey: null,
        node: null,
        tags: [],
        onNodeLost: "resend",
      },
      params: { day: "friday", fixed: [1] },
    });
  });

  test("a webhook's body may have expressions, and nothing else of it", () => {
    const url = "https://example.com/${params.day}";
    const part = partOf({ run: { url, body: { n: "${params.n}", t: "${steps.a}" } } });

    expect(part.references).toEqual({ names: ["params", "steps"], steps: ["a"] });
    expect(part.prepare({ ...VALUES, steps: { a: null } })).toEqual({
      kind: "ready",
      target: {
        kind: "webhook",
        url,
        method: "POST",
        headers: {},
        mode: "sync",
        body: { n: 2, t: null },
      },
      params: {},
    });
    expect(partOf({ run: { url } }).prepare(VALUES)).toMatchObject({ target: { body: null } });
  });

  test("a workflow may take thirty days, and is not tried again unless that is said", () => {
    const part = partOf({ workflow: "publish", params: { n: "${params.n}" } });

    expect(part).toMatchObject({ timeoutMs: 30 * 86_400_000, retry: { ...RETRY, attemptsMax: 1 } });
    expect(part.prepare(VALUES)).toEqual({
      kind: "ready",
      target: { kind: "workflow", workflow: "publish" },
      params: { n: 2 },
    });
    expect(partOf({ workflow: "publish", retry: { max: 2 } }).retry.attemptsMax).toBe(3);
  });

  test("what it says about time and retries holds, and the rest is as usual", () => {
    const backoff = { kind: "exponential", base: "1s", factor: 2, max: "1m" } as const;
    const part = partOf({ run: RUN, timeout: "5m", retry: { backoff, jitter: "none" } });

    expect(part.timeoutMs).toBe(300_000);
    expect(part.retry).toEqual({
      ...RETRY,
      baseMs: 1_000,
      factor: 2,
      delayMsMax: 60_000,
      jitter: "none",
    });
  });

  test("tasks lay their own over what the step says", () => {
    const work = workOf({
      tasks: [{ run: RUN }, { run: RUN, params: { b: 3 }, timeout: "2m", retry: { max: 1 } }],
      params: { a: 1, b: 2 },
      timeout: "10s",
      retry: { max: 0, jitter: "none" },
      complete: { mode: "any", rest: "finish" },
    });

    if (work.kind !== "tasks") throw new Error("it has tasks");
    expect(work.complete).toMatchObject({ mode: "any", rest: "finish" });
    expect(work.complete.needed(2)).toBe(1);
    expect(
      work.parts.map(({ timeoutMs, retry }) => [timeoutMs, retry.attemptsMax, retry.jitter]),
    ).toEqual([
      [10_000, 1, "none"],
      [120_000, 2, "none"],
    ]);
    expect(work.parts.map((part) => part.prepare(VALUES))).toMatchObject([
      { params: { a: 1, b: 2 } },
      { params: { a: 1, b: 3 } },
    ]);
  });

  test("a map speaks of its item, and ten are at work unless it says otherwise", () => {
    const work = workOf({
      map: { over: "${params.list}" },
      run: RUN,
      params: { x: "${item.id}/${index}" },
    });

    if (work.kind !== "map") throw new Error("it is a map");
    expect(work).toMatchObject({ concurrencyMax: 10, complete: { mode: "all", rest: "cancel" } });
    expect(work.complete.needed(7)).toBe(7);
    expect(work.over.evaluate({ params: { list: [1] } })).toEqual({ kind: "value", value: [1] });
    expect(work.part.prepare({ ...VALUES, item: { id: "a" }, index: 4 })).toMatchObject({
      params: { x: "a/4" },
    });
  });

  test("what undoes a step has its params, but not those of a map's items", () => {
    const undo = { run: RUN, params: { own: true } };
    const plan = planOf([
      { name: "a", run: RUN, params: { n: "${params.n}" }, timeout: "5m", compensate: undo },
      {
        name: "m",
        run: RUN,
        map: { over: "${params.l}" },
        params: { i: "${item}" },
        compensate: undo,
      },
    ]);

    const [first, second] = [plan.stepOf(0).compensate, plan.stepOf(1).compensate];
    expect(first?.timeoutMs).toBe(60_000);
    expect(first?.prepare(VALUES)).toMatchObject({ params: { n: 2, own: true } });
    expect(second?.prepare(VALUES)).toMatchObject({ kind: "ready", params: { own: true } });
  });
});

describe("what cannot be prepared is an error value", () => {
  const { paramsCharsMax } = WORKFLOW_RUN_LIMITS;
  const big = "x".repeat(paramsCharsMax);

  test.each<readonly [Omit<StepSpec, "name">, string]>([
    [{ run: RUN, params: { x: "${params.missing}" } }, "expression.failed"],
    [{ run: { url: "https://example.com", body: "${steps.a.b}" } }, "expression.failed"],
    [{ run: RUN, params: { x: "${params.big}" } }, "params.too_large"],
    [{ run: { url: "https://example.com", body: "${params.big}" } }, "params.too_large"],
  ])("%j", (step, code) => {
    expect(partOf(step).prepare({ ...VALUES, params: { big } })).toMatchObject({
      kind: "error",
      error: { code },
    });
  });
});

describe("events that start a run", () => {
  const event = { name: "paid", id: "e1", data: { n: 2 } };
  const startOf = (when: string | null, params: WorkflowSpec["output"]) =>
    planOf([{ name: "a" }], { on: [{ event: "paid", when, params }] }).triggers[0]?.startOf(event);

  test.each([
    [null, null, { kind: "start", params: { event: { n: 2 } } }],
    ["event.data.n > 1.0", { id: "${event.id}" }, { kind: "start", params: { id: "e1" } }],
    [null, "${event.data}", { kind: "start", params: { n: 2 } }],
    ["event.data.n > 2.0", null, { kind: "no" }],
    ["event.data.x", null, { kind: "error", message: "No such key: x" }],
    ["event.data.n", null, { kind: "error", message: expect.stringContaining("true or false") }],
    [null, "${event.id}", { kind: "error", message: expect.stringContaining("no object") }],
  ])("when %j, params %j", (when, params, start) => {
    expect(startOf(when, params)).toEqual(start);
  });
});
