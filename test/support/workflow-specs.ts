import fc from "fast-check";
import type { JoinRule, StepSpec, WorkflowSpec } from "../../src/core/workflow.ts";

/** What a workflow is given in tests, and what its expressions speak of. */
export const GIVEN = { params: { yes: true, no: false, items: [5, 6, 7, 8] }, context: { n: 0 } };

/** A workflow that says nothing but its steps. */
export function aWorkflowSpec(
  steps: readonly StepSpec[],
  more: Partial<WorkflowSpec> = {},
): WorkflowSpec {
  return {
    name: "flow",
    description: "",
    owner: "",
    tags: [],
    params: {},
    timeout: "1h",
    onFailure: "fail_fast",
    overlap: "allow",
    concurrency: null,
    priority: 0,
    on: [],
    output: null,
    steps,
    ...more,
  };
}

export const A_HANDLER = { executor: "orders", handler: "work" } as const;
const A_HOOK = { url: "https://example.test/work" } as const;

const WORKS: readonly ((draw: Draw, parent: string | undefined) => Partial<StepSpec>)[] = [
  () => ({}),
  (_, parent) => ({ run: A_HANDLER, params: parentParams(parent) }),
  () => ({ run: A_HOOK, params: { n: "${context.n}" } }),
  (draw) => ({
    tasks: Array.from({ length: draw.size }, () => ({ run: A_HANDLER })),
    complete: completeOf(draw),
  }),
  (draw, parent) => ({
    map: {
      over: parent === undefined || draw.pick > 1 ? "${params.items}" : `\${${parent}.list}`,
      concurrencyMax: draw.size,
    },
    run: A_HANDLER,
    params: { it: "${item}", at: "${index}" },
    complete: completeOf(draw),
  }),
  (draw) => ({ sleep: `${draw.size}s` }),
  (draw) => ({
    waitFor: {
      event: "paid",
      ...(draw.pick > 1 && { timeout: `${draw.size}s` }),
      ...(draw.pick % 2 === 1 && { match: "event.data.ok" }),
      ...(draw.pick === 0 && { lookBack: "1s" }),
    },
  }),
  (draw) => ({
    approval: { timeout: `${draw.size}s`, onTimeout: draw.pick > 1 ? "approve" : "reject" },
  }),
  (_, parent) => ({ workflow: "other", params: parentParams(parent) }),
];

/** What a step is drawn from: numbers, so that a failing workflow gets smaller by itself. */
const aDraw = fc.record({
  work: fc.nat({ max: WORKS.length - 1 }),
  parents: fc.array(fc.nat({ max: 1_000 }), { maxLength: 3 }),
  join: fc.nat({ max: 7 }),
  when: fc.nat({ max: 9 }),
  /** Of a list, a time, a bound. */
  size: fc.integer({ min: 1, max: 4 }),
  pick: fc.nat({ max: 3 }),
  undo: fc.nat({ max: 3 }),
});
type Draw = typeof aDraw extends fc.Arbitrary<infer T> ? T : never;

/** Workflows with every kind of step, join, condition and completion, in which much goes wrong. */
export function workflowSpecs(stepsMax: number): fc.Arbitrary<WorkflowSpec> {
  const draws = fc.array(aDraw, { minLength: 1, maxLength: stepsMax, size: "max" });
  return fc
    .tuple(draws, fc.boolean(), fc.constantFrom("3s", "1h"), fc.nat({ max: 4 }))
    .map(([drawn, isFast, timeout, output]) =>
      aWorkflowSpec(drawn.map(stepOf), {
        onFailure: isFast ? "fail_fast" : "finish_branches",
        timeout,
        output: ["${params.gone}", { first: "${steps.s0.output}" }][output] ?? null,
      }),
    );
}

function stepOf(draw: Draw, i: number): StepSpec {
  const after = i === 0 ? [] : [...new Set(draw.parents.map((parent) => `s${parent % i}`))];
  const parent = after[0] === undefined ? undefined : `steps.${after[0]}.output`;
  const when = whenOf(draw.when, parent);
  return {
    name: `s${i}`,
    after,
    join: joinOf(draw.join, after.length),
    ...(when !== undefined && { when }),
    ...WORKS[draw.work]?.(draw, parent),
    ...(draw.undo > 1 && {
      compensate: {
        run: A_HANDLER,
        params: { of: draw.undo === 2 ? `\${steps.s${i}.output}` : "${params.gone}" },
      },
    }),
  };
}

function joinOf(draw: number, parents: number): JoinRule {
  if (draw === 6 && parents > 0) return { count: Math.ceil(parents / 2) };
  return ({ 4: "any", 5: "all_done" } as const)[draw] ?? "all";
}

function whenOf(draw: number, parent: string | undefined): string | undefined {
  if (draw === 0) return "params.no";
  if (draw === 1) return "params.gone";
  if (draw === 2) return "context.n < 2.0";
  return draw === 3 && parent !== undefined ? `${parent} != null` : undefined;
}

/** Mostly sound; without the output that it wants it fails. */
function parentParams(parent: string | undefined): { readonly [key: string]: string } {
  return parent === undefined ? {} : { from: `\${${parent}}` };
}

function completeOf({ pick, size }: Draw): NonNullable<StepSpec["complete"]> {
  const rest = size % 2 === 0 ? "finish" : "cancel";
  if (pick === 0) return { mode: "any", rest };
  return pick === 1 ? { mode: "count", count: 1, rest } : { mode: "all", rest };
}
