import { assert } from "../core/assert.ts";
import {
  executorKey,
  namespaceKey,
  executorCopyOf,
  type NamespaceCopy,
} from "../core/directory.ts";
import { ROUTE_START, route } from "../core/route.ts";
import { advanceRun } from "../core/advance-run.ts";
import type { Run } from "../core/run.ts";
import type { Delivery, Route } from "../ports/dispatcher.ts";
import type { ShardState } from "./shard-state.ts";

/**
 * Starts the next attempt of a run: stores the intent and returns the delivery. The caller holds a
 * transaction; the delivery must not leave before it is committed.
 */
export function startAttempt(state: ShardState, run: Run, nowMs: number): Delivery {
  const chosen = chooseRoute(state, run);
  const node = chosen.kind === "executor" ? chosen.node.address : null;
  const started = advanceRun(run, { kind: "started", nowMs, node });
  assert(started.phase.state === "dispatching", "a ready run starts");
  state.saveRun(started);
  const { attempt, send } = started.phase;
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
    route: chosen,
    sentMs: nowMs,
    timeoutMs: run.order.timeoutMs,
    traceparent: run.traceparent,
  };
  state.inFlight.add(delivery, nowMs, started.phase.dueMs);
  return delivery;
}

function chooseRoute(state: ShardState, run: Run): Route {
  const { target } = run.order;
  if (target.kind === "webhook") {
    const copy = state.storage.getCopy(namespaceKey(run.namespace));
    // Written by the API from a NamespaceCopy.
    const body: NamespaceCopy | undefined = copy === undefined ? undefined : JSON.parse(copy.body);
    return { kind: "webhook", target, signingGenerations: body?.signingGenerations ?? [1] };
  }
  const key = executorKey(run.namespace, target.executor);
  const copy = state.storage.getCopy(key);
  if (copy === undefined)
    return none(`There is no executor "${target.executor}".`, "executor.unknown");
  const { nodes, appKey, sealedSecrets } = executorCopyOf(copy.body);
  const next = route(nodes, run.order.node, state.routes.get(key) ?? ROUTE_START);
  state.routes.set(key, next.state);
  if (next.node === undefined)
    return none(
      run.order.node === null
        ? `Executor "${appKey}" has no nodes.`
        : `Executor "${appKey}" has no node "${run.order.node}".`,
      "executor.no_nodes",
    );
  const { address, secret } = next.node;
  const node = { address, sealedSecret: sealedSecrets[secret] ?? "" };
  return { kind: "executor", target, node, alternates: [], appKey };
}

function none(message: string, code: string): Route {
  return { kind: "none", error: { message, code } };
}
