import { unstable_startWorker as startWorker } from "wrangler";

/**
 * Prints the answer of a local workerd, as JSON. Whoever starts this file ends its process group,
 * to which workerd belongs.
 */
async function main(): Promise<void> {
  process.env["WRANGLER_SEND_METRICS"] = "false";
  process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
  const worker = await startWorker({
    config: new URL("wrangler.toml", import.meta.url).pathname,
    envFiles: [],
    sendMetrics: false,
    dev: {
      server: { hostname: "127.0.0.1", port: 0 },
      inspector: false,
      remote: false,
      watch: false,
      liveReload: false,
      logLevel: "error",
      persist: false,
    },
  });
  await worker.ready;
  const answer = await fetch(await worker.url);
  process.stdout.write(`${await answer.text()}\n`);
  await worker.dispose();
}

await main();
