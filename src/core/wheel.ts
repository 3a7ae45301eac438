import { assert } from "./assert.ts";

const SLOT_BITS = 6;
const SLOTS = 2 ** SLOT_BITS;
/** The root is 64^9 ms wide: more than every safe integer. */
const ROOT_LEVEL = 9;
/** How wide one slot of a level is, in milliseconds. A slot of level 0 is one instant. */
const WIDTH_MS: readonly number[] = Array.from({ length: ROOT_LEVEL + 1 }, (_, l) => SLOTS ** l);
/** Up to this many entries it is cheaper to look through a slot than to divide it. */
const SCAN_MAX = 24;

interface Entry<K> {
  readonly key: K;
  readonly dueMs: number;
  slot: Slot<K>;
  previous: Entry<K> | undefined;
  next: Entry<K> | undefined;
}

/**
 * A stretch of time: a list of its entries in the order of insertion or, once divided, 64 smaller
 * slots.
 */
interface Slot<K> {
  readonly level: number;
  readonly parent: Slot<K> | undefined;
  /** Where it stands in its parent. */
  readonly position: number;
  head: Entry<K> | undefined;
  tail: Entry<K> | undefined;
  size: number;
  children: (Slot<K> | undefined)[] | undefined;
  /** Which children exist, 32 to a word: finding the first one takes no search. */
  occupiedLow: number;
  occupiedHigh: number;
}

/**
 * A hierarchical timing wheel (Varghese and Lauck, 1987): insert, cancel and expire in constant
 * time, whatever the number of entries. Slots of each level are 64 times as wide as those of the
 * level below, and the entries of a wide slot cascade into narrow ones when their time comes near.
 *
 * Unlike the classic wheel it has no hand: a slot is labelled by absolute time, not by its distance
 * from now. So a clock may jump ahead (empty slots are skipped by bitmap) or step back (nothing
 * happens), an entry may be due in the past, and `nextDueMs` is exact.
 *
 * Times are whole milliseconds from 0 up. An entry never expires before its due, and always at the
 * first `advance` at or after it.
 */
export class TimingWheel<K> {
  readonly #entries = new Map<K, Entry<K>>();
  #root = newSlot<K>(ROOT_LEVEL, undefined, 0);

  get size(): number {
    return this.#entries.size;
  }

  /** Adds an entry; one that is here already is moved. */
  insert(key: K, dueMs: number): void {
    assert(Number.isSafeInteger(dueMs) && dueMs >= 0, "a due time is in whole milliseconds from 0");
    this.cancel(key);
    const slot = openSlot(this.#root, dueMs);
    const entry: Entry<K> = { key, dueMs, slot, previous: undefined, next: undefined };
    this.#entries.set(key, entry);
    append(slot, entry);
  }

  /** False when there was no such entry. */
  cancel(key: K): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#entries.delete(key);
    unlink(entry);
    return true;
  }

  /**
   * Takes out what is due at or before `nowMs`, in the order of due times, equal ones in the order
   * of insertion: at most `limit` of them, the rest comes with the next call.
   */
  advance(nowMs: number, limit: number = Number.POSITIVE_INFINITY): K[] {
    const expired: K[] = [];
    while (expired.length < limit) {
      const entry = first(this.#root);
      if (entry === undefined || entry.dueMs > nowMs) break;
      this.#entries.delete(entry.key);
      unlink(entry);
      expired.push(entry.key);
    }
    return expired;
  }

  /** The earliest due time of all entries; undefined when there is none. */
  nextDueMs(): number | undefined {
    return first(this.#root)?.dueMs;
  }

  clear(): void {
    this.#entries.clear();
    this.#root = newSlot<K>(ROOT_LEVEL, undefined, 0);
  }
}

function newSlot<K>(level: number, parent: Slot<K> | undefined, position: number): Slot<K> {
  return {
    level,
    parent,
    position,
    head: undefined,
    tail: undefined,
    size: 0,
    children: undefined,
    occupiedLow: 0,
    occupiedHigh: 0,
  };
}

/** The narrowest slot that exists for an instant; a new one where its parent is divided. */
function openSlot<K>(root: Slot<K>, dueMs: number): Slot<K> {
  let slot = root;
  while (slot.children !== undefined) slot = childAt(slot, slot.children, dueMs);
  return slot;
}

function childAt<K>(parent: Slot<K>, children: (Slot<K> | undefined)[], dueMs: number): Slot<K> {
  const level = parent.level - 1;
  const position = Math.floor(dueMs / (WIDTH_MS[level] ?? 1)) % SLOTS;
  const existing = children[position];
  if (existing !== undefined) return existing;
  const child = newSlot<K>(level, parent, position);
  children[position] = child;
  if (position < 32) parent.occupiedLow |= 1 << position;
  else parent.occupiedHigh |= 1 << (position - 32);
  return child;
}

function append<K>(slot: Slot<K>, entry: Entry<K>): void {
  entry.slot = slot;
  entry.previous = slot.tail;
  entry.next = undefined;
  if (slot.tail === undefined) slot.head = entry;
  else slot.tail.next = entry;
  slot.tail = entry;
  slot.size++;
}

function unlink<K>(entry: Entry<K>): void {
  const { slot, previous, next } = entry;
  if (previous === undefined) slot.head = next;
  else previous.next = next;
  if (next === undefined) slot.tail = previous;
  else next.previous = previous;
  slot.size--;
  if (slot.size === 0) detach(slot);
}

/** Drops a slot that holds nothing, and the parents that then hold nothing. */
function detach<K>(empty: Slot<K>): void {
  let slot = empty;
  while (slot.parent !== undefined) {
    const { parent, position } = slot;
    assert(parent.children !== undefined, "the parent of a slot is divided");
    parent.children[position] = undefined;
    if (position < 32) parent.occupiedLow &= ~(1 << position);
    else parent.occupiedHigh &= ~(1 << (position - 32));
    if (parent.occupiedLow !== 0 || parent.occupiedHigh !== 0) return;
    slot = parent;
  }
  slot.children = undefined; // Only the root is left: an empty list again.
}

/** The entry that is due first. Divides the slots on the way to it, as far as they are crowded. */
function first<K>(root: Slot<K>): Entry<K> | undefined {
  let slot = root;
  for (;;) {
    if (slot.children !== undefined) slot = firstChild(slot, slot.children);
    else if (slot.level === 0) return slot.head;
    else if (slot.size <= SCAN_MAX) return earliest(slot.head);
    else divide(slot);
  }
}

function firstChild<K>(slot: Slot<K>, children: (Slot<K> | undefined)[]): Slot<K> {
  const position =
    slot.occupiedLow === 0 ? 32 + lowestBit(slot.occupiedHigh) : lowestBit(slot.occupiedLow);
  const child = children[position];
  assert(child !== undefined, "a divided slot has a child at each bit it sets");
  return child;
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

function earliest<K>(head: Entry<K> | undefined): Entry<K> | undefined {
  let found = head;
  for (let entry = head?.next; entry !== undefined; entry = entry.next)
    if (found === undefined || entry.dueMs < found.dueMs) found = entry;
  return found;
}

/** The cascade: each entry goes down one level, and the order within an instant stays. */
function divide<K>(slot: Slot<K>): void {
  const children = Array.from<Slot<K> | undefined>({ length: SLOTS });
  slot.children = children;
  let entry = slot.head;
  slot.head = undefined;
  slot.tail = undefined;
  slot.size = 0;
  while (entry !== undefined) {
    const { next } = entry;
    append(childAt(slot, children, entry.dueMs), entry);
    entry = next;
  }
}
