import { parseArgs } from "node:util";
import { LOG_RETENTION_DEFAULT, LOG_RETENTION_FORM, logRetentionMs } from "../api/log-retention.ts";
import { weaknessOf } from "../api/password-rules.ts";
import { PLACEMENT_LIMITS } from "../core/placement.ts";

/** What the standalone host was told, by flags and by the environment; flags win. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly dataFolder: string;
  readonly libsqlUrl: string | null;
  readonly libsqlToken: string | null;
  /** Null takes what the data folder was made with, or one shard for a new one. */
  readonly shards: number | null;
  /** Null takes the key in the data folder, or makes one there. */
  readonly masterKey: string | null;
  readonly bootstrapToken: string | null;
  /** The password of the user `admin` that the first start makes; null generates one. */
  readonly adminPassword: string | null;
  /** Gives the user `admin` a new password, which is shown as at the first start. */
  readonly resetsAdmin: boolean;
  readonly egressAllow: readonly string[];
  readonly publicUrl: string | null;
  readonly ratePerMinute: number;
  /** Deliveries that a shard may have out to one host; null takes three quarters of its slots. */
  readonly hostConcurrency: number | null;
  /** How long the lines of handlers are kept. */
  readonly logRetentionMs: number;
  readonly logLevel: LogLevel;
  readonly logFormat: "text" | "json";
  /** The development profile: demo jobs, loopback only. */
  readonly isDev: boolean;
}

export type LogLevel = "debug" | "info" | "warning" | "error";
const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error"];
const BOOTSTRAP_TOKEN_CHARS_MIN = 32;
const HOST_CONCURRENCY_MAX = 100_000;

/** A setting that cannot be. The message is one line that says what to do instead. */
export class SettingsError extends Error {}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads flags and environment. Throws `SettingsError` for the first one that cannot be. */
export function readSettings(args: readonly string[], env: Environment): Settings {
  const { values } = parse(args);
  const isDev = values.dev === true;
  const told = (flag: string | undefined, name: string, otherwise: string): string =>
    flag ?? env[name] ?? otherwise;
  return {
    port: whole("--port", told(values.port, "PORT", "8787"), { min: 0, max: 65_535 }),
    host: hostOf(told(values.host, "HOST", "127.0.0.1"), isDev),
    dataFolder: told(values.data, "DATA_DIR", "./data"),
    libsqlUrl: env["LIBSQL_URL"] ?? null,
    libsqlToken: env["LIBSQL_TOKEN"] ?? null,
    shards: shardsOf(env["SHARDS"]),
    masterKey: env["MASTER_KEY"] ?? null,
    bootstrapToken: bootstrapTokenOf(env["BOOTSTRAP_TOKEN"]),
    adminPassword: adminPasswordOf(env["ADMIN_PASSWORD"]),
    resetsAdmin: values["reset-admin"] === true,
    egressAllow: listOf(told(undefined, "EGRESS_ALLOW", isDev ? "loopback" : "")),
    publicUrl: publicUrlOf(env["PUBLIC_URL"]),
    ratePerMinute: whole("RATE_PER_MINUTE", told(undefined, "RATE_PER_MINUTE", "600"), {
      min: 1,
      max: 1_000_000,
    }),
    hostConcurrency: hostConcurrencyOf(env["HOST_CONCURRENCY"]),
    logRetentionMs: logRetentionOf(told(undefined, "LOG_RETENTION", LOG_RETENTION_DEFAULT)),
    logLevel: logLevelOf(told(undefined, "LOG_LEVEL", "info")),
    logFormat: logFormatOf(told(undefined, "LOG_FORMAT", "text")),
    isDev,
  };
}

interface Flags {
  readonly port?: string;
  readonly host?: string;
  readonly data?: string;
  readonly dev?: boolean;
  readonly "reset-admin"?: boolean;
}

function parse(args: readonly string[]): { readonly values: Flags } {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: "string" },
        host: { type: "string" },
        data: { type: "string" },
        dev: { type: "boolean" },
        "reset-admin": { type: "boolean" },
      },
    });
  } catch (error) {
    const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    const sentence = message.replace(/\.?$/, ".");
    const known = "--port --host --data --dev --reset-admin";
    throw new SettingsError(`${sentence} Known flags: ${known}.`, { cause: error });
  }
}

function whole(
  name: string,
  text: string,
  bounds: { readonly min: number; readonly max: number },
): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= bounds.min && value <= bounds.max) return value;
  throw new SettingsError(
    `${name} is "${text}"; it must be a whole number from ${bounds.min} to ${bounds.max}.`,
  );
}

function hostOf(host: string, isDev: boolean): string {
  if (isDev && host !== "127.0.0.1" && host !== "localhost" && host !== "::1")
    throw new SettingsError(
      `The development profile listens on loopback only, not on "${host}". Use npm run serve.`,
    );
  return host;
}

function shardsOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  return whole("SHARDS", text, { min: 1, max: PLACEMENT_LIMITS.shardsMax });
}

function hostConcurrencyOf(text: string | undefined): number | null {
  if (text === undefined || text === "") return null;
  return whole("HOST_CONCURRENCY", text, { min: 1, max: HOST_CONCURRENCY_MAX });
}

function bootstrapTokenOf(token: string | undefined): string | null {
  if (token === undefined) return null;
  if (token.length >= BOOTSTRAP_TOKEN_CHARS_MIN && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new SettingsError(
    "BOOTSTRAP_TOKEN must have at least 32 visible ASCII characters. " +
      "Make one with: openssl rand -base64 32",
  );
}

/** An empty value counts as not set: a password that is left out is generated. */
function adminPasswordOf(password: string | undefined): string | null {
  if (password === undefined || password === "") return null;
  const why = weaknessOf(password, "admin");
  if (why === null) return password;
  throw new SettingsError(
    `ADMIN_PASSWORD ${why}. Choose at least 12 characters that nobody guesses.`,
  );
}

function publicUrlOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/") return url.origin;
  throw new SettingsError(
    `PUBLIC_URL is "${text}"; it must be an http or https origin such as https://tick.example.com.`,
  );
}

function listOf(text: string): readonly string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function logRetentionOf(text: string): number {
  const ms = logRetentionMs(text);
  if (ms !== null) return ms;
  throw new SettingsError(`LOG_RETENTION is "${text}"; it must be ${LOG_RETENTION_FORM}.`);
}

function logFormatOf(text: string): Settings["logFormat"] {
  if (text === "text" || text === "json") return text;
  throw new SettingsError(`LOG_FORMAT is "${text}"; it must be text or json.`);
}

function logLevelOf(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === (text === "warn" ? "warning" : text));
  if (level !== undefined) return level;
  throw new SettingsError(`LOG_LEVEL is "${text}"; it must be one of debug, info, warn, error.`);
}
