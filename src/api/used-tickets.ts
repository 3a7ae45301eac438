import { Refusal } from "../core/refusal.ts";

/** Tickets that have not ended and were used: more sockets are not opened in a minute. */
const TICKETS_MAX = 10_000;

/** The tickets that were used, each until it has ended: a ticket opens one socket. */
export class UsedTickets {
  /** Until when each must be remembered. */
  readonly #untilMs: Map<string, number>;

  /** `kept` is what an earlier one had. */
  constructor(kept: readonly (readonly [string, number])[] = []) {
    this.#untilMs = new Map(kept);
  }

  /** What must be kept of it by a hub that may lose its memory. */
  get kept(): readonly (readonly [string, number])[] {
    return [...this.#untilMs];
  }

  /** False when it was used before. Throws `quota.exceeded` when no more can be remembered. */
  take({ id, expMs }: { readonly id: string; readonly expMs: number }, nowMs: number): boolean {
    for (const [used, untilMs] of this.#untilMs) if (untilMs <= nowMs) this.#untilMs.delete(used);
    if (this.#untilMs.has(id)) return false;
    if (this.#untilMs.size >= TICKETS_MAX)
      throw new Refusal("quota.exceeded", "Too many sockets were opened in a minute.");
    this.#untilMs.set(id, expMs);
    return true;
  }
}
