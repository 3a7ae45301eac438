import { aWorkflowSpec } from "./workflow-specs.ts";
import fc from "fast-check";
import type { JoinRule, StepSpec, StepTarget, Template } from "../../src/core/workflow.ts";
import type { WorkflowSpec } from "../../src/core/workflow.ts";
import { CASE_STEPS_MAX as STEPS_MAX } from "./workflow-meanings.ts";
import { aMove, type Move } from "./workflow-moves.ts";

/** A workflow and what happens to one run of it. */
export interface WorkflowCase {
  readonly spec: WorkflowSpec;
  readonly moves: readonly Move[];
  /** How many of the moves come before its turn. */
  readonly waits: number;
  readonly revision: number;
}

/** With few steps, much happens to each. */
const FEW_STEPS = 3;
const PARENTS_MAX = 3;
const MOVES_MAX = 45;

const TARGETS: readonly StepTarget[] = [
  { executor: "orders", handler: "work" },
  { url: "https://example.test/work" },
];
const KINDS = [
  "gate",
  "run",
  "run",
  "run",
  "tasks",
  "tasks",
  "map",
  "map",
  "sleep",
  "waitFor",
  "waitFor",
  "approval",
  "workflow",
] as const;

/** What a step is drawn from: numbers, so that a failing case gets smaller by itself. */
const aStepDraw = fc.record({
  kind: fc.nat({ max: KINDS.length - 1 }),
  place: fc.nat({ max: 1_000 }),
  parents: fc.array(fc.nat({ max: STEPS_MAX }), { maxLength: PARENTS_MAX }),
  join: fc.nat({ max: 9 }),
  when: fc.nat({ max: 39 }),
  params: fc.nat({ max: 29 }),
  over: fc.nat({ max: 29 }),
  size: fc.nat({ max: 3 }),
  complete: fc.nat({ max: 5 }),
  isFinish: fc.boolean(),
  time: fc.nat({ max: 3 }),
  undo: fc.nat({ max: 5 }),
});
type StepDraw = typeof aStepDraw extends fc.Arbitrary<infer T> ? T : never;

export function aWorkflowCase(): fc.Arbitrary<WorkflowCase> {
  return fc
    .record({
      steps: fc.oneof(stepsUpTo(FEW_STEPS), stepsUpTo(STEPS_MAX)),
      isFast: fc.nat({ max: 2 }),
      output: fc.nat({ max: 9 }),
      timeout: fc.nat({ max: 2 }),
      waits: fc.nat({ max: 11 }),
      isOld: fc.nat({ max: 30 }),
      moves: fc.array(aMove(), { minLength: 1, maxLength: MOVES_MAX, size: "max" }),
    })
    .map(({ steps, isFast, output, timeout, waits, isOld, moves }) => ({
      spec: {
        ...EMPTY_SPEC,
        timeout: ["1h", "40s", "5m"][timeout] ?? "1h",
        onFailure: isFast === 2 ? "fail_fast" : "finish_branches",
        output: OUTPUTS[output] ?? null,
        steps: stepsOf(steps),
      },
      moves,
      waits: Math.max(0, waits - 8),
      revision: isOld === 30 ? 9_999 : 1,
    }));
}

function stepsUpTo(maxLength: number): fc.Arbitrary<StepDraw[]> {
  return fc.array(aStepDraw, { minLength: 1, maxLength, size: "max" });
}

const OUTPUTS: readonly Template[] = [
  { last: "${steps.s0.output}", n: "${params.n}" },
  "${params.nope}",
  "${steps.s0.output.a}",
  { all: "${steps.s0.outputs}" },
  ["${steps.s1.outputs}", "${steps.s2.outputs}"],
];

export const EMPTY_SPEC: WorkflowSpec = aWorkflowSpec([]);

/** In an order of their own, so that a place says nothing about who comes after whom. */
function stepsOf(draws: readonly StepDraw[]): readonly StepSpec[] {
  return draws
    .map((draw, i) => ({ draw, step: stepOf(draw, i) }))
    .toSorted((a, b) => a.draw.place - b.draw.place)
    .map(({ step }) => step);
}

function stepOf(draw: StepDraw, i: number): StepSpec {
  const parents = i === 0 ? [] : [...new Set(draw.parents.map((each) => each % i))];
  const join = joinOf(draw.join, parents.length);
  const when = whenOf(draw.when, parents);
  return {
    name: `s${i}`,
    ...(parents.length > 0 && { after: parents.map((parent) => `s${parent}`) }),
    ...(draw.join > 2 && { join }),
    ...(when !== undefined && { when }),
    ...workOf(draw, parents),
    ...undoOf(draw, i),
  };
}

function joinOf(draw: number, parents: number): JoinRule {
  if (draw === 7) return "any";
  if (draw === 8) return "all_done";
  return draw === 9 && parents > 0 ? { count: Math.ceil(parents / 2) } : "all";
}

