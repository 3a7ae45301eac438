import { hash128, mix } from "./hash.ts";
import type { RoutePolicy } from "./job.ts";
import type { RoutePool } from "./route-pool.ts";

/** The chosen node and its alternates. */
const PICKED_MAX = 4;

/** What a policy may look at besides the pool. */
export interface PickInput {
  /** What consistent hashing hashes. */
  readonly key: string;
  /** Even in [0, 1). */
  readonly draw: number;
}

/**
 * Picks up to four different usable members of a pool in the order of a policy: the first is the choice,
 * the others are where it goes when that one cannot be reached. It takes the turn: the next pick goes on.
 */
export function pick(policy: RoutePolicy, pool: RoutePool, input: PickInput): number[] {
  return POLICIES[policy](pool, input);
}

const POLICIES: Readonly<Record<RoutePolicy, (pool: RoutePool, input: PickInput) => number[]>> = {
  round_robin: inTurn,
  weighted_round_robin: smooth,
  random: atRandom,
  weighted_random: atWeightedRandom,
  consistent_hash: byHash,
  least_in_flight: leastInFlight,
  least_recently_used: leastRecentlyUsed,
  first: ({ usable, size }) => [...usable.subarray(0, Math.min(size, PICKED_MAX))],
  last: ({ usable, size }) =>
    [...usable.subarray(Math.max(0, size - PICKED_MAX), size)].toReversed(),
};

function inTurn(pool: RoutePool): number[] {
  const { usable, size } = pool;
  const from = firstFrom(pool, pool.position);
  const picked: number[] = [];
  for (let k = 0; k < PICKED_MAX && k < size; k++) picked.push(usable[(from + k) % size] ?? 0);
  pool.position = ((picked[0] ?? 0) + 1) % pool.members.length;
  return picked;
}

/**
 * Smooth weighted round robin, as nginx does it (commit 52327e0, 2012): each turn everybody gains its own
 * weight, and the richest is chosen and pays the weight of all. So 5:1:1 goes a a b a c a a.
 */
function smooth({ usable, size, weights, currents, usableWeight }: RoutePool): number[] {
  const best = new Best();
  for (let k = 0; k < size; k++) {
    const i = usable[k] ?? 0;
    const current = (currents[i] ?? 0) + (weights[i] ?? 0);
    currents[i] = current;
    if (-current < best.worst) best.offer(i, -current);
  }
  const [chosen] = best.indices;
  if (chosen !== undefined) currents[chosen] = (currents[chosen] ?? 0) - usableWeight;
  return best.indices;
}

/** One draw serves for all: what is left of it after a pick is even again. */
function atRandom({ usable, size }: RoutePool, { draw }: PickInput): number[] {
  const taken: number[] = []; // Positions in `usable`, ascending.
  const picked: number[] = [];
  let rest = draw;
  for (let k = 0; k < PICKED_MAX && k < size; k++) {
    const scaled = rest * (size - k);
    let position = Math.floor(scaled);
    rest = scaled - position;
    for (const other of taken) if (position >= other) position++;
    taken.push(position);
    taken.sort((a, b) => a - b);
    picked.push(usable[position] ?? 0);
  }
  return picked;
}

/** By chance in proportion to weight; the alternates are those that come next in the order. */
function atWeightedRandom(pool: RoutePool, { draw }: PickInput): number[] {
  const { usable, size, weights, usableWeight } = pool;
  let [left, at] = [draw * usableWeight, 0];
  for (; at < size - 1; at++) {
    const weight = weights[usable[at] ?? 0] ?? 0;
    if (left < weight) break;
    left -= weight;
  }
  const picked: number[] = [];
  for (let k = 0; k < PICKED_MAX && k < size; k++) picked.push(usable[(at + k) % size] ?? 0);
  return picked;
}

/**
 * Consistent hashing as rendezvous (Thaler and Ravishankar, 1998), weighted by -ln(u)/weight: each node draws
 * a lot for the key, and the best lot wins. Against a ring with virtual nodes it needs no table to build when
 * a node comes or goes, spreads keys as evenly as chance does, and moves no key but those of the node
 * that went, or the share of the one that came.
 */
function byHash(pool: RoutePool, { key }: PickInput): number[] {
  const { usable, size, weights, weightMax, hashes, salts } = pool;
  const [keyHash] = hash128(key);
  const best = new Best();
  let lowest = LOT_MIN;
  for (let k = 0; k < size; k++) {
    const i = usable[k] ?? 0;
    const lot = mix(keyHash ^ (hashes[i] ?? 0)) ^ (salts[i] ?? 0);
    // Nearly all are out by a comparison of whole numbers: -ln(u) is never below 1 - u.
    if (lot < lowest) continue;
    const [even, weight] = [(lot - LOT_MIN + 0.5) / LOTS, weights[i] ?? 1];
    if (1 - even >= best.worst * weight) continue;
    const score = -Math.log(even) / weight;
    if (score < best.worst) best.offer(i, score);
    lowest = Math.max(LOT_MIN, Math.floor((1 - best.worst * weightMax) * LOTS + LOT_MIN) - 1) | 0;
  }
  return best.indices;
}

/** A lot is a 32-bit word with its sign. */
const LOTS = 0x1_0000_0000;
const LOT_MIN = -0x8000_0000;

/** Relative to weight. Those that have equally few take turns. */
function leastInFlight(pool: RoutePool): number[] {
  const { usable, size, members, weights } = pool;
  const best = new Best();
  const from = firstFrom(pool, pool.position);
  for (let k = 0; k < size; k++) {
    const i = usable[from + k < size ? from + k : from + k - size] ?? 0;
    const inFlight = members[i]?.inFlight ?? 0;
    const weight = weights[i] ?? 1;
    if (inFlight < best.worst * weight) best.offer(i, inFlight / weight);
  }
  pool.position = ((best.indices[0] ?? 0) + 1) % pool.members.length;
  return best.indices;
}

function leastRecentlyUsed({ usable, size, members }: RoutePool): number[] {
  const best = new Best();
  for (let k = 0; k < size; k++) {
    const i = usable[k] ?? 0;
    const lastTurn = members[i]?.lastTurn ?? 0;
    if (lastTurn < best.worst) best.offer(i, lastTurn);
  }
  return best.indices;
}

/** Where among the usable ones the first from a member on is; 0 when there is none. */
function firstFrom({ usable, size }: RoutePool, member: number): number {
  let [low, high] = [0, size];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((usable[middle] ?? 0) < member) low = middle + 1;
    else high = middle;
  }
  return low === size ? 0 : low;
}

/**
 * The few lowest scores of those that were below `worst` when they were offered, lowest first; of equal
 * ones the first offered.
 */
class Best {
  readonly indices: number[] = [];
  readonly #scores: number[] = [];
  /** What a score must be below to get in. */
  worst = Number.POSITIVE_INFINITY;

  offer(index: number, score: number): void {
    const { indices } = this;
    const scores = this.#scores;
    let at = indices.length;
    if (at === PICKED_MAX) at--;
    for (; at > 0 && (scores[at - 1] ?? 0) > score; at--) {
      indices[at] = indices[at - 1] ?? 0;
      scores[at] = scores[at - 1] ?? 0;
    }
    indices[at] = index;
    scores[at] = score;
    if (scores.length === PICKED_MAX) this.worst = scores[PICKED_MAX - 1] ?? this.worst;
  }
}
