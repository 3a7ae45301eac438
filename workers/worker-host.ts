import { createHash } from "node:crypto";
import { waitUntil } from "cloudflare:workers";
import { checkUserHeaders } from "../src/adapters/egress-headers.ts";
import { icsDates } from "../src/adapters/ics-dates.ts";
import { LibsqlAuditReader } from "../src/adapters/libsql-audit-reader.ts";
import { LibsqlDirectory } from "../src/adapters/libsql-directory.ts";
import { LibsqlPeople } from "../src/adapters/libsql-people.ts";
import { LibsqlRecordsReader } from "../src/adapters/libsql-records-reader.ts";
import { LibsqlRunLogs } from "../src/adapters/libsql-run-logs.ts";
import { LibsqlStats } from "../src/adapters/libsql-stats.ts";
import { migrate } from "../src/adapters/migrate.ts";
import { createIds } from "../src/adapters/uuid-ids.ts";
import type { Api, ApiDeps } from "../src/api/api-deps.ts";
import { createApi } from "../src/api/app.ts";
import { addressGroup } from "../src/core/login-limits.ts";
import { createCallbackTokens } from "../src/dialects/callback-token.ts";
import { createExecTokens } from "../src/dialects/exec-token.ts";
import { createLiveTickets } from "../src/dialects/live-ticket.ts";
import { VERSION } from "../src/dialects/identity-headers.ts";
import { webhookSecret } from "../src/dialects/webhook-secret.ts";
import type { Deployment, Directory } from "../src/ports/directory.ts";
import type { Executors } from "../src/ports/executors.ts";
import type { People } from "../src/ports/people.ts";
import type { RunLogs } from "../src/ports/run-logs.ts";
import type { Shards } from "../src/ports/shard-client.ts";
import { DurableAudit } from "./audit-rpc.ts";
import { openDeployment } from "./deployment.ts";
import { openEgress } from "./egress-fetch.ts";
import type { Env } from "./env.ts";
import { DurableExecutors } from "./executor-rpc.ts";
import { createLog } from "./host-log.ts";
import { hostClock } from "./host-time.ts";
import { DurableLive } from "./live-rpc.ts";
import { DurablePasswords } from "./login-rpc.ts";
import { MIGRATIONS } from "./migrations.ts";
import { openDatabase, RecordsClient } from "./records-client.ts";
import { DurableQuotas } from "./quota-rpc.ts";
import { readSettings, SettingsError, type Settings } from "./settings.ts";
import { DurableShards, shardName, shardStub } from "./shard-rpc.ts";
import { unreadyAnswer } from "./unready.ts";

const BOOTSTRAP_RATE_PER_MINUTE = 60_000;
/** While the records are away: how often an isolate tries to migrate them. */
const MIGRATE_EVERY_MS = 10_000;

/** What an isolate has made ready: the API, and what the cron trigger needs. */
export interface Ready {
  readonly api: Api;
  readonly deployment: Deployment;
  readonly shards: Shards;
  readonly executors: Executors;
  readonly directory: Directory;
  readonly people: People;
  readonly logs: RunLogs;
  readonly logRetentionMs: number;
}

/**
 * The Worker of one isolate. It is made ready by its first request, because only a request may wait; what
 * was made is kept, but never a promise or a client, which belong to the request that began them.
 */
export class WorkerHost {
  readonly #log = createLog({ part: "worker" });
  #ready: Ready | null = null;
  #isMigrated = false;
  #migrateAgainMs = 0;

