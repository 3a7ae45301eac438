import type { Answered } from "../src/ports/dispatcher.ts";
import type { Timers } from "../src/ports/timers.ts";

/** Answers that come within this time share one call; their slots are idle for as long. */
const LINGER_MS = 3;

export interface AnswerGathererDeps {
  /** How many answers there will be. */
  readonly expected: number;
  readonly timers: Timers;
  /** Takes some of them early. */
  readonly hand: (answered: readonly Answered[]) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Gathers the answers of one batch: while others are still missing they are handed over in groups, and
 * the last group is what `rest` resolves with. Answers that could not be handed over are part of it.
 */
export class AnswerGatherer {
  readonly #deps: AnswerGathererDeps;
  #missing: number;
  #gathered: Answered[] = [];
  #cancel: (() => void) | null = null;
  #handing: Promise<void> = Promise.resolve();
  #resolve: (() => void) | null = null;
  readonly #all: Promise<void>;

  constructor(deps: AnswerGathererDeps) {
    this.#deps = deps;
    this.#missing = deps.expected;
    this.#all = new Promise((resolve) => {
      this.#resolve = resolve;
      if (deps.expected === 0) resolve();
    });
  }

  add(answered: Answered): void {
    this.#gathered.push(answered);
    this.#missing--;
    if (this.#missing === 0) {
      this.#cancel?.();
      this.#cancel = null;
      this.#resolve?.();
      return;
    }
    this.#cancel ??= this.#deps.timers.after(LINGER_MS, () => {
      this.#cancel = null;
      this.#handing = this.#handing.then(() => this.#handOver());
    });
  }

  /** When all have come: those that have not been handed over. */
  async rest(): Promise<readonly Answered[]> {
    await this.#all;
    await this.#handing;
    return this.#gathered;
  }

  async #handOver(): Promise<void> {
    const group = this.#gathered.splice(0);
    if (group.length === 0) return;
    try {
      await this.#deps.hand(group);
    } catch (error) {
      this.#gathered.unshift(...group);
      this.#deps.onFailure(error);
    }
  }
}
