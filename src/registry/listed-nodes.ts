import { assert } from "../core/assert.ts";
import { Refusal } from "../core/refusal.ts";
import type { ExecutorNode } from "../ports/executors.ts";
import type { ListedNode } from "../ports/executor-commands.ts";
import type { KeeperState } from "./keeper-state.ts";
import { KEEPER_LIMITS } from "./limits.ts";

/** Throws `quota.exceeded` when an executor would get more nodes than it may have. */
export function expectRoom(count: number): void {
  if (count <= KEEPER_LIMITS.nodesMax) return;
  throw new Refusal("quota.exceeded", `An executor has at most ${KEEPER_LIMITS.nodesMax} nodes.`, {
    hint: "Remove nodes that are gone: DELETE …/nodes/{node}.",
  });
}

/** What every new node has in common: nothing is known of it yet. */
export function newNode(
  state: KeeperState,
  address: string,
  nowMs: number,
): Omit<ExecutorNode, "source" | "weight" | "tags" | "isWeightSet" | "areTagsSet" | "concurrency"> {
  return {
    id: `node_${state.ids.next(nowMs).replaceAll("-", "")}`,
    address,
    handlers: null,
    version: null,
    wish: "enabled",
    health: "online",
    healthSinceMs: nowMs,
    healthReason: null,
    lostMs: null,
    registeredMs: nowMs,
    lastBeatMs: null,
    inFlight: null,
    secretId: null,
  };
}

/** Puts these in the place of all listed nodes, in this order. An address that was there keeps its node. */
export function replaceListed(
  state: KeeperState,
  listed: readonly ListedNode[],
  nowMs: number,
): void {
  const addresses = new Set(listed.map(({ address }) => address));
  assert(addresses.size === listed.length, "the API lists an address once");
  for (const node of state.nodes()) {
    if (node.source !== "listed" || addresses.has(node.address)) continue;
    state.note(node, { kind: "removed", detail: "no longer listed", atMs: nowMs });
    state.dropNode(node.id);
  }
  for (const entry of listed) putListed(state, entry, nowMs);
  const wanted = listed.flatMap(({ address }) => state.node(address) ?? []);
  const actual = Array.from(state.nodes()).filter(({ source }) => source === "listed");
  if (actual.some((node, i) => node.id !== wanted[i]?.id)) state.moveLast(wanted);
}

function putListed(state: KeeperState, entry: ListedNode, nowMs: number): void {
  const { address, weight, tags, concurrency } = entry;
  const listed = { source: "listed", weight, tags, concurrency } as const;
  const set = { isWeightSet: true, areTagsSet: true };
  const before = state.node(address);
  if (before === undefined) {
    const node = { ...newNode(state, address, nowMs), ...listed, ...set };
    state.signs.listenFrom(node.id, nowMs);
    state.putNode(node);
    state.note(node, { kind: "registered", detail: "listed", atMs: nowMs });
    return;
  }
  const node = { ...before, ...listed, ...set };
  if (isSameNode(before, node)) return;
  state.putNode(node);
  state.note(node, { kind: "changed", detail: changesOf(before, node), atMs: nowMs });
}

export function isSameNode(one: ExecutorNode, other: ExecutorNode): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** What a person or the node itself may change, for the history. */
const CHANGEABLE = ["source", "weight", "tags", "handlers", "version", "concurrency"] as const;

/** The new values of what differs, in words. */
export function changesOf(before: ExecutorNode, after: ExecutorNode): string {
  return CHANGEABLE.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
    .map((key) => `${key} ${JSON.stringify(after[key])}`)
    .join(", ")
    .slice(0, 500);
}
