export const TOKEN_MEMORY_LIMITS = { tokensMax: 262_144 } as const;

/**
 * Remembers the tokens that were used, each until it is worth nothing, so that none is used twice. When it
 * is full it forgets those that die first, and from then on refuses every token that would have died with
 * them: a bounded memory must not become a way around it.
 */
export class TokenMemory {
  readonly #tokensMax: number;
  /** In the order in which they came, which is nearly that in which they die. */
  readonly #deadMsByJti = new Map<string, number>();
  /** Tokens that die up to here are refused. */
  #floorMs = 0;

  constructor(tokensMax: number = TOKEN_MEMORY_LIMITS.tokensMax) {
    this.#tokensMax = tokensMax;
  }

  /** True for a token's first use. */
  use(token: { readonly jti: string; readonly deadMs: number }, nowMs: number): boolean {
    this.#forgetDead(nowMs);
    if (token.deadMs <= this.#floorMs || this.#deadMsByJti.has(token.jti)) return false;
    this.#deadMsByJti.set(token.jti, token.deadMs);
    if (this.#deadMsByJti.size > this.#tokensMax) this.#forgetOldest();
    return true;
  }

  /** Those that came out of order are forgotten a little later. */
  #forgetDead(nowMs: number): void {
    for (const [jti, deadMs] of this.#deadMsByJti) {
      if (deadMs > nowMs) return;
      this.#deadMsByJti.delete(jti);
    }
  }

  #forgetOldest(): void {
    for (const [jti, deadMs] of this.#deadMsByJti) {
      this.#deadMsByJti.delete(jti);
      this.#floorMs = Math.max(this.#floorMs, deadMs);
      return;
    }
  }
}
