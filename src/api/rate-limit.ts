import { BoundedMap } from "../core/bounded-map.ts";

/** What one request found in its bucket. */
export interface RateVerdict {
  readonly isAllowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Until one more request is allowed; 0 when one is. */
  readonly waitMs: number;
}

interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

const MINUTE_MS = 60_000;
/** Callers remembered at once. One that is forgotten begins with a full bucket. */
const CALLERS_MAX = 10_000;

/** Token buckets in memory, one a caller: a minute's allowance at once, refilled evenly. */
export class RateLimiter {
  readonly #buckets = new BoundedMap<string, Bucket>(CALLERS_MAX);

  /** Takes one request from the caller's bucket, unless it is empty. */
  take(caller: string, perMinute: number, nowMs: number): RateVerdict {
    const bucket = this.#filled(caller, perMinute, nowMs);
    const isAllowed = bucket.tokens >= 1;
    const left = isAllowed ? bucket.tokens - 1 : bucket.tokens;
    this.#buckets.set(caller, { tokens: left, atMs: bucket.atMs });
    return verdict(isAllowed, perMinute, left);
  }

  /** What `take` would say, without taking. */
  peek(caller: string, perMinute: number, nowMs: number): RateVerdict {
    const bucket = this.#filled(caller, perMinute, nowMs);
    return verdict(bucket.tokens >= 1, perMinute, bucket.tokens);
  }

  #filled(caller: string, perMinute: number, nowMs: number): Bucket {
    const bucket = this.#buckets.get(caller);
    if (bucket === undefined) return { tokens: perMinute, atMs: nowMs };
    // A clock that stepped back refills nothing, and is the new base to count from.
    const elapsedMs = Math.max(0, nowMs - bucket.atMs);
    const tokens = Math.min(perMinute, bucket.tokens + (elapsedMs * perMinute) / MINUTE_MS);
    return { tokens, atMs: nowMs };
  }
}

/** The header fields of the IETF draft `draft-ietf-httpapi-ratelimit-headers`. */
export function rateHeaders(rate: RateVerdict): readonly (readonly [string, string])[] {
  const secondsToFull = Math.ceil(((rate.limit - rate.remaining) * 60) / rate.limit);
  return [
    ["RateLimit-Policy", `"default";q=${rate.limit};w=60`],
    ["RateLimit", `"default";r=${rate.remaining};t=${secondsToFull}`],
  ];
}

function verdict(isAllowed: boolean, limit: number, tokens: number): RateVerdict {
  const waitMs = tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * MINUTE_MS) / limit);
  return { isAllowed, limit, remaining: Math.floor(tokens), waitMs };
}
