import { bodyReader, type BodyText } from "../src/adapters/egress-body.ts";
import { assert } from "../src/core/assert.ts";
import { brokenOff, refused, unreachable, type Failure } from "../src/adapters/egress-exchange.ts";
import { EGRESS_LIMITS, type EgressLimits } from "../src/adapters/egress-options.ts";
import type { EgressPolicy } from "../src/adapters/egress-policy.ts";
import type { BreakOff, Egress, EgressAnswer, EgressRequest } from "../src/ports/egress.ts";
import type { Env } from "./env.ts";
import { policyOf } from "./settings.ts";

export interface FetchEgressOptions {
  readonly policy: EgressPolicy;
  readonly limits: EgressLimits;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
}

/** The way out of this Worker: the runtime's own `fetch`, or the network that a local host lends. */
export function openEgress(env: Env): Egress {
  const { EGRESS: lent } = env;
  return createFetchEgress({
    policy: policyOf(env),
    limits: EGRESS_LIMITS,
    fetch: lent === undefined ? fetch : (url, init) => lent.fetch(url, init),
  });
}

/**
 * The way out on Workers: the runtime's `fetch`. It resolves names by itself, out of our sight, so the
 * policy can judge URLs and literal addresses only. What guards the rest is the platform: `fetch` has no
 * route to private networks, and the flag `global_fetch_strictly_public` closes the one hole, the origin
 * of our own zone. A local workerd has neither; its host lends it a network that judges addresses.
 * Nor does it tell when a connection stands, so a request's `connectTimeoutMs` has no effect here.
 */
export function createFetchEgress(options: FetchEgressOptions): Egress {
  const { policy } = options;
  let isClosed = false;
  return {
    refuses(url) {
      const verdict = policy.judge(url);
      return verdict.ok ? null : verdict.why;
    },

    async send(request, breakOff) {
      const verdict = policy.judge(request.url);
      if (!verdict.ok) return refused(verdict.why);
      if (isClosed) return unreachable("the scheduler is shutting down");
      if (breakOff?.isBroken === true) return brokenOff(false);
      return exchange(options, request, breakOff);
    },

    close() {
      isClosed = true;
      return Promise.resolve();
    },
  };
}

async function exchange(
  options: FetchEgressOptions,
  request: EgressRequest,
  breakOff: BreakOff | undefined,
): Promise<EgressAnswer> {
  // The runtime's own must not be called as a method.
  const { fetch: send, limits } = options;
  const startMs = Date.now();
  const deadline = new Deadline(request.timeoutMs, limits.idleTimeoutMs);
  if (breakOff !== undefined) breakOff.onBreak = () => deadline.breakOff();
  try {
    const response = await send(request.url, {
      method: request.method,
      headers: { ...request.headers },
      body: request.body,
      redirect: "manual",
      cache: "no-store",
      signal: deadline.signal,
    });
    const ttfbMs = Date.now() - startMs;
    const headers = lowerCased(response.headers);
    if (Object.keys(headers).length > limits.headersMax) {
      await response.body?.cancel();
      return invalid(`the answer has more than ${limits.headersMax} headers`);
    }
    const body = await readBody(response, limits, deadline);
    const phases = { ttfb: ttfbMs, total: Date.now() - startMs };
    const { text, truncated } = body;
    return { ok: true, status: response.status, headers, body: text, truncated, phases };
  } catch (error) {
    // The runtime does not say how far it had come.
    return breakOff?.isBroken === true ? brokenOff(true) : failureOf(error, deadline.expired);
  } finally {
    deadline.end();
  }
}

/** Reads within the limits. The runtime has decompressed the body already. */
async function readBody(
  response: Response,
  limits: EgressLimits,
  deadline: Deadline,
): Promise<BodyText> {
  const read: { body: BodyText | null } = { body: null };
  const reader = bodyReader("identity", limits, {
    done: (body) => {
      read.body = body;
    },
    broken: () => {},
  });
  assert(reader !== null, "what is not encoded can be read");
  if (response.body !== null)
    await readPieces(response.body, deadline, (piece) => {
      reader.push(piece);
      return read.body === null;
    });
  reader.end();
  return read.body ?? { text: "", truncated: false };
}

