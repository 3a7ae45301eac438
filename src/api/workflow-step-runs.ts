import { stepRunId } from "../core/placement.ts";
import { WORKFLOW_DEFAULTS } from "../core/workflow-defaults.ts";
import { isStepEnded } from "../core/workflow-run.ts";
import type { StepSpec } from "../core/workflow.ts";
import type { StepView } from "../ports/workflow-commands.ts";

/** Runs of one step that an answer names. */
const RUNS_SHOWN_MAX = 10;

export const STEP_KINDS = [
  "map",
  "run",
  "tasks",
  "workflow",
  "sleep",
  "waitFor",
  "approval",
  "gate",
] as const;

export type StepKind = (typeof STEP_KINDS)[number];

/** What a step does, in the word by which its definition says it. A map goes with a run or a workflow. */
export function stepKindOf(spec: StepSpec): StepKind {
  return STEP_KINDS.find((kind) => kind !== "gate" && spec[kind] !== undefined) ?? "gate";
}

/** The ids of a step's runs, as far as they have been made: they follow from where they belong. */
export function runsOfStep(view: StepView, spec: StepSpec, shard: number): string[] {
  const { row } = view;
  const idOf = (part: number, isCompensation: boolean): string => {
    const ref = { step: row.step, part, revision: row.revision, isCompensation };
    return stepRunId(row.workflowRun, ref, shard);
  };
  const undone = row.compensation === null ? [] : [idOf(-1, true)];
  // A run may be there that has not been sent yet: then the step is running and has no start.
  const hasBegun = row.state === "running" || (row.startedMs !== null && row.state !== "pending");
  if (!hasBegun) return undone;
  const kind = stepKindOf(spec);
  if (kind === "run" || kind === "workflow") return [idOf(-1, false), ...undone];
  const shown = Math.min(partsBegun(view, spec), RUNS_SHOWN_MAX - undone.length);
  return [...Array.from({ length: shown }, (_, part) => idOf(part, false)), ...undone];
}

/** Tasks start all together; items in their order, so many at a time, and none takes the place of the last to end. */
function partsBegun({ row, parts, partsEnded }: StepView, { map, complete }: StepSpec): number {
  if (map === undefined) return parts;
  const atOnce = map.concurrencyMax ?? WORKFLOW_DEFAULTS.itemsAtOnce;
  if (!isStepEnded(row.state)) return Math.min(parts, partsEnded + atOnce);
  // Those that were left to finish are counted when they end; those that were canceled never are.
  const isFinished = row.state === "succeeded" && complete?.rest === "finish";
  return isFinished ? partsEnded : Math.min(parts, partsEnded + atOnce - 1);
}
