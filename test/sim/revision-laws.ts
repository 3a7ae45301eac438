import { isWorkflowEnded, type Revision, type StepRow } from "../../src/core/workflow-run.ts";
import type { History } from "./history.ts";
import { withDownstream } from "./join-model.ts";
import { hold, type Scene } from "./scene.ts";
import type { Standing, WorkflowStory } from "./workflow-story.ts";

function isBad({ state, compensation }: StepRow): boolean {
  return state === "failed" || state === "canceled" || compensation !== null;
}

/** D5: a revision does again what it names and all that follows from it, and lets everything else be. */
export function checkRevisions(history: History, story: WorkflowStory): void {
  for (const [revision, standing] of story.standings) {
    const noted = story.row.revisions.find((each) => each.revision === revision);
    hold("D5 a revision is noted", noted !== undefined, () => `${story.id} r${revision}`);
    if (noted !== undefined) checkRevision(history, story, { noted, standing });
  }
}

function checkRevision(
  { scene }: History,
  story: WorkflowStory,
  { noted, standing }: { readonly noted: Revision; readonly standing: Standing },
): void {
  const { action, step, revision } = noted;
  const wasEnded = isWorkflowEnded(standing.run.phase);
  reach(scene, noted, wasEnded);
  const named = step === null ? [] : [story.placeOf(step)];
  const again = withDownstream(story, [...(wasEnded ? toMend(standing) : []), ...named]);
  for (const place of story.steps.keys())
    checkPlace(story, { standing, revision, place, isAgain: again.has(place) });
  const marked = action === "retry" ? [] : named;
  for (const place of again) if (!marked.includes(place)) checkStopped(story, { place, revision });
  for (const place of marked) checkMarked(story, place, noted);
}

function reach(scene: Scene, { action, step }: Revision, wasEnded: boolean): void {
  scene.reach(`revision: ${action}${wasEnded ? " of what had ended" : ""}`);
  if (step !== null && action === "retry") scene.reach("revision: from a step");
}

function checkMarked(story: WorkflowStory, place: number, { action, revision }: Revision): void {
  const row = story.rows.get(place);
  const isDone = row?.state === (action === "skip" ? "skipped" : "succeeded");
  const said = (): string => `${story.id} ${JSON.stringify(row)}`;
  hold("D5 what was named is as it was said", isDone && row.revision === revision, said);
}

/** Steps of a run that had ended which did not end well, or were undone. */
function toMend({ rows }: Standing): readonly number[] {
  return [...rows.values()].filter(isBad).map(({ step }) => step);
}

interface Placed {
  readonly standing: Standing;
  readonly revision: number;
  readonly place: number;
  readonly isAgain: boolean;
}

function checkPlace(story: WorkflowStory, { standing, revision, place, isAgain }: Placed): void {
  const before = standing.rows.get(place);
  const now = story.rows.get(place);
  if (before === undefined || before.state === "pending") return;
  const said = (): string =>
    `${story.id} r${revision}: ${JSON.stringify(before)} to ${JSON.stringify(now)}`;
  if (isAgain) hold("D5 done again", (now?.revision ?? 0) >= revision, said);
  else hold("D5 let be", now?.revision === before.revision, said);
}

/** What still runs of what is done again has been told to stop. */
function checkStopped(
  story: WorkflowStory,
  { place, revision }: { readonly place: number; readonly revision: number },
): void {
  for (const { row } of story.live) {
    const { trigger, cancelRequestedMs } = row;
    if (trigger.kind !== "workflow" || trigger.step !== place) continue;
    const isTold = trigger.revision >= revision || cancelRequestedMs !== null;
    hold("D5 older runs are told to stop", isTold, () => `${story.id} ${row.id}`);
  }
}
