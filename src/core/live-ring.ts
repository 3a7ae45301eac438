import { assert } from "./assert.ts";

export const LIVE_RING_LIMITS = {
  entriesMax: 10_000,
  /** Of the texts, topics not counted. */
  charsMax: 16 * 1_024 * 1_024,
  /** A number is at least the clock's milliseconds times this. */
  numbersPerMs: 1_000,
} as const;

/** One row on one topic, numbered. */
export interface LiveEntry {
  readonly seq: number;
  readonly topic: string;
  /** The row as JSON. */
  readonly text: string;
}

/**
 * The newest rows of one namespace, in the order in which they were told. Numbers rise and are never used
 * twice: they follow the clock, so one that begins anew is ahead of all that an earlier one gave out. What
 * the ring has let go of, or never heard of, it does not vouch for (`floor`).
 */
export class LiveRing {
  /** Oldest first, from `#first` on: what was let go of lies before it until the list is cut. */
  #entries: LiveEntry[] = [];
  #first = 0;
  #chars = 0;
  #last: number;
  #floor: number;

  /** `nowMs` is the clock's; `aboveSeq` a number that is known to be used, if any. */
  constructor(nowMs: number, aboveSeq = 0) {
    assert(Number.isSafeInteger(nowMs) && nowMs >= 0, "the clock tells whole milliseconds");
    this.#last = Math.max(numberAt(nowMs), aboveSeq);
    this.#floor = this.#last;
  }

  /** The newest number that was given out. */
  get last(): number {
    return this.#last;
  }

  /** Whoever has everything up to here, or up to a later number, can go on without a loss. */
  get floor(): number {
    return this.#floor;
  }

  get size(): number {
    return this.#entries.length - this.#first;
  }

  /** Where to begin to have all rows that came since then, as far as the ring vouches for it. */
  since(ms: number): number {
    return Math.max(this.#floor, Math.min(this.#last, numberAt(ms)));
  }

  push(topic: string, text: string, nowMs: number): LiveEntry {
    const entry = { seq: this.#next(nowMs), topic, text };
    this.#entries.push(entry);
    this.#chars += text.length;
    while (this.size > LIVE_RING_LIMITS.entriesMax || this.#chars > LIVE_RING_LIMITS.charsMax)
      this.#letGo();
    return entry;
  }

  /**
   * Something may have been lost before the next row. That takes a number of its own: whoever has less was
   * told less, and even those who had everything must hear of it.
   */
  breakOff(nowMs: number): void {
    this.#entries = [];
    this.#first = 0;
    this.#chars = 0;
    this.#floor = this.#next(nowMs);
  }

  /** Whether all rows behind this number are here. A number that was not given out yet is nobody's. */
  vouchesFor(seq: number): boolean {
    return seq >= this.#floor && seq <= this.#last;
  }

  /** Rows behind a number, oldest first. */
  *after(seq: number): Generator<LiveEntry> {
    for (let i = this.#firstAfter(seq); i < this.#entries.length; i++) {
      const entry = this.#entries[i];
      assert(entry !== undefined, "the index is within the list");
      yield entry;
    }
  }

  #next(nowMs: number): number {
    this.#last = Math.max(this.#last + 1, numberAt(nowMs));
    return this.#last;
  }

  #letGo(): void {
    const entry = this.#entries[this.#first];
    assert(entry !== undefined, "a ring that is too large is not empty");
    this.#floor = entry.seq;
    this.#chars -= entry.text.length;
    this.#first++;
    // The list is cut when as much of it is dead as alive, so each row costs the same.
    if (this.#first <= this.size) return;
    this.#entries = this.#entries.slice(this.#first);
    this.#first = 0;
  }

  /** By halves: numbers rise, but not always by one. */
  #firstAfter(seq: number): number {
    let [low, high] = [this.#first, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.seq ?? 0) <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function numberAt(ms: number): number {
  return ms * LIVE_RING_LIMITS.numbersPerMs;
}
