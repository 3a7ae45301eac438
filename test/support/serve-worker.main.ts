/**
 * Runs one Worker of a single file in a workerd of this machine, with what is in the environment as its
 * variables: `node serve-worker.main.ts FILE`, on the port that PORT names. It ends with its process group.
 */
import { resolve } from "node:path";
import { unstable_startWorker as startWorker } from "wrangler";

const { APP_KEY = "", APP_SECRET = "", DEPLOYMENT = "", SERVER = "", PORT = "" } = process.env;
const ADDRESS = `http://127.0.0.1:${PORT}`;
const variables = { APP_KEY, APP_SECRET, DEPLOYMENT, SERVER, ADDRESS };

process.env["WRANGLER_SEND_METRICS"] = "false";
process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
const worker = await startWorker({
  name: "example",
  entrypoint: resolve(process.argv[2] ?? ""),
  // No wrangler.toml: the one of this repository is the scheduler's.
  config: "/dev/null",
  compatibilityDate: "2026-10-01",
  envFiles: [],
  sendMetrics: false,
  bindings: Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      { type: "secret_text" as const, value },
    ]),
  ),
  dev: {
    server: { hostname: "127.0.0.1", port: Number(PORT) },
    inspector: false,
    remote: false,
    watch: false,
    liveReload: false,
    logLevel: "error",
  },
});
await worker.ready;
process.stdout.write(`ready ${PORT}\n`);
