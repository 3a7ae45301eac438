import { LibsqlExecutorRecords } from "../adapters/libsql-executors.ts";
import type { LibsqlDirectory } from "../adapters/libsql-directory.ts";
import { LibsqlAudit } from "../adapters/libsql-audit.ts";
import { LibsqlAuditReader } from "../adapters/libsql-audit-reader.ts";
import { LibsqlRecordsReader } from "../adapters/libsql-records-reader.ts";
import { LibsqlRunLogs } from "../adapters/libsql-run-logs.ts";
import { LibsqlRecords } from "../adapters/libsql-records.ts";
import { LibsqlStats } from "../adapters/libsql-stats.ts";
import { LibsqlWatchers } from "../adapters/libsql-watchers.ts";
import { createApi } from "../api/app.ts";
import { createDispatcher } from "../dialects/dispatch.ts";
import { createNodeProbe } from "../dialects/node-probe.ts";
import { Refusal } from "../core/refusal.ts";
import type { Clock } from "../ports/clock.ts";
import type { Egress } from "../ports/egress.ts";
import type { Log } from "../ports/log.ts";
import { reportSender } from "../registry/send-reports.ts";
import { apiParts, asEnv } from "./api-parts.ts";
import { compressed } from "./assets.ts";
import type { DataFolder } from "./data-folder.ts";
import { Demo } from "./demo.ts";
import { FirstAdmin, type MadeAdmin } from "./first-admin.ts";
import { makeFirstToken } from "./first-token.ts";
import { hostClock } from "./host-time.ts";
import { listen, type HttpServer } from "./http-server.ts";
import { createEgress } from "./host-egress.ts";
import { LiveSockets } from "./live-sockets.ts";
import { LocalAudit } from "./local-audit.ts";
import { LocalExecutors } from "./local-executors.ts";
import { LocalLive } from "./local-live.ts";
import { LocalQuotas } from "./local-quotas.ts";
import { LocalShards } from "./local-shards.ts";
import { openStores, type Stores } from "./stores.ts";
import { SettingsError, type Settings } from "./settings.ts";
import { tendEveryMinute } from "./tending.ts";

export interface Host {
  /** Where it answers: `http://HOST:PORT`. */
  readonly url: string;
  /** The file with the token that the first start made; null when none was made. */
  readonly firstTokenFile: string | null;
  /** The user that this start made, or gave a new password; null when it did neither. */
  readonly firstAdmin: MadeAdmin | null;
  readonly folder: DataFolder;
  /** What the jobs of the development profile call; null in production. */
  readonly demo: Demo | null;
  /** The API without the network, for whoever runs in this process. */
  readonly fetch: (request: Request) => Promise<Response>;
  stop(): Promise<void>;
}

const STOP_WAIT_MS = 10_000;
/** How long executors may take at the end to tell what nobody knows yet; the next start tells it again. */
const TELL_WAIT_MS = 2_000;

/**
 * Starts everything in this process: records, executors, shards, dispatch, API. Throws `SettingsError` with
 * one clear line for whatever the operator must change. The clock is this machine's unless somebody rehearses
 * a day to come or an outage.
 */
export async function startHost(
  settings: Settings,
  log: Log,
  clock: Clock = hostClock,
): Promise<Host> {
  const stores = await openStores(settings, log, clock);
  const { folder, database, directory } = stores;
  let url = settings.publicUrl ?? "";
  const egress = createEgress(settings);
  const place = { settings, stores, egress, log, clock, publicUrl: (): string => url };
  const writers = openWriters(place);
  const { live, shards, executors, quotas, audit } = writers;
  const parts = { ...writers, stores, egress };
  const api = createApi({
    ...apiParts({ settings, ...stores, log, clock }),
    shards,
    executors,
    live,
    records: new LibsqlRecordsReader(database),
    stats: new LibsqlStats(database),
    logs: new LibsqlRunLogs(database),
    directory,
    quotaBooks: quotas,
    audit,
    auditReader: new LibsqlAuditReader(database),
    egress,
  });
  const demo = settings.isDev ? new Demo(log) : null;
  const fetch = async (request: Request, env: unknown): Promise<Response> =>
    demo?.answers(request) === true
      ? demo.fetch(request)
      : compressed(request, await api.fetch(request, asEnv(env)));
  const sockets = new LiveSockets({ clock, fetch, hubs: live });
  const server = await listen(fetch, (...upgrade) => sockets.upgrade(...upgrade), settings);
  url = settings.publicUrl ?? `http://${hostInUrl(server.host)}:${server.port}`;
  shards.start();
  executors.start();
  audit.start();
  const firstAdmin = new FirstAdmin({ ...stores, settings, clock, log });
  // Before the tending, which would show a password ahead of the ready line.
  const madeAdmin = await firstAdmin.ensure();
  const { logRetentionMs } = settings;
  const stopTending = tendEveryMinute(
    { stores, shards, executors, firstAdmin, clock, logRetentionMs },
    log,
  );
  return {
    url: `http://${hostInUrl(server.host)}:${server.port}`,
    firstTokenFile: await firstToken(settings, { directory, folder, nowMs: clock.nowMs() }),
    firstAdmin: madeAdmin,
    folder,
    demo,
    fetch: async (request) => api.fetch(request),
    stop: () => stopAll({ ...parts, server, sockets, demo, stopTending }),
  };
}

