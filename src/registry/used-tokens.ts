import { Refusal } from "../core/refusal.ts";
import type { UsedToken } from "../ports/executor-commands.ts";
import { KEEPER_LIMITS } from "./limits.ts";

/** The tokens that an executor has used: each counts once, and is remembered until nobody accepts it any more. */
export class UsedTokens {
  /** Until when each must be remembered. */
  readonly #untilMs = new Map<string, number>();
  /** The latest of those that were forgotten. */
  #forgottenMs = 0;

  /** Throws `token.invalid` for one that was used or has ended, and `rate.limited` when there is no room. */
  check({ jti, expMs }: UsedToken, nowMs: number): void {
    const { tokenToleranceMs } = KEEPER_LIMITS;
    const untilMs = expMs + tokenToleranceMs;
    // A clock that stepped back must not revive what was forgotten; but what has not ended yet is taken.
    const forgottenMs = Math.min(this.#forgottenMs, nowMs + tokenToleranceMs);
    if (untilMs <= Math.max(nowMs, forgottenMs) || this.#untilMs.has(jti))
      throw new Refusal("token.invalid", "This token has ended, or was used before.", {
        hint: "Sign a new token with a new jti for each call.",
      });
    if (this.#untilMs.size < KEEPER_LIMITS.tokensMax) return;
    this.#forget(nowMs);
    if (this.#untilMs.size < KEEPER_LIMITS.tokensMax) return;
    const earliestMs = Math.min(...this.#untilMs.values());
    throw new Refusal("rate.limited", "This executor has too many tokens that have not ended.", {
      hint: "Call less often, or let tokens end sooner.",
      retryAfterMs: Math.max(1_000, earliestMs - nowMs),
    });
  }

  use({ jti, expMs }: UsedToken): void {
    this.#untilMs.set(jti, expMs + KEEPER_LIMITS.tokenToleranceMs);
  }

  /** What must be stored. */
  rows(nowMs: number): readonly (readonly [string, number])[] {
    this.#forget(nowMs);
    return [...this.#untilMs];
  }

  /** Takes over what was stored. */
  reset(rows: readonly (readonly [string, number])[]): void {
    this.#untilMs.clear();
    for (const [jti, untilMs] of rows) this.#untilMs.set(jti, untilMs);
  }

  #forget(nowMs: number): void {
    for (const [jti, untilMs] of this.#untilMs) {
      if (untilMs > nowMs) continue;
      this.#untilMs.delete(jti);
      this.#forgottenMs = Math.max(this.#forgottenMs, untilMs);
    }
  }
}
