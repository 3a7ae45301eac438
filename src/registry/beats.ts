import { Refusal } from "../core/refusal.ts";
import type { ExecutorInput, ExecutorOutput } from "../ports/executor-commands.ts";
import type { ExecutorNode } from "../ports/executors.ts";
import type { KeeperState } from "./keeper-state.ts";
import { KEEPER_LIMITS } from "./limits.ts";
import { changesOf, expectRoom, isSameNode, newNode } from "./listed-nodes.ts";
import { afterLeave, heardFrom } from "./node-life.ts";
import { ownedExecutor } from "./owned-executor.ts";
import { expectUsable } from "./secret-commands.ts";

type Beat = ExecutorInput<"node.beat">;

/** A node says that it is alive; one that is not known yet registers itself by that. */
export function beat(state: KeeperState, input: Beat, nowMs: number): ExecutorOutput<"node.beat"> {
  const { executor } = ownedExecutor(state, null);
  expectUsable(state, input.token, nowMs);
  const known = state.node(input.address);
  if (known === undefined && executor.registration === "manual")
    throw new Refusal("node.not_listed", `The address ${input.address} is not listed.`, {
      hint: "The nodes of this executor are listed by hand: PATCH /executors/{appKey} adds one.",
    });
  if (known === undefined) expectRoom(state.nodesCount + 1);
  state.signs.useToken(input.token, nowMs);
  const node = known ?? register(state, input, nowMs);
  state.signs.beat(node.id, input.inFlight, nowMs);
  const heard = cameBack(state, node, nowMs);
  const next = saidOf(heard, input);
  if (next !== heard && !isSameNode(next, heard)) {
    state.putNode(next);
    const detail = changesOf(heard, next);
    if (detail !== "") state.note(next, { kind: "changed", detail, atMs: nowMs });
  }
  const now = state.nodeNow(state.node(node.id) ?? next);
  return { node: now, beatEveryMs: KEEPER_LIMITS.beatEveryMs };
}

/** A node leaves in good order: it gets nothing new, and what it still has goes on. */
export function leave(
  state: KeeperState,
  { token, address }: ExecutorInput<"node.leave">,
  nowMs: number,
): ExecutorOutput<"node.leave"> {
  ownedExecutor(state, null);
  expectUsable(state, token, nowMs);
  state.signs.useToken(token, nowMs);
  const node = state.node(address);
  if (node === undefined) return { hasLeft: false };
  const left = afterLeave(node, nowMs);
  if (left !== node) {
    state.putNode(left);
    state.note(left, { kind: "left", detail: null, atMs: nowMs });
  }
  return { hasLeft: true };
}

/** Marks a node as alive after a sign of life; returns it as it is now. */
export function cameBack(state: KeeperState, node: ExecutorNode, nowMs: number): ExecutorNode {
  const heard = heardFrom(node, nowMs);
  if (heard === node) return node;
  state.putNode(heard);
  const detail = `was ${node.health}: ${node.healthReason ?? "unknown"}`;
  state.note(heard, { kind: "online", detail, atMs: nowMs });
  return heard;
}

function register(state: KeeperState, input: Beat, nowMs: number): ExecutorNode {
  const { address, token, ...said } = input;
  const node: ExecutorNode = {
    ...newNode(state, address, nowMs),
    source: "beat",
    weight: said.weight ?? 1,
    tags: said.tags ?? [],
    isWeightSet: false,
    areTagsSet: false,
    handlers: said.handlers,
    version: said.version,
    concurrency: said.concurrency,
    secretId: token.secretId,
  };
  // Silence counts from now, also for what is measured as the node is put.
  state.signs.listenFrom(node.id, nowMs);
  state.putNode(node);
  state.note(node, { kind: "registered", detail: said.version, atMs: nowMs });
  return node;
}

/** What a beat says of a node, laid over it; what a person has set stays. */
function saidOf(node: ExecutorNode, input: Beat): ExecutorNode {
  return {
    ...node,
    weight: node.isWeightSet ? node.weight : (input.weight ?? node.weight),
    tags: node.areTagsSet ? node.tags : (input.tags ?? node.tags),
    handlers: input.handlers ?? node.handlers,
    version: input.version ?? node.version,
    concurrency: input.concurrency ?? node.concurrency,
    secretId: input.token.secretId,
  };
}
