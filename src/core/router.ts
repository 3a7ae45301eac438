import { BoundedMap } from "./bounded-map.ts";
import * as breaker from "./breaker.ts";
import { candidatesOf, whyNone, whyNotNamed, type NodeWish, type NoNode } from "./candidates.ts";
import type { ExecutorCopy, NodeCopy } from "./directory.ts";
import { hash128 } from "./hash.ts";
import type { RoutePolicy } from "./job.ts";
import {
  isFull,
  isSuspected,
  newNodeMemory,
  ROOM_MAX,
  SUSPICION_MS,
  type NodeMemory,
} from "./node-memory.ts";
import { pick } from "./route-policies.ts";
import { RoutePool, type NodeChanges } from "./route-pool.ts";

export const ROUTER_LIMITS = {
  /** Nodes that a delivery may fail over to. */
  alternatesMax: 3,
  /** Different wishes (handler, tags, chosen nodes) of one executor whose turns are remembered. */
  poolsMax: 256,
} as const;

/** A wish longer than this is remembered by its hash. */
const WISH_CHARS_MAX = 256;

/** What a delivery needs to know to be routed. */
export interface RouteRequest extends NodeWish {
  readonly policy: RoutePolicy;
  /** What consistent hashing hashes. */
  readonly key: string;
  /** The one node that was named, by id or address: it alone, whatever the tags and `pinned` say. */
  readonly only: string | null;
  /** The node that is taken when it can be: by id or address. */
  readonly prefer: string | null;
}

/**
 * `node`: there it goes. `busy`: there are nodes for it, but they have as many runs as they may, or their
 * breakers are shut: it is worth asking again when a run of one ends, when a node succeeds, or at `untilMs`
 * (null: time alone changes nothing). `none`: there is no node for it.
 */
export type Routed =
  | { readonly kind: "node"; readonly node: NodeCopy; readonly alternates: readonly NodeCopy[] }
  | { readonly kind: "busy"; readonly untilMs: number | null }
  | NoNode;

/**
 * Routes the deliveries of one shard to the nodes of one executor. It holds all that routing remembers:
 * turns, runs in flight, suspicions, breakers. It is in memory only and has no clock and no chance of its
 * own, so the same calls give the same choices.
 */
