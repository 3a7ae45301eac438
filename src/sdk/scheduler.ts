import type { Json } from "../core/json.ts";
import { parseObject } from "./delivery-order.ts";
import { pause, type Platform } from "./platform.ts";
import type { Tokens } from "./tokens.ts";

export const CALL_LIMITS = {
  timeoutMs: 10_000,
  backoffMsMin: 250,
  backoffMsMax: 15_000,
  answerCharsMax: 65_536,
} as const;

/** What the scheduler answered; status 0 when nobody answered. */
export interface Said {
  readonly status: number;
  readonly body: { readonly [key: string]: Json };
  readonly retryAfterMs: number | null;
  /** For people: why it was no success. */
  readonly why: string;
}

/** Calls that an executor makes. None of them rejects. */
export class Scheduler {
  readonly #platform: Platform;
  readonly #tokens: Tokens;
  readonly #base: string;

  constructor(platform: Platform, tokens: Tokens, server: string) {
    this.#platform = platform;
    this.#tokens = tokens;
    this.#base = `${server.replace(/\/+$/, "")}/api/v1/executor`;
  }

  /** One call under a token of our own, which is good for this call only. */
  async call(name: "beat" | "leave" | "extend" | "logs", body: Json): Promise<Said> {
    const text = JSON.stringify(body);
    const platform = this.#platform;
    const token = await this.#tokens.sign({
      body: text,
      jti: platform.uniqueId(),
      nowMs: platform.nowMs(),
    });
    return this.#post(`${this.#base}/${name}`, token, text);
  }

  /** Tells how an accepted attempt ended, under the token that came with it. */
  callBack(callback: { readonly url: string; readonly token: string }, body: Json): Promise<Said> {
    return this.#post(callback.url, callback.token, JSON.stringify(body));
  }

  /**
   * Makes a call again, later and later, until it is taken or refused for good. Gives up, with the last
   * answer, at `untilMs` and as soon as `signal` aborts.
   */
  async untilTaken(
    call: () => Promise<Said>,
    until: { readonly untilMs: number; readonly signal: AbortSignal },
  ): Promise<Said> {
    const platform = this.#platform;
    for (let tries = 1; ; tries++) {
      // Each try waits for the one before it.
      // oxlint-disable-next-line no-await-in-loop
      const said = await call();
      const waitMs = said.retryAfterMs ?? backoffMs(platform, tries);
      const isLast = until.signal.aborted || platform.nowMs() + waitMs > until.untilMs;
      if (!isPassing(said.status) || isLast) return said;
      // oxlint-disable-next-line no-await-in-loop
      await pause(platform, waitMs, until.signal);
    }
  }

  async #post(url: string, token: string, body: string): Promise<Said> {
    const over = new AbortController();
    const callOff = this.#platform.after(CALL_LIMITS.timeoutMs, () => over.abort());
    try {
      const response = await this.#platform.fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body,
        redirect: "manual",
        signal: over.signal,
      });
      return saidOf(response, await response.text());
    } catch (error) {
      const why = over.signal.aborted ? "no answer in time" : String(error);
      return { status: 0, body: {}, retryAfterMs: null, why };
    } finally {
      callOff();
    }
  }
}

/** Anywhere up to a ceiling that doubles, so that what failed together does not come back together. */
export function backoffMs(platform: Platform, tries: number): number {
  const ceilingMs = CALL_LIMITS.backoffMsMin * 2 ** Math.min(tries, 16);
  return Math.min(ceilingMs, CALL_LIMITS.backoffMsMax) * (0.5 + platform.random() / 2);
}

export function isTaken({ status }: Said): boolean {
  return status >= 200 && status < 300;
}

/** A fault that time may heal: nobody answered, too much at once, or the scheduler's own. */
export function isPassing(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500;
}

function saidOf(response: Response, text: string): Said {
  const { status } = response;
  const body = text.length > CALL_LIMITS.answerCharsMax ? {} : parseObject(text);
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const detail = body["detail"] ?? body["title"];
  return {
    status,
    body,
    retryAfterMs: seconds >= 0 ? Math.min(seconds * 1_000, CALL_LIMITS.backoffMsMax) : null,
    why: typeof detail === "string" ? `${status}: ${detail}` : String(status),
  };
}
