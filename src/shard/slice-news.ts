import { isEnded, type EndedState, type Run } from "../core/run.ts";

/** What ended in the transaction under way, as far as it concerns sharded runs. */
interface SlicesNews {
  /** By sharded run: its slices that have ended. */
  readonly ends: ReadonlyMap<string, readonly { index: number; state: EndedState }[]>;
  /** Sharded runs that have ended: what is left of their slices ends with them. */
  readonly parents: readonly string[];
}

/**
 * Gathers the ends of slices and of sharded runs, so that many ends of one transaction change the sharded run
 * once. It holds nothing beyond a transaction: `settleSlices` takes all of it before the commit.
 */
export class SliceNews {
  #ends = new Map<string, { index: number; state: EndedState }[]>();
  #parents: string[] = [];

  /** Follows the end of a run; each is told once. */
  ended({ id, trigger, phase, tally }: Run): void {
    if (!isEnded(phase)) return;
    if (tally !== null) this.#parents.push(id);
    if (trigger.kind !== "shard") return;
    const { parent, index } = trigger;
    const ends = this.#ends.get(parent) ?? [];
    ends.push({ index, state: phase.state });
    this.#ends.set(parent, ends);
  }

  /** Undefined when nothing has happened. */
  take(): SlicesNews | undefined {
    if (this.#ends.size === 0 && this.#parents.length === 0) return undefined;
    const news = { ends: this.#ends, parents: this.#parents };
    this.clear();
    return news;
  }

  clear(): void {
    this.#ends = new Map();
    this.#parents = [];
  }
}