interface Running extends Writers {
  readonly stores: Stores;
  readonly egress: ReturnType<typeof createEgress>;
  readonly server: HttpServer;
  readonly sockets: LiveSockets;
  readonly demo: Demo | null;
  readonly stopTending: () => void;
}

/** Ends everything, in an order in which nobody is asked who has gone already. */
async function stopAll(running: Running): Promise<void> {
  const { server, sockets, executors, shards, audit, quotas } = running;
  running.stopTending();
  await running.demo?.app?.stop({ waitMs: 0 });
  const closed = server.close();
  await sockets.close();
  await closed;
  // Shards hear what executors still have to tell, and may report of nodes while they drain.
  await executors.stop(TELL_WAIT_MS);
  await shards.stop(STOP_WAIT_MS);
  await audit.stop(TELL_WAIT_MS);
  executors.close();
  await audit.close();
  quotas.close();
  await running.egress.close();
  await running.stores.close();
}

interface WritersPlace {
  readonly settings: Settings;
  readonly stores: Stores;
  readonly egress: Egress;
  readonly log: Log;
  readonly clock: Clock;
  readonly publicUrl: () => string;
}

interface Writers {
  readonly live: LocalLive;
  readonly shards: LocalShards;
  readonly executors: LocalExecutors;
  readonly quotas: LocalQuotas;
  readonly audit: LocalAudit;
}

/** The single writers of jobs and of executors, each with its files, and whom they tell. */
function openWriters(place: WritersPlace): Writers {
  const { settings, stores, log, clock } = place;
  const { folder, cipher, database, deployment } = stores;
  const common = { egress: place.egress, cipher, clock, deploymentId: deployment.id };
  const live = new LocalLive({
    watchers: new LibsqlWatchers(database),
    clock,
    log,
    deploymentId: deployment.id,
    origin: place.publicUrl,
  });
  try {
    const shards = new LocalShards({
      count: deployment.shards,
      folder: folder.path,
      hostConcurrency: settings.hostConcurrency,
      dispatcher: createDispatcher({ ...common, publicUrl: place.publicUrl }),
      records: new LibsqlRecords(database),
      // Shards report and executors push: the first report comes after both are open.
      reports: (...report) => reports(...report),
      live,
      log,
      clock,
      lost: (error) => endProcess(error, log),
    });
    live.onWatched = (namespace) => shards.tellUnrecorded(namespace);
    const executors = new LocalExecutors({
      path: folder.fileOf("executors.sqlite"),
      records: new LibsqlExecutorRecords(database),
      shards,
      probe: createNodeProbe(common),
      live,
      log,
      clock,
    });
    const reports = reportSender(executors, log);
    const quotas = new LocalQuotas(folder.fileOf("quotas.sqlite"));
    const audit = new LocalAudit({
      path: folder.fileOf("audit.sqlite"),
      records: new LibsqlAudit(database),
      log,
      clock,
    });
    return { live, shards, executors, quotas, audit };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingsError(`The data folder: ${why}.`, { cause: error });
  }
}

/** A disk that failed once may have dropped what it was given: only a new start finds out what it holds. */
function endProcess(error: unknown, log: Log): void {
  log.error("The disk failed, so this process ends; start it again once the disk is well.", {
    error: String(error),
  });
  process.exit(1);
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

function hostInUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
