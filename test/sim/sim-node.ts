import type { NodeCopy } from "../../src/core/directory.ts";
import { nodeState } from "../../src/ports/executors.ts";
import type { Dice } from "../support/prng.ts";

/** One node of an executor: how it is, and what its keeper believes of it. */
export interface SimNode {
  readonly id: string;
  readonly address: string;
  weight: number;
  tags: readonly string[];
  handlers: readonly string[] | null;
  concurrency: number | null;
  secret: number;
  wish: "enabled" | "disabled" | "draining";
  health: "online" | "suspect" | "offline";
  sinceMs: number;
  lostMs: number | null;
  /** Its process runs. */
  isUp: boolean;
  /** Requests get to it. */
  isReached: boolean;
  /** Its beats get to its keeper. */
  isHeard: boolean;
  /** Counts its processes: what one had accepted dies with it. */
  life: number;
}

export function newNode(appKey: string, n: number, nowMs: number): SimNode {
  // Some nodes share a host.
  const host = `https://${appKey}-${n > 4 ? n - 4 : n}.example`;
  return {
    id: `node_${appKey}_${n}`,
    address: n > 4 ? `${host}/second` : host,
    weight: 1,
    tags: n % 2 === 0 ? ["even"] : [],
    handlers: null,
    concurrency: null,
    secret: 0,
    wish: "enabled",
    health: "online",
    sinceMs: nowMs,
    lostMs: null,
    isUp: true,
    isReached: true,
    isHeard: true,
    life: 0,
  };
}

/** What its keeper tells the shards of it. */
export function copyOfNode(node: SimNode): NodeCopy {
  const { id, address, weight, tags, handlers, concurrency, secret, sinceMs, lostMs } = node;
  const state = nodeState(node);
  return { id, address, weight, state, sinceMs, tags, handlers, concurrency, secret, lostMs };
}

/** Its keeper changes its mind on it; false when it had that already. */
export function turn(node: SimNode, health: SimNode["health"], nowMs: number): boolean {
  if (node.health === health) return false;
  node.health = health;
  node.sinceMs = nowMs;
  if (health !== "offline") node.lostMs = null;
  return true;
}

/** A person changes what it may do. */
export function retune(node: SimNode, dice: Dice): void {
  node.weight = dice.int(1, 5);
  node.concurrency = dice.pick([null, null, 1, 2]);
  node.handlers = dice.pick([null, null, ["report"], ["report", "other"], ["other"]]);
  node.tags = dice.pick([[], ["even"], ["even", "fast"]]);
  node.secret = dice.int(0, 1);
}

export function wish(node: SimNode, next: SimNode["wish"], nowMs: number): void {
  if (node.wish === next) return;
  node.wish = next;
  node.sinceMs = nowMs;
}
