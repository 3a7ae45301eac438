import { durationMs } from "../../src/core/duration.ts";
import {
  isWorkflowEnded,
  type WorkflowPhase,
  type WorkflowRun,
} from "../../src/core/workflow-run.ts";
import type { Commit, History } from "./history.ts";
import { attemptKey, isForgotten } from "./known-workflows.ts";
import { isSame } from "./model-records.ts";
import { hold } from "./scene.ts";
import type { WorkflowStory } from "./workflow-story.ts";

/** D1: an attempt, or an event, starts one workflow run; and none that was told to stop before. */
export function checkBirth(
  history: History,
  story: WorkflowStory,
  row: WorkflowRun,
  { nowMs }: Commit,
): void {
  const { byAttempt, byEvent, events, stopped } = history.workflows;
  const { trigger, id, version, deadlineMs } = row;
  const facts = history.workflows.factsOf(story);
  const isOfNewest = facts?.newest === story.workflow && !facts.isDeleted;
  hold("D4 begins with the newest definition", isOfNewest, () => `${id} v${row.workflowVersion}`);
  hold("D1 begins once", version <= 2, () => `${id} begins as v${version}`);
  checkDeadline(story, undefined, row, nowMs);
  hold("D4 no deadline before it begins", deadlineMs === null || row.startedMs !== null, () => id);
  if (trigger.kind === "run") {
    const key = attemptKey(trigger);
    hold("D1 one workflow run for an attempt", !byAttempt.has(key), () => `${key}: ${id}`);
    const stoppedMs = stopped.get(key);
    const isStopped = stoppedMs !== undefined && !isForgotten(stoppedMs, nowMs);
    hold("D6 no start after the stop", !isStopped, () => `${key}: ${id}`);
    byAttempt.set(key, story);
    checkNesting(history, row);
  }
  if (trigger.kind !== "event") return;
  const key = `${trigger.id} ${row.workflowId}`;
  const earlier = byEvent.get(key);
  const isOnce = earlier === undefined || isForgotten(earlier.row.createdMs, nowMs);
  hold("D1 one workflow run for an event", isOnce, () => `${key}: ${id}`);
  byEvent.set(key, story);
  events.add(`${story.shard} ${trigger.event} ${trigger.id}`);
}

/** It is one deeper than the workflow run whose step started it. */
function checkNesting(history: History, { id, trigger, nesting }: WorkflowRun): void {
  if (trigger.kind !== "run") return;
  const origin = history.runs.get(trigger.run);
  hold("D1 an attempt has started it", origin?.row.order.target.kind === "workflow", () => id);
  const cause = origin?.row.trigger;
  const above = cause?.kind === "workflow" ? cause.workflowRun : "";
  const deep = 1 + (history.workflows.storyOf(above)?.row.nesting ?? -1);
  hold("D1 as deep as it is", nesting === deep && deep <= 8, () => `${id}: ${nesting} of ${deep}`);
  if (deep > 0) reachNested(history, deep);
}

function reachNested({ scene }: History, deep: number): void {
  scene.reach("workflow run: within another");
  if (deep === 8) scene.reach("workflow run: as deep as may be");
}

const PHASES: Readonly<Record<WorkflowPhase["state"], readonly string[]>> = {
  waiting: ["waiting", "running", "ending", "compensating", "ended"],
  running: ["running", "ending", "compensating", "ended"],
  ending: ["ending", "compensating", "ended"],
  compensating: ["compensating", "ended"],
  succeeded: ["revived"],
  failed: ["revived"],
  timed_out: ["revived"],
  canceled: ["revived"],
};

/** D4 and the picture of a workflow run's life. */
export function checkRunEdge(story: WorkflowStory, row: WorkflowRun, { nowMs }: Commit): void {
  const before = story.row;
  const said = (): string =>
    `${row.id}: ${JSON.stringify(before.phase)} to ${JSON.stringify(row.phase)}`;
  hold("D4 versions rise", row.version > before.version, said);
  const { workflowId, workflowVersion, trigger, params, nesting, createdMs } = before;
  const fixed = { workflowId, workflowVersion, trigger, params, nesting, createdMs };
  hold("D4 the definition stays", isSame({ ...row, ...fixed }, row), said);
  hold("D5 revisions count up", row.revision - before.revision <= 1, said);
  const isRevised = row.revision > before.revision;
  hold("D5 revisions count up", row.revision >= before.revision, said);
  const wasEnded = isWorkflowEnded(before.phase);
  const to =
    wasEnded && isRevised ? "revived" : isWorkflowEnded(row.phase) ? "ended" : row.phase.state;
  hold("D3 legal phase", PHASES[before.phase.state].includes(to), said);
  if ("outcome" in before.phase) checkOutcome(before.phase, row.phase, said);
  checkDeadline(story, before, row, nowMs);
}

function checkOutcome(
  before: Extract<WorkflowPhase, { readonly outcome: unknown }>,
  phase: WorkflowPhase,
  said: () => string,
): void {
  const outcome = "outcome" in phase ? phase.outcome : phase.state;
  const isTurned = before.state === "ending" && outcome === "canceled";
  hold("D3 the outcome stays", outcome === before.outcome || isTurned, said);
}

/** D3: the deadline is set when it begins, put off by pauses, and by nothing else. */
function checkDeadline(
  story: WorkflowStory,
  before: WorkflowRun | undefined,
  row: WorkflowRun,
  nowMs: number,
): void {
  const fullMs = nowMs + (durationMs(story.workflow.spec.timeout) ?? 0);
  const said = (): string => `${row.id}: ${before?.deadlineMs} to ${row.deadlineMs} at ${nowMs}`;
  if (before === undefined || before.phase.state === "waiting") {
    const isBegun = row.startedMs !== null;
    hold("D3 the deadline", row.deadlineMs === (isBegun ? fullMs : null), said);
    return;
  }
  if (isWorkflowEnded(before.phase)) {
    hold("D3 the deadline of a revision", row.deadlineMs === fullMs, said);
    return;
  }
  const isLate = isTimedOut(row.phase) && !isTimedOut(before.phase);
  const isDue = (before.deadlineMs ?? Number.POSITIVE_INFINITY) <= nowMs;
  hold("D3 not timed out before its time", !isLate || isDue, said);
  hold("D3 a pause puts the deadline off", isPutOff(before, row, nowMs), said);
}

/** The deadline has moved by as long as it was paused, if a pause has ended, and else not at all. */
function isPutOff(before: WorkflowRun, row: WorkflowRun, nowMs: number): boolean {
  const isResumed = before.pausedMs !== null && row.pausedMs === null;
  // What was paused before it began has lost nothing until then.
  const sinceMs = Math.max(before.pausedMs ?? 0, before.startedMs ?? 0);
  const laterMs = (before.deadlineMs ?? 0) + nowMs - sinceMs;
  if (isResumed && row.deadlineMs === laterMs) return true;
  const mayStay = !isResumed || row.phase.state !== "running";
  return mayStay && row.deadlineMs === before.deadlineMs;
}

function isTimedOut(phase: WorkflowPhase): boolean {
  return phase.state === "timed_out" || ("outcome" in phase && phase.outcome === "timed_out");
}
