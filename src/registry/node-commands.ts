import { Refusal } from "../core/refusal.ts";
import type { ExecutorInput, ExecutorOutput } from "../ports/executor-commands.ts";
import type { ExecutorNode } from "../ports/executors.ts";
import type { KeeperState } from "./keeper-state.ts";
import { KEEPER_LIMITS } from "./limits.ts";
import { changesOf, isSameNode } from "./listed-nodes.ts";
import { afterReport } from "./node-life.ts";
import { knownNode, ownedExecutor, touch } from "./owned-executor.ts";

/** What a person wants of a node. It outlives the node's own beats. */
export function patchNode(
  state: KeeperState,
  input: ExecutorInput<"node.patch">,
  nowMs: number,
): ExecutorOutput<"node.patch"> {
  const stored = ownedExecutor(state, input.namespace);
  const before = knownNode(state, input.node);
  const { wish = before.wish, weight, tags } = input;
  const node: ExecutorNode = {
    ...before,
    wish,
    weight: weight ?? before.weight,
    tags: tags ?? before.tags,
    isWeightSet: before.isWeightSet || weight !== undefined,
    areTagsSet: before.areTagsSet || tags !== undefined,
    concurrency: input.concurrency === undefined ? before.concurrency : input.concurrency,
  };
  if (!isSameNode(before, node)) {
    state.putNode(node);
    if (wish !== before.wish) state.note(node, { kind: wish, detail: null, atMs: nowMs });
    const detail = changesOf(before, node);
    if (detail !== "") state.note(node, { kind: "changed", detail, atMs: nowMs });
    touch(state, stored, nowMs);
  }
  return { node: state.nodeView(node, nowMs) };
}

export function deleteNode(
  state: KeeperState,
  input: ExecutorInput<"node.delete">,
  nowMs: number,
): ExecutorOutput<"node.delete"> {
  const stored = ownedExecutor(state, input.namespace);
  const node = knownNode(state, input.node);
  if (node.source === "listed")
    throw new Refusal("request.invalid", "This node is listed; it did not register itself.", {
      hint: "PATCH /executors/{appKey} with the nodes that stay.",
    });
  state.note(node, { kind: "removed", detail: "by request", atMs: nowMs });
  state.dropNode(node.id);
  touch(state, stored, nowMs);
  return { node: node.id };
}

/** Takes what a shard noticed. Suspicion that is older than a node's last sign of life is void. */
export function reportNodes(
  state: KeeperState,
  { namespace, reports }: ExecutorInput<"node.report">,
  nowMs: number,
): ExecutorOutput<"node.report"> {
  ownedExecutor(state, namespace);
  for (const report of reports) {
    const node = state.node(report.address);
    if (node === undefined) continue;
    state.rates.add(node.id, report, nowMs);
    const { lastBeatMs, registeredMs } = state.nodeNow(node);
    if (report.suspectMs === null || report.suspectMs <= (lastBeatMs ?? registeredMs)) continue;
    const suspect = afterReport(node, nowMs);
    if (suspect === node) continue;
    state.putNode(suspect);
    state.note(suspect, { kind: "suspect", detail: "a delivery did not reach it", atMs: nowMs });
  }
  return {};
}

/** Events of nodes, newest first; those of a node that is gone are found by its id or address, too. */
export function nodeHistory(
  state: KeeperState,
  { namespace, node: ref, beforeSeq, limit }: ExecutorInput<"node.history">,
): ExecutorOutput<"node.history"> {
  const { lastEventSeq } = ownedExecutor(state, namespace);
  const found = state.storage.eventsBefore({
    node: ref,
    beforeSeq: beforeSeq ?? lastEventSeq + 1,
    limit: Math.min(limit, KEEPER_LIMITS.eventsMax),
  });
  if (ref !== null && found.length === 0 && beforeSeq === null) knownNode(state, ref);
  return { events: found.filter(({ seq }) => seq > lastEventSeq - KEEPER_LIMITS.eventsMax) };
}
