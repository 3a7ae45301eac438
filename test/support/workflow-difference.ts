/** Compares a machine, and what was stored for it, with the model of the same run. */
import { isDeepStrictEqual } from "node:util";
import type { RunError } from "../../src/core/run.ts";
import type { WorkflowEffects } from "../../src/core/workflow-effect.ts";
import type { WorkflowMachine } from "../../src/core/workflow-machine.ts";
import { isStepEnded, isWorkflowEnded, type StepRow } from "../../src/core/workflow-run.ts";
import { partKey, type StoredWorkflowRun } from "./stored-workflow-run.ts";
import type { ModelStep, workflowModel } from "./workflow-model.ts";

export type WorkflowModel = ReturnType<typeof workflowModel>;

export interface Pair {
  readonly model: WorkflowModel;
  readonly machine: WorkflowMachine;
  readonly stored: StoredWorkflowRun;
}

/** Sentences about what differs; none when all is well. */
export function differences(pair: Pair): readonly string[] {
  const { model, machine, stored } = pair;
  const steps = model.steps.flatMap((step) => stepDifferences(step, pair));
  return [
    ...stored.faults,
    ...runDifferences(pair),
    ...unlike("dueMs", machine.dueMs, timeOf(nextMs(model))),
    ...unlike("live parts", machine.livePartCount, model.live.size),
    ...unlike(
      "stored live parts",
      [...stored.live.keys()].toSorted(),
      [...model.live.keys()].toSorted(),
    ),
    ...steps,
    ...unlike("order of ends", orderOf(pair), modelOrderOf(model)),
  ];
}

/** What one input made start and be canceled. Parts that were canceled before may be canceled again. */
export function effectDifferences(
  effects: WorkflowEffects,
  model: WorkflowModel,
  before: PartsBefore,
): readonly string[] {
  const starts = effects.starts.map((start) => [partKey(start), start.params] as const);
  const cancels = effects.cancels.map(partKey);
  const live = [...model.live];
  const started = live.filter(([key]) => !before.has(key));
  const canceled = live.filter(([, part]) => part.isCanceled).map(([key]) => key);
  const isNew = (key: string): boolean => before.get(key) !== true;
  return [
    ...unlike("starts", new Map(starts), new Map(started.map(([key, part]) => [key, part.params]))),
    ...unlike("cancels", new Set(cancels.filter(isNew)), new Set(canceled.filter(isNew))),
  ];
}

/** When the run is to be looked at though nothing has happened. */
export function nextMs({ steps, endMs }: WorkflowModel): number {
  return Math.min(endMs(), ...steps.map(({ dueMs }) => dueMs));
}

/** The parts that lived before an input; true is one that was canceled. */
type PartsBefore = ReadonlyMap<string, boolean>;

export function partsOf({ live }: WorkflowModel): PartsBefore {
  return new Map([...live].map(([key, part]) => [key, part.isCanceled === true]));
}

function runDifferences({ model, machine, stored }: Pair): readonly string[] {
  const { run } = stored;
  const meant = model.read();
  const isOver = isWorkflowEnded(run.phase);
  const outcome = "outcome" in run.phase ? run.phase.outcome : isOver ? run.phase.state : null;
  return [
    ...unlike("the machine's run", machine.run.phase, run.phase),
    ...unlike("phase", run.phase.state, meant.phase),
    ...unlike("outcome", outcome, meant.verdict?.outcome ?? null),
    ...unlike("revision", run.revision, meant.revision),
    ...unlike("pausedMs", run.pausedMs, meant.pausedMs),
    ...unlike("deadlineMs", run.deadlineMs, timeOf(meant.deadlineMs)),
    ...unlike("context", run.context, meant.context),
    ...unlike("events", stored.events().length, model.events.length),
    ...errorDifferences(run.error, meant.verdict?.error ?? null),
    ...(isOver ? endDifferences({ model, machine, stored }) : []),
  ];
}

