import { BREAKER_START, mayPass, opensAtMs, type Breaker } from "./breaker.ts";
import type { NodeCopy } from "./directory.ts";
import { hash128 } from "./hash.ts";

/** How long a shard keeps its own suspicion of a node, unless it learns better. */
export const SUSPICION_MS = 30_000;

/** More runs than there ever are at once: a small integer is read faster than infinity. */
export const ROOM_MAX = 0x3fff_ffff;

/** What a shard remembers of one address of an executor. It outlives every copy while runs are on it. */
export interface NodeMemory {
  readonly address: string;
  readonly hash: ReturnType<typeof hash128>;
  /** Undefined when the newest copy does not have this address. */
  node: NodeCopy | undefined;
  inFlight: number;
  /** Runs that it may have at once. */
  room: number;
  /** When it last got a delivery, counted in deliveries of the executor. */
  lastTurn: number;
  suspectUntilMs: number;
  breaker: Breaker;
}

export function newNodeMemory(address: string): NodeMemory {
  return {
    address,
    hash: hash128(address),
    node: undefined,
    inFlight: 0,
    room: ROOM_MAX,
    lastTurn: 0,
    suspectUntilMs: 0,
    breaker: BREAKER_START,
  };
}

/** `healthy` ones come first, `suspect` ones where no other can, and `shut` ones wait for their breaker. */
export type Standing = "healthy" | "suspect" | "shut";

export function standingOf(memory: NodeMemory, nowMs: number): Standing {
  if (!mayPass(memory.breaker, nowMs)) return "shut";
  return memory.node?.state === "suspect" || isSuspected(memory, nowMs) ? "suspect" : "healthy";
}

/** A clock that has stepped back does not make the suspicion longer than it was meant to be. */
export function isSuspected({ suspectUntilMs }: NodeMemory, nowMs: number): boolean {
  return nowMs < suspectUntilMs && suspectUntilMs - nowMs <= SUSPICION_MS;
}

export function isFull({ inFlight, room }: NodeMemory): boolean {
  return inFlight >= room;
}

/** When its standing changes by time alone; infinite when it does not. */
export function standsUntilMs(memory: NodeMemory, nowMs: number): number {
  const openMs = opensAtMs(memory.breaker, nowMs) ?? Number.POSITIVE_INFINITY;
  return isSuspected(memory, nowMs) ? Math.min(openMs, memory.suspectUntilMs) : openMs;
}
