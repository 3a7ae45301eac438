import { isWorkflowEnded, type StepRow } from "../../src/core/workflow-run.ts";
import type { History } from "./history.ts";
import { withDownstream } from "./join-model.ts";
import { hold } from "./scene.ts";
import type { Standing, WorkflowStory } from "./workflow-story.ts";

/** D5: a revision does again what it names and all that follows from it, and lets everything else be. */
export function checkRevisions(history: History, story: WorkflowStory): void {
  for (const [revision, standing] of story.standings) {
    const noted = story.row.revisions.find((each) => each.revision === revision);
    hold("D5 a revision is noted", noted !== undefined, () => `${story.id} r${revision}`);
    if (noted === undefined) continue;
    const { action, step } = noted;
    const wasEnded = isWorkflowEnded(standing.run.phase);
    history.scene.reach(`revision: ${action}${wasEnded ? " of what had ended" : ""}`);
    if (step !== null && action === "retry") history.scene.reach("revision: from a step");
    const named = step === null ? -1 : story.placeOf(step);
    const first = wasEnded ? toMend(standing) : [];
    const again = withDownstream(story, named === -1 ? first : [...first, named]);
    const isMarked = (place: number): boolean => place === named && action !== "retry";
    for (const place of story.steps.keys())
      checkPlace(story, { standing, revision, place, isAgain: again.has(place) });
    for (const place of again)
      if (!isMarked(place)) checkStopped(story, { place, revision });
    if (action === "retry") continue;
    const row = story.rows.get(named);
    const isDone = row?.state === (action === "skip" ? "skipped" : "succeeded");
    const said = (): string => `${story.id} ${JSON.stringify(row)}`;
    hold("D5 what was named is as it was said", isDone && row?.revision === revision, said);
  }
}

/** Steps of a run that had ended which did not end well, or were undone. */
function toMend({ rows }: Standing): readonly number[] {
  const isBad = ({ state, compensation }: StepRow): boolean =>
    state === "failed" || state === "canceled" || compensation !== null;
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