export class Router {
  readonly #memories = new Map<string, NodeMemory>();
  readonly #pools = new BoundedMap<string, { readonly pool: RoutePool; copies: number }>(
    ROUTER_LIMITS.poolsMax,
  );
  /** Memories of the newest copy's nodes, by id and by address. */
  readonly #named = new Map<string, NodeMemory>();
  #copy: ExecutorCopy;
  #copies = 0;
  readonly #changes: NodeChanges = { standing: 0, room: 0 };
  #turns = 0;
  #inFlight = 0;

  constructor(copy: ExecutorCopy) {
    this.#copy = copy;
    this.#takeNodes();
  }

  /** Runs in flight on all nodes, also on those that have gone. */
  get inFlight(): number {
    return this.#inFlight;
  }

  inFlightOf(address: string): number {
    return this.#memories.get(address)?.inFlight ?? 0;
  }

  /** Takes a newer copy. Runs in flight and turns go on; what is newly online is trusted again. */
  update(copy: ExecutorCopy, nowMs: number): void {
    const former = new Map(this.#copy.nodes.map((node) => [node.address, node]));
    this.#copy = copy;
    this.#takeNodes();
    for (const node of copy.nodes) {
      const before = former.get(node.address);
      if (node.state !== "online" || (before !== undefined && node.sinceMs <= before.sinceMs))
        continue;
      const memory = this.#memoryOf(node.address);
      memory.suspectUntilMs = 0;
      memory.breaker = breaker.afterReturnOfNode(memory.breaker, nowMs);
    }
  }

  /** Chooses, and takes the turn of its policy. The delivery counts from `took` on. */
  choose(request: RouteRequest, at: { readonly nowMs: number; readonly draw: number }): Routed {
    if (request.only !== null) return this.#chooseNamed(request.only, request.handler, at.nowMs);
    const pool = this.#poolOf(request);
    if (pool.members.length === 0) return whyNone(this.#copy, request);
    pool.refresh(at.nowMs, this.#changes);
    if (pool.size === 0) return { kind: "busy", untilMs: finiteOrNull(pool.standsUntilMs) };
    const picked = pick(request.policy, pool, { key: request.key, draw: at.draw });
    this.#putPreferredFirst(pool, picked, request.prefer);
    return routedTo(pool, picked);
  }

  /** A run occupies the node from now on. Also said of each such run after a restart. */
  took(address: string, nowMs: number): void {
    const memory = this.#memoryOf(address);
    memory.inFlight++;
    this.#inFlight++;
    memory.lastTurn = ++this.#turns;
    if (isFull(memory)) this.#changes.room++;
    if (breaker.mayPass(memory.breaker, nowMs))
      this.#setBreaker(memory, breaker.afterSend(memory.breaker));
  }

  /** A run does not occupy the node any more. */
  gaveBack(address: string): void {
    const memory = this.#memories.get(address);
    if (memory === undefined || memory.inFlight === 0) return;
    if (isFull(memory)) this.#changes.room++;
    memory.inFlight--;
    this.#inFlight--;
    this.#setBreaker(memory, breaker.afterReturn(memory.breaker));
    if (memory.node === undefined && memory.inFlight === 0) this.#memories.delete(address);
  }

  /** The node has answered as a node that works does. True when more may go there than before. */
  succeeded(address: string): boolean {
    const memory = this.#memories.get(address);
    if (memory === undefined) return false;
    const { standing } = this.#changes;
    if (memory.suspectUntilMs !== 0) this.#changes.standing++;
    memory.suspectUntilMs = 0;
    this.#setBreaker(memory, breaker.afterSuccess(memory.breaker));
    return this.#changes.standing !== standing;
  }

  /**
   * The node could not be reached, or did not answer as it should. True when this makes it suspect: those
   * who keep the executor may want to know.
   */
  failed(address: string, nowMs: number): boolean {
    const memory = this.#memories.get(address);
    if (memory === undefined) return false;
    const isNew = memory.node?.state === "online" && !isSuspected(memory, nowMs);
    memory.suspectUntilMs = nowMs + SUSPICION_MS;
    this.#changes.standing++;
    this.#setBreaker(memory, breaker.afterFailure(memory.breaker, nowMs));
    return isNew;
  }

  /** When the first breaker that is shut lets a probe through; undefined when none waits for its time. */
  nextOpenMs(nowMs: number): number | undefined {
    let next: number | undefined;
    for (const memory of this.#memories.values()) {
      const opensMs = breaker.opensAtMs(memory.breaker, nowMs);
      if (opensMs !== null && (next === undefined || opensMs < next)) next = opensMs;
    }
    return next;
  }

  #chooseNamed(name: string, handler: string, nowMs: number): Routed {
    const memory = this.#named.get(name);
    const none = whyNotNamed(this.#copy.appKey, name, memory?.node, handler);
    if (memory?.node === undefined || none !== undefined)
      return none ?? whyNone(this.#copy, { handler, tags: [], pinned: [name] });
    if (!breaker.mayPass(memory.breaker, nowMs))
      return { kind: "busy", untilMs: breaker.opensAtMs(memory.breaker, nowMs) };
    if (isFull(memory)) return { kind: "busy", untilMs: null };
    return { kind: "node", node: memory.node, alternates: [] };
  }

  #putPreferredFirst(pool: RoutePool, picked: number[], prefer: string | null): void {
    const memory = prefer === null ? undefined : this.#named.get(prefer);
    const index = memory === undefined ? -1 : pool.members.indexOf(memory);
    if (index < 0 || !pool.usable.subarray(0, pool.size).includes(index)) return;
    const at = picked.indexOf(index);
    if (at >= 0) picked.splice(at, 1);
    picked.unshift(index);
  }

  #poolOf(wish: NodeWish): RoutePool {
    const key = wishKey(wish);
    let held = this.#pools.get(key);
    if (held === undefined) {
      held = { pool: new RoutePool(), copies: -1 };
      this.#pools.set(key, held);
    }
    if (held.copies !== this.#copies) {
      held.copies = this.#copies;
      const nodes = candidatesOf(this.#copy, wish);
      held.pool.join(
        nodes.map((node) => this.#memoryOf(node.address)),
        nodes,
      );
    }
    return held.pool;
  }

  #takeNodes(): void {
    this.#copies++;
    this.#changes.standing++;
    this.#named.clear();
    for (const memory of this.#memories.values()) memory.node = undefined;
    for (const node of this.#copy.nodes) {
      const memory = this.#memoryOf(node.address);
      memory.node = node;
      memory.room = node.concurrency ?? ROOM_MAX;
      this.#named.set(node.id, memory);
      this.#named.set(node.address, memory);
    }
    for (const [address, memory] of this.#memories)
      if (memory.node === undefined && memory.inFlight === 0) this.#memories.delete(address);
  }

  #memoryOf(address: string): NodeMemory {
    const known = this.#memories.get(address);
    if (known !== undefined) return known;
    const memory = newNodeMemory(address);
    this.#memories.set(address, memory);
    return memory;
  }

  #setBreaker(memory: NodeMemory, next: breaker.Breaker): void {
    if (next === memory.breaker) return;
    memory.breaker = next;
    this.#changes.standing++;
  }
}

function finiteOrNull(ms: number): number | null {
  return Number.isFinite(ms) ? ms : null;
}

function wishKey({ handler, tags, pinned }: NodeWish): string {
  if (tags.length === 0 && pinned.length === 0) return handler;
  const key = JSON.stringify([handler, tags, pinned]);
  return key.length <= WISH_CHARS_MAX ? key : hash128(key).join(" ");
}

function routedTo(pool: RoutePool, picked: readonly number[]): Routed {
  const [chosen = 0] = picked;
  const node = pool.nodes[chosen];
  if (node === undefined) return { kind: "busy", untilMs: null };
  const alternates: NodeCopy[] = [];
  for (const indices of [picked.slice(1), pool.spare])
    for (const index of indices) {
      const alternate = pool.nodes[index];
      if (alternates.length === ROUTER_LIMITS.alternatesMax) break;
      if (alternate !== undefined) alternates.push(alternate);
    }
  return { kind: "node", node, alternates };
}
