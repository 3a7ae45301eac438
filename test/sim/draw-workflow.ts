import type { JobSpec } from "../../src/core/job.ts";
import { checkWorkflow } from "../../src/core/workflow-check.ts";
import type { EventTrigger, StepSpec, Template, WorkflowSpec } from "../../src/core/workflow.ts";
import type { Dice } from "../support/prng.ts";
import { drawStep } from "./draw-step.ts";
import { EVENTS, workflowName } from "./names.ts";
import type { Scale, SimOptions } from "./options.ts";

const TIMEOUTS: Readonly<Record<Scale, readonly [string, ...string[]]>> = {
  seconds: ["20s", "2m", "10m", "10m"],
  minutes: ["1m", "10m", "1h", "1h"],
  hours: ["5m", "1h", "1d", "1d"],
};
/** A workflow of the world, drawn anew. */
export function drawWorkflow(dice: Dice, options: SimOptions, index: number): WorkflowSpec {
  const nested = drawNested(dice, options, index);
  const isLoop = nested === workflowName(index);
  const count = isLoop ? 1 : Math.min(dice.int(1, 8), dice.int(1, 10));
  const spec: WorkflowSpec = {
    name: workflowName(index),
    description: `drawn ${dice.int(0, 1_000_000)}`,
    owner: "",
    tags: [],
    params: { n: dice.int(0, 9), items: drawItems(dice) },
    timeout: dice.pick(TIMEOUTS[options.scale]),
    onFailure: dice.pick(["fail_fast", "finish_branches"]),
    overlap: dice.pick([
      "allow",
      "allow",
      "allow",
      "skip",
      "buffer_one",
      "buffer_all",
      "cancel_other",
    ]),
    concurrency: dice.chance(0.3) ? dice.int(1, 2) : null,
    priority: dice.chance(0.7) ? 0 : dice.pick([-10, 100]),
    on: dice.chance(0.4) ? [drawTrigger(dice)] : [],
    output: drawOutput(dice),
    steps: isLoop
      ? [{ name: "s0", workflow: workflowName(index) }]
      : drawSteps(dice, { options, nested, count }),
  };
  checkWorkflow(spec);
  return spec;
}

/** A workflow that it may start: one that comes after it, so that they do not grow without bounds, or itself. */
function drawNested(dice: Dice, options: SimOptions, index: number): string | null {
  if (dice.chance(0.04)) return workflowName(index);
  const later = options.workflows - 1 - index;
  return later > 0 && dice.chance(0.7) ? workflowName(index + dice.int(1, later)) : null;
}

function drawSteps(
  dice: Dice,
  of: { readonly options: SimOptions; readonly nested: string | null; readonly count: number },
): readonly StepSpec[] {
  const { options, count } = of;
  const steps: StepSpec[] = [];
  let { nested } = of;
  for (let i = 0; i < count; i++) {
    const step = drawStep(dice, { scale: options.scale, index: i, nested });
    if (step.workflow !== undefined) nested = null;
    steps.push(step);
  }
  // In an order of their own: their places say nothing of who comes after whom.
  return dice.chance(0.3) ? steps.toReversed() : steps;
}

function drawItems(dice: Dice): readonly string[] {
  return Array.from({ length: dice.pick([0, 1, 2, 3, 5]) }, (_, i) => `item ${i}`);
}

function drawTrigger(dice: Dice): EventTrigger {
  return {
    event: dice.pick(EVENTS),
    when: dice.chance(0.3) ? "event.data.n >= 5.0" : null,
    params: dice.chance(0.5) ? { n: "${event.data.n}" } : null,
  };
}

function drawOutput(dice: Dice): Template {
  return dice.chance(0.2) ? { n: "${params.n}" } : null;
}

/** The same job with a workflow as its target. */
export function retargeted(dice: Dice, options: SimOptions, spec: JobSpec): JobSpec {
  if (options.workflows === 0 || !dice.chance(0.3)) return spec;
  const workflow = workflowName(dice.int(0, options.workflows - 1));
  const timeout = dice.pick([spec.timeout, "2m", "1h"]);
  return { ...spec, sharding: null, timeout, target: { kind: "workflow", workflow } };
}
