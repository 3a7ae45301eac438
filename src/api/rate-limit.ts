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
  /** In units of which a request costs `COST`, so that all sums are whole numbers. */
  readonly credit: number;
  readonly atMs: number;
}

/** A minute of refilling one unit a millisecond pays one request. */
const COST = 60_000;
/** Callers remembered at once. One that is forgotten begins with a full bucket. */
const CALLERS_MAX = 10_000;

/** Token buckets in memory, one a caller: a minute's allowance at once, refilled evenly. */
export class RateLimiter {
  readonly #buckets = new BoundedMap<string, Bucket>(CALLERS_MAX);

  /** Takes one request from the caller's bucket, unless it is empty. */
  take(caller: string, perMinute: number, nowMs: number): RateVerdict {
    const { credit } = this.#filled(caller, perMinute, nowMs);
    const isAllowed = credit >= COST;
    const left = isAllowed ? credit - COST : credit;
    this.#buckets.set(caller, { credit: left, atMs: nowMs });
    return verdict(isAllowed, perMinute, left);
  }

  /** What `take` would say, without taking. */
  peek(caller: string, perMinute: number, nowMs: number): RateVerdict {
    const { credit } = this.#filled(caller, perMinute, nowMs);
    return verdict(credit >= COST, perMinute, credit);
  }

  #filled(caller: string, perMinute: number, nowMs: number): Bucket {
    const bucket = this.#buckets.get(caller);
    const creditMax = perMinute * COST;
    if (bucket === undefined) return { credit: creditMax, atMs: nowMs };
    // A clock that stepped back refills nothing, and is the new base to count from.
    const elapsedMs = Math.max(0, nowMs - bucket.atMs);
    return { credit: Math.min(creditMax, bucket.credit + elapsedMs * perMinute), atMs: nowMs };
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

function verdict(isAllowed: boolean, limit: number, credit: number): RateVerdict {
  const waitMs = Math.max(0, Math.ceil((COST - credit) / limit));
  return { isAllowed, limit, remaining: Math.floor(credit / COST), waitMs };
}
