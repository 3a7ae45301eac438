import { isEnded } from "../../src/core/run.ts";
import { durationMs } from "../../src/core/duration.ts";
import {
  isStepEnded,
  isWorkflowEnded,
  type StepRow,
  type StepState,
  type WorkflowPhase,
  type WorkflowRun,
} from "../../src/core/workflow-run.ts";
import type { Workflow } from "../../src/core/workflow.ts";
import { takeErrand } from "./errand-laws.ts";
import type { Commit, History } from "./history.ts";
import { attemptKey, isForgotten, versionKey } from "./known-workflows.ts";
import { isSame, stepKey } from "./model-records.ts";
import { checkLeft } from "./leaving-laws.ts";
import type { RunStory } from "./run-laws.ts";
import { hold } from "./scene.ts";
import type { WorkflowChange } from "./watched-workflows.ts";
import { refKey, WorkflowStory } from "./workflow-story.ts";

/** Before the changes of a transaction are looked at: workflow runs come after their first steps in it. */
export function openWorkflows(history: History, commit: Commit): void {
  const { workflows } = history;
  for (const change of commit.changes) {
    if (change.kind === "workflow") takeWorkflow(history, commit.shard, change.workflow);
    if (change.kind !== "workflowRun" || workflows.stories.has(change.workflowRun.id)) continue;
    const row = change.workflowRun;
    const key = versionKey({ id: row.workflowId, version: row.workflowVersion });
    const workflow = workflows.versions.get(key);
    hold("D4 a run has a definition", workflow !== undefined, () => `${row.id} of ${key}`);
    if (workflow !== undefined)
      workflows.stories.set(row.id, new WorkflowStory(row, workflow, commit.shard));
  }
}

function takeWorkflow(history: History, shard: number, workflow: Workflow): void {
  const { versions, facts } = history.workflows;
  const { id, version, spec } = workflow;
  history.scene.note(`stores: workflow ${spec.name} v${version}`);
  const known = facts.get(id);
  const isNext = version === (known?.newest.version ?? 0) + 1 && known?.isDeleted !== true;
  hold("D4 versions count up", isNext, () => `${spec.name} v${version}`);
  versions.set(versionKey(workflow), workflow);
  if (known === undefined)
    facts.set(id, {
      shard,
      newest: workflow,
      isDeleted: false,
      started: new Set(),
      waiting: new Set(),
    });
  else known.newest = workflow;
}

export function takeWorkflowChange(history: History, commit: Commit, change: WorkflowChange): void {
  const { workflows, scene } = history;
  switch (change.kind) {
    case "workflow":
      return; // Taken before the others.
    case "workflowGone": {
      const facts = workflows.facts.get(change.id);
      if (facts !== undefined) facts.isDeleted = true;
      scene.note(`stores: workflow ${change.id} deleted`);
      return;
    }
    case "workflowRun":
      takeWorkflowRun(history, commit, change.workflowRun);
      return;
    case "workflowRunGone":
      checkLeft(history, commit, change.id);
      return;
    case "step":
      takeStep(history, commit, change.row);
      return;
    case "event": {
      const { workflowRun, seq, name } = change.event;
      scene.note(`stores: event ${seq} ${name} of ${workflowRun}`);
      storyOf(history, workflowRun).events.push(change.event);
      return;
    }
    default:
      takeErrand(history, commit.shard, change);
  }
}

/** The story of something that was written about a workflow run. */
function storyOf(history: History, workflowRun: string): WorkflowStory {
  const story = history.workflows.storyOf(workflowRun);
  hold("D1 what belongs to a workflow run", story !== undefined, () => workflowRun);
  if (story === undefined) throw new Error("unreachable");
  history.workflows.touched.add(story);
  if (story.seen.length === 0 && story.isKnown) story.seen.push(story.row);
  return story;
}

/** D1: each part of each revision of each step has one run, and is made once. */
export function takePart(history: History, run: RunStory, isNew: boolean): void {
  const { trigger, id } = run.row;
  if (trigger.kind !== "workflow") return;
  const story = storyOf(history, trigger.workflowRun);
  const key = refKey(trigger);
  const known = story.runs.get(key);
  hold("D1 one run each", known === undefined || known === run, () => `${story.id} ${key}: ${id}`);
  story.stand(trigger.revision);
  story.runs.set(key, run);
  if (isNew) story.born.push(run);
  if (isEnded(run.row.phase)) story.live.delete(run);
  else story.live.add(run);
}

function takeWorkflowRun(history: History, commit: Commit, row: WorkflowRun): void {
  const { workflows, scene } = history;
  const { id, phase, trigger } = row;
  scene.note(`stores: workflow run ${id} v${row.version} ${phase.state} r${row.revision}`);
  scene.reach(`workflow run: ${phase.state}`);
  const story = storyOf(history, id);
  if (!story.isKnown && story.seen.length === 0) checkBirth(history, story, row, commit);
  else checkRunEdge(story, row, commit);
  story.stand(row.revision);
  story.take(row);
  story.isGone = false;
  const facts = workflows.factsOf(story);
  facts?.waiting.delete(story);
  facts?.started.delete(story);
  if (phase.state === "waiting") facts?.waiting.add(story);
  else if (!isWorkflowEnded(phase)) facts?.started.add(story);
  if (isWorkflowEnded(phase)) scene.reach(`workflow run: ended by ${trigger.kind}`);
  // What started it may hear of its success from now on.
  if (phase.state === "succeeded" && trigger.kind === "run")
    history.evidence.saysSuccess({ runId: trigger.run, attempt: trigger.attempt }, row.output);
}

