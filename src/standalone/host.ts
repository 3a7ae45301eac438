import { createHash, randomBytes } from "node:crypto";
import { checkUserHeaders } from "../adapters/egress-headers.ts";
import { icsDates } from "../adapters/ics-dates.ts";
import type { LibsqlDirectory } from "../adapters/libsql-directory.ts";
import { LibsqlRecordsReader } from "../adapters/libsql-records-reader.ts";
import { LibsqlRecords } from "../adapters/libsql-records.ts";
import { createIds } from "../adapters/uuid-ids.ts";
import type { ApiDeps } from "../api/api-deps.ts";
import { createApi } from "../api/app.ts";
import { healDirectory } from "../api/heal-directory.ts";
import { createCallbackTokens } from "../dialects/callback-token.ts";
import { createDispatcher } from "../dialects/dispatch.ts";
import { VERSION } from "../dialects/identity-headers.ts";
import { webhookSecret } from "../dialects/webhook-secret.ts";
import { Refusal } from "../core/refusal.ts";
import type { Cipher } from "../ports/cipher.ts";
import type { Clock } from "../ports/clock.ts";
import type { Deployment } from "../ports/directory.ts";
import type { Json } from "../core/json.ts";
import type { Log, LogFields } from "../ports/log.ts";
import { asset } from "./assets.ts";
import type { DataFolder } from "./data-folder.ts";
import { createDemoHandlers, DEMO_PATH } from "./demo.ts";
import { makeFirstToken } from "./first-token.ts";
import { hostClock, hostTimers } from "./host-time.ts";
import { listen } from "./http-server.ts";
import { createEgress } from "./host-egress.ts";
import { LocalShards } from "./local-shards.ts";
import { openStores, type Stores } from "./stores.ts";
import { SettingsError, type Settings } from "./settings.ts";

export interface Host {
  /** Where it answers: `http://HOST:PORT`. */
  readonly url: string;
  /** The file with the token that the first start made; null when none was made. */
  readonly firstTokenFile: string | null;
  /** The API without the network, for whoever runs in this process. */
  readonly fetch: (request: Request) => Promise<Response>;
  stop(): Promise<void>;
}

const BOOTSTRAP_RATE_PER_MINUTE_MIN = 60_000;
const STOP_WAIT_MS = 10_000;
const HEAL_EVERY_MS = 60_000;
/** First answers to idempotency keys that one round forgets. */
const PURGE_ROWS_MAX = 1_000;

/**
 * Starts everything in this process: records, shards, dispatch, API. Throws `SettingsError` with one clear
 * line for whatever the operator must change. The clock is this machine's unless somebody rehearses a day
 * to come or an outage.
 */
export async function startHost(
  settings: Settings,
  log: Log,
  clock: Clock = hostClock,
): Promise<Host> {
  const stores = await openStores(settings, log, clock);
  const { folder, cipher, database, directory, deployment } = stores;
  let url = settings.publicUrl ?? "";
  const egress = createEgress(settings);
  const shards = openShards({
    count: deployment.shards,
    folder: folder.path,
    dispatcher: createDispatcher({
      egress,
      cipher,
      clock,
      deploymentId: deployment.id,
      publicUrl: () => url,
    }),
    records: new LibsqlRecords(database),
    log,
    clock,
  });
  const api = createApi({
    ...apiParts({ settings, cipher, deployment, log, clock }),
    shards,
    records: new LibsqlRecordsReader(database),
    directory,
    egress,
  });
  const demo = settings.isDev ? createDemoHandlers(log) : null;
  const server = await listen(
    (request, env) =>
      demo !== null && new URL(request.url).pathname.startsWith(`${DEMO_PATH}/`)
        ? demo.fetch(request)
        : api.fetch(request, asEnv(env)),
    settings,
  );
  url = settings.publicUrl ?? `http://${hostInUrl(server.host)}:${server.port}`;
  shards.start();
  const stopHealing = healEveryMinute({ stores, shards, clock }, log);
  return {
    url: `http://${hostInUrl(server.host)}:${server.port}`,
    firstTokenFile: await firstToken(settings, { directory, folder, nowMs: clock.nowMs() }),
    fetch: async (request) => api.fetch(request),
    async stop() {
      stopHealing();
      await server.close();
      await shards.stop(STOP_WAIT_MS);
      await egress.close();
      stores.close();
    },
  };
}

