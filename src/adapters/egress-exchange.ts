import type { BreakOff, EgressAnswer } from "../ports/egress.ts";
import { bodyReader, type BodyEvents, type BodyReader, type BodyText } from "./egress-body.ts";
import type { DeadlineSweep, Expiring } from "./deadline-sweep.ts";
import type { EgressLimits } from "./egress-options.ts";

export type Failure = Extract<EgressAnswer, { readonly ok: false }>;

/** What all exchanges of one adapter share. */
export interface ExchangeSetting {
  readonly limits: EgressLimits;
  readonly sweep: DeadlineSweep;
}

/**
 * One request and its answer, whichever client carries them. It waits for a connection, then
 * `begin` says that bytes may have left, `answered` that the head of the answer is there, then come
 * the pieces of the body; and it settles exactly once, with an answer or with what went wrong. Its
 * deadline is that of the whole exchange, or of the pause between two pieces of the body when that
 * comes earlier.
 */
export class Exchange implements Expiring, BodyEvents {
  deadlineMs: number;
  sweepBucket = 0;
  /** Whether bytes of the request may have reached the target. */
  hasBegun = false;
  readonly #settle: (answer: EgressAnswer) => void;
  readonly #setting: ExchangeSetting;
  readonly #startMs: number;
  readonly #endMs: number;
  #abort: (() => void) | null = null;
  #connectMs = 0;
  #firstByteMs = 0;
  #status = 0;
  #headers: Readonly<Record<string, string>> = {};
  #reader: BodyReader | null = null;
  #isSettled = false;
  /** Says at the end of the time to connect whether the request only waits for its turn. */
  #isQueued: (() => boolean) | null = null;

  constructor(setting: ExchangeSetting, timeoutMs: number, settle: (answer: EgressAnswer) => void) {
    this.#setting = setting;
    this.#settle = settle;
    this.#startMs = performance.now();
    this.#endMs = this.#startMs + timeoutMs;
    this.deadlineMs = this.#endMs;
    // No pause of the answer is over before.
    setting.sweep.add(this, Math.min(this.#endMs, this.#startMs + setting.limits.idleTimeoutMs));
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** The request is about to leave. `abort` breaks the connection; it is called at most once. */
  begin(abort: () => void): void {
    this.#abort = abort;
    if (this.#isSettled) return abort();
    this.hasBegun = true;
    // The time to connect is over, and the sweep finds that out by itself.
    this.deadlineMs = this.#endMs;
    this.#connectMs = performance.now() - this.#startMs;
  }

  /**
   * No connection within `timeoutMs` makes it unreachable, unless `isQueued` says then that the target is
   * only busy: it is connected, and the request waits for one of its connections.
   */
  connectWithin(timeoutMs: number, isQueued: () => boolean): void {
    const deadlineMs = this.#startMs + timeoutMs;
    if (this.#isSettled || this.hasBegun || deadlineMs >= this.#endMs) return;
    this.#isQueued = isQueued;
    this.deadlineMs = deadlineMs;
    this.#setting.sweep.lookBy(this, deadlineMs);
  }

  /** The head of the final answer. Header names are lower-case. */
  answered(status: number, headers: Readonly<Record<string, string>>, headersCount: number): void {
    if (this.#isSettled) return;
    this.#firstByteMs = performance.now() - this.#startMs;
    this.#status = status;
    this.#headers = headers;
    const { limits } = this.#setting;
    if (headersCount > limits.headersMax)
      return this.broken(`the answer has more than ${limits.headersMax} headers`);
    this.#reader = bodyReader(headers["content-encoding"], limits, this);
    if (this.#reader === null)
      return this.broken(`the answer is encoded as "${headers["content-encoding"]}"`);
    this.#expectMore();
  }

  body(chunk: Buffer): void {
    if (this.#isSettled) return;
    this.#reader?.push(chunk);
    if (!this.#isSettled) this.#expectMore();
  }

  /** The body has come whole. */
  end(): void {
    // Nothing is left to abort: the connection may already carry another request.
    this.#abort = null;
    this.#reader?.end();
  }

  fail(failure: Failure): void {
    this.#conclude(failure);
  }

  /** Lets the sender break it off. */
  follow(breakOff: BreakOff | undefined): void {
    if (breakOff === undefined) return;
    breakOff.onBreak = () => this.fail(brokenOff(this.hasBegun));
    if (breakOff.isBroken) breakOff.onBreak();
  }

  expire(): void {
    if (!this.hasBegun && this.deadlineMs < this.#endMs && this.#isQueued?.() === true) {
      this.deadlineMs = this.#endMs;
      return this.#setting.sweep.add(this);
    }
    const waitedMs = Math.round(performance.now() - this.#startMs);
    if (!this.hasBegun) return this.fail(unreachable(`no connection within ${waitedMs} ms`));
    const hasTimeLeft = this.#status !== 0 && this.deadlineMs < this.#endMs;
    const message = hasTimeLeft
      ? `the answer paused for more than ${this.#setting.limits.idleTimeoutMs} ms`
      : `no complete answer within ${waitedMs} ms`;
    this.fail({ ok: false, reason: "timed_out", message, delivered: true });
  }

  /** From now on the answer must not pause for longer than the limit. */
  #expectMore(): void {
    const { limits, sweep } = this.#setting;
    this.deadlineMs = Math.min(this.#endMs, performance.now() + limits.idleTimeoutMs);
    sweep.lookBy(this, this.deadlineMs);
  }

  /** The answer cannot be read. */
  broken(message: string): void {
    this.fail({ ok: false, reason: "invalid", message, delivered: true });
  }

  /** The body has been read. */
  done({ text, truncated }: BodyText): void {
    this.#conclude({
      ok: true,
      status: this.#status,
      headers: this.#headers,
      body: text,
      truncated,
      phases: {
        connect: tenths(this.#connectMs),
        ttfb: tenths(this.#firstByteMs),
        total: tenths(performance.now() - this.#startMs),
      },
    });
  }

  #conclude(answer: EgressAnswer): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#setting.sweep.remove(this);
    this.#reader?.stop();
    this.#abort?.();
    this.#settle(answer);
  }
}

export function unreachable(message: string): Failure {
  return { ok: false, reason: "unreachable", message, delivered: false };
}

/** What an exchange that its sender breaks off comes to. */
export function brokenOff(hasBegun: boolean): Failure {
  const message = "the scheduler broke the request off, for its run was canceled";
  return hasBegun ? { ok: false, reason: "cut", message, delivered: true } : unreachable(message);
}

export function refused(message: string): Failure {
  return { ok: false, reason: "refused", message, delivered: false };
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
