import { assert } from "../core/assert.ts";
import { stepRunId } from "../core/placement.ts";
import { Refusal } from "../core/refusal.ts";
import { isEnded, type Run } from "../core/run.ts";
import type { WorkflowMachine } from "../core/workflow-machine.ts";
import type { WorkflowPlan } from "../core/workflow-plan.ts";
import { blankStep, type StepRow, type WorkflowRun } from "../core/workflow-run.ts";
import type { CommandInput, CommandOutput } from "../ports/shard-client.ts";
import type { StepView } from "../ports/workflow-commands.ts";
import { wholePages } from "./pages.ts";
import type { ShardState } from "./shard-state.ts";
import { workflowRunOf } from "./workflow-run-commands.ts";

/** Characters of the outputs in one page of tasks or items: of a workflow for each item, one may be a million long. */
const PART_OUTPUTS_CHARS_MAX = 1_000_000;

export function getWorkflowRun(
  state: ShardState,
  { ref }: CommandInput<"workflow-run.get">,
): CommandOutput<"workflow-run.get"> {
  const run = workflowRunOf(state, ref);
  const { plan, machine } = openedOf(state, run);
  const { workflow } = plan;
  const { viewOutputCharsMax } = state.limits;
  const steps = workflow.spec.steps.map((_, step) =>
    cut(stepView(state, machine, step), viewOutputCharsMax),
  );
  return { view: { run, workflow, steps } };
}

export function getStep(
  state: ShardState,
  { ref, step: name, afterPart, limit }: CommandInput<"workflow-run.step">,
): CommandOutput<"workflow-run.step"> {
  const run = workflowRunOf(state, ref);
  const { plan, machine } = openedOf(state, run);
  const place = plan.places.get(name);
  const spec = place === undefined ? undefined : plan.workflow.spec.steps[place];
  if (place === undefined || spec === undefined)
    throw new Refusal("step.unknown", `Workflow run "${run.id}" has no step "${name}".`);
  const step = stepView(state, machine, place);
  return { step, spec, parts: partsOf(state, step.row, { afterPart, limit }) };
}

function openedOf(
  state: ShardState,
  { id, workflowId, workflowVersion }: WorkflowRun,
): { readonly plan: WorkflowPlan; readonly machine: WorkflowMachine } {
  const { definitions, machines } = state.workflows;
  const plan = definitions.plan(workflowId, workflowVersion);
  const machine = machines.get(id);
  assert(plan !== undefined && machine !== undefined, "a version stays as long as a run of it");
  return { plan, machine };
}

function stepView(state: ShardState, machine: WorkflowMachine, step: number): StepView {
  const { total, ended } = machine.partsOf(step);
  const row = begun(state, machine.rowOf(step), total);
  return { row, isOutputLong: false, parts: total, partsEnded: ended };
}

/** A step learns when it began from the end of its run: until then that run, or its first one, knows. */
function begun({ live, shard }: ShardState, row: StepRow, parts: number): StepRow {
  if (row.state !== "running" || row.startedMs !== null) return row;
  const { step, revision } = row;
  const ref = { step, part: parts === 0 ? -1 : 0, revision, isCompensation: false };
  const run = live.get(stepRunId(row.workflowRun, ref, shard));
  return run === undefined ? row : { ...row, startedMs: run.startedMs };
}

/** Ten thousand steps fit into one view because none shows more than this. */
function cut(view: StepView, charsMax: number): StepView {
  const { row } = view;
  const isOutputLong = JSON.stringify(row.output).length > charsMax;
  const isLong = isOutputLong || row.items !== null;
  if (!isLong) return view;
  const output = isOutputLong ? null : row.output;
  return { ...view, row: { ...row, output, items: null }, isOutputLong };
}

/** A page of a step's tasks or items: those that have ended, and those that live. */
function partsOf(
  state: ShardState,
  step: StepRow,
  { afterPart, limit }: { readonly afterPart: number; readonly limit: number },
): readonly StepRow[] {
  const rows = [
    ...storedParts(state, step, { afterPart, limit }),
    ...liveParts(state, step, afterPart),
  ];
  return rows.toSorted((a, b) => a.part - b.part).slice(0, limit);
}

function storedParts(
  { storage }: ShardState,
  step: StepRow,
  { afterPart, limit }: { readonly afterPart: number; readonly limit: number },
): readonly StepRow[] {
  const found: StepRow[] = [];
  const before = { step: step.step, part: afterPart };
  const read = (last?: StepRow) => storage.stepsAfter(step.workflowRun, last ?? before, limit);
  const room = { chars: PART_OUTPUTS_CHARS_MAX };
  for (const row of wholePages(read)) {
    if (row.step !== step.step || found.length >= limit) break;
    // What was done again has parts of its earlier revision, too; what a person decided on keeps its own.
    if (row.revision === step.revision || step.decision !== null) found.push(within(row, room));
  }
  return found;
}

/** The row, without its output where there is no room for that any more. */
function within(row: StepRow, room: { chars: number }): StepRow {
  const { length } = JSON.stringify(row.output);
  if (length > room.chars) return { ...row, output: null, outputTruncated: true };
  room.chars -= length;
  return row;
}

function liveParts({ live }: ShardState, step: StepRow, afterPart: number): readonly StepRow[] {
  return [...live.liveOf(step.workflowRun)]
    .map((runId) => live.get(runId))
    .filter((run) => run !== undefined)
    .flatMap((run) => {
      const row = livePart(step, run);
      return row === null || row.part <= afterPart ? [] : [row];
    });
}

/** A part that runs has no row yet: it is shown by its run. */
function livePart(step: StepRow, { trigger, phase, startedMs }: Run): StepRow | null {
  if (trigger.kind !== "workflow" || trigger.isCompensation || isEnded(phase)) return null;
  if (trigger.step !== step.step || trigger.revision !== step.revision) return null;
  const { workflowRun, name, revision } = step;
  const row = blankStep({ workflowRun, step: step.step, part: trigger.part, name, revision });
  return { ...row, state: "running", startedMs, version: 1 };
}
