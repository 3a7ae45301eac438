import { DurableObject } from "cloudflare:workers";
import { ScryptPasswords } from "../src/adapters/scrypt-passwords.ts";
import {
  admitLogin,
  LOGIN_QUIET_MS,
  loginBucketsOf,
  type LoginBucket,
  type LoginBuckets,
} from "../src/core/login-limits.ts";
import { Refusal } from "../src/core/refusal.ts";
import type { LoginTry, LoginVerdict } from "../src/ports/passwords.ts";
import type { Env } from "./env.ts";
import { hostClock } from "./host-time.ts";
import type { HashReply, LoginRpc } from "./login-rpc.ts";

/** Devices of one account, and pairs of it with an address, that are remembered in storage. */
const BUCKETS_MAX = 1_000;

/**
 * The tries to log in to one account, or from one address, in a Durable Object. What was counted is stored, so
 * that an object that fell asleep starts nobody over; a quarter of an hour after the last try all of it goes.
 */
export class LoginObject extends DurableObject<Env> implements LoginRpc {
  readonly #buckets: LoginBuckets;
  readonly #passwords: ScryptPasswords;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#buckets = {
      // Written by the line below alone.
      get: (key) => ctx.storage.kv.get<LoginBucket>(key),
      set: (key, bucket) => ctx.storage.kv.put(key, bucket),
    };
    this.#passwords = new ScryptPasswords(this.#buckets, {
      isCountedHere: ({ kind }) => kind !== "address",
    });
  }

  async hash(password: string): Promise<HashReply> {
    try {
      return { ok: true, hash: await this.#passwords.hash(password) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { ok: false, refusal: error.data };
    }
  }

  async verify(tried: LoginTry): Promise<LoginVerdict> {
    this.#makeRoom();
    const verdict = await this.#passwords.verify(tried, this.nowMs());
    if (verdict.kind !== "limited") await this.#forgetLater();
    return verdict;
  }

  async admit(tried: Omit<LoginTry, "password" | "stored">): Promise<number> {
    const refs = loginBucketsOf(tried).filter(({ kind }) => kind === "address");
    const waitMs = admitLogin(this.#buckets, refs, this.nowMs());
    if (waitMs === 0) await this.#forgetLater();
    return waitMs;
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }

  protected nowMs(): number {
    return hostClock.nowMs();
  }

  #forgetLater(): Promise<void> {
    return this.ctx.storage.setAlarm(this.nowMs() + LOGIN_QUIET_MS);
  }

  /** Whoever comes from ever new addresses fills no storage: the account's own bucket still counts them. */
  #makeRoom(): void {
    const { kv } = this.ctx.storage;
    const pairs = [...kv.list({ prefix: "pair ", limit: BUCKETS_MAX })];
    if (pairs.length < BUCKETS_MAX) return;
    for (const [key] of pairs) kv.delete(key);
  }
}
