import { durationMs } from "../../src/core/duration.ts";
import { isEnded } from "../../src/core/run.ts";
import type { Json } from "../../src/core/json.ts";
import type { StepRow } from "../../src/core/workflow-run.ts";
import type { ApprovalSpec, WaitSpec } from "../../src/core/workflow.ts";
import type { Commit, History } from "./history.ts";
import { isChosen, verdictOf } from "./join-model.ts";
import { isSame } from "./model-records.ts";
import type { RunStory } from "./run-laws.ts";
import { hold } from "./scene.ts";
import { partOf, type WorkflowStory } from "./workflow-story.ts";

/** D9: each step that a transaction has ended has ended for a reason that can be seen. */
export function checkStepEnds(history: History, story: WorkflowStory, commit: Commit): void {
  for (const place of story.written) {
    const row = story.rows.get(place);
    if (row === undefined || row.order === 0) continue;
    const ended: Ended = { history, story, row, commit };
    if (row.decision !== null) checkDecision(ended);
    else if (row.state === "skipped") checkSkipped(ended);
    else if (row.state === "canceled") checkCanceled(ended);
    else checkWork(ended);
  }
  checkOrders(story);
}

interface Ended {
  readonly history: History;
  readonly story: WorkflowStory;
  readonly row: StepRow;
  readonly commit: Commit;
}

const said =
  ({ row, story }: Ended) =>
  (): string =>
    `${story.id} ${JSON.stringify(row)}`;

/** Compensation goes backwards by it, so no two are the same. */
function checkOrders(story: WorkflowStory): void {
  const orders = [...story.rows.values()].map(({ order }) => order).filter((order) => order > 0);
  hold("D8 ends are counted", new Set(orders).size === orders.length, () => story.id);
}

function checkDecision(ended: Ended): void {
  const { row, story } = ended;
  const states = { approve: "succeeded", reject: "failed", skip: "skipped", succeed: "succeeded" };
  const { action } = row.decision ?? { action: "skip" };
  const isAsked = action === "skip" || action === "succeed";
  const mayBe = isAsked || story.specOf(row.step).approval !== undefined;
  hold("D9 as it was decided", mayBe && row.state === states[action], said(ended));
  hold("D9 as it was decided", row.isPassed === (action === "skip"), said(ended));
}

function checkSkipped(ended: Ended): void {
  const { row, story } = ended;
  const verdict = verdictOf(story, row.step, row.order);
  const isNotChosen = verdict === "starts" && !isChosen(story, row.step);
  hold("D9 skipped by rule", !row.isPassed, said(ended));
  hold("D9 skipped by rule", isNotChosen || verdict === "skipped", said(ended));
}

function checkCanceled(ended: Ended): void {
  const { row, story } = ended;
  const single = story.runOf({ step: row.step, part: -1, revision: row.revision });
  const isByHand = single?.row.phase.state === "canceled";
  const isStopped = story.row.phase.state !== "running" || story.standings.size > 0;
  const isNever = verdictOf(story, row.step, row.order) === "canceled";
  hold("D9 canceled for a reason", isByHand || isStopped || isNever, said(ended));
}

/** It has succeeded or failed by itself: its work says so. */
function checkWork(ended: Ended): void {
  const { story, row } = ended;
  const { run, workflow, tasks, map, sleep, waitFor, approval } = story.specOf(row.step);
  if (tasks !== undefined || map !== undefined) checkSeveral(ended);
  else if (run !== undefined || workflow !== undefined) checkSingle(ended);
  else if (waitFor !== undefined) checkWait(ended, waitFor);
  else if (approval !== undefined) checkSilence(ended, approval);
  else {
    const isGood = row.state === "succeeded" && row.output === null;
    const isLong = sleep === undefined || hasLasted(row, sleep);
    hold("D9 a sleep lasts, a gate does not", isGood && isLong, said(ended));
  }
}

function checkSilence(ended: Ended, { timeout, onTimeout = "reject" }: ApprovalSpec): void {
  const isApproved = ended.row.state === "succeeded";
  const isRight = isApproved === (onTimeout === "approve") && hasLasted(ended.row, timeout);
  hold("D9 silence has an answer", isRight, said(ended));
}

function hasLasted({ startedMs, endedMs }: StepRow, span: string | undefined): boolean {
  const spanMs = span === undefined ? undefined : durationMs(span);
  if (spanMs === undefined || startedMs === null || endedMs === null) return false;
  return endedMs >= startedMs + spanMs;
}

function checkWait(ended: Ended, waitFor: WaitSpec): void {
  const { story, row } = ended;
  if (row.state === "failed") {
    hold("D9 a wait lasts", hasLasted(row, waitFor.timeout), said(ended));
    return;
  }
  const isThere = story.events.some(({ name, data }) => {
    const isMatched = waitFor.match === undefined || Number(numberIn(data)) >= 5;
    return name === waitFor.event && isMatched && isSame(data, row.output);
  });
  hold("D9 an event that came", isThere, said(ended));
}

