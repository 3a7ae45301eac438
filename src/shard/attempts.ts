import { advanceRun } from "../core/advance-run.ts";
import { assert } from "../core/assert.ts";
import type { Run } from "../core/run.ts";
import type { DeliveredStep, Delivery } from "../ports/dispatcher.ts";
import type { Chosen } from "./choose-route.ts";
import type { ShardState } from "./shard-state.ts";

/**
 * Starts the next attempt of a run on the route that was chosen for it: stores the intent and returns the
 * delivery. The caller holds a transaction; the delivery must not leave before it is committed.
 */
export function startAttempt(
  state: ShardState,
  run: Run,
  { route, hostKey }: Extract<Chosen, { readonly kind: "route" }>,
  nowMs: number,
): Delivery {
  const node = route.kind === "executor" ? route.node.address : null;
  const started = advanceRun(run, { kind: "started", nowMs, node });
  assert(started.phase.state === "dispatching", "a ready run starts");
  state.saveRun(started);
  const { attempt, send, dueMs } = started.phase;
  const delivery: Delivery = {
    runId: run.id,
    jobId: run.jobId,
    jobName: run.jobName,
    namespace: run.namespace,
    attempt,
    send,
    attemptsMax: run.order.retry.attemptsMax,
    nominalMs: run.nominalMs,
    trigger: run.trigger.kind,
    params: run.order.params,
    slice: run.slice,
    workflow: stepOf(state, run),
    route,
    sentMs: nowMs,
    timeoutMs: run.order.timeoutMs,
    traceparent: run.traceparent,
  };
  state.inFlight.add(delivery, { hostKey, nowMs, silentMs: dueMs });
  return delivery;
}

/** What a step's run tells of its workflow run; null for every other run. */
function stepOf(state: ShardState, { trigger }: Run): DeliveredStep | null {
  if (trigger.kind !== "workflow") return null;
  const { workflowRun, stepName, revision, part, isCompensation } = trigger;
  return {
    run: workflowRun,
    step: stepName,
    revision,
    part: part < 0 ? null : part,
    isCompensation,
    context: state.workflows.run(workflowRun)?.context ?? {},
  };
}
