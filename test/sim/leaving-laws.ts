import { isWorkflowEnded } from "../../src/core/workflow-run.ts";
import type { Commit, History } from "./history.ts";
import { isSame, stepKey } from "./model-records.ts";
import { hold } from "./scene.ts";

/** How long a workflow run stays in its shard after its end, at the least. */
const KEPT_MS = 600_000;

/** S4: a workflow run leaves its shard when the records have all of it, and not at once. */
export function checkLeft(history: History, { nowMs }: Commit, id: string): void {
  const { workflows, records, scene } = history;
  const story = workflows.storyOf(id);
  hold("S4 a workflow run that there was", story !== undefined, () => id);
  // What is left of a long one goes in parts.
  if (story === undefined || story.isGone) return;
  const { phase } = story.row;
  story.isGone = true;
  scene.note(`stores: workflow run ${id} left`);
  scene.reach("workflow run: left its shard");
  const isOld = isWorkflowEnded(phase) && phase.endedMs + KEPT_MS <= nowMs;
  hold("S4 it stays for a while", isOld, () => `${id} ${JSON.stringify(phase)} at ${nowMs}`);
  const isKept = isSame(records?.workflowRuns.get(id), story.row);
  hold("S4 the records have it when it leaves", isKept, () => id);
  for (const row of [...story.rows.values(), ...story.parts.values()]) {
    const isThere = isSame(records?.steps.get(stepKey(row)), row);
    hold("S4 the records have its steps when it leaves", isThere, () => stepKey(row));
  }
}
