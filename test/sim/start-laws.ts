import type { WorkflowPart } from "../../src/core/run.ts";
import { isStepEnded, isWorkflowEnded } from "../../src/core/workflow-run.ts";
import type { DeliveredStep, Delivery } from "../../src/ports/dispatcher.ts";
import type { Commit, History } from "./history.ts";
import { isChosen, verdictOf } from "./join-model.ts";
import { isSame } from "./model-records.ts";
import type { RunStory } from "./run-laws.ts";
import { hold } from "./scene.ts";
import { checkUndoStart } from "./undo-laws.ts";
import type { WorkflowStory } from "./workflow-story.ts";

/** D2, D5, D7: what a transaction has started of a workflow run. */
export function checkStarts(history: History, story: WorkflowStory, commit: Commit): void {
  for (const run of story.born) {
    const { trigger } = run.row;
    if (trigger.kind !== "workflow") continue;
    checkPinned(story, run);
    if (trigger.isCompensation) checkUndoStart(history, story, run);
    else checkStart(history, story, { run, commit });
  }
  for (const place of story.steps.keys()) checkBound(history, story, place);
}

/** D4: its run says which definition it belongs to. */
function checkPinned({ row, workflow }: WorkflowStory, { row: run }: RunStory): void {
  const { id, jobId, jobVersion, jobName, trigger } = run;
  const isOf =
    jobId === row.workflowId && jobVersion === row.workflowVersion && jobName === row.workflowName;
  hold("D4 the definition stays", isOf, () => `${id} of ${jobName} v${jobVersion}`);
  const name = trigger.kind === "workflow" ? workflow.spec.steps[trigger.step]?.name : undefined;
  const isNamed = trigger.kind === "workflow" && trigger.stepName === name;
  hold("D4 a step of its definition", isNamed, () => `${id} of ${name}`);
  const { overlap, sharding, priority } = run.order;
  const isPlain = overlap === "allow" && sharding === null && priority === workflow.spec.priority;
  hold("D4 its order is that of the workflow", isPlain, () => JSON.stringify(run.order));
}

function checkStart(
  history: History,
  story: WorkflowStory,
  { run, commit }: { readonly run: RunStory; readonly commit: Commit },
): void {
  const { trigger, order, nominalMs } = run.row;
  if (trigger.kind !== "workflow") return;
  const { step, part, revision } = trigger;
  const said = (): string => `${run.row.id}, ${story.id} s${step}.${part} r${revision}`;
  hold("D2 only a run that is under way starts steps", mayHaveStarted(story), said);
  hold("D2 due at once", nominalMs === commit.nowMs, said);
  checkRevisionOf(story, { step, part, revision }, said);
  // What a revision of the same transaction has made pending again cannot be told any more.
  if (story.standings.size === 0) checkJoin(history, story, step, said);
  checkPart(story, { step, part, revision }, said);
  const { map, workflow } = story.specOf(step);
  if (workflow !== undefined) history.scene.reach("step: starts a workflow");
  if (map === undefined) return;
  const isItsItem = isSame(order.params["item"], story.rows.get(step)?.items?.[part]);
  hold("D7 its own item", isItsItem && order.params["at"] === part, said);
}

interface Place {
  readonly step: number;
  readonly part: number;
  readonly revision: number;
}

function checkRevisionOf(
  story: WorkflowStory,
  { step, part, revision }: Place,
  said: () => string,
): void {
  const row = story.rows.get(step);
  const isOver = row !== undefined && isStepEnded(row.state) && row.revision < revision;
  hold("D5 what has ended is not done again", !isOver, said);
  const isOfNow = revision === story.row.revision || (row?.revision ?? 1) === revision;
  const isRevised = story.standings.size > 0;
  hold("D5 of a revision that there is", isRevised || isOfNow || part > 0, said);
}

function checkJoin(
  { scene }: History,
  story: WorkflowStory,
  step: number,
  said: () => string,
): void {
  const verdict = verdictOf(story, step);
  hold("D2 its join held", verdict === "starts", () => `${said()}: ${verdict}`);
  hold("D2 its condition held", isChosen(story, step), said);
  scene.reach(`join: ${joinName(story, step)}`);
}

