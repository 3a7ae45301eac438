export const BREAKER_LIMITS = {
  /** So many failures in a row shut it. */
  failuresMax: 5,
  /** How long it is shut the first time; each failure of a probe doubles it. */
  pauseMsMin: 10_000,
  pauseMsMax: 300_000,
} as const;

/**
 * The circuit breaker of one node in one shard (Nygard, "Release It!", 2007), spoken of as a door: while it
 * is `passing`, deliveries go through and failures in a row are counted; `shut` lets none through until
 * `untilMs`, and from then on one probe at a time, whose success lets all through again.
 */
export type Breaker =
  | { readonly kind: "passing"; readonly failures: number }
  | {
      readonly kind: "shut";
      readonly untilMs: number;
      readonly pauseMs: number;
      /** A probe is out. */
      readonly probing: boolean;
    };

export const BREAKER_START: Breaker = { kind: "passing", failures: 0 };

export function mayPass(breaker: Breaker, nowMs: number): boolean {
  return breaker.kind === "passing" || (!breaker.probing && !isPausing(breaker, nowMs));
}

/** When it lets a probe through by itself; null when it is not a matter of time. */
export function opensAtMs(breaker: Breaker, nowMs: number): number | null {
  return breaker.kind === "shut" && isPausing(breaker, nowMs) ? breaker.untilMs : null;
}

/** A delivery has gone through it: when it was shut, that is the probe. */
export function afterSend(breaker: Breaker): Breaker {
  return breaker.kind === "shut" && !breaker.probing ? { ...breaker, probing: true } : breaker;
}

/** A delivery has ended, whatever came of it: another probe may follow. */
export function afterReturn(breaker: Breaker): Breaker {
  return breaker.kind === "shut" && breaker.probing ? { ...breaker, probing: false } : breaker;
}

/** The node has shown that it works. */
export function afterSuccess(breaker: Breaker): Breaker {
  return breaker.kind === "passing" && breaker.failures === 0 ? breaker : BREAKER_START;
}

/** A failure of what was sent before it shut does not make the pause longer. */
export function afterFailure(breaker: Breaker, nowMs: number): Breaker {
  if (breaker.kind === "shut")
    return isPausing(breaker, nowMs) ? breaker : shut(breaker.pauseMs * 2, nowMs);
  const failures = breaker.failures + 1;
  return failures < BREAKER_LIMITS.failuresMax
    ? { kind: "passing", failures }
    : shut(BREAKER_LIMITS.pauseMsMin, nowMs);
}

/** The node was seen alive by others: it may be probed at once. */
export function afterReturnOfNode(breaker: Breaker, nowMs: number): Breaker {
  return breaker.kind === "shut" ? { ...breaker, untilMs: nowMs } : BREAKER_START;
}

function shut(pauseMs: number, nowMs: number): Breaker {
  const boundedMs = Math.min(pauseMs, BREAKER_LIMITS.pauseMsMax);
  return { kind: "shut", untilMs: nowMs + boundedMs, pauseMs: boundedMs, probing: false };
}

/** A clock that has stepped back does not make a pause longer than it was meant to be. */
function isPausing(
  { untilMs, pauseMs }: { readonly untilMs: number; readonly pauseMs: number },
  nowMs: number,
): boolean {
  return nowMs < untilMs && untilMs - nowMs <= pauseMs;
}
