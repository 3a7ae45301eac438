import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { drizzle } from "drizzle-orm/libsql";
import { LibsqlDirectory } from "../../src/adapters/libsql-directory.ts";
import { masterKeyOf, openDataFolder, type DataFolder } from "../../src/standalone/data-folder.ts";
import { makeFirstToken } from "../../src/standalone/first-token.ts";
import { openRecords } from "../../src/standalone/libsql-client.ts";
import { readSettings, SettingsError, type Settings } from "../../src/standalone/settings.ts";
import { startHrana, type HranaFront } from "./hrana.ts";
import { localNetwork } from "./local-network.ts";
import { startLocalWorker, type LocalWorker } from "./local-worker.ts";

const LOOPBACK = "127.0.0.1";
const CRON_EVERY_MS = 60_000;
const STOP_WAIT_MS = 10_000;

interface Running {
  readonly worker: LocalWorker;
  readonly hrana: HranaFront | null;
}

/** Runs the host in this process until it is told to stop. Ends the process when it cannot start. */
export async function serve(flags: readonly string[]): Promise<void> {
  dieWithParent();
  keepWranglerQuiet();
  try {
    const settings = readSettings(flags, process.env);
    const starting = start(settings, openDataFolder(settings.dataFolder));
    process.stdin.once("data", () => void starting.then(stop));
    const running = await starting;
    setInterval(() => {
      running.worker.runCron().catch((error: unknown) => log(`cron: ${String(error)}`));
    }, CRON_EVERY_MS);
    process.stdout.write(`tickwheel ready ${running.worker.url}\n`);
  } catch (error) {
    log(`tickwheel: ${error instanceof SettingsError ? error.message : String(error)}`);
    process.exit(error instanceof SettingsError ? 2 : 1);
  }
}

async function start(settings: Settings, folder: DataFolder): Promise<Running> {
  const { hrana, records } = await openPlace(settings, folder);
  const port = settings.port || (await freePort(settings.host));
  const worker = await startLocalWorker({
    host: settings.host,
    port,
    folder: folder.fileOf("objects"),
    network: localNetwork(settings.egressAllow),
    variables: {
      ...variablesOf(settings),
      LIBSQL_URL: records.url,
      LIBSQL_TOKEN: records.token ?? "",
      MASTER_KEY: masterKeyOf(folder, settings.masterKey),
      PUBLIC_URL: settings.publicUrl ?? `http://${settings.host}:${port}`,
    },
    onLog: log,
  });
  await expectHealthy(worker.url);
  if (settings.bootstrapToken === null) await firstToken(records, folder);
  return { worker, hrana };
}

interface RecordsPlace {
  readonly url: string;
  readonly token: string | null;
}

/** The records on a server, or in a file of the data folder, served to workerd, which has no files. */
async function openPlace(
  { libsqlUrl, libsqlToken }: Settings,
  folder: DataFolder,
): Promise<{ readonly hrana: HranaFront | null; readonly records: RecordsPlace }> {
  if (libsqlUrl !== null) return { hrana: null, records: { url: libsqlUrl, token: libsqlToken } };
  const token = randomBytes(32).toString("base64url");
  const file = folder.fileOf("records.db");
  const hrana = await startHrana({ file, token, port: 0, host: LOOPBACK });
  return { hrana, records: { url: hrana.url, token } };
}

/** What the Worker is told as it was told to us; an empty text counts as not set. */
function variablesOf(settings: Settings): Readonly<Record<string, string>> {
  return {
    BOOTSTRAP_TOKEN: settings.bootstrapToken ?? "",
    SETUP_TOKEN: process.env["SETUP_TOKEN"] ?? "",
    SHARDS: settings.shards === null ? "" : String(settings.shards),
    EGRESS_ALLOW: settings.egressAllow.join(","),
    RATE_PER_MINUTE: String(settings.ratePerMinute),
    COURIERS: process.env["COURIERS"] ?? "",
    HOST_CONCURRENCY: settings.hostConcurrency === null ? "" : String(settings.hostConcurrency),
    LOG_LEVEL: settings.logLevel === "warning" ? "warn" : settings.logLevel,
  };
}

/** The Worker finds out about its settings with the first request. */
async function expectHealthy(url: string): Promise<void> {
  const answer = await fetch(`${url}/healthz`);
  if (answer.ok) return;
  const problem: unknown = await answer.json().catch(() => null);
  const isSaid = typeof problem === "object" && problem !== null && "detail" in problem;
  throw new SettingsError(isSaid ? String(problem.detail) : `/healthz answers ${answer.status}`);
}

async function firstToken(records: RecordsPlace, folder: DataFolder): Promise<void> {
  const client = await openRecords({ kind: "server", ...records });
  const file = await makeFirstToken(new LibsqlDirectory(drizzle(client)), folder, Date.now());
  client.close();
  if (file !== null) log(`The first start made an admin token: ${file}. It is shown nowhere else.`);
}

async function stop({ worker, hrana }: Running): Promise<void> {
  setTimeout(killGroup, STOP_WAIT_MS);
  await worker.stop();
  await hrana?.close();
  process.exit(0);
}

/** The Worker must know its own address before it runs, so its port is chosen here. */
function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, host, () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/**
 * No statistics, no log files in the home folder, no look for a newer version or for our place on earth; and no
 * copy of each request, each call between objects and each statement in a store of its own, which filled the
 * data folder and took a tenth of the processor in a herd.
 */
function keepWranglerQuiet(): void {
  process.env["WRANGLER_SEND_METRICS"] = "false";
  process.env["WRANGLER_LOG_SANITIZE"] = "true";
  process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
  process.env["X_LOCAL_OBSERVABILITY"] = "false";
  process.env["X_LOCAL_EXPLORER"] = "false";
}

/**
 * The other end of standard input is held by the process that people see (`serve.ts`): it writes a line
 * there when we are to stop, and its end is ours.
 */
function dieWithParent(): void {
  process.stdin.resume();
  process.stdin.once("close", killGroup);
}

/** Ends this process and everything that it started, workerd above all. */
function killGroup(): void {
  process.kill(-process.pid, "SIGKILL");
}

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}
