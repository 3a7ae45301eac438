import { describe, expect, it } from "vitest";
import { readSettings, SettingsError } from "../../src/standalone/settings.ts";

const TOKEN = "a-bootstrap-token-of-32-characters-or-more";

describe("readSettings", () => {
  it("has a default for everything", () => {
    expect(readSettings([], {})).toEqual({
      port: 8787,
      host: "127.0.0.1",
      dataFolder: "./data",
      libsqlUrl: null,
      libsqlToken: null,
      shards: null,
      masterKey: null,
      bootstrapToken: null,
      adminPassword: null,
      resetsAdmin: false,
      egressAllow: [],
      publicUrl: null,
      ratePerMinute: 600,
      hostConcurrency: null,
      logRetentionMs: 604_800_000,
      logLevel: "info",
      logFormat: "text",
      isDev: false,
    });
  });

  it("reads the environment", () => {
    const env = {
      PORT: "0",
      HOST: "::1",
      DATA_DIR: "/var/lib/tickwheel",
      LIBSQL_URL: "libsql://records.example.com",
      LIBSQL_TOKEN: "secret",
      SHARDS: "4",
      MASTER_KEY: "key",
      BOOTSTRAP_TOKEN: TOKEN,
      ADMIN_PASSWORD: "correct horse battery",
      EGRESS_ALLOW: "loopback, 10.0.0.0/8,",
      PUBLIC_URL: "https://tick.example.com/",
      RATE_PER_MINUTE: "1200",
      HOST_CONCURRENCY: "200",
      LOG_RETENTION: "36h",
      LOG_LEVEL: "warn",
      LOG_FORMAT: "json",
    };

    expect(readSettings([], env)).toEqual({
      port: 0,
      host: "::1",
      dataFolder: "/var/lib/tickwheel",
      libsqlUrl: "libsql://records.example.com",
      libsqlToken: "secret",
      shards: 4,
      masterKey: "key",
      bootstrapToken: TOKEN,
      adminPassword: "correct horse battery",
      resetsAdmin: false,
      egressAllow: ["loopback", "10.0.0.0/8"],
      publicUrl: "https://tick.example.com",
      ratePerMinute: 1200,
      hostConcurrency: 200,
      logRetentionMs: 129_600_000,
      logLevel: "warning",
      logFormat: "json",
      isDev: false,
    });
  });

  it("lets flags win over the environment", () => {
    const args = ["--port", "8080", "--host", "0.0.0.0", "--data", "/srv"];
    const env = { PORT: "1", HOST: "::1", DATA_DIR: "/tmp" };

    expect(readSettings(args, env)).toMatchObject({
      port: 8080,
      host: "0.0.0.0",
      dataFolder: "/srv",
    });
  });

  it("opens loopback, and nothing else, in the development profile", () => {
    expect(readSettings(["--dev"], {})).toMatchObject({ isDev: true, egressAllow: ["loopback"] });
    expect(readSettings(["--dev"], { EGRESS_ALLOW: "10.0.0.0/8" }).egressAllow).toEqual([
      "10.0.0.0/8",
    ]);
  });

  it.each([
    { name: "an unknown flag", args: ["--frob"], says: /--frob.*Known flags: --port/s },
    { name: "an argument without a flag", args: ["extra"], says: /extra.*Known flags/s },
    { name: "a flag without its value", args: ["--port"], says: /--port.*Known flags/s },
    { name: "a port that is no number", args: ["--port", "http"], says: /--port is "http"/ },
    { name: "a port beyond the last", env: { PORT: "65536" }, says: /from 0 to 65535/ },
    { name: "no shards", env: { SHARDS: "0" }, says: /SHARDS is "0".*from 1 to 1024/ },
    { name: "half a shard", env: { SHARDS: "1.5" }, says: /SHARDS is "1.5"/ },
    { name: "a short token", env: { BOOTSTRAP_TOKEN: "x".repeat(31) }, says: /at least 32/ },
    {
      name: "a short password of the first admin",
      env: { ADMIN_PASSWORD: "admin123456" },
      says: /^ADMIN_PASSWORD has fewer than 12 characters\./,
    },
    {
      name: "a common password of the first admin",
      env: { ADMIN_PASSWORD: "password1234" },
      says: /^ADMIN_PASSWORD is one of the first that everybody tries/,
    },
    { name: "an empty token", env: { BOOTSTRAP_TOKEN: "" }, says: /at least 32/ },
    {
      name: "a token with a space",
      env: { BOOTSTRAP_TOKEN: `${TOKEN} ` },
      says: /visible ASCII characters.*openssl rand/,
    },
    {
      name: "a public URL with a path",
      env: { PUBLIC_URL: "https://x.org/a" },
      says: /PUBLIC_URL/,
    },
    { name: "a public URL of no web", env: { PUBLIC_URL: "ftp://x.org" }, says: /PUBLIC_URL/ },
    { name: "logs kept for a minute", env: { LOG_RETENTION: "1m" }, says: /1h to 366d/ },
    { name: "an unknown level", env: { LOG_LEVEL: "loud" }, says: /debug, info, warn, error/ },
    { name: "an unknown format", env: { LOG_FORMAT: "xml" }, says: /text or json/ },
    { name: "no rate at all", env: { RATE_PER_MINUTE: "0" }, says: /RATE_PER_MINUTE is "0"/ },
    {
      name: "a development profile that others can reach",
      args: ["--dev", "--host", "0.0.0.0"],
      says: /loopback only.*npm run serve/,
    },
  ])("refuses $name in one line that says what to do", ({ args = [], env = {}, says }) => {
    const reading = (): unknown => readSettings(args, env);

    expect(reading).toThrow(SettingsError);
    expect(reading).toThrow(says);
    expect(reading).not.toThrow(/\n/);
  });
});
