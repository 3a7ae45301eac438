import type { Clock } from "../ports/clock.ts";
import type { ExecutorRecords } from "../ports/executor-storage.ts";
import type { Log } from "../ports/log.ts";
import type { Timers } from "../ports/timers.ts";
import type { ExecutorKeeper } from "./executor-keeper.ts";
import { retryDelayMs } from "./retry-delay.ts";

export interface RowWriteDeps {
  readonly keeper: ExecutorKeeper;
  readonly records: ExecutorRecords;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

const LIMITS = { lingerMs: 200, retryMs: 1_000, retryMsMax: 60_000 } as const;

/** Carries the executor's row to the records: one at a time, again until they have the newest. */
export class RowWrites {
  readonly #deps: RowWriteDeps;
  readonly #onDone: () => void;
  #cancelLinger: (() => void) | null = null;
  #writing: Promise<void> | null = null;
  #failures = 0;
  #retryMs: number | null = null;

  /** `onDone` is called after each try. */
  constructor(deps: RowWriteDeps, onDone: () => void) {
    this.#deps = deps;
    this.#onDone = onDone;
  }

  /** When to be asked to write again after a failure; null when none failed, or a write is under way. */
  get retryMs(): number | null {
    return this.#cancelLinger !== null || this.#writing !== null ? null : this.#retryMs;
  }

  /** Writes after the linger, unless the records have the newest, or a retry is waited for. */
  soon(): void {
    const { keeper, timers, clock } = this.#deps;
    if (this.#cancelLinger !== null || this.#writing !== null || !keeper.isRowBehind) return;
    if (this.#retryMs !== null && clock.nowMs() < this.#retryMs) return;
    this.#cancelLinger = timers.after(LIMITS.lingerMs, () => {
      this.#cancelLinger = null;
      void this.now();
    });
  }

  /** Tries once. Never rejects. */
  now(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
      this.#onDone();
    });
    return this.#writing;
  }

  /** Nothing begins any more. */
  stop(): void {
    this.#cancelLinger?.();
    this.#cancelLinger = null;
  }

  async #write(): Promise<void> {
    const { keeper, records, clock, log } = this.#deps;
    const row = keeper.rowToKeep();
    if (row === null) return;
    let isKept = false;
    try {
      isKept = await records.putExecutor(row);
      if (isKept) keeper.confirmRow(row.rowVersion, clock.nowMs());
    } catch (error) {
      log.error("The row of an executor failed.", { error: String(error) });
      isKept = false;
    }
    this.#failures = isKept ? 0 : this.#failures + 1;
    this.#retryMs = isKept ? null : clock.nowMs() + retryDelayMs(this.#failures, LIMITS);
  }
}
