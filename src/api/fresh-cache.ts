import { BoundedMap } from "../core/bounded-map.ts";
import { Refusal } from "../core/refusal.ts";

interface Held<T> {
  readonly value: T;
  readonly readMs: number;
}

export interface Freshness {
  readonly entriesMax: number;
  /** For how long a row is believed without asking. */
  readonly freshMs: number;
  /** For how long a row is still used when who keeps it cannot be reached. */
  readonly staleMs: number;
}

/**
 * Rows of the directory in memory, so that the hot routes do not read libSQL for each request, and
 * go on while it is away. What is absent is never remembered.
 */
export class FreshCache<T> {
  readonly #held: BoundedMap<string, Held<T>>;
  readonly #freshness: Freshness;
  /** How often something was forgotten: what a read began before that brings may be out of date. */
  #forgotten = 0;

  constructor(freshness: Freshness) {
    this.#held = new BoundedMap(freshness.entriesMax);
    this.#freshness = freshness;
  }

  /**
   * The row as it is or was a moment ago. Throws what `load` throws when nothing usable is held.
   */
  async read(key: string, nowMs: number, load: () => Promise<T | null>): Promise<T | null> {
    const held = this.#held.get(key);
    const ageMs = held === undefined ? Number.POSITIVE_INFINITY : Math.abs(nowMs - held.readMs);
    if (held !== undefined && ageMs < this.#freshness.freshMs) return held.value;
    const forgotten = this.#forgotten;
    try {
      const value = await load();
      if (value === null) this.#held.delete(key);
      else if (forgotten === this.#forgotten) this.#held.set(key, { value, readMs: nowMs });
      return value;
    } catch (error) {
      if (held !== undefined && ageMs < this.#freshness.staleMs && isAway(error)) return held.value;
      throw error;
    }
  }

  /** Whether a read would be answered without asking. */
  isFresh(key: string, nowMs: number): boolean {
    const held = this.#held.get(key);
    return held !== undefined && Math.abs(nowMs - held.readMs) < this.#freshness.freshMs;
  }

  /** Replaces the row that is held, without making it look newer. */
  renew(key: string, value: T): void {
    const held = this.#held.get(key);
    if (held !== undefined) this.#held.set(key, { value, readMs: held.readMs });
  }

  /** The row is read anew, also where a read of it is under way now. */
  forget(key: string): void {
    this.#forgotten++;
    this.#held.delete(key);
  }
}

function isAway(error: unknown): boolean {
  if (!(error instanceof Refusal)) return false;
  return error.data.code === "records.unavailable" || error.data.code === "shard.unavailable";
}
