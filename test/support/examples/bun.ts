/**
 * An executor on Bun:
 *   APP_KEY=… APP_SECRET=… DEPLOYMENT=… SERVER=http://127.0.0.1:8787 PORT=7001 bun bun.ts
 */
import { createExecutor, NonRetryable } from "tickwheel/executor";

/** What this example uses of Bun; the package `@types/bun` has the whole. */
declare const Bun: {
  serve(options: {
    port: number;
    hostname: string;
    fetch: (request: Request) => Promise<Response>;
  }): { stop(): Promise<void> };
  sleep(ms: number): Promise<void>;
};

const { APP_KEY = "", APP_SECRET = "", DEPLOYMENT = "", SERVER = "", PORT = "7001" } = process.env;

const executor = createExecutor({
  appKey: APP_KEY,
  appSecret: APP_SECRET,
  deployment: DEPLOYMENT,
  server: SERVER,
  address: `http://127.0.0.1:${PORT}`,
  acceptAfterMs: 500,
  handlers: {
    greet({ params: { name }, log }) {
      if (typeof name !== "string") throw new NonRetryable("params.name is not a text");
      log.info(`greeting ${name}`);
      return { greeting: `Hello, ${name}!` };
    },

    share: ({ shard }) => ({ index: shard?.index ?? 0, items: shard?.items ?? [] }),

    async grind({ params, signal, progress }) {
      const steps = Number(params["steps"] ?? 10);
      for (let step = 1; step <= steps; step++) {
        await Bun.sleep(100);
        signal.throwIfAborted();
        progress((100 * step) / steps, `step ${step} of ${steps}`);
      }
      return { steps };
    },
  },
  log: (message) => process.stderr.write(`${message}\n`),
});

const server = Bun.serve({
  port: Number(PORT),
  hostname: "127.0.0.1",
  fetch: (request) => executor.fetch(request),
});
await executor.start();
process.stdout.write(`ready ${PORT}\n`);

process.once("SIGTERM", async () => {
  await executor.stop();
  await server.stop();
  process.exit(0);
});