function numberIn(data: Json): Json {
  return typeof data === "object" && data !== null && "n" in data ? (data["n"] ?? null) : null;
}

/** D9: what its run said, in the revision that the row names: an answer of another one changes nothing. */
function checkSingle(ended: Ended): void {
  const { story, row } = ended;
  const { step, revision, state, output } = row;
  const run = story.runOf({ step, part: -1, revision })?.row;
  hold("D9 its own run has ended", run !== undefined && isEnded(run.phase), said(ended));
  if (run === undefined) return;
  const isSuccess = run.phase.state === "succeeded";
  hold("D9 as its run has", isSuccess === (state === "succeeded"), said(ended));
  if (!isSuccess) return;
  hold("D9 its output is that of its run", isSame(output, run.result), said(ended));
  checkShared(ended, run.result);
}

/** D11: what an answer lays over the shared context is there from then on. */
function checkShared({ history, story, row }: Ended, result: Json): void {
  if (typeof result !== "object" || result === null || !("shared" in result)) return;
  if (result["shared"] !== row.name || story.standings.size > 0) return;
  // A workflow gives what a step of its own has given.
  if (story.specOf(row.step).workflow !== undefined) return;
  history.scene.reach("context: shared");
  const word = story.row.context[row.name];
  const isKept = story.written.size > 1 || word === result["by"];
  hold("D11 the context is kept", isKept && word !== undefined, () => `${story.id} ${row.name}`);
}

/** D7, D9: tasks and items decide by their rule, and their outputs are in their order. */
function checkSeveral(ended: Ended): void {
  const { history, story, row } = ended;
  const { step, revision, state, output, items } = row;
  const { tasks, complete = { mode: "all" } } = story.specOf(step);
  if (tasks === undefined && items === null) {
    hold("D9 an empty map", state === "succeeded" && isSame(output, []), said(ended));
    history.scene.reach("map: empty");
    return;
  }
  const total = tasks?.length ?? items?.length ?? 0;
  const runs = story.runsOf(step, revision);
  const isDecided = wasDecided(runs, { state, total, needed: neededOf(complete, total) });
  hold("D9 several decide by their rule", isDecided, said(ended));
  history.scene.reach(`several: ${complete.mode} ${state}`);
  if (state === "succeeded") checkOutputs(ended, runs, total);
}

function wasDecided(
  runs: readonly RunStory[],
  of: { readonly state: string; readonly total: number; readonly needed: number },
): boolean {
  const { state, total, needed } = of;
  const ended = runs.filter(({ row }) => isEnded(row.phase));
  const good = ended.filter(({ row }) => row.phase.state === "succeeded").length;
  if (state === "succeeded") return good >= needed;
  return total - (ended.length - good) < needed;
}

function checkOutputs(ended: Ended, runs: readonly RunStory[], total: number): void {
  const { story, row, commit } = ended;
  const { map } = story.specOf(row.step);
  const outputs = Array.from({ length: total }, (_, part) => outputOf(ended, { runs, part }));
  const wanted = map === undefined ? laidOver(outputs) : outputs;
  // Which of those that end together count is the machine's to say: all that it took are of runs that say so.
  const isOne = runs.filter((run) => run.endedIn === commit).length <= 1;
  const isRight = !isOne || isSame(row.output, wanted);
  hold("D7 outputs in their order", isRight, () => JSON.stringify([row, wanted]));
  if (map !== undefined) checkEach(ended, runs);
}

/** Whatever a map gives stands where its item does. */
function checkEach(ended: Ended, runs: readonly RunStory[]): void {
  const { output } = ended.row;
  const outputs: readonly Json[] = Array.isArray(output) ? output : [];
  for (const [part, given] of outputs.entries()) {
    const run = runs.find((each) => partOf(each) === part);
    const isIts = given === null || isSame(given, run?.row.result);
    hold("D7 outputs in their order", isIts, said(ended));
  }
}

function outputOf(
  { story, row }: Ended,
  { runs, part }: { readonly runs: readonly RunStory[]; readonly part: number },
): Json {
  const run = runs.find((each) => partOf(each) === part);
  const kept = story.parts.get(`${row.step}/${part}`);
  const isCounted = kept?.revision === row.revision && kept.state === "succeeded";
  return run?.row.phase.state === "succeeded" && isCounted ? run.row.result : null;
}

function laidOver(outputs: readonly Json[]): Json {
  const objects = outputs.filter(
    (output) => typeof output === "object" && output !== null && !Array.isArray(output),
  );
  return Object.assign({}, ...objects);
}

export function neededOf(
  complete: { readonly mode: string; readonly count?: number },
  total: number,
): number {
  if (complete.mode === "count") return complete.count ?? 0;
  return complete.mode === "any" ? 1 : total;
}
