import { createCipher } from "../src/adapters/cipher.ts";
import { createEgressPolicy, type EgressPolicy } from "../src/adapters/egress-policy.ts";
import {
  LOG_RETENTION_DEFAULT,
  LOG_RETENTION_FORM,
  logRetentionMs,
} from "../src/api/log-retention.ts";
import { PLACEMENT_LIMITS } from "../src/core/placement.ts";
import type { Cipher } from "../src/ports/cipher.ts";
import { COURIER_SLOTS } from "./courier-pool.ts";
import type { Env } from "./env.ts";

/** What the Worker was told by its variables and secrets, checked. */
export interface Settings {
  readonly libsqlUrl: string;
  readonly libsqlToken: string | null;
  readonly cipher: Cipher;
  readonly bootstrapToken: string | null;
  /** With this somebody makes the first user at /setup. */
  readonly setupToken: string | null;
  /** An origin, without a slash at its end. */
  readonly publicUrl: string;
  /** Null takes what the deployment was made with. */
  readonly shards: number | null;
  readonly ratePerMinute: number;
  /** How long the lines of handlers are kept. */
  readonly logRetentionMs: number;
}

/** A setting that cannot be. The message is one line that says what to do instead. */
export class SettingsError extends Error {}

export const SHARDS_DEFAULT = 8;
const COURIERS_DEFAULT = 16;
const COURIERS_MAX = 64;
const HOST_SHARE = 0.75;
const HOST_CONCURRENCY_MAX = 100_000;
const TOKEN_CHARS_MIN = 32;

/** Reads the environment. Throws `SettingsError` for the first setting that cannot be. */
export function readSettings(env: Env): Settings {
  const publicUrl = publicUrlOf(env.PUBLIC_URL);
  hostConcurrencyOf(env, couriersOf(env) * COURIER_SLOTS);
  policyOf(env);
  return {
    libsqlUrl: libsqlUrlOf(env.LIBSQL_URL),
    libsqlToken: given(env.LIBSQL_TOKEN),
    cipher: cipherOf(env),
    bootstrapToken: tokenOf("BOOTSTRAP_TOKEN", given(env.BOOTSTRAP_TOKEN)),
    setupToken: tokenOf("SETUP_TOKEN", given(env.SETUP_TOKEN)),
    publicUrl,
    shards:
      given(env.SHARDS) === null
        ? null
        : whole("SHARDS", env.SHARDS, { min: 1, max: PLACEMENT_LIMITS.shardsMax }),
    ratePerMinute: whole("RATE_PER_MINUTE", given(env.RATE_PER_MINUTE) ?? "600", {
      min: 1,
      max: 1_000_000,
    }),
    logRetentionMs: logRetentionOf(given(env.LOG_RETENTION) ?? LOG_RETENTION_DEFAULT),
  };
}

/** How many couriers carry a shard's deliveries. Throws `SettingsError`. */
export function couriersOf(env: Env): number {
  const text = given(env.COURIERS) ?? String(COURIERS_DEFAULT);
  return whole("COURIERS", text, { min: 1, max: COURIERS_MAX });
}

/**
 * Deliveries that a shard may have out to one host: by default three quarters of its slots, so that no slow
 * host takes them all. Throws `SettingsError`.
 */
export function hostConcurrencyOf(env: Env, slots: number): number {
  const text = given(env.HOST_CONCURRENCY) ?? String(Math.ceil(slots * HOST_SHARE));
  return whole("HOST_CONCURRENCY", text, { min: 1, max: HOST_CONCURRENCY_MAX });
}

/** The cipher under `MASTER_KEY`. Throws `SettingsError`. */
export function cipherOf(env: Env): Cipher {
  const masterKey = given(env.MASTER_KEY);
  if (masterKey === null)
    throw new SettingsError(
      "MASTER_KEY is not set. Make one with: openssl rand -base64 32 | npx wrangler secret put MASTER_KEY",
    );
  return orSettingsError("MASTER_KEY", () => createCipher(masterKey));
}

/** Which addresses may be called. Never our own: a job must not drive the API that drives it. */
export function policyOf(env: Env): EgressPolicy {
  const allow = (given(env.EGRESS_ALLOW) ?? "")
    .split(",")
    .map((range) => range.trim())
    .filter((range) => range !== "");
  const own = [new URL(publicUrlOf(env.PUBLIC_URL)).host];
  return orSettingsError("EGRESS_ALLOW", () => createEgressPolicy({ allow, own }));
}

/** The origin at which executors reach this deployment. Throws `SettingsError`. */
export function publicUrlOf(text: string | undefined): string {
  const wanted = given(text);
  if (wanted === null)
    throw new SettingsError(
      "PUBLIC_URL is not set. Set it to the origin of this Worker, " +
        "such as https://tickwheel.example.workers.dev: executors call back there.",
    );
  const url = URL.canParse(wanted) ? new URL(wanted) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/") return url.origin;
  throw new SettingsError(
    `PUBLIC_URL is "${wanted}"; it must be an http or https origin such as https://tick.example.com.`,
  );
}

function libsqlUrlOf(text: string | undefined): string {
  const url = given(text);
  if (url !== null && /^(libsql|https?):\/\/[^/]/.test(url) && URL.canParse(url)) return url;
  throw new SettingsError(
    `LIBSQL_URL is ${url === null ? "not set" : "not a libsql, https or http URL"}. ` +
      "Set it to the URL of a libSQL database, and LIBSQL_TOKEN to a token for it.",
  );
}

function logRetentionOf(text: string): number {
  const ms = logRetentionMs(text);
  if (ms !== null) return ms;
  throw new SettingsError(`LOG_RETENTION is "${text}"; it must be ${LOG_RETENTION_FORM}.`);
}

function tokenOf(name: string, token: string | null): string | null {
  if (token === null) return null;
  if (token.length >= TOKEN_CHARS_MIN && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new SettingsError(
    `${name} must have at least 32 visible ASCII characters. ` +
      `Make one with: openssl rand -base64 32 | npx wrangler secret put ${name}`,
  );
}

function whole(
  name: string,
  text: string | undefined,
  bounds: { readonly min: number; readonly max: number },
): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text ?? "") && value >= bounds.min && value <= bounds.max) return value;
  throw new SettingsError(
    `${name} is "${text}"; it must be a whole number from ${bounds.min} to ${bounds.max}.`,
  );
}

/** A variable that is set to nothing is one that is not set. */
function given(text: string | undefined): string | null {
  return text === undefined || text.trim() === "" ? null : text.trim();
}

function orSettingsError<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SettingsError(why.startsWith(name) ? `${why}.` : `${name}: ${why}.`, { cause });
  }
}
