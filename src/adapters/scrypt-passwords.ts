import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import {
  admitLogin,
  forgiveLogin,
  loginBucketsOf,
  type LoginBucketRef,
  type LoginBuckets,
} from "../core/login-limits.ts";
import { Refusal } from "../core/refusal.ts";
import type { LoginTry, LoginVerdict, Passwords } from "../ports/passwords.ts";
import { HashTurns } from "./hash-turns.ts";

/** What scrypt costs: `cost` and `blockSize` make the memory (128 × both bytes), `parallel` the time. */
export interface ScryptCost {
  /** The exponent of N. */
  readonly costLog2: number;
  readonly blockSize: number;
  readonly parallel: number;
}

/** 16 MiB and about 0.15 s, as OWASP's cheat sheet on the storage of passwords asks for. */
const SCRYPT_COST: ScryptCost = { costLog2: 14, blockSize: 8, parallel: 5 };

const HASH_LIMITS = {
  saltBytes: 16,
  keyBytes: 32,
  /** A stored hash that wants more than this was not made by us. */
  memoryBytesMax: 64 * 1_048_576,
  parallelMax: 16,
} as const;

/** For how long somebody waits who found all turns taken. */
const BUSY_WAIT_MS = 2_000;
const STORED = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]{22})\$([\w-]{43})$/;

interface StoredHash {
  readonly cost: ScryptCost;
  readonly salt: Uint8Array;
  readonly key: Uint8Array;
}

/**
 * Passwords by scrypt (RFC 7914), whose parameters are written into each hash. The limits of logins count before
 * anything is hashed, and at most two passwords are hashed at once. `limits` says which of a try's buckets are
 * counted here.
 */
export class ScryptPasswords implements Passwords {
  readonly #cost: ScryptCost;
  readonly #buckets: LoginBuckets;
  readonly #isCountedHere: (ref: LoginBucketRef) => boolean;
  readonly #turns = new HashTurns();
  /** What the password of nobody is compared with. */
  readonly #nobody: StoredHash;

  constructor(
    buckets: LoginBuckets,
    more: {
      readonly cost?: ScryptCost;
      readonly isCountedHere?: (ref: LoginBucketRef) => boolean;
    } = {},
  ) {
    this.#buckets = buckets;
    this.#cost = more.cost ?? SCRYPT_COST;
    this.#isCountedHere = more.isCountedHere ?? (() => true);
    const { saltBytes, keyBytes } = HASH_LIMITS;
    const [salt, key] = [randomBytes(saltBytes), randomBytes(keyBytes)];
    this.#nobody = { cost: this.#cost, salt, key };
  }

  async hash(password: string): Promise<string> {
    const salt = randomBytes(HASH_LIMITS.saltBytes);
    const key = await this.#turns.run("known", () => derive(password, salt, this.#cost));
    if (key === null)
      throw new Refusal("rate.limited", "Too many passwords are hashed now.", {
        retryAfterMs: BUSY_WAIT_MS,
      });
    return storedText({ cost: this.#cost, salt, key });
  }

  async verify(tried: LoginTry, nowMs: number): Promise<LoginVerdict> {
    const rank = tried.device === null ? "stranger" : "known";
    if (!this.#turns.hasRoom(rank)) return { kind: "limited", waitMs: BUSY_WAIT_MS };
    const refs = loginBucketsOf(tried).filter(this.#isCountedHere);
    const waitMs = admitLogin(this.#buckets, refs, nowMs);
    if (waitMs > 0) return { kind: "limited", waitMs };
    const stored = tried.stored === null ? null : storedOf(tried.stored);
    const { cost, salt, key } = stored ?? this.#nobody;
    const derived = await this.#turns.run(rank, () => derive(tried.password, salt, cost));
    if (derived === null) return { kind: "limited", waitMs: BUSY_WAIT_MS };
    const isSame = timingSafeEqual(derived, key);
    if (stored === null || !isSame) return { kind: "differs" };
    forgiveLogin(this.#buckets, refs);
    return { kind: "matches", isOutdated: !isSameCost(cost, this.#cost) };
  }
}

/** One spelling of each character, so that a password is the same from every keyboard. */
function derive(password: string, salt: Uint8Array, cost: ScryptCost): Promise<Uint8Array> {
  const { costLog2, blockSize: r, parallel: p } = cost;
  const options = { N: 2 ** costLog2, r, p, maxmem: 2 * HASH_LIMITS.memoryBytesMax };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), salt, HASH_LIMITS.keyBytes, options, (error, key) => {
      // Where all is well Node says null, and Bun says undefined.
      if (error instanceof Error) reject(error);
      else resolve(key);
    });
  });
}

function storedText({ cost, salt, key }: StoredHash): string {
  const parameters = `ln=${cost.costLog2},r=${cost.blockSize},p=${cost.parallel}`;
  return `$scrypt$${parameters}$${base64url(salt)}$${base64url(key)}`;
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

/** Null for what is no hash of ours: no password is the one behind it. */
function storedOf(text: string): StoredHash | null {
  const [, ln, r, p, salt, key] = STORED.exec(text) ?? [];
  if (salt === undefined || key === undefined) return null;
  const cost = { costLog2: Number(ln), blockSize: Number(r), parallel: Number(p) };
  if (128 * 2 ** cost.costLog2 * cost.blockSize > HASH_LIMITS.memoryBytesMax) return null;
  if (cost.parallel < 1 || cost.parallel > HASH_LIMITS.parallelMax) return null;
  return { cost, salt: Buffer.from(salt, "base64url"), key: Buffer.from(key, "base64url") };
}

function isSameCost(a: ScryptCost, b: ScryptCost): boolean {
  return a.costLog2 === b.costLog2 && a.blockSize === b.blockSize && a.parallel === b.parallel;
}
