import type { Clock } from "../ports/clock.ts";
import type { Alarm, Timers } from "../ports/timers.ts";

/** The wall clock of this machine. */
export const hostClock: Clock = { nowMs: () => Date.now() };

/** The event loop's timers. */
export const hostTimers: Timers = {
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};

/** A longer sleep is taken in naps, so that a clock that was set is noticed within this time. */
const NAP_MS_MAX = 10_000;

/** The wake-up of a shard within this process: one timer, set anew only when the wish is another. */
export class TimerAlarm implements Alarm {
  readonly #clock: Clock;
  readonly #wake: () => void;
  #armedMs: number | null = null;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  get armedMs(): number | null {
    return this.#armedMs;
  }

  /** All wishes of this process end with it, and its next start looks at everything. */
  set(atMs: number | null, _lastingMs: number | null = null): void {
    if (atMs === this.#armedMs && this.#cancel !== null) return;
    this.#cancel?.();
    this.#armedMs = atMs;
    this.#cancel = atMs === null ? null : this.#sleep(atMs);
  }

  #sleep(atMs: number): () => void {
    const waitMs = Math.max(0, Math.min(NAP_MS_MAX, atMs - this.#clock.nowMs()));
    return hostTimers.after(waitMs, () => {
      this.#cancel = null;
      this.#armedMs = null;
      this.#wake();
    });
  }
}
