import type { RunLogger } from "./handler.ts";
import { doneWithin, type Platform } from "./platform.ts";
import { isTaken, type Scheduler } from "./scheduler.ts";

export const LOG_LIMITS = {
  batchLinesMax: 100,
  batchWaitMs: 200,
  /** Lines that wait to be sent; beyond them lines are dropped, and counted. */
  waitingMax: 10_000,
  lineCharsMax: 8_192,
  /** How long a batch is tried again. */
  retryMsMax: 600_000,
} as const;

type Level = "debug" | "info" | "warn" | "error";

interface Line {
  readonly at: string;
  readonly level: Level;
  readonly text: string;
  /**
   * Rises in each attempt, so a batch that is sent twice adds nothing. It begins at the clock, in
   * microseconds: an attempt may be sent to another process as well, whose lines are others.
   */
  readonly seq: number;
}

export interface RunLogDeps {
  readonly platform: Platform;
  readonly scheduler: Scheduler;
  /** Aborts when the executor ends: nothing is tried again from then on. */
  readonly ending: AbortSignal;
  /** Tells the executor's owner what went wrong. */
  readonly say: (message: string) => void;
}

/** The lines of one attempt, on their way to the scheduler in batches, one after the other. */
export class RunLog implements RunLogger {
  readonly #deps: RunLogDeps;
  readonly #of: { readonly run: string; readonly attempt: number };
  #waiting: Line[] = [];
  #seq: number;
  #dropped = 0;
  #callOff: (() => void) | null = null;
  #sending: Promise<void> | null = null;

  constructor(deps: RunLogDeps, of: { readonly run: string; readonly attempt: number }) {
    this.#deps = deps;
    this.#of = of;
    this.#seq = Math.floor(deps.platform.nowMs() * 1_000);
  }

  debug(text: string): void {
    this.#add("debug", text);
  }

  info(text: string): void {
    this.#add("info", text);
  }

  warn(text: string): void {
    this.#add("warn", text);
  }

  error(text: string): void {
    this.#add("error", text);
  }

  /** Sends what waits, and waits for it so long at most: lines must not hold up an answer. */
  async flush(withinMs: number): Promise<void> {
    await doneWithin(this.#deps.platform, withinMs, this.#send());
  }

  #add(level: Level, text: string): void {
    if (this.#waiting.length >= LOG_LIMITS.waitingMax) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) {
      const dropped = this.#dropped;
      this.#dropped = 0;
      this.#push("warn", `${dropped} lines were dropped here: they came faster than they are sent`);
    }
    this.#push(level, text.slice(0, LOG_LIMITS.lineCharsMax));
    if (this.#waiting.length >= LOG_LIMITS.batchLinesMax) void this.#send();
    else
      this.#callOff ??= this.#deps.platform.after(LOG_LIMITS.batchWaitMs, () => void this.#send());
  }

  #push(level: Level, text: string): void {
    const at = new Date(this.#deps.platform.nowMs()).toISOString();
    this.#waiting.push({ at, level, text, seq: this.#seq++ });
  }

  #send(): Promise<void> {
    this.#callOff?.();
    this.#callOff = null;
    this.#sending ??= this.#drain().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#deps.ending.aborted) {
      const lines = this.#waiting.slice(0, LOG_LIMITS.batchLinesMax);
      // The order of the lines is that of the batches.
      // oxlint-disable-next-line no-await-in-loop
      await this.#post(lines);
      this.#waiting = this.#waiting.slice(lines.length);
    }
  }

  async #post(lines: readonly Line[]): Promise<void> {
    const { platform, scheduler, ending, say } = this.#deps;
    const { run, attempt } = this.#of;
    const body = { run, attempt, lines: lines.map((line) => ({ ...line })) };
    const said = await scheduler.untilTaken(() => scheduler.call("logs", body), {
      untilMs: platform.nowMs() + LOG_LIMITS.retryMsMax,
      signal: ending,
    });
    if (!isTaken(said)) say(`${lines.length} log lines of ${run} were not taken: ${said.why}`);
  }
}
