/** One try to log in. */
export interface LoginTry {
  /** The username in lower case, whether there is such a user or not. */
  readonly account: string;
  /** Where the try came from. */
  readonly address: string;
  /** What the browser remembers of an earlier login to this account; null when nothing valid. */
  readonly device: string | null;
  readonly password: string;
  /** The hash to compare with; null where there is no such user, which takes as long. */
  readonly stored: string | null;
}

export type LoginVerdict =
  | { readonly kind: "matches"; readonly isOutdated: boolean }
  | { readonly kind: "differs" }
  /** Too many tries: nothing was compared. */
  | { readonly kind: "limited"; readonly waitMs: number };

/**
 * Hashing of passwords, which takes much CPU and memory on purpose, behind limits that count before it:
 * by account, by address, and by how many are hashed at once.
 */
export interface Passwords {
  /** The hash with its parameters, to be stored. */
  hash(password: string): Promise<string>;
  verify(tried: LoginTry, nowMs: number): Promise<LoginVerdict>;
}
