import { isWorkflowEnded, type WorkflowRun } from "../../src/core/workflow-run.ts";
import type { Commit, History } from "./history.ts";
import type { WorkflowFacts } from "./known-workflows.ts";
import { hold } from "./scene.ts";
import type { WorkflowStory } from "./workflow-story.ts";

/** What a transaction has done to the line of one workflow. */
interface Moved {
  /** Runs that have begun in it. */
  readonly begun: readonly WorkflowStory[];
  readonly born: readonly WorkflowStory[];
  /** It has brought back a run, or made one that need not keep to the policy. */
  readonly isWaived: boolean;
}

/** D10: how many runs of a workflow are under way, and whose turn is next. */
export function checkLines(history: History, commit: Commit): void {
  const { workflows } = history;
  const touched = new Set<WorkflowFacts>();
  for (const story of workflows.touched) {
    const facts = workflows.factsOf(story);
    if (facts !== undefined) touched.add(facts);
  }
  const isChanged = commit.changes.some(
    ({ kind }) => kind === "workflow" || kind === "workflowGone",
  );
  for (const facts of touched) {
    const moved = movedIn(history, facts);
    checkNobodyWaits(history, facts);
    if (!isChanged) checkRoom(facts, moved);
    checkTurns(history, facts, moved);
    if (!isChanged && !moved.isWaived) checkPolicy(history, facts, moved);
  }
}

function movedIn({ workflows }: History, facts: WorkflowFacts): Moved {
  const own = [...workflows.touched].filter((story) => workflows.factsOf(story) === facts);
  const born = own.filter(({ isKnown }) => !isKnown);
  const begun = own.filter((story) => hasBegun(story));
  const isRevived = own.some(
    ({ seen }) => seen.slice(0, -1).some((row) => isOver(row)) && seen.some((row) => !isOver(row)),
  );
  return { begun, born, isWaived: isRevived || born.some(({ id }) => workflows.waived.has(id)) };
}

function isOver({ phase }: WorkflowRun): boolean {
  return isWorkflowEnded(phase);
}

function hasBegun({ seen, isKnown, row }: WorkflowStory): boolean {
  const wasWaiting = !isKnown || seen[0]?.phase.state === "waiting";
  return wasWaiting && row.startedMs !== null;
}

function limitOf({ newest, isDeleted }: WorkflowFacts): number {
  const { concurrency, overlap } = newest.spec;
  if (isDeleted) return Number.POSITIVE_INFINITY;
  return concurrency ?? (overlap === "allow" ? Number.POSITIVE_INFINITY : 1);
}

function said({ newest, started, waiting }: WorkflowFacts): () => string {
  return () => `${newest.spec.name}: ${started.size} have begun, ${waiting.size} wait`;
}

/** No more than may have begun; who waives the policy still keeps to the number. */
function checkRoom(facts: WorkflowFacts, { begun, isWaived }: Moved): void {
  if (begun.length === 0 || isWaived) return;
  hold("D10 as many as may", facts.started.size <= limitOf(facts), said(facts));
}

/** Whoever waits waits for others, or because he is paused. */
function checkNobodyWaits({ scene }: History, facts: WorkflowFacts): void {
  const { started, waiting } = facts;
  const ready = [...waiting].filter(({ row }) => row.pausedMs === null);
  if (waiting.size > 0) scene.reach("workflow run: in line");
  hold(
    "D10 nobody waits in vain",
    ready.length === 0 || started.size >= limitOf(facts),
    said(facts),
  );
}

/** First in, first out. */
function checkTurns({ workflows, scene }: History, facts: WorkflowFacts, { begun }: Moved): void {
  for (const story of begun) {
    if (!story.isKnown || workflows.waived.has(story.id)) continue;
    scene.reach("workflow run: its turn has come");
    for (const other of facts.waiting) {
      const isFirst = isBefore(story.row, other.row) || other.row.pausedMs !== null;
      hold("D10 first in, first out", isFirst, () => `${story.id} before ${other.id}`);
    }
  }
}

function isBefore(a: WorkflowRun, b: WorkflowRun): boolean {
  return a.createdMs < b.createdMs || (a.createdMs === b.createdMs && a.id < b.id);
}

/** What the policy says of one more run. */
function checkPolicy({ scene }: History, facts: WorkflowFacts, { born }: Moved): void {
  const [story] = born;
  if (story === undefined || facts.isDeleted) return;
  const { started, waiting, newest } = facts;
  const { overlap } = newest.spec;
  const all = started.size + waiting.size;
  if (overlap === "skip") hold("D10 skip", all <= limitOf(facts), said(facts));
  if (overlap === "buffer_one") hold("D10 one waits", all <= limitOf(facts) + 1, said(facts));
  if (overlap !== "cancel_other" || born.length > 1) return;
  for (const other of [...started, ...waiting]) {
    if (other === story) continue;
    scene.reach("workflow run: canceled for another");
    const isTold = other.row.phase.state === "ending" || other.row.phase.state === "compensating";
    hold("D10 the others are canceled", isTold, () => `${other.id} beside ${story.id}`);
  }
}

/** D1: an event that was taken has started each workflow that it is for. */
export function checkEvents(history: History, { shard }: Commit): void {
  const { workflows } = history;
  for (const { eventId, workflowIds, shard: at } of workflows.expected) {
    if (at !== shard) continue;
    for (const workflowId of workflowIds) {
      const isStarted = workflows.byEvent.has(`${eventId} ${workflowId}`);
      hold("D1 an event starts each workflow", isStarted, () => `${eventId} ${workflowId}`);
      history.scene.reach("event: starts a workflow");
    }
  }
}
