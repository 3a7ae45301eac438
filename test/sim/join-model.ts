import { isStepEnded } from "../../src/core/workflow-run.ts";
import type { JoinRule } from "../../src/core/workflow.ts";
import type { WorkflowStory } from "./workflow-story.ts";

/** What the ends of those before it say about a step. */
export type Verdict = "starts" | "open" | "canceled" | "skipped";

/** How the end of a step counts: undefined as long as it has not ended. */
export function countOf(story: WorkflowStory, place: number): "ok" | "neutral" | "bad" | undefined {
  const state = story.stateOf(place);
  if (!isStepEnded(state)) return undefined;
  if (state === "succeeded") return "ok";
  if (state !== "skipped") return "bad";
  return story.rows.get(place)?.isPassed === true ? "ok" : "neutral";
}

/**
 * When a step starts, told anew from the rows of its parents: as they are now, or as they were when so many steps
 * had ended.
 */
export function verdictOf(
  story: WorkflowStory,
  place: number,
  order = Number.POSITIVE_INFINITY,
): Verdict {
  const { join = "all" } = story.specOf(place);
  const counts = story.parentsOf(place).map((parent) => {
    const isLater = (story.rows.get(parent)?.order ?? 0) > order;
    return isLater ? undefined : countOf(story, parent);
  });
  const ok = counts.filter((count) => count === "ok").length;
  const open = counts.filter((count) => count === undefined).length;
  const isAnyBad = counts.includes("bad");
  if (counts.length === 0) return "starts";
  if (join === "all_done") return open > 0 ? "open" : "starts";
  if (join === "all" && isAnyBad) return "canceled";
  if (join === "all" && open > 0) return "open";
  return verdictByCount({ needed: neededBy(join), ok, open, isAnyBad });
}

/** How many must have ended well; of all, one, once it is certain that none has ended badly. */
function neededBy(join: Exclude<JoinRule, "all_done">): number {
  return typeof join === "string" ? 1 : join.count;
}

function verdictByCount(of: {
  readonly needed: number;
  readonly ok: number;
  readonly open: number;
  readonly isAnyBad: boolean;
}): Verdict {
  if (of.ok >= of.needed) return "starts";
  if (of.ok + of.open >= of.needed) return "open";
  return of.isAnyBad ? "canceled" : "skipped";
}

/** Whether a step is chosen, as far as its condition is of the kind that is drawn here. */
export function isChosen(story: WorkflowStory, place: number): boolean {
  const least = /^params\.n >= (\d+)\.0$/.exec(story.specOf(place).when ?? "")?.[1];
  return least === undefined || Number(story.row.params["n"]) >= Number(least);
}

/** Everything behind some steps, they themselves among it. */
export function withDownstream(
  story: WorkflowStory,
  places: Iterable<number>,
): ReadonlySet<number> {
  const found = new Set(places);
  for (const place of found) for (const child of story.children[place] ?? []) found.add(child);
  return found;
}
