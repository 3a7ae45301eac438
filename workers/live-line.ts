import type { LiveText } from "../src/api/live-rows-json.ts";
import type { Timers } from "../src/ports/timers.ts";
import type { LiveBatch } from "./live-rpc.ts";

const LIMITS = {
  /** Rows that come within this time share a call: each is a request to pay for. */
  lingerMs: 50,
  rowsMax: 1_000,
  /** Of one call, in characters; one row may be longer. */
  charsMax: 4_194_304,
  /** Rows that wait: beyond that those who watch load anew. */
  waitingMax: 20_000,
  /** After a failed call: longer than lists are behind, so that who loads anew finds what was lost. */
  retryMs: 2_000,
  retryMsMax: 60_000,
  /** Then the next row is the next try. */
  retriesMax: 6,
} as const;

export interface LiveLineDeps {
  readonly timers: Timers;
  /** Hands rows to the hub; resolves with whether anybody watches. */
  readonly send: (batch: LiveBatch) => Promise<boolean>;
  /** Nobody watches any more. */
  readonly onUnwatched: () => void;
}

/**
 * The way of one writer's rows to the hub of one namespace: in their order, one call at a time. Rows whose call
 * failed are lost, and the hub is told so with the next.
 */
export class LiveLine {
  readonly #deps: LiveLineDeps;
  #waiting: LiveText[] = [];
  #isWhole = true;
  #isSending = false;
  #cancel: (() => void) | null = null;
  #failures = 0;
  /** Counts the times that somebody began to watch: an answer from before does not count. */
  #watches = 1;

  constructor(deps: LiveLineDeps) {
    this.#deps = deps;
  }

  /** Somebody begins to watch. */
  watched(): void {
    this.#watches++;
  }

  add(texts: readonly LiveText[], isWhole: boolean): void {
    if (texts.length === 0 && isWhole) return;
    if (!isWhole) this.#isWhole = false;
    for (const text of texts) this.#waiting.push(text);
    if (this.#waiting.length > LIMITS.waitingMax) this.#lose();
    if (this.#failures >= LIMITS.retriesMax) this.#soon(0);
    else if (this.#failures === 0) this.#soon(LIMITS.lingerMs);
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#waiting = [];
  }

  #soon(ms: number): void {
    if (this.#isSending || this.#cancel !== null) return;
    this.#cancel = this.#deps.timers.after(ms, () => {
      this.#cancel = null;
      void this.#send();
    });
  }

  async #send(): Promise<void> {
    const batch = { texts: this.#taken(), isWhole: this.#isWhole };
    const watches = this.#watches;
    this.#isSending = true;
    this.#isWhole = true;
    let isWatched = true;
    try {
      isWatched = await this.#deps.send(batch);
      this.#failures = 0;
    } catch {
      // Perhaps they have arrived, and perhaps not.
      this.#failures++;
      this.#lose();
    }
    this.#isSending = false;
    if (!isWatched && watches === this.#watches) this.#deps.onUnwatched();
    else this.#goOn();
  }

  #goOn(): void {
    const retryMs = LIMITS.retryMs * 2 ** (this.#failures - 1);
    if (this.#failures >= LIMITS.retriesMax) return;
    if (this.#failures > 0) this.#soon(Math.min(LIMITS.retryMsMax, retryMs));
    else if (this.#waiting.length > 0 || !this.#isWhole) this.#soon(0);
  }

  #lose(): void {
    this.#waiting = [];
    this.#isWhole = false;
  }

  #taken(): readonly LiveText[] {
    let chars = 0;
    const end = this.#waiting.findIndex(({ text }, i) => {
      chars += text.length;
      return i > 0 && (i >= LIMITS.rowsMax || chars > LIMITS.charsMax);
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }
}
