import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostClient } from "../host-client.ts";
import { type Environment, type HostName, startHost } from "../host-process.ts";

/** Who administers a standalone host under test from its first start on. */
export const ADMIN = { username: "admin", password: "eleven-ticks-and-a-wheel" } as const;

/** Whoever knows it may name the first administrator of a host that has none. */
export const SETUP_TOKEN = "setup-of-the-tests-".padEnd(40, "x");

/** A host with a dashboard, on an empty folder of its own. */
export interface DashboardHost {
  /** Calls its API as one who may do everything. */
  readonly client: HostClient;
  /** Ends it, and removes what it stored. */
  stop(): Promise<void>;
}

/** Starts the host of one process, in which there is an administrator. */
export function startStandalone(env: Environment = {}): Promise<DashboardHost> {
  return start("node", { ADMIN_PASSWORD: ADMIN.password, ...env });
}

/** Starts the Worker in a local workerd, in which nobody administers yet. */
export function startWorkers(env: Environment = {}): Promise<DashboardHost> {
  return start("workers", { SETUP_TOKEN, ...env });
}

async function start(name: HostName, env: Environment): Promise<DashboardHost> {
  const folder = mkdtempSync(join(tmpdir(), `tickwheel-web-${name}-`));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    // One page asks more in a minute than one program is allowed.
    const { host, client } = await startHost(name, folder, { RATE_PER_MINUTE: "100000", ...env });
    return {
      client,
      async stop() {
        await host.kill9();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}
