import type { StepRow } from "../../src/core/workflow-run.ts";
import type { History } from "./history.ts";
import type { RunStory } from "./run-laws.ts";
import { hold } from "./scene.ts";
import type { WorkflowStory } from "./workflow-story.ts";

/** Steps that are undone when the run does not succeed, the last first. */
function toUndo(story: WorkflowStory): readonly StepRow[] {
  return [...story.rows.values()]
    .filter(({ step, state, decision }) => {
      const isMarked = decision?.action === "succeed";
      return state === "succeeded" && !isMarked && story.specOf(step).compensate !== undefined;
    })
    .toSorted((a, b) => b.order - a.order);
}

/** D12: steps that have succeeded are undone, the last one first. */
export function checkUndoStart(
  history: History,
  story: WorkflowStory,
  { row: run }: RunStory,
): void {
  const { trigger } = run;
  if (trigger.kind !== "workflow") return;
  const said = (): string =>
    `${run.id} undoes s${trigger.step} of ${story.id}: ${JSON.stringify(toUndo(story))}`;
  const order = toUndo(story);
  const at = order.findIndex(({ step }) => step === trigger.step);
  hold("D12 only what has succeeded is undone", at !== -1, said);
  const isNext = order.slice(0, at).every(({ compensation }) => isOver(compensation));
  hold("D12 the last one first", isNext, said);
  const isHeld = story.seen.every(({ pausedMs }) => pausedMs !== null);
  hold("D12 a pause holds it", !isHeld, said);
  history.scene.reach("undo: starts");
  if (order.length > 1) history.scene.reach("undo: several");
}

function isOver(compensation: StepRow["compensation"]): boolean {
  return compensation !== null && compensation.state !== "running";
}

/** D12: at a bad end all of them have been undone, and otherwise none; what could not be undone is told. */
export function checkUndone(history: History, story: WorkflowStory): void {
  const { phase, error, revision } = story.row;
  const isBad = phase.state === "failed" || phase.state === "timed_out";
  const said = (): string => `${story.id} ${phase.state}: ${JSON.stringify(toUndo(story))}`;
  for (const { compensation, name, step, revision: own } of toUndo(story)) {
    if (!isBad) {
      hold("D12 undone without need", compensation === null, said);
      continue;
    }
    hold("D12 all are undone", isOver(compensation), said);
    const run = story.runs.get(`${step}/-1/${own} undo`)?.row;
    const isGood = run?.phase.state === "succeeded";
    hold("D12 undone as its run says", (compensation?.state === "succeeded") === isGood, said);
    if (isGood || revision < 1) continue;
    const isTold = error?.message.includes(`Undoing "${name}" failed.`) === true;
    hold("D12 what was not undone is told", isTold, said);
    history.scene.reach("undo: told that it failed");
  }
}
