import { readFileSync } from "node:fs";
import type { Log } from "../ports/log.ts";
import { makeDemo } from "./demo-world.ts";
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
  const { demo, url: origin, folder, fetch: answer } = host;
  if (demo !== null)
    await makeDemo({ origin, folder, token: tokenOf(settings), demo, answer, log });
}

async function stop(host: Host, log: Log): Promise<void> {
  log.info("Stopping: what is in flight is finished or handed back.");
  setTimeout(() => process.exit(1), EXIT_WAIT_MS).unref();
  await host.stop();
  process.exit(0);
}

/** The token that the demo is made with, and whose file the first start has left. */
function tokenOf({ bootstrapToken, dataFolder }: Settings): string {
  return bootstrapToken ?? readFileSync(`${dataFolder}/first-token`, "utf8").trim();
}
