/** Effects that leave together, and when what they rest on is safe. */
interface Held {
  readonly group: readonly (() => void)[];
  readonly safe: Promise<void> | null;
}

/**
 * Holds back what transactions set off until their commits survive a power cut, then lets it go in their order. Where
 * commits survive by themselves, or the platform holds back what leaves, nothing waits.
 */
export class HeldEffects {
  readonly #durable: () => Promise<void> | null;
  readonly #onLost: (error: unknown) => void;
  #waiting: (() => void)[] = [];
  #whenSafe: (() => void) | null = null;
  #isReleasing = false;
  #isLost = false;

  /**
   * `durable` resolves when everything committed by now survives, and is null when it does already. `onLost` is told
   * when it rejects: what waits then, and all that comes later, never leaves.
   */
  constructor(durable: () => Promise<void> | null, onLost: (error: unknown) => void) {
    this.#durable = durable;
    this.#onLost = onLost;
  }

  /** The disk is at work: what is committed now has to wait for its next turn. */
  get isBusy(): boolean {
    return this.#isReleasing;
  }

  /** Does it when everything committed by now is safe: at once, when it is and nothing else waits. */
  after(effect: () => void): void {
    if (this.#isLost) return;
    if (this.#isReleasing) {
      this.#waiting.push(effect);
      return;
    }
    const safe = this.#durable();
    if (safe === null) effect();
    else void this.#release({ group: [effect], safe });
  }

  /**
   * Does it once, when the disk is done with what it is at, before that leaves: a commit made then is on its way to
   * the disk while that leaves. Replaces what was to be done then; of use only while `isBusy`.
   */
  whenSafe(work: () => void): void {
    this.#whenSafe = work;
  }

  /** Resolves when everything committed by now is safe, and what it set off has left. */
  settled(): Promise<void> {
    return new Promise((resolve) => this.after(resolve));
  }

  /** While one group of effects leaves, the disk is at work for the next. */
  async #release(first: Held): Promise<void> {
    this.#isReleasing = true;
    let next: Held | null = first;
    while (next !== null) {
      const { group, safe }: Held = next;
      try {
        // Groups leave one after the other.
        // oxlint-disable-next-line no-await-in-loop
        await safe;
      } catch (error) {
        this.#lose(error);
        return;
      }
      this.#doWhenSafe();
      next = this.#nextGroup();
      for (const effect of group) effect();
      next ??= this.#nextGroup();
    }
    this.#isReleasing = false;
    // An effect may have asked for it, too.
    this.#doWhenSafe();
  }

  #doWhenSafe(): void {
    const work = this.#whenSafe;
    this.#whenSafe = null;
    work?.();
  }

  #nextGroup(): Held | null {
    const group = this.#waiting;
    if (group.length === 0) return null;
    this.#waiting = [];
    return { group, safe: this.#durable() };
  }

  #lose(error: unknown): void {
    this.#isLost = true;
    this.#waiting = [];
    this.#onLost(error);
  }
}