function endDifferences({ model, stored: { run } }: Pair): readonly string[] {
  const message = run.error?.message ?? "";
  const { verdict } = model.read();
  const failed = verdict?.error?.spec;
  const isNamed = failed === undefined || message.startsWith(`Step "${failed.name}": `);
  const undone = [...message.matchAll(/ Undoing "([^"]+)" failed\./g)].map(([, name]) => name);
  const notUndone = [...model.ends].filter(({ undo }) => undo === "failed");
  const names = notUndone.toReversed().map(({ spec }) => spec.name);
  const count = (state: string): number =>
    model.steps.filter((step) => step.state === state).length;
  return [
    ...unlike("output", run.output, verdict?.output),
    ...unlike("the error names its step", isNamed, true),
    ...unlike("what was not undone", undone, names),
    ...unlike("counts", run.counts, {
      total: model.steps.length,
      succeeded: count("succeeded"),
      failed: count("failed"),
      skipped: count("skipped"),
      canceled: count("canceled"),
    }),
  ];
}

function stepDifferences(step: ModelStep, { model, machine, stored }: Pair): readonly string[] {
  const row = machine.rowOf(step.place);
  const kept = stored.row(step.place, -1);
  const isKept = step.state === "waiting" || model.ends.has(step);
  const differing = [
    ...unlike("state", row.state, step.state),
    ...unlike("isPassed", row.isPassed, step.decision === "skip"),
    ...unlike("revision", row.revision, step.revision),
    ...unlike("output", row.output, step.output),
    ...errorDifferences(row.error, step.state === "failed" ? step : null),
    ...unlike("dueMs", row.dueMs, timeOf(step.dueMs)),
    ...unlike("decision", row.decision?.action ?? null, step.decision),
    ...unlike("compensation", row.compensation?.state ?? null, step.undo),
    ...unlike("has a reason", hasReason(row), isDropped(step)),
    ...(isKept ? unlike("its stored row", kept, row) : []),
    ...partDifferences(step, { machine, stored }),
  ];
  return differing.map((each) => `${step.spec.name}: ${each}`);
}

/** Only where it says why; what it says of a step that waits is for people. */
function hasReason(row: StepRow): boolean {
  return isDropped(row) && row.reason !== null;
}

function isDropped({ state }: Pick<StepRow, "state">): boolean {
  return state === "skipped" || state === "canceled";
}

/** A failure of several parts has the error of one of them: which one is not said. */
function errorDifferences(
  error: RunError | null,
  meant: { readonly code?: string | null } | null,
): readonly string[] {
  if (meant === null || error === null)
    return unlike("has an error", error !== null, meant !== null);
  return meant.code === "of a part" ? [] : unlike("error code", error.code, meant.code);
}

function partDifferences(
  step: ModelStep,
  { machine, stored }: Pick<Pair, "machine" | "stored">,
): readonly string[] {
  const counted = [...step.ended].flatMap(([part, end]) => {
    const row = stored.row(step.place, part);
    const isOk = end.state === "succeeded";
    return [
      ...unlike(`part ${part} stored`, row?.revision, step.revision),
      ...unlike(`part ${part} is ok`, row?.state === "succeeded", isOk),
      ...unlike(`part ${part} ended`, row !== undefined && isStepEnded(row.state), true),
      ...(isOk ? unlike(`part ${part} output`, row?.output, end.output) : []),
    ];
  });
  if (step.state !== "running" || step.items.length === 0) return counted;
  const parts = { total: step.items.length, ended: step.ended.size };
  return [...counted, ...unlike("parts", machine.partsOf(step.place), parts)];
}

/** The names of the steps that have ended, in their order; those that ended together with a run are one. */
function orderOf({ model, machine }: Pair): readonly string[] {
  const order = ({ place }: ModelStep): number => machine.rowOf(place).order;
  return model.steps
    .filter((step) => order(step) > 0)
    .toSorted((a, b) => order(a) - order(b))
    .map(({ spec }) => spec.name);
}

function modelOrderOf({ ends }: WorkflowModel): readonly string[] {
  return [...ends].map(({ spec }) => spec.name);
}

/** What never comes is null in what is stored, and without end in the model. */
const timeOf = (ms: number): number | null => (ms === Infinity ? null : ms);

function unlike(what: string, real: unknown, meant: unknown): readonly string[] {
  if (isDeepStrictEqual(real, meant)) return [];
  return [`${what} is ${show(real)}, the model says ${show(meant)}`];
}

function show(value: unknown): string {
  const shown = value instanceof Map || value instanceof Set ? [...value] : value;
  return (JSON.stringify(shown) ?? "undefined").slice(0, 300);
}
