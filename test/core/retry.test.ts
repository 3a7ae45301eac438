import fc from "fast-check";
import { expect, test } from "vitest";
import { RETRY_AFTER_MS_MAX, retryCeilingMs, retryDelayMs } from "../../src/core/retry.ts";
import type { RetryPolicy } from "../../src/core/run.ts";

const POLICY: RetryPolicy = {
  attemptsMax: 5,
  baseMs: 1_000,
  factor: 3,
  delayMsMax: 20_000,
  jitter: "full",
  beforeMs: null,
};

test("the ceiling grows by the factor up to its maximum", () => {
  expect([1, 2, 3, 4, 5].map((attempt) => retryCeilingMs(POLICY, attempt))).toEqual([
    1_000, 3_000, 9_000, 20_000, 20_000,
  ]);
});

function waitAsked(retryAfterMs: number): number {
  return retryDelayMs(POLICY, { attempt: 1, retryAfterMs, draw: 0.5 });
}

test("without jitter the wait is the ceiling, with full jitter the draw's share of it", () => {
  const failure = { attempt: 2, retryAfterMs: null, draw: 0.25 };

  expect(retryDelayMs({ ...POLICY, jitter: "none" }, failure)).toBe(3_000);
  expect(retryDelayMs(POLICY, failure)).toBe(750);
});

test("Retry-After is never cut short, except at a day", () => {
  expect(waitAsked(100)).toBe(500);
  expect(waitAsked(60_000)).toBe(60_000);
  expect(waitAsked(2 * RETRY_AFTER_MS_MAX)).toBe(RETRY_AFTER_MS_MAX);
});

test("a wait is whole milliseconds between nothing and the ceiling, for any policy and attempt", () => {
  const policies = fc.record({
    attemptsMax: fc.constant(51),
    baseMs: fc.integer({ min: 1, max: 86_400_000 }),
    factor: fc.double({ min: 1, max: 100, noNaN: true }),
    delayMsMax: fc.integer({ min: 1, max: 7 * 86_400_000 }),
    jitter: fc.constantFrom("full" as const, "none" as const),
    beforeMs: fc.constant(null),
  });
  const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(policies, fc.integer({ min: 1, max: 51 }), draws, (policy, attempt, draw) => {
      const delayMs = retryDelayMs(policy, { attempt, retryAfterMs: null, draw });

      expect(Number.isSafeInteger(delayMs)).toBe(true);
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThanOrEqual(retryCeilingMs(policy, attempt));
      expect(retryCeilingMs(policy, attempt)).toBeLessThanOrEqual(policy.delayMsMax);
    }),
  );
});
