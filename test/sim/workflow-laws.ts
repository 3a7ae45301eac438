import { unreachable } from "../../src/core/assert.ts";
import { isEnded } from "../../src/core/run.ts";
import {
  isStepEnded,
  isWorkflowEnded,
  type StepRow,
  type StepState,
  type WorkflowRun,
} from "../../src/core/workflow-run.ts";
import type { Workflow } from "../../src/core/workflow.ts";
import { takeErrand } from "./errand-laws.ts";
import type { Commit, History } from "./history.ts";
import { versionKey, type WorkflowFacts } from "./known-workflows.ts";
import { isSame, stepKey } from "./model-records.ts";
import { checkLeft } from "./leaving-laws.ts";
import type { RunStory } from "./run-laws.ts";
import { hold } from "./scene.ts";
import type { WorkflowChange } from "./watched-workflows.ts";
import { checkBirth, checkRunEdge } from "./workflow-life-laws.ts";
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
      takeStep(history, change.row);
      return;
    case "event": {
      const { workflowRun, seq, name } = change.event;
      scene.note(`stores: event ${seq} ${name} of ${workflowRun}`);
      storyOf(history, workflowRun).events.push(change.event);
      return;
    }
    case "errand":
    case "errandGone":
      takeErrand(history, commit.shard, change);
      return;
    default:
      unreachable(change);
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
  stand(workflows.factsOf(story), story);
  if (isWorkflowEnded(phase)) scene.reach(`workflow run: of ${trigger.kind} has ended`);
  // What started it may hear of its success from now on.
  if (phase.state === "succeeded" && trigger.kind === "run")
    history.evidence.saysSuccess({ runId: trigger.run, attempt: trigger.attempt }, row.output);
}

/** Where it is in the line of its workflow. */
function stand(facts: WorkflowFacts | undefined, story: WorkflowStory): void {
  const { phase } = story.row;
  facts?.waiting.delete(story);
  facts?.started.delete(story);
  if (phase.state === "waiting") facts?.waiting.add(story);
  else if (!isWorkflowEnded(phase)) facts?.started.add(story);
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

function takeStep(history: History, row: StepRow): void {
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
  reachStep(history, row);
  story.rows.set(step, row);
  const wasEnded = known !== undefined && isStepEnded(known.state);
  if (!wasEnded || known.revision < revision) story.written.add(step);
}

function reachStep({ scene }: History, { state, compensation, decision }: StepRow): void {
  scene.reach(`step: ${state}`);
  if (compensation !== null) scene.reach(`undo: ${compensation.state}`);
  if (decision !== null) scene.reach(`decision: ${decision.action}`);
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
