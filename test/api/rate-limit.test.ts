import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RateLimiter } from "../../src/api/rate-limit.ts";

describe("a rate limiter", () => {
  it("never allows more than a minute's allowance and what was refilled", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.integer({ min: -500, max: 5_000 }), { maxLength: 200 }),
        (perMinute, steps) => {
          const limiter = new RateLimiter();
          let nowMs = 1_000_000;
          let forwardMs = 0;
          let allowed = 0;
          for (const step of steps) {
            nowMs += step;
            forwardMs += Math.max(0, step);
            if (limiter.take("a", perMinute, nowMs).isAllowed) allowed++;
          }
          expect(allowed).toBeLessThanOrEqual(perMinute + (forwardMs * perMinute) / 60_000 + 1e-6);
        },
      ),
    );
  });

  it("says how long to wait, and allows a request after that", () => {
    const limiter = new RateLimiter();
    limiter.take("a", 1, 0);

    const refused = limiter.take("a", 1, 20_000);

    expect(refused).toMatchObject({ isAllowed: false, waitMs: 40_000, remaining: 0 });
    expect(limiter.take("a", 1, 20_000 + refused.waitMs).isAllowed).toBe(true);
  });

  it("counts each caller apart", () => {
    const limiter = new RateLimiter();
    limiter.take("a", 1, 0);

    expect(limiter.take("b", 1, 0).isAllowed).toBe(true);
    expect(limiter.take("a", 1, 0).isAllowed).toBe(false);
  });
});