/** D1: an attempt, or an event, starts one workflow run; and none that was told to stop before. */
function checkBirth(
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
  const origin = history.runs.get(trigger.run)?.row;
  hold("D1 an attempt has started it", origin?.order.target.kind === "workflow", () => id);
  const cause = origin?.trigger;
  const above = cause?.kind === "workflow" ? history.workflows.storyOf(cause.workflowRun) : undefined;
  const deep = above === undefined ? 0 : above.row.nesting + 1;
  hold("D1 as deep as it is", nesting === deep && deep <= 8, () => `${id}: ${nesting} of ${deep}`);
  if (deep > 0) history.scene.reach("workflow run: within another");
  if (deep === 8) history.scene.reach("workflow run: as deep as may be");
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
function checkRunEdge(story: WorkflowStory, row: WorkflowRun, { nowMs }: Commit): void {
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
  const to = wasEnded && isRevised ? "revived" : isWorkflowEnded(row.phase) ? "ended" : row.phase.state;
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
  const wasBegun = before !== undefined && before.phase.state !== "waiting";
  if (!wasBegun) {
    const isBegun = row.startedMs !== null;
    hold("D3 the deadline", row.deadlineMs === (isBegun ? fullMs : null), said);
    return;
  }
  if (isWorkflowEnded(before.phase)) {
    hold("D3 the deadline of a revision", row.deadlineMs === fullMs, said);
    return;
  }
  const timedOutMs = before.deadlineMs ?? Number.POSITIVE_INFINITY;
  const isLate = isTimedOut(row.phase) && !isTimedOut(before.phase);
  hold("D3 not timed out before its time", !isLate || timedOutMs <= nowMs, said);
  const isResumed = before.pausedMs !== null && row.pausedMs === null;
  // What was paused before it began has lost nothing until then.
  const laterMs = timedOutMs + nowMs - Math.max(before.pausedMs ?? 0, before.startedMs ?? 0);
  if (isResumed && row.deadlineMs === laterMs) return;
  const mayStay = !isResumed || row.phase.state !== "running";
  hold("D3 a pause puts the deadline off", mayStay && row.deadlineMs === before.deadlineMs, said);
}

function isTimedOut(phase: WorkflowPhase): boolean {
  return phase.state === "timed_out" || ("outcome" in phase && phase.outcome === "timed_out");
}

const EDGES: Readonly<Record<StepState, readonly StepState[]>> = {
  pending: ["running", "waiting", "succeeded", "failed", "skipped", "canceled"],
  running: ["succeeded", "failed", "skipped", "canceled"],
  waiting: ["succeeded", "failed", "skipped", "canceled"],
  succeeded: [],
  failed: [],
  skipped: [],
  canceled: [],
};

function takeStep(history: History, commit: Commit, row: StepRow): void {
  const { workflowRun, step, part, state, revision, version } = row;
  const story = storyOf(history, workflowRun);
  history.scene.note(`stores: step ${stepKey(row)} v${version} ${state} r${revision}`);
  const key = `${step}/${part}`;
  const known = part === -1 ? story.rows.get(step) : story.parts.get(key);
  // One that comes back from the records brings its rows along.
  if (known !== undefined && isSame(known, row)) return;
  story.stand(revision);
  if (known !== undefined) checkStepEdge(known, row);
  if (part !== -1) {
    hold("D8 only ends of parts are rows", isStepEnded(state), () => stepKey(row));
    story.parts.set(key, row);
    return;
  }
  history.scene.reach(`step: ${state}`);
  if (row.compensation !== null) history.scene.reach(`undo: ${row.compensation.state}`);
  if (row.decision !== null) history.scene.reach(`decision: ${row.decision.action}`);
  const isEnd = isStepEnded(state);
  const isNewEnd = known === undefined || !isStepEnded(known.state) || known.revision < revision;
  if (isEnd && isNewEnd) story.endedIn.set(step, commit);
  story.rows.set(step, row);
  if (isNewEnd) story.written.add(step);
}

/** D8: a step ends once in a revision. */
function checkStepEdge(known: StepRow, row: StepRow): void {
  const said = (): string => `${stepKey(row)}: ${JSON.stringify(known)} to ${JSON.stringify(row)}`;
  hold("D8 versions rise", row.version > known.version, said);
  hold("D5 revisions count up", row.revision >= known.revision, said);
  if (row.revision > known.revision) return;
  const { compensation, version } = row;
  if (isStepEnded(known.state) && row.part === -1) {
    hold("D8 ends once", isSame({ ...known, compensation, version }, row), said);
    const [from, to] = [known.compensation?.state, compensation?.state];
    const isEdge = from === undefined ? to !== undefined : from === "running" && to !== "running";
    hold("D8 undone once", isEdge, said);
    return;
  }
  const isPendingAgain = known.state === "pending" && row.state === "pending";
  hold("D8 ends once", EDGES[known.state].includes(row.state) && !isPendingAgain, said);
}