function whenOf(draw: number, parents: readonly number[]): string | undefined {
  const [parent] = parents;
  const mean = [
    "params.yes",
    "params.no",
    "params.no",
    "params.nope",
    "params.n",
    "context.k > 1.0",
  ];
  return draw === 6 && parent !== undefined ? `steps.s${parent}.output.a > 2.0` : mean[draw];
}

function workOf(draw: StepDraw, parents: readonly number[]): Partial<StepSpec> {
  const drawn = paramsOf(draw.params, parents);
  const params = drawn === undefined ? {} : { params: drawn };
  const time = ["5s", "10s", "20s"][draw.time];
  const works: Readonly<Record<(typeof KINDS)[number], Partial<StepSpec>>> = {
    gate: {},
    run: { run: targetOf(draw), ...params },
    workflow: { workflow: "other", ...params },
    sleep: { sleep: time ?? "1m" },
    waitFor: { waitFor: waitOf(draw, time) },
    approval: { approval: approvalOf(draw, time) },
    tasks: { tasks: tasksOf(draw, parents), ...completeOf(draw), ...params },
    map: { ...mapOf(draw, parents), ...completeOf(draw) },
  };
  return works[KINDS[draw.kind] ?? "gate"];
}

function targetOf(draw: StepDraw): StepTarget {
  return TARGETS[draw.place % TARGETS.length] ?? { url: "https://example.test/work" };
}

function waitOf(draw: StepDraw, timeout: string | undefined): NonNullable<StepSpec["waitFor"]> {
  const match = ["event.data.v == 1.0", "event.data.v", "params.no"][draw.complete];
  return {
    event: draw.isFinish ? "paid" : "sent",
    ...(timeout !== undefined && { timeout }),
    ...(match !== undefined && { match }),
    ...(draw.size === 0 && { lookBack: "2s" }),
  };
}

function approvalOf(
  draw: StepDraw,
  timeout: string | undefined,
): NonNullable<StepSpec["approval"]> {
  return {
    ...(timeout !== undefined && { timeout }),
    ...(draw.isFinish && { onTimeout: draw.size === 0 ? "reject" : "approve" }),
  };
}

function tasksOf(draw: StepDraw, parents: readonly number[]): NonNullable<StepSpec["tasks"]> {
  return Array.from({ length: draw.size + 1 }, (_, i) => {
    const params = paramsOf((draw.over + 7 * i) % 30, parents);
    return { run: targetOf(draw), ...(params !== undefined && { params }) };
  });
}

function mapOf(draw: StepDraw, parents: readonly number[]): Partial<StepSpec> {
  const [parent] = parents;
  const others = ["params.n", "params.nope", "params.many", "params.none", "params.yes"];
  const ofParent = parent === undefined ? "params.items" : `steps.s${parent}.output`;
  const over = draw.over === 5 ? ofParent : (others[draw.over] ?? "params.items");
  const params: { readonly [key: string]: Template } =
    [
      { v: "${item.v}" },
      { all: ["${item}"], at: "${index}" },
      { k: "${context.k}", at: "item ${index} of ${params.text}" },
    ][draw.params % 4] ?? {};
  const concurrencyMax = [1, 2, 3][draw.size];
  return {
    map: { over: `\${${over}}`, ...(concurrencyMax !== undefined && { concurrencyMax }) },
    ...(draw.params % 5 === 4 ? { workflow: "other" } : { run: targetOf(draw) }),
    params,
  };
}

function completeOf(draw: StepDraw): Pick<StepSpec, "complete"> {
  const rest = draw.isFinish ? ("finish" as const) : ("cancel" as const);
  const rules = [
    { mode: "any", rest },
    { mode: "count", count: 2, rest },
    { mode: "all", rest },
    { mode: "any" },
  ] as const;
  const complete = rules[draw.complete];
  return complete === undefined ? {} : { complete };
}

function paramsOf(
  draw: number,
  parents: readonly number[],
): { readonly [key: string]: Template } | undefined {
  const [parent] = parents;
  if (draw === 9 && parent !== undefined) return { b: `\${steps.s${parent}.outputs}` };
  if (draw < 4 && parent !== undefined) return { a: `\${steps.s${parent}.output}`, c: 1 };
  return [
    { a: "${params.n}", d: { e: ["${params.text}", "is ${params.n} or ${params.yes}"] } },
    { k: "${context.k}" },
    { fixed: [1, { two: null }] },
    {},
    { n: "${params.nope}" },
    { big: "${params.big}" },
  ][draw - 4];
}

function undoOf(draw: StepDraw, i: number): Pick<StepSpec, "compensate"> {
  const kind = KINDS[draw.kind] ?? "gate";
  if (kind === "gate" || draw.undo > 3) return {};
  const params = [{ of: `\${steps.s${i}.output}` }, { of: "${params.nope}" }, undefined, { n: 1 }][
    draw.undo
  ];
  return { compensate: { run: targetOf(draw), ...(params !== undefined && { params }) } };
}
