/** Something that ends by itself unless it is removed before. */
export interface Expiring {
  /**
   * On the clock of `performance.now()`. May be moved at any time: the sweep need only be told of one that comes
   * before the sweep looks at the entry (`lookBy`).
   */
  readonly deadlineMs: number;
  /** Written by the sweep alone: where the entry lies. */
  sweepBucket: number;
  expire(): void;
}

const BUCKET_MS = 20;
const DAY_MS = 86_400_000;

/**
 * Deadlines for many short things at the price of a set entry each: they lie in buckets of 20 ms,
 * and one timer waits for the first bucket. An entry whose deadline has moved is put off when its
 * old bucket comes up. Nothing expires early; it may expire up to two buckets late.
 *
 * The timer stays when the last entry goes (arming it anew for each request would cost more than it
 * saves), so it never keeps the process alive.
 */
export class DeadlineSweep {
  readonly #buckets = new Map<number, Set<Expiring>>();
  #timer: NodeJS.Timeout | null = null;
  #armedBucket = Number.POSITIVE_INFINITY;

  /** `lookMs` is when it is looked at first: one whose deadline may come nearer is looked at earlier than that. */
  add(entry: Expiring, lookMs: number = entry.deadlineMs): void {
    const bucket = bucketOf(lookMs);
    const entries = this.#buckets.get(bucket);
    if (entries === undefined) this.#buckets.set(bucket, new Set([entry]));
    else entries.add(entry);
    entry.sweepBucket = bucket;
    if (bucket < this.#armedBucket) this.#arm(bucket);
  }

  /** Looks at the entry at `lookMs` at the latest. */
  lookBy(entry: Expiring, lookMs: number): void {
    if (entry.sweepBucket <= bucketOf(lookMs)) return;
    this.remove(entry);
    this.add(entry, lookMs);
  }

  remove(entry: Expiring): void {
    const entries = this.#buckets.get(entry.sweepBucket);
    if (entries === undefined || !entries.delete(entry)) return;
    if (entries.size === 0) this.#buckets.delete(entry.sweepBucket);
  }

  #arm(bucket: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#armedBucket = bucket;
    const delayMs = Math.max(1, bucket * BUCKET_MS - performance.now());
    // Beyond 2^31 ms a timer fires at once; waking up once a day for nothing costs nothing.
    this.#timer = setTimeout(() => this.#sweep(), Math.min(delayMs, DAY_MS));
    this.#timer.unref();
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const entry of this.#dueBy(nowMs)) {
      this.remove(entry);
      if (entry.deadlineMs <= nowMs) entry.expire();
      else this.add(entry);
    }
    this.#timer = null;
    this.#armedBucket = Number.POSITIVE_INFINITY;
    let first = Number.POSITIVE_INFINITY;
    for (const bucket of this.#buckets.keys()) first = Math.min(first, bucket);
    if (first !== Number.POSITIVE_INFINITY) this.#arm(first);
  }

  #dueBy(nowMs: number): readonly Expiring[] {
    const due: Expiring[] = [];
    for (const [bucket, entries] of this.#buckets)
      if (bucket * BUCKET_MS <= nowMs) due.push(...entries);
    return due;
  }
}

function bucketOf(ms: number): number {
  return Math.ceil(ms / BUCKET_MS);
}
