import { fileURLToPath } from "node:url";
import { unstable_startWorker as startWorker } from "wrangler";
import type { LocalNetwork } from "./local-network.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface LocalWorkerSettings {
  readonly host: string;
  readonly port: number;
  /** Where the Durable Objects are kept. */
  readonly folder: string;
  /** What `wrangler.toml` does not say, or says otherwise. An empty text counts as not set. */
  readonly variables: Readonly<Record<string, string>>;
  /** Where its requests to targets leave. */
  readonly network: LocalNetwork;
  /** Takes each line that the Worker logs. */
  readonly onLog: (line: string) => void;
}

export interface LocalWorker {
  readonly url: string;
  /** What the platform's cron trigger does once a minute: a local workerd has none. */
  runCron(): Promise<void>;
  stop(): Promise<void>;
}

/** Bundles the Worker of `wrangler.toml` and runs it in a workerd of this machine, without a network. */
export async function startLocalWorker(settings: LocalWorkerSettings): Promise<LocalWorker> {
  const { host: hostname, port, folder, variables, network, onLog } = settings;
  const bindings = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      { type: "secret_text" as const, value },
    ]),
  );
  const worker = await startWorker({
    config: `${ROOT}wrangler.toml`,
    // A developer's `.dev.vars` is for `wrangler dev`: here the environment says everything.
    envFiles: [],
    bindings: { ...bindings, EGRESS: { type: "fetcher", fetcher: network } },
    sendMetrics: false,
    build: { custom: { command: "node web/build.mjs", workingDirectory: ROOT } },
    dev: {
      server: { hostname, port },
      inspector: false,
      remote: false,
      watch: false,
      liveReload: false,
      logLevel: "error",
      persist: folder,
      structuredLogsHandler: ({ message }: { readonly message: string }) => onLog(message),
    },
  });
  await worker.ready;
  const url = new URL(await worker.url);
  return {
    url: url.origin,
    async runCron() {
      const answer = await fetch(`${url.origin}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`);
      if (!answer.ok) throw new Error(`the handler answered ${answer.status}`);
    },
    stop: () => worker.dispose(),
  };
}
