import type { WorkflowRun } from "../core/workflow-run.ts";
import type { CommandInput, CommandOutput, Idempotency } from "../ports/shard-client.ts";
import { rememberReply } from "./idempotency.ts";
import type { ShardState } from "./shard-state.ts";

/** Names the start of a workflow run by one attempt of a run: whoever repeats it gets the same answer. */
export function startKey(run: string, attempt: number): Idempotency {
  return { key: `start:${run}#${attempt}`, bodyHash: "start" };
}

/**
 * An attempt is over whose workflow run has not come here: when it does, it is answered as if it had been canceled
 * before, and does not start. False when it has come and gone.
 */
export function keepRefusedStart(
  state: ShardState,
  id: string,
  stop: CommandInput<"workflow-run.stop">,
  nowMs: number,
): boolean {
  const idempotency = startKey(stop.run, stop.attempt);
  if (state.storage.getIdempotency(idempotency.key) !== undefined) return false;
  const value: CommandOutput<"workflow-run.create"> = { run: refusedRun(state, id, stop, nowMs) };
  rememberReply(state, { idempotency, reply: JSON.stringify(value), nowMs });
  return true;
}

/** What the caller is told: it is stored nowhere else, and in no records. */
function refusedRun(
  state: ShardState,
  id: string,
  { namespace, workflow, run, attempt, reason }: CommandInput<"workflow-run.stop">,
  nowMs: number,
): WorkflowRun {
  const head = state.workflows.definitions.find(namespace, workflow);
  return {
    id,
    namespace,
    workflowId: head?.id ?? "",
    workflowName: workflow,
    workflowVersion: head?.version ?? 0,
    trigger: { kind: "run", run, attempt, shard: state.shard },
    params: {},
    context: {},
    phase: { state: "canceled", endedMs: nowMs },
    pausedMs: null,
    pauseReason: null,
    deadlineMs: null,
    revision: 1,
    revisions: [],
    nesting: 0,
    output: null,
    error: null,
    cancelReason: reason,
    traceparent: null,
    counts: { total: 0, succeeded: 0, failed: 0, skipped: 0, canceled: 0 },
    createdMs: nowMs,
    startedMs: null,
    version: 1,
  };
}