function joinName(story: WorkflowStory, step: number): string {
  const { join = "all", after = [] } = story.specOf(step);
  if (after.length === 0) return "none";
  return typeof join === "string" ? join : "count";
}

/** It was under way before the transaction, or somewhere within it. */
function mayHaveStarted({ seen, isKnown }: WorkflowStory): boolean {
  return seen.some(({ phase, pausedMs, revision }, i) => {
    if (phase.state === "running" && pausedMs === null) return true;
    const before = seen[i - 1];
    if (before === undefined) return !isKnown && phase.state !== "waiting";
    const hasBegun = before.phase.state === "waiting" && phase.state !== "waiting";
    const isResumed = before.pausedMs !== null && pausedMs === null;
    return hasBegun || isResumed || revision > before.revision;
  });
}

/** A step has the parts that its definition says, and they begin in their order. */
function checkPart(
  story: WorkflowStory,
  { step, part, revision }: Place,
  said: () => string,
): void {
  const total = partsOf(story, step);
  const isThere = total === null ? part === -1 : part >= 0 && part < total;
  hold("D1 a part that there is", isThere, said);
  if (part < 1) return;
  const isNext = story.runOf({ step, part: part - 1, revision }) !== undefined;
  hold("D7 parts begin in their order", isNext, said);
}

/** Null where a step has one run. */
function partsOf(story: WorkflowStory, step: number): number | null {
  const { tasks, map } = story.specOf(step);
  if (map !== undefined) return story.rows.get(step)?.items?.length ?? 0;
  return tasks?.length ?? null;
}

/** D7: no more items at work than the map lets. */
function checkBound(history: History, story: WorkflowStory, place: number): void {
  const { map } = story.specOf(place);
  if (map === undefined) return;
  const { concurrencyMax = 10 } = map;
  const live = new Map<number, number>();
  for (const { row } of story.live) {
    const { trigger } = row;
    if (trigger.kind !== "workflow" || trigger.isCompensation || trigger.step !== place) continue;
    live.set(trigger.revision, (live.get(trigger.revision) ?? 0) + 1);
  }
  for (const [revision, count] of live) {
    const said = (): string => `${story.id} s${place} r${revision}: ${count} of ${concurrencyMax}`;
    hold("D7 the bound of a map", count <= concurrencyMax, said);
    if (count === concurrencyMax) history.scene.reach("map: as many as may");
  }
}

/** D2: a delivery of a step leaves only while its workflow run is under way, and says what it is. */
export function checkStepLeaves(history: History, delivery: Delivery): void {
  const trigger = history.runs.get(delivery.runId)?.row.trigger;
  const { workflow } = delivery;
  const said = (): string => `${delivery.runId}: ${JSON.stringify(workflow)}`;
  if (trigger?.kind !== "workflow") {
    hold("D2 a delivery of no step", workflow === null, said);
    return;
  }
  const story = history.workflows.storyOf(trigger.workflowRun);
  hold("D2 a delivery of a workflow run", story !== undefined, said);
  if (story === undefined) return;
  const { phase, context } = story.row;
  const { isCompensation, step, revision } = trigger;
  const where = (): string => `${said()} while ${JSON.stringify(phase)}`;
  const wanted = isCompensation ? "compensating" : "running";
  hold("D2 nothing leaves of what is over", phase.state === wanted, where);
  const isOver = !isCompensation && isPast(story, step, revision);
  hold("D2 nothing leaves of an older revision", !isOver, where);
  hold("D11 a delivery says what it is for", isSame(workflow, toldOf(trigger, context)), said);
}

function toldOf(trigger: WorkflowPart, context: DeliveredStep["context"]): DeliveredStep {
  const { stepName, part, revision, isCompensation, workflowRun } = trigger;
  const index = part === -1 ? null : part;
  return { run: workflowRun, step: stepName, revision, part: index, isCompensation, context };
}

/** Its step has been made pending again since. */
function isPast(story: WorkflowStory, step: number, revision: number): boolean {
  const row = story.rows.get(step);
  return row !== undefined && row.revision > revision && !isWorkflowEnded(story.row.phase);
}
