import { isStepEnded } from "../../src/core/workflow-run.ts";
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

/** When a step starts, told anew from the rows of its parents. */
export function verdictOf(story: WorkflowStory, place: number): Verdict {
  const { join = "all" } = story.specOf(place);
  const counts = story.parentsOf(place).map((parent) => countOf(story, parent));
  const of = (wanted: string | undefined): number =>
    counts.filter((count) => count === wanted).length;
  const [ok, bad, open] = [of("ok"), of("bad"), of(undefined)];
  const never = bad > 0 ? "canceled" : "skipped";
  if (counts.length === 0) return "starts";
  if (join === "all_done") return open > 0 ? "open" : "starts";
  if (join === "all") {
    if (bad > 0) return "canceled";
    if (open > 0) return "open";
    return ok > 0 ? "starts" : "skipped";
  }
  const needed = join === "any" ? 1 : join.count;
  if (ok >= needed) return "starts";
  return ok + open >= needed ? "open" : never;
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