  async fetch(request: Request, env: Env): Promise<Response> {
    let ready: Ready;
    try {
      ready = await this.ready(env);
    } catch (error) {
      return unreadyAnswer(error, crypto.randomUUID(), this.#log);
    }
    return ready.api.fetch(request, env);
  }

  /** Throws `SettingsError` or `Refusal` when the Worker cannot serve; the next call tries again. */
  async ready(env: Env): Promise<Ready> {
    if (this.#ready !== null && this.#isMigrated) return this.#ready;
    const settings = this.#ready === null ? readSettings(env) : null;
    const client = new RecordsClient({
      url: env.LIBSQL_URL ?? "",
      token: env.LIBSQL_TOKEN ?? null,
    });
    await this.#migrate(client);
    if (settings !== null) this.#ready = await open(env, settings, client);
    if (this.#ready === null) throw new Error("an isolate that was ready stays so");
    return this.#ready;
  }

  async #migrate(client: RecordsClient): Promise<void> {
    const nowMs = hostClock.nowMs();
    if (this.#isMigrated || nowMs < this.#migrateAgainMs) return;
    let outcome: Awaited<ReturnType<typeof migrate>>;
    try {
      outcome = await migrate(client, MIGRATIONS);
    } catch (error) {
      // Scheduling goes on without the records, and so does what needs only the shards.
      this.#migrateAgainMs = nowMs + MIGRATE_EVERY_MS;
      this.#log.warn("The records cannot be migrated now.", { error: String(error) });
      return;
    }
    if (!outcome.ok) throw new SettingsError(`The records: ${outcome.reason}.`);
    this.#isMigrated = true;
    if (outcome.applied > 0) this.#log.info("The records were migrated.", { ...outcome });
  }
}

async function open(env: Env, settings: Settings, client: RecordsClient): Promise<Ready> {
  const database = openDatabase(client);
  const directory = new LibsqlDirectory(database);
  const people = new LibsqlPeople(database);
  const { cipher, shards: count } = settings;
  const deployment = await openDeployment({
    directory,
    cipher,
    shards: count,
    newId: () => crypto.randomUUID(),
    nowMs: hostClock.nowMs(),
    kept: () => shardStub(env, shardName(0)).deployment(),
  });
  const shards = new DurableShards(env, deployment);
  const executors = new DurableExecutors(env, deployment);
  const logs = new LibsqlRunLogs(database);
  const api = createApi({
    ...apiParts(env, settings, deployment),
    shards,
    executors,
    live: new DurableLive(env, deployment, settings.publicUrl),
    records: new LibsqlRecordsReader(database),
    stats: new LibsqlStats(database),
    logs,
    directory,
    people,
    quotaBooks: new DurableQuotas(env),
    audit: new DurableAudit(env, deployment),
    auditReader: new LibsqlAuditReader(database),
  });
  const { logRetentionMs } = settings;
  return { api, deployment, shards, executors, directory, people, logs, logRetentionMs };
}

/** What the API needs of this isolate, whatever is behind it. */
function apiParts(
  env: Env,
  settings: Settings,
  deployment: Deployment,
): Omit<
  ApiDeps,
  | "audit"
  | "auditReader"
  | "shards"
  | "executors"
  | "live"
  | "records"
  | "people"
  | "stats"
  | "logs"
  | "directory"
  | "quotaBooks"
> {
  const { cipher, bootstrapToken } = settings;
  const tokens = createCallbackTokens(cipher, deployment.id);
  const log = createLog({ part: "api" }, env);
  return {
    clock: hostClock,
    ids: createIds(),
    secretBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    cipher,
    passwords: new DurablePasswords(env, addressGroup),
    egress: openEgress(env),
    deployment,
    settings: {
      version: VERSION,
      host: "workers",
      runtime: "workerd",
      bootstrapTokenHash: hashOf(bootstrapToken),
      setupTokenHash: hashOf(settings.setupToken),
      ratePerMinute: settings.ratePerMinute,
      bootstrapRatePerMinute: BOOTSTRAP_RATE_PER_MINUTE,
    },
    log: {
      write: ({ level, event, fields }) => log[level](event, { detail: JSON.stringify(fields) }),
    },
    checkTarget: (target) => {
      if (target.kind === "webhook") checkUserHeaders(target.headers);
    },
    icsDates,
    verifyCallbackToken: (token, nowMs) => tokens.verify(token, nowMs),
    liveTickets: createLiveTickets(cipher, deployment.id),
    execTokens: createExecTokens({ cipher, deploymentId: deployment.id }),
    webhookSecret: (namespace, generation) => webhookSecret(cipher, namespace, generation),
    asset: (path) => asset(env, path),
    // Cloudflare sets this header itself, whatever the caller sent.
    clientAddress: (request) => request.headers.get("cf-connecting-ip"),
    waitUntil: (work) => waitUntil(work),
  };
}

function hashOf(token: string | null): string | null {
  return token === null ? null : createHash("sha256").update(token).digest("hex");
}

/** A file of the assets that were deployed with the Worker; null when there is no such file. */
async function asset(env: Env, path: string): Promise<Response | null> {
  const response = await env.ASSETS.fetch(new URL(path, "https://assets.invalid/"));
  return response.ok ? response : null;
}
