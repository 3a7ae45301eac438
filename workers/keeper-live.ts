import { liveTexts } from "../src/api/live-rows-json.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { LiveFeed, LiveRows } from "../src/ports/live-feed.ts";
import type { Log } from "../src/ports/log.ts";
import type { Timers } from "../src/ports/timers.ts";
import type { LiveBatch } from "./live-rpc.ts";

/** While nobody watches, or the hub cannot be reached, it is tried so often: with the newest row, if there is one. */
const ASK_EVERY_MS = 10_000;

export interface KeeperLiveDeps {
  readonly deploymentId: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly send: (namespace: string, batch: LiveBatch) => Promise<boolean>;
}

/**
 * What a keeper tells the hub of its executor's namespace. Hubs do not know the keepers, so the keeper asks: the row
 * itself is the question, and while nobody watches it is asked at most every ten seconds. Of an executor only the
 * newest row counts, so nothing else is kept, and nothing can be missed by telling it late.
 */
export class KeeperLive implements LiveFeed {
  readonly #deps: KeeperLiveDeps;
  #newest: { readonly namespace: string; readonly rows: LiveRows } | null = null;
  #isSending = false;
  /** Before that the hub is not asked again; it wants every row when this has passed. */
  #notBeforeMs = 0;
  #cancel: (() => void) | null = null;

  constructor(deps: KeeperLiveDeps) {
    this.#deps = deps;
  }

  /** Nobody knows before it was asked. */
  isWatched(): boolean {
    return true;
  }

  publish(namespace: string, rows: LiveRows): void {
    this.#newest = { namespace, rows };
    this.#soon();
  }

  #soon(): void {
    if (this.#isSending || this.#newest === null || this.#cancel !== null) return;
    const { clock, timers } = this.#deps;
    const waitMs = Math.min(ASK_EVERY_MS, Math.max(0, this.#notBeforeMs - clock.nowMs()));
    this.#cancel = timers.after(waitMs, () => {
      this.#cancel = null;
      void this.#send();
    });
  }

  async #send(): Promise<void> {
    const { deploymentId: deployment, clock, log, send } = this.#deps;
    const newest = this.#newest;
    if (newest === null) return;
    this.#newest = null;
    this.#isSending = true;
    let isWatched = false;
    try {
      const { namespace, rows } = newest;
      const texts = liveTexts(rows, { deployment, nowMs: clock.nowMs() });
      isWatched = await send(namespace, { texts, isWhole: true });
    } catch (error) {
      log.warn("An executor's row was not told to those who watch.", { error: String(error) });
      this.#newest ??= newest;
    }
    this.#isSending = false;
    this.#notBeforeMs = isWatched ? 0 : clock.nowMs() + ASK_EVERY_MS;
    this.#soon();
  }
}
