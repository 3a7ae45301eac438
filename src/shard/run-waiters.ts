import type { Timers } from "../ports/timers.ts";

/** Nobody waits longer for a run's end than this. */
export const WAIT_MS_MAX = 60_000;
/** Callers that may wait at once; the next is answered at once with the current state. */
const WAITERS_MAX = 10_000;

/** Those who asked to be told when a run, or a workflow run, has ended. */
export class RunWaiters<T extends { readonly id: string }> {
  readonly #timers: Timers;
  readonly #waiting = new Map<string, Set<(run: T | null) => void>>();
  #size = 0;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** The run once it has ended, or null when `waitMs` is over before. */
  wait(runId: string, waitMs: number): Promise<T | null> {
    if (waitMs <= 0 || this.#size >= WAITERS_MAX) return Promise.resolve(null);
    return new Promise((resolve) => {
      const cancel = this.#timers.after(Math.min(waitMs, WAIT_MS_MAX), () => done(null));
      const done = (run: T | null): void => {
        cancel();
        this.#forget(runId, done);
        resolve(run);
      };
      const others = this.#waiting.get(runId) ?? new Set();
      this.#waiting.set(runId, others.add(done));
      this.#size++;
    });
  }

  /** Somebody waits for it. */
  isAwaited(runId: string): boolean {
    return this.#waiting.has(runId);
  }

  ended(run: T): void {
    for (const done of this.#waiting.get(run.id) ?? []) done(run);
  }

  #forget(runId: string, done: (run: T | null) => void): void {
    const others = this.#waiting.get(runId);
    if (others?.delete(done) !== true) return;
    this.#size--;
    if (others.size === 0) this.#waiting.delete(runId);
  }
}
