import { isEnded, type Run } from "../../src/core/run.ts";
import { isWorkflowEnded, type WorkflowRun } from "../../src/core/workflow-run.ts";
import type { Commit, History } from "./history.ts";
import { attemptKey } from "./known-workflows.ts";
import { hold } from "./scene.ts";
import type { WorkflowChange } from "./watched-workflows.ts";

/** Commands that shards have owed each other. */
export class Errands {
  /** Attempts whose workflow runs somebody has been bound to stop. */
  readonly stops = new Set<string>();
  /** Ends of workflow runs that somebody has been bound to tell, by attempt and state. */
  readonly calls = new Set<string>();
  /** Errands that were answered, by shard. */
  readonly answered = new Set<string>();
}

type ErrandChange = Extract<WorkflowChange, { readonly kind: "errand" | "errandGone" }>;

export function takeErrand(history: History, shard: number, change: ErrandChange): void {
  const { workflows, errands, scene } = history;
  const stored = workflows.errandsOf(shard);
  if (change.kind === "errandGone") {
    const said = (): string => `shard ${shard}: ${change.id}`;
    hold(
      "D6 an errand stays until it is answered",
      errands.answered.has(`${shard} ${change.id}`),
      said,
    );
    stored.delete(change.id);
    return;
  }
  const { errand } = change;
  scene.note(`stores: errand ${errand.id}`);
  stored.set(errand.id, errand);
  if (errand.kind === "workflow-run.stop") {
    errands.stops.add(attemptKey(errand.input));
    return;
  }
  const { runId, attempt, status } = errand.input;
  errands.calls.add(`${attemptKey({ run: runId, attempt })} ${status}`);
}

/** D6: what follows from a change for another shard is owed in the transaction that makes the change. */
export function checkOwed(history: History, { changes }: Commit): void {
  for (const change of changes) if (change.kind === "run") checkStopOwed(history, change.run);
  for (const { seen, isKnown } of history.workflows.touched)
    for (const [i, row] of seen.entries()) {
      const before = seen[i - 1];
      const isNew = before === undefined ? !isKnown : !isWorkflowEnded(before.phase);
      // What a person ends otherwise in one go has been told before.
      if (isNew) checkCallOwed(history, row);
    }
}

/** An attempt is over without the word of its workflow run, which may be under way. */
function checkStopOwed(history: History, run: Run): void {
  const { order, phase, attempts, cancelRequestedMs, id } = run;
  const last = attempts.at(-1);
  if (order.target.kind !== "workflow" || last === undefined) return;
  const isSilent = last.callbackDigest === null && SILENT.has(last.outcome);
  const isAsked = cancelRequestedMs !== null && !isEnded(phase);
  if (!isAsked && !(isOver(run) && isSilent)) return;
  const key = attemptKey({ run: id, attempt: last.attempt });
  history.scene.reach(`stop: owed for ${isAsked ? "a cancel" : last.outcome}`);
  hold("D6 a stop is owed", history.errands.stops.has(key), () => `${key} ${last.outcome}`);
}

/** Its newest attempt is. */
function isOver({ phase }: Run): boolean {
  return isEnded(phase) || (phase.state === "retrying" && phase.resend === 0);
}

const SILENT: ReadonlySet<string> = new Set(["timed_out", "lost", "canceled"]);

function checkCallOwed(history: History, { trigger, phase, id }: WorkflowRun): void {
  if (trigger.kind !== "run" || !isWorkflowEnded(phase)) return;
  const status = phase.state === "timed_out" ? "failed" : phase.state;
  const isOwed = history.errands.calls.has(`${attemptKey(trigger)} ${status}`);
  hold("D6 its end is told", isOwed, () => `${id} ${phase.state}`);
}

/** D6: a stop was answered. What it was for ends, and if it has not come, it never will. */
export function noteStop(
  history: History,
  stop: { readonly run: string; readonly attempt: number },
  shard: number,
): void {
  const key = attemptKey(stop);
  const { workflows, scene } = history;
  workflows.stopped.set(key, history.seenMs.get(shard) ?? 0);
  const story = workflows.byAttempt.get(key);
  scene.reach(story === undefined ? "stop: before its start" : "stop: after its start");
  if (story === undefined || story.row.revision > 1) return;
  const { state } = story.row.phase;
  const isToEnd = state !== "waiting" && state !== "running";
  hold("D6 a stop ends it", isToEnd, () => `${story.id} is ${state} after ${key}`);
}

/** At rest: the run that started a workflow run has ended as that did, unless it was over before. */
export function checkOrigins(history: History): void {
  for (const { row } of history.runs.values()) {
    if (row.order.target.kind !== "workflow") continue;
    for (const { attempt, callbackDigest, outcome } of row.attempts) {
      const key = attemptKey({ run: row.id, attempt });
      const story = history.workflows.byAttempt.get(key);
      if (callbackDigest === null) {
        hold("D6 only its workflow run ends it", outcome !== "succeeded", () => key);
        continue;
      }
      const isOf = story !== undefined && callbackDigest.startsWith(`${story.id}@`);
      hold("D6 only its workflow run ends it", isOf, () => `${key} by ${callbackDigest}`);
      history.scene.reach(`origin: ${outcome}`);
    }
  }
}
