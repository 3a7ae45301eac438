import { isEnded, type Run } from "../core/run.ts";
import { isWorkflowEnded, type WorkflowRun } from "../core/workflow-run.ts";
import type { Errand } from "../ports/shard-storage.ts";

/**
 * The errand that follows from a change of a run whose target is a workflow: an attempt that is over in another
 * way than by the word of the workflow run stops it. Null when nothing is owed, or was owed before.
 */
export function stopOwed(before: Run | undefined, run: Run): Errand | null {
  const { target } = run.order;
  const last = run.attempts.at(-1);
  if (target.kind !== "workflow" || last === undefined) return null;
  if ((before?.cancelRequestedMs ?? null) !== null || !(isAsked(run) || isLetGo(before, run)))
    return null;
  const { attempt } = last;
  return {
    id: `stop:${run.id}#${attempt}`,
    createdMs: last.answeredMs ?? last.sentMs,
    kind: "workflow-run.stop",
    input: {
      namespace: run.namespace,
      workflow: target.workflow,
      run: run.id,
      attempt,
      reason: run.cancelReason ?? `Attempt ${attempt} of run ${run.id} is over: ${last.outcome}.`,
    },
  };
}

/** Whether it is to stop, and waits for the workflow run to say that it has. */
function isAsked({ phase, cancelRequestedMs }: Run): boolean {
  return cancelRequestedMs !== null && !isEnded(phase);
}

/** Whether its newest attempt is over with this change, and nobody has told the workflow run. */
function isLetGo(before: Run | undefined, run: Run): boolean {
  const wasOver = before !== undefined && isOver(before);
  return isOver(run) && !wasOver && mayGoOn(run);
}

/** Whether its newest attempt cannot become anything else any more. */
function isOver({ phase }: Run): boolean {
  return isEnded(phase) || (phase.state === "retrying" && phase.resend === 0);
}

/** Whether the workflow run of its newest attempt may be under way. One that was refused never began. */
function mayGoOn({ attempts }: Run): boolean {
  const last = attempts.at(-1);
  if (last === undefined || last.callbackDigest !== null) return false;
  return last.outcome === "timed_out" || last.outcome === "lost" || last.outcome === "canceled";
}

/** What a workflow run that has ended owes the run that started it; null when no run did. */
export function callbackOwed(run: WorkflowRun): Errand | null {
  const { trigger, phase } = run;
  if (trigger.kind !== "run" || !isWorkflowEnded(phase)) return null;
  const isCanceled = phase.state === "canceled";
  return {
    id: `call:${run.id}@${run.version}`,
    shard: trigger.shard,
    createdMs: phase.endedMs,
    kind: "run.callback",
    input: {
      runId: trigger.run,
      attempt: trigger.attempt,
      status: phase.state === "timed_out" ? "failed" : phase.state,
      result: phase.state === "succeeded" ? run.output : null,
      resultTruncated: false,
      context: null,
      error: isCanceled ? canceledError(run) : run.error,
      // What a person canceled is not begun again by itself.
      retry: !isCanceled,
      digest: `${run.id}@${run.version}`,
    },
  };
}

export function canceledError({ id, cancelReason }: WorkflowRun) {
  const why = cancelReason === null ? "." : `: ${cancelReason}`;
  return { message: `Workflow run ${id} was canceled${why}`, code: "workflow.canceled" };
}
