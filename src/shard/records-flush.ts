import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { RecordsWriter } from "../ports/records.ts";
import type { Timers } from "../ports/timers.ts";
import type { HeldEffects } from "./held-effects.ts";
import type { Shard } from "./shard.ts";

export interface FlushDeps {
  readonly shard: Shard;
  readonly clock: Clock;
  readonly records: RecordsWriter;
  readonly timers: Timers;
  readonly log: Log;
  readonly settings: { readonly flushMs: number };
}

const BACKOFF_MS_MAX = 30_000;
/** Rows that wait when one batch follows another without a linger: in calm, and while a herd is under way. */
const BEHIND_ROWS = 500;
const BEHIND_ROWS_SATURATED = 25_000;
/** How much longer rows are gathered while a herd is under way. */
const SATURATED_FACTOR = 4;
/** Batches that a stopping shard still tries to bring out. */
const DRAIN_BATCHES_MAX = 400;

/** Carries the outbox to the records: one batch at a time, again until it is confirmed. */
export class RecordsFlush {
  readonly #deps: FlushDeps;
  readonly #held: HeldEffects;
  readonly #onRoom: () => void;
  #writing: Promise<boolean> | null = null;
  #cancel: (() => void) | null = null;
  #failures = 0;

  /** `onRoom` is called when rows have left, for a shard whose outbox was full. */
  constructor(deps: FlushDeps, held: HeldEffects, onRoom: () => void) {
    this.#deps = deps;
    this.#held = held;
    this.#onRoom = onRoom;
  }

  get isReachable(): boolean {
    return this.#failures === 0;
  }

  /** Writes after the linger, unless that is under way or nothing waits. */
  soon(): void {
    const { shard, timers } = this.#deps;
    if (this.#writing !== null || this.#cancel !== null || shard.outboxSize === 0) return;
    this.#cancel = timers.after(this.#lingerMs(), () => {
      this.#cancel = null;
      void this.write().then(() => this.soon());
    });
  }

  /**
   * How long to gather. When more than one batch waits, the next follows at once; but while a herd is
   * under way, dispatching goes first for a while: its rows are recorded when it has passed.
   */
  #lingerMs(): number {
    const { shard, settings } = this.#deps;
    const { flushMs } = settings;
    if (this.#failures > 0)
      return Math.min(BACKOFF_MS_MAX, flushMs * 2 ** Math.min(this.#failures, 16));
    if (shard.outboxSize > BEHIND_ROWS_SATURATED) return 0;
    if (shard.isSaturated) return flushMs * SATURATED_FACTOR;
    return shard.outboxSize < BEHIND_ROWS ? flushMs : 0;
  }

  /** Brings out what it can: stops at the first batch that the records do not take. */
  async drain(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    for (let i = 0; i < DRAIN_BATCHES_MAX && this.#deps.shard.outboxSize > 0; i++)
      if (!(await this.write())) return;
  }

  /** Writes one batch, or waits for the one under way; true when the records took it. Never rejects. */
  write(): Promise<boolean> {
    this.#writing ??= this.#writeBatch().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #writeBatch(): Promise<boolean> {
    const { shard, records, clock, log } = this.#deps;
    try {
      const taken = shard.takeOutbox();
      if (taken === undefined) return true;
      await this.#held.settled();
      const isWritten = await records.write(taken.batch);
      if (isWritten) {
        if (this.#failures > 0) log.info("The records are reachable again.");
        shard.acknowledgeOutbox(taken.receipt, clock.nowMs());
      } else if (this.#failures === 0) {
        log.warn("The records are out of reach; scheduling goes on.", { outbox: shard.outboxSize });
      }
      this.#failures = isWritten ? 0 : this.#failures + 1;
      if (isWritten) this.#onRoom();
      return isWritten;
    } catch (error) {
      this.#failures++;
      log.error("A batch for the records failed.", { error: String(error) });
      return false;
    }
  }
}
