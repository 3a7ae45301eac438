/** Chance, from the host's generator in production and from a seed in tests. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
}

/** Identities that sort by the time they were made (RFC 9562, UUID version 7). */
export interface Ids {
  /** A UUIDv7 in its usual text form. */
  next(nowMs: number): string;
}