/**
 * Hands over each piece until the end, or until no more are wanted. Not by the stream's iterator: its promises
 * cost workerd twice as much as those of the reads themselves.
 */
async function readPieces(
  body: ReadableStream<Uint8Array>,
  deadline: Deadline,
  wantsMore: (piece: Buffer) => boolean,
): Promise<void> {
  const stream = body.getReader();
  for (;;) {
    deadline.moved();
    // oxlint-disable-next-line no-await-in-loop -- One piece comes after the other.
    const { value } = await stream.read();
    if (value === undefined) return;
    const piece = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    if (!wantsMore(piece)) return stream.cancel();
  }
}

/**
 * Aborts an exchange that takes too long: in all, or between two pieces of the answer's body. One timer serves both
 * and counts what it slept, so that a clock that is set changes nothing. A pause is never found too early, and too
 * late by the length of one at most, for it may have begun while the timer slept.
 */
class Deadline {
  readonly #controller = new AbortController();
  readonly #inAllMs: number;
  readonly #idleMs: number;
  #leftMs: number;
  /** How long it was quiet, by whole sleeps. */
  #quietMs = 0;
  #isReading = false;
  #isQuiet = false;
  #timer: ReturnType<typeof setTimeout>;
  /** Why the exchange was aborted; null when it was not. */
  expired: string | null = null;

  constructor(inAllMs: number, idleMs: number) {
    this.#inAllMs = inAllMs;
    this.#idleMs = idleMs;
    this.#leftMs = inAllMs;
    this.#timer = this.#sleep();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on the body is read, or a piece of it has come. */
  moved(): void {
    this.#isReading = true;
    this.#isQuiet = false;
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  breakOff(): void {
    this.#controller.abort();
  }

  #sleep(): ReturnType<typeof setTimeout> {
    const ms = Math.min(this.#leftMs, this.#idleMs - this.#quietMs);
    return setTimeout(() => this.#wake(ms), ms);
  }

  #wake(sleptMs: number): void {
    this.#leftMs -= sleptMs;
    this.#quietMs = this.#isQuiet ? this.#quietMs + sleptMs : 0;
    this.#isQuiet = this.#isReading;
    if (this.#leftMs <= 0) this.#abort(`no complete answer within ${this.#inAllMs} ms`);
    else if (this.#quietMs >= this.#idleMs)
      this.#abort(`the answer paused for more than ${this.#idleMs} ms`);
    else this.#timer = this.#sleep();
  }

  #abort(why: string): void {
    this.expired = why;
    this.#controller.abort();
  }
}

/**
 * What a rejected `fetch` means. It is a `TypeError` when the request could not even be written down. All
 * else says too little: workerd has one text for a connection that was refused and for one that broke
 * when the request had been sent ("Network connection lost."), and a number for names without an address
 * and for failed handshakes. So the target may have got the request. On Cloudflare's network a target
 * that cannot be reached mostly answers instead, with a status from 521 to 530.
 */
function failureOf(error: unknown, expired: string | null): Failure {
  if (expired !== null)
    return { ok: false, reason: "timed_out", message: expired, delivered: true };
  const said = error instanceof Error ? error.message : String(error);
  if (error instanceof TypeError) return refused(`the request is malformed: ${said}`);
  const message = `no connection, or it broke: ${said}`;
  return { ok: false, reason: "cut", message, delivered: true };
}

function invalid(message: string): Failure {
  return { ok: false, reason: "invalid", message, delivered: true };
}

/** `Headers` joins doubled ones with a comma; their names are lower-case already. */
function lowerCased(headers: Headers): Readonly<Record<string, string>> {
  const plain: Record<string, string> = {};
  headers.forEach((value, name) => {
    plain[name] = value;
  });
  return plain;
}