function openShards(settings: ConstructorParameters<typeof LocalShards>[0]): LocalShards {
  try {
    return new LocalShards(settings);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingsError(`The data folder: ${why}.`, { cause: error });
  }
}

/** What the API needs of this machine, whatever is behind it. */
function apiParts(host: {
  readonly settings: Settings;
  readonly cipher: Cipher;
  readonly deployment: Deployment;
  readonly log: Log;
  readonly clock: Clock;
}): Omit<ApiDeps, "shards" | "records" | "directory" | "egress"> {
  const { settings, cipher, deployment, log } = host;
  const tokens = createCallbackTokens(cipher, deployment.id);
  return {
    clock: host.clock,
    ids: createIds(),
    secretBytes: (count) => new Uint8Array(randomBytes(count)),
    cipher,
    deployment,
    settings: {
      version: VERSION,
      bootstrapTokenHash:
        settings.bootstrapToken === null
          ? null
          : createHash("sha256").update(settings.bootstrapToken).digest("hex"),
      ratePerMinute: settings.ratePerMinute,
      bootstrapRatePerMinute: Math.max(BOOTSTRAP_RATE_PER_MINUTE_MIN, settings.ratePerMinute),
    },
    log: { write: ({ level, event, fields }) => log[level](event, flat(fields)) },
    checkTarget: (target) => {
      if (target.kind === "webhook") checkUserHeaders(target.headers);
    },
    icsDates,
    verifyCallbackToken: (token, nowMs) => tokens.verify(token, nowMs),
    webhookSecret: (namespace, generation) => webhookSecret(cipher, namespace, generation),
    asset,
    clientAddress: (_request, env) => asEnv(env).incoming?.socket?.remoteAddress ?? null,
    waitUntil: (work) => void work,
  };
}

/** The log takes plain values; what is deeper becomes its JSON. */
function flat(fields: { readonly [field: string]: Json }): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "object" && value !== null ? JSON.stringify(value) : value,
    ]),
  );
}

interface NodeEnv {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
}

/** What the HTTP server hands along with a request: the socket it came on. */
function asEnv(env: unknown): NodeEnv {
  // Made by @hono/node-server, whose shape this is; anything else has no `incoming`.
  return typeof env === "object" && env !== null ? env : {};
}

async function firstToken(
  settings: Settings,
  stores: {
    readonly directory: LibsqlDirectory;
    readonly folder: DataFolder;
    readonly nowMs: number;
  },
): Promise<string | null> {
  if (settings.bootstrapToken !== null) return null;
  try {
    return await makeFirstToken(stores.directory, stores.folder, stores.nowMs);
  } catch (error) {
    // With the records away this is no first start, for that is refused; tokens were made before.
    if (error instanceof Refusal && error.data.code === "records.unavailable") return null;
    throw error;
  }
}

/** Pushes of directory changes that a crash swallowed are made good at the start and once a minute. */
function healEveryMinute(
  parts: { readonly stores: Stores; readonly shards: LocalShards; readonly clock: Clock },
  log: Log,
): () => void {
  const { stores, shards, clock } = parts;
  const { directory } = stores;
  const heal = async (): Promise<void> => {
    await stores.catchUp();
    await healDirectory({ directory, shards });
    await directory.purgeIdempotency(clock.nowMs(), PURGE_ROWS_MAX);
  };
  let cancel = hostTimers.after(0, function round() {
    heal()
      .catch((error: unknown) =>
        log.warn("The records cannot be tended.", { error: String(error) }),
      )
      .finally(() => {
        cancel = hostTimers.after(HEAL_EVERY_MS, round);
      });
  });
  return () => cancel();
}

function hostInUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
