import type { NodeCopy } from "./directory.ts";
import { isFull, standingOf, standsUntilMs, type NodeMemory } from "./node-memory.ts";

/** Counts of what has happened to an executor's nodes, by what it may have changed. */
export interface NodeChanges {
  /** Somebody became suspect, was trusted again, or a breaker moved. */
  standing: number;
  /** Somebody has as many runs as it may, or has not any more. */
  room: number;
}

/**
 * The nodes of an executor that fit one wish (a handler, tags, a choice of nodes), with the turn-taking among
 * them. Members are spoken of by their position here. Who can get a delivery now is worked out once for
 * all choices until something changes.
 */
export class RoutePool {
  members: readonly NodeMemory[] = [];
  nodes: readonly NodeCopy[] = [];
  weights = new Float64Array(0);
  weightMax = 0;
  /** Two words of each address, for consistent hashing. */
  hashes = new Int32Array(0);
  salts = new Int32Array(0);
  /** How far smooth weighted turns have come. */
  currents = new Float64Array(0);
  /** The member whose turn is next. */
  position = 0;

  /** The first `size` of these can get a delivery now, ascending: healthy ones, or else suspect ones. */
  usable = new Int32Array(0);
  size = 0;
  usableWeight = 0;
  /** Suspect members to fall back on when none of the usable ones can be reached. */
  spare: readonly number[] = [];
  /** When a suspicion ends or a breaker lets a probe through: infinite when time changes nothing. */
  standsUntilMs = 0;

  #healthy: readonly number[] = [];
  #suspect: readonly number[] = [];
  readonly #seen: NodeChanges = { standing: -1, room: -1 };
  #fromMs = 0;

  /** Takes the members of a new copy. Those that were members before go on with their turns. */
  join(members: readonly NodeMemory[], nodes: readonly NodeCopy[]): void {
    const former = new Map(this.members.map((member, i) => [member, this.currents[i] ?? 0]));
    const next = this.members[this.position];
    this.members = members;
    this.nodes = nodes;
    this.weights = Float64Array.from(nodes, (node) => node.weight);
    this.weightMax = this.weights.reduce((most, weight) => Math.max(most, weight), 0);
    this.hashes = Int32Array.from(members, ({ hash }) => hash[0] | 0);
    this.salts = Int32Array.from(members, ({ hash }) => hash[1] | 0);
    this.currents = Float64Array.from(members, (member) => former.get(member) ?? 0);
    this.usable = new Int32Array(members.length);
    const stays = next === undefined ? -1 : members.indexOf(next);
    this.position = stays >= 0 ? stays : this.position % Math.max(1, members.length);
    this.#seen.standing = -1;
  }

  /** Brings `usable` up to date. */
  refresh(nowMs: number, { standing, room }: NodeChanges): void {
    const isStanding =
      standing === this.#seen.standing && nowMs >= this.#fromMs && nowMs < this.standsUntilMs;
    if (isStanding && room === this.#seen.room) return;
    if (!isStanding) this.#sort(nowMs);
    this.#seen.standing = standing;
    this.#seen.room = room;
    this.#gather();
  }

  /** Sorts the members by how they stand. */
  #sort(nowMs: number): void {
    const healthy: number[] = [];
    const suspect: number[] = [];
    let untilMs = Number.POSITIVE_INFINITY;
    for (const [i, member] of this.members.entries()) {
      const standing = standingOf(member, nowMs);
      untilMs = Math.min(untilMs, standsUntilMs(member, nowMs));
      if (standing === "healthy") healthy.push(i);
      else if (standing === "suspect") suspect.push(i);
    }
    this.#healthy = healthy;
    this.#suspect = suspect;
    this.#fromMs = nowMs;
    this.standsUntilMs = untilMs;
  }

  /** Suspect ones only when no healthy one is left, not when the healthy ones are merely full. */
  #gather(): void {
    const { members, usable, weights } = this;
    const from = this.#healthy.length > 0 ? this.#healthy : this.#suspect;
    let [size, weight] = [0, 0];
    for (const i of from) {
      const member = members[i];
      if (member === undefined || member.inFlight >= member.room) continue;
      usable[size++] = i;
      weight += weights[i] ?? 0;
    }
    this.size = size;
    this.usableWeight = weight;
    const isNoneFull = from === this.#healthy && size === from.length;
    this.spare = isNoneFull ? this.#suspect.filter((i) => !this.#isFull(i)) : [];
  }

  #isFull(i: number): boolean {
    const member = this.members[i];
    return member === undefined || isFull(member);
  }
}
