import { readFileSync } from "node:fs";
import type { Json } from "../core/json.ts";
import type { Log } from "../ports/log.ts";
import { demoJobs } from "./demo.ts";
import { showAdmin } from "./first-admin.ts";
import { createLog } from "./host-log.ts";
import { startHost, type Host } from "./host.ts";
import { readSettings, SettingsError, type Settings } from "./settings.ts";

/** Longer than the host waits for what is in flight: then something hangs, and the process ends all the same. */
const EXIT_WAIT_MS = 12_000;

try {
  await main();
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`tickwheel: ${error.message}\n`);
  process.exit(2);
}

async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(2), process.env);
  const log = createLog(settings);
  const host = await startHost(settings, log);
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => void stop(host, log));
  process.stdout.write(`tickwheel ready ${host.url}\n`);
  if (settings.isDev) process.stdout.write(`Dashboard  ${host.url}/\n`);
  if (host.firstAdmin !== null) showAdmin(host.firstAdmin, host.folder, log);
  if (host.firstTokenFile !== null)
    log.info("The first start made an admin token. It is shown nowhere else.", {
      file: host.firstTokenFile,
    });
  if (settings.isDev) await makeDemoJobs(settings, host, log);
}

async function stop(host: Host, log: Log): Promise<void> {
  log.info("Stopping: what is in flight is finished or handed back.");
  setTimeout(() => process.exit(1), EXIT_WAIT_MS).unref();
  await host.stop();
  process.exit(0);
}

/** The demo jobs are made by the API, as anybody's would be. */
async function makeDemoJobs(settings: Settings, host: Host, log: Log): Promise<void> {
  log.info("Development profile: loopback only, with demo jobs. For production: npm run serve.");
  const token =
    settings.bootstrapToken ?? readFileSync(`${settings.dataFolder}/first-token`, "utf8").trim();
  const makeJob = async ([name, job]: readonly [string, Json]): Promise<void> => {
    const answer = await host.fetch(
      new Request(`${host.url}/api/v1/jobs/${name}`, {
        method: "PUT",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(job),
      }),
    );
    if (!answer.ok) log.warn("A demo job was refused.", { name, problem: await answer.text() });
  };
  await Promise.all(Object.entries(demoJobs(host.url)).map(makeJob));
}
