const TURN_LIMITS = {
  /** Hashed at the same time: each takes 16 MiB and a thread. */
  atOnce: 2,
  /** Who waits for a turn, of each rank. */
  waiting: 20,
} as const;

/** Who is known already goes before who is not. */
export type TurnRank = "known" | "stranger";

/** Lets few work at once and few wait; whoever comes beyond that is sent away at once. */
export class HashTurns {
  #running = 0;
  readonly #waiting: Readonly<Record<TurnRank, (() => void)[]>> = { known: [], stranger: [] };

  hasRoom(rank: TurnRank): boolean {
    return this.#running < TURN_LIMITS.atOnce || this.#waiting[rank].length < TURN_LIMITS.waiting;
  }

  /** What the work comes to; null when there is no room for it. Rejects as the work does. */
  async run<T>(rank: TurnRank, work: () => Promise<T>): Promise<T | null> {
    if (!this.hasRoom(rank)) return null;
    if (this.#running < TURN_LIMITS.atOnce) this.#running++;
    // The turn is handed over by the one that ends, so nobody slips in between.
    else await new Promise<void>((resolve) => this.#waiting[rank].push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.known.shift() ?? this.#waiting.stranger.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
