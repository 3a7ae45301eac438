import { Refusal, type RefusalData } from "../src/core/refusal.ts";
import type { LoginTry, LoginVerdict, Passwords } from "../src/ports/passwords.ts";
import type { Env } from "./env.ts";

export type HashReply =
  | { readonly ok: true; readonly hash: string }
  | { readonly ok: false; readonly refusal: RefusalData };

/**
 * What an object of logins does for the Worker: hashing takes more CPU than a request may. Everything that
 * crosses is plain data.
 */
export interface LoginRpc {
  hash(password: string): Promise<HashReply>;
  /** Counts a try against its account, then compares. */
  verify(tried: LoginTry): Promise<LoginVerdict>;
  /** Counts a try against its address; how long it has to wait, 0 for not at all. */
  admit(tried: Omit<LoginTry, "password" | "stored">): Promise<number>;
}

/** The epoch, as in the names of shards: another layout gets other names. */
const PREFIX = "v1:p:";
/** Where passwords are hashed that are compared with nothing. */
const HASHER = `${PREFIX}hash`;

/** A stub for one call or a few: after an error it is not to be used again. */
export function loginStub(env: Pick<Env, "LOGIN">, name: string): LoginRpc {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The binding names `LoginObject`.
  return env.LOGIN.getByName(name) as unknown as LoginRpc;
}

export function accountName(account: string): string {
  return `${PREFIX}account:${account}`;
}

export function addressName(address: string): string {
  return `${PREFIX}address:${address}`;
}

/**
 * Hashing in objects: one for each account, which counts what is tried there, and one for each address. A
 * browser that is known to the account is counted there alone.
 */
export class DurablePasswords implements Passwords {
  readonly #env: Pick<Env, "LOGIN">;
  readonly #groupOf: (address: string) => string;

  constructor(env: Pick<Env, "LOGIN">, groupOf: (address: string) => string) {
    this.#env = env;
    this.#groupOf = groupOf;
  }

  async hash(password: string): Promise<string> {
    const reply = await reached(loginStub(this.#env, HASHER).hash(password));
    if (reply.ok) return reply.hash;
    throw Refusal.from(reply.refusal);
  }

  async verify(tried: LoginTry): Promise<LoginVerdict> {
    const { account, address, device } = tried;
    if (device === null) {
      const byAddress = loginStub(this.#env, addressName(this.#groupOf(address)));
      const waitMs = await reached(byAddress.admit({ account, address, device }));
      if (waitMs > 0) return { kind: "limited", waitMs };
    }
    return reached(loginStub(this.#env, accountName(account)).verify(tried));
  }
}

async function reached<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const detail = `Passwords cannot be checked now: ${String(error)}.`;
    throw new Refusal("shard.unavailable", detail, { hint: "Try again in a moment." });
  }
}
