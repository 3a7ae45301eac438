import { isEnded, type Run } from "../../src/core/run.ts";
import { isStepEnded, isWorkflowEnded } from "../../src/core/workflow-run.ts";
import type { History } from "./history.ts";
import { countOf, verdictOf } from "./join-model.ts";
import { isSame } from "./model-records.ts";
import { hold } from "./scene.ts";
import { neededOf } from "./step-laws.ts";
import { checkUndone } from "./undo-laws.ts";
import type { WorkflowStory } from "./workflow-story.ts";

/** D2, D3: after each transaction, all that may go on has gone on, and nothing else. */
export function checkStanding(history: History, story: WorkflowStory): void {
  const { row, live } = story;
  const { state } = row.phase;
  const said = (): string => `${story.id} ${JSON.stringify(row.phase)}, ${live.size} live`;
  if (state === "waiting") {
    const isOnlyDecided = [...story.rows.values()].every(({ decision }) => decision !== null);
    hold("D2 who waits has begun nothing", live.size === 0 && isOnlyDecided, said);
    return;
  }
  if (state === "running") {
    checkUnderWay(history, story, said);
    return;
  }
  hold("D3 nothing goes on when it ends", story.areAllEnded, said);
  if (state === "ending") hold("D3 ends when nothing lives", live.size > 0, said);
  if (state === "compensating") {
    const isHeld = row.pausedMs !== null;
    hold("D12 one is undone at a time", live.size === 1 || (isHeld && live.size === 0), said);
  }
  if (isWorkflowEnded(row.phase)) checkOver(history, story, said);
}

function checkUnderWay({ scene }: History, story: WorkflowStory, said: () => string): void {
  const { row, live, steps } = story;
  for (const place of steps.keys()) checkPlace(story, place);
  hold("D3 ends when all has ended", live.size > 0 || !story.areAllEnded, said);
  if (row.pausedMs !== null) scene.reach("workflow run: paused");
}

function checkOver(history: History, story: WorkflowStory, said: () => string): void {
  hold("D3 nothing lives after its end", story.live.size === 0, said);
  const wasEnded = story.seen.slice(0, -1).some(({ phase }) => isWorkflowEnded(phase));
  if (!wasEnded || story.standings.size > 0) checkEnd(history, story);
}

function checkPlace(story: WorkflowStory, place: number): void {
  const state = story.stateOf(place);
  const { row } = story;
  const isHeld = row.pausedMs !== null;
  const verdict = verdictOf(story, place);
  const said = (): string => `${story.id} s${place} is ${state}, ${verdict}`;
  if (state === "pending") {
    hold("D2 starts when its join holds", verdict !== "starts" || isHeld, said);
    hold("D2 ends when it cannot start", verdict === "starts" || verdict === "open", said);
  } else if (state === "running") checkRunning(story, place);
  else if (state === "waiting") return;
  else if (story.workflow.spec.onFailure === "fail_fast")
    hold("D3 fails with its first step", state !== "failed", said);
}

/** D8: what its parts have decided is decided. */
function checkRunning(story: WorkflowStory, place: number): void {
  const { tasks, map } = story.specOf(place);
  const revision = newestOf(story, place);
  const runs = story.runsOf(place, revision).map(({ row }) => row);
  const live = runs.filter(({ phase }) => !isEnded(phase)).length;
  const said = (): string => `${story.id} s${place} r${revision}, ${live} of ${runs.length} live`;
  if (tasks === undefined && map === undefined) {
    hold("D8 ends with its run", live === 1, said);
    return;
  }
  const total = tasks?.length ?? itemsOf(story, place);
  checkUndecided(story, { place, total, runs, live }, said);
  if (story.row.pausedMs !== null) return;
  const isFull = map !== undefined && live >= (map.concurrencyMax ?? 10);
  hold("D7 as many as may are at work", runs.length === total || isFull, said);
}

function itemsOf(story: WorkflowStory, place: number): number {
  return story.rows.get(place)?.items?.length ?? 0;
}

function checkUndecided(
  story: WorkflowStory,
  of: {
    readonly place: number;
    readonly total: number;
    readonly runs: readonly Run[];
    readonly live: number;
  },
  said: () => string,
): void {
  const { place, total, runs, live } = of;
  const { complete = { mode: "all" } } = story.specOf(place);
  const needed = neededOf(complete, total);
  const good = runs.filter(({ phase }) => phase.state === "succeeded").length;
  const bad = runs.length - live - good;
  hold("D8 ends when it is decided", good < needed && total - bad >= needed, said);
}

function newestOf(story: WorkflowStory, place: number): number {
  for (let { revision } = story.row; revision > 1; revision--)
    if (story.runsOf(place, revision).length > 0) return revision;
  return 1;
}

/** D3: how it has ended follows from how its steps have. */
function checkEnd(history: History, story: WorkflowStory): void {
  const { row, steps } = story;
  const { state } = row.phase;
  const counts = [...steps.keys()].map((place) => countOf(story, place));
  const isAnyBad = counts.includes("bad");
  const said = (): string => `${row.id} ${state}: ${JSON.stringify(counts)}`;
  history.scene.reach(`workflow run: ended ${state}`);
  if (row.revision > 1) history.scene.reach(`revision: ended ${state}`);
  hold("D3 ended paused", row.pausedMs === null, said);
  if (state === "succeeded") {
    hold("D3 succeeds with its steps", !isAnyBad, said);
    hold("D3 its output", isSame(row.output, outputOf(story)), said);
  } else hold("D3 no output", row.output === null, said);
  if (state === "failed") hold("D3 fails with its steps", isAnyBad && row.error !== null, said);
  checkUndone(history, story);
  const { total, succeeded, failed, skipped, canceled } = row.counts;
  const isCounted = total === steps.length && succeeded + failed + skipped + canceled === total;
  const inFact = [...steps.keys()].filter((place) => story.stateOf(place) === "succeeded").length;
  hold("D3 its steps are counted", isCounted && succeeded === inFact, said);
}

/** What its definition says, or what its last steps gave. */
function outputOf(story: WorkflowStory): unknown {
  if (story.workflow.spec.output !== null) return { n: story.row.params["n"] };
  const given = [...story.steps.keys()]
    .filter((place) => story.children[place]?.length === 0)
    .map((place): [string, unknown] => {
      const row = story.rows.get(place);
      const isGood = row !== undefined && isStepEnded(row.state) && row.state === "succeeded";
      return [story.specOf(place).name, isGood ? row.output : null];
    });
  const [only] = given;
  return only !== undefined && given.length === 1 ? only[1] : Object.fromEntries(given);
}
