import type { LiveEntry, LiveRing } from "./live-ring.ts";

export const LIVE_WATCHER_LIMITS = {
  topicsMax: 32,
  /** Rows that may be on their way before one of them is acknowledged. */
  windowRows: 1_000,
} as const;

/** What a watcher is to be told next. */
export type LiveNews =
  | { readonly kind: "row"; readonly entry: LiveEntry }
  /** Rows may have been missed: it loads anew, and goes on behind this number. */
  | { readonly kind: "reset"; readonly seq: number };

/** What is kept of a watcher for a hub that loses its memory and not its sockets. Plain data. */
export interface KeptWatcher {
  readonly topics: readonly string[];
  /** Everything up to here was sent, or is on no topic of it. */
  readonly cursor: number;
  /** The newest row that was sent and not acknowledged, and how many they are; 0 and 0 when there is none. */
  readonly sentSeq: number;
  readonly unacked: number;
  /** It had been sent all that there was. */
  readonly isCaughtUp: boolean;
}

/**
 * One watcher of a ring: its topics, what it has been sent, and how much more may be sent before it says
 * that it has read some. Each row of its topics goes to it once and in order, or it is told of a reset.
 */
export class LiveWatcher {
  readonly #topics = new Set<string>();
  #cursor: number;
  /**
   * Rows that were sent and not acknowledged, oldest first, from the place `#acked` on. One number stands for
   * several where they were sent before the hub lost its memory.
   */
  #sent: { readonly seq: number; readonly rows: number }[] = [];
  #acked = 0;
  #unacked = 0;

  /** It begins with what comes behind `cursor`. */
  constructor(cursor: number) {
    this.#cursor = cursor;
  }

  /**
   * The watcher as it was before its hub lost its memory. One that had everything goes on behind the new
   * ring's beginning; another is told of a reset.
   */
  static restored(kept: KeptWatcher, ring: LiveRing): LiveWatcher {
    const watcher = new LiveWatcher(
      kept.isCaughtUp ? ring.floor : Math.min(kept.cursor, ring.floor - 1),
    );
    watcher.subscribe(kept.topics);
    if (kept.unacked > 0) watcher.#note(kept.sentSeq, kept.unacked);
    return watcher;
  }

  /** It has no topic. */
  get isIdle(): boolean {
    return this.#topics.size === 0;
  }

  get topics(): readonly string[] {
    return [...this.#topics];
  }

  /** Everything up to here was sent, or is on no topic of it. */
  get cursor(): number {
    return this.#cursor;
  }

  get unacked(): number {
    return this.#unacked;
  }

  /** Nothing more goes to it before it acknowledges. */
  get isFull(): boolean {
    return this.#unacked >= LIVE_WATCHER_LIMITS.windowRows;
  }

  kept(ring: LiveRing): KeptWatcher {
    const sentSeq = this.#unacked === 0 ? 0 : (this.#sent.at(-1)?.seq ?? 0);
    const isCaughtUp = this.#cursor >= ring.last;
    const { topics, cursor, unacked } = this;
    return { topics, cursor, sentSeq, unacked, isCaughtUp };
  }

  /** How many topics it would have with these. */
  countWith(topics: readonly string[]): number {
    return new Set([...this.#topics, ...topics]).size;
  }

  subscribe(topics: readonly string[]): void {
    for (const topic of topics) this.#topics.add(topic);
  }

  unsubscribe(topics: readonly string[]): void {
    for (const topic of topics) this.#topics.delete(topic);
  }

  /** It was cut off after it had read everything up to here, or says so. */
  goOnAfter(seq: number): void {
    this.#cursor = seq;
  }

  /** It has read all rows up to this number. */
  acknowledge(seq: number): void {
    for (;;) {
      const oldest = this.#sent[this.#acked];
      if (oldest === undefined || oldest.seq > seq) break;
      this.#unacked -= oldest.rows;
      this.#acked++;
    }
    if (this.#acked * 2 < this.#sent.length) return;
    this.#sent = this.#sent.slice(this.#acked);
    this.#acked = 0;
  }

  /**
   * What it is to be sent now, one after the other: whoever takes an item sends it. Whoever stops taking
   * goes on later where it stopped. After a reset it goes on behind `fresh`, which the ring vouches for.
   */
  *next(ring: LiveRing, fresh: number): Generator<LiveNews> {
    if (!ring.vouchesFor(this.#cursor)) {
      if (this.isFull) return;
      this.#cursor = fresh;
      yield { kind: "reset", seq: fresh };
    }
    for (const entry of ring.after(this.#cursor)) {
      const isWanted = this.#topics.has(entry.topic);
      if (isWanted && this.isFull) return;
      this.#cursor = entry.seq;
      if (!isWanted) continue;
      this.#note(entry.seq, 1);
      yield { kind: "row", entry };
    }
    // Numbers of no row, too.
    this.#cursor = ring.last;
  }

  /** Passes over rows of no topic of it, so that it is not told of a reset when they leave the ring. */
  skip(ring: LiveRing): void {
    if (!ring.vouchesFor(this.#cursor)) return;
    for (const entry of ring.after(this.#cursor)) {
      if (this.#topics.has(entry.topic)) return;
      this.#cursor = entry.seq;
    }
    this.#cursor = ring.last;
  }

  #note(seq: number, rows: number): void {
    this.#sent.push({ seq, rows });
    this.#unacked += rows;
  }
}
