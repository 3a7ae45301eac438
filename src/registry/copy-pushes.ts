import { eachBounded } from "../core/each-bounded.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Shards } from "../ports/shard-client.ts";
import type { Timers } from "../ports/timers.ts";
import type { ExecutorKeeper } from "./executor-keeper.ts";
import { retryDelayMs } from "./retry-delay.ts";
import { withDeadline } from "./with-deadline.ts";

export interface PushDeps {
  readonly keeper: ExecutorKeeper;
  readonly shards: Shards;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

const LIMITS = {
  /** How long changes that come of themselves are gathered for one push. */
  lingerMs: 20,
  /** A Worker has six connections; a push that takes them all would starve others. */
  shardsAtOnce: 4,
  /** How long a shard may take to answer. */
  waitMs: 5_000,
  retryMs: 200,
  retryMsMax: 30_000,
} as const;

/**
 * Brings the newest copy to the shards that are behind: one round after the other, each over all that are
 * behind when it begins. Which those are is stored, so a crash loses no push.
 */
export class CopyPushes {
  readonly #deps: PushDeps;
  readonly #onDone: () => void;
  #rounds: Promise<void> = Promise.resolve();
  #cancelLinger: (() => void) | null = null;
  #isRunning = false;
  #failures = 0;
  #retryMs: number | null = null;

  /** `onDone` is called after each round. */
  constructor(deps: PushDeps, onDone: () => void) {
    this.#deps = deps;
    this.#onDone = onDone;
  }

  /** When to be asked to push again after a failure; null when none failed, or a push is under way. */
  get retryMs(): number | null {
    return this.#cancelLinger !== null || this.#isRunning ? null : this.#retryMs;
  }

  /** Pushes after a short linger, unless there is nothing to push, or a retry is waited for. */
  soon(): void {
    const { keeper, timers, clock } = this.#deps;
    if (this.#cancelLinger !== null || this.#isRunning || keeper.shardsBehind.length === 0) return;
    if (this.#retryMs !== null && clock.nowMs() < this.#retryMs) return;
    this.#cancelLinger = timers.after(LIMITS.lingerMs, () => {
      this.#cancelLinger = null;
      void this.now();
    });
  }

  /** Resolves when all that are behind now were tried with the copy of now or a newer one. Never rejects. */
  now(): Promise<void> {
    this.#rounds = this.#rounds.then(() => this.#round());
    return this.#rounds;
  }

  /** Nothing begins any more. */
  stop(): void {
    this.#cancelLinger?.();
    this.#cancelLinger = null;
  }

  async #round(): Promise<void> {
    const { keeper, clock, log } = this.#deps;
    const version = keeper.listVersion;
    const behind = [...keeper.shardsBehind];
    if (behind.length === 0) return;
    this.#isRunning = true;
    try {
      const done: number[] = [];
      await eachBounded(behind, LIMITS.shardsAtOnce, async (shard) => {
        if (await this.#push(shard)) done.push(shard);
      });
      keeper.confirmCopies(version, done, clock.nowMs());
      this.#settle(done.length === behind.length);
    } catch (error) {
      log.error("Pushes of an executor's copies failed.", { error: String(error) });
      this.#settle(false);
    } finally {
      this.#isRunning = false;
    }
    this.#onDone();
  }

  #settle(isDone: boolean): void {
    this.#failures = isDone ? 0 : this.#failures + 1;
    const delayMs = retryDelayMs(this.#failures, LIMITS);
    this.#retryMs = isDone ? null : this.#deps.clock.nowMs() + delayMs;
  }

  async #push(shard: number): Promise<boolean> {
    const { keeper, shards, timers, log } = this.#deps;
    const copy = keeper.copyFor(shard);
    try {
      const call = shards.at(shard).call("directory.put", { copies: [copy] });
      const reply = await withDeadline(call, LIMITS.waitMs, timers);
      if (reply?.ok === true) return true;
      const reason = reply === null ? "no answer in time" : reply.refusal.detail;
      log.warn("A shard did not take an executor's copy.", { shard, key: copy.key, reason });
    } catch (error) {
      const reason = String(error);
      log.warn("A shard could not be told of an executor.", { shard, key: copy.key, reason });
    }
    return false;
  }
}
