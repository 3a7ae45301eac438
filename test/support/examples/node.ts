/**
 * An executor on Node. With what `POST /executors` answered in the environment:
 *   APP_KEY=… APP_SECRET=… DEPLOYMENT=… SERVER=http://127.0.0.1:8787 PORT=7001 node node.ts
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createExecutor, NonRetryable } from "tickwheel/executor";
import { serve } from "tickwheel/executor/node";

const { APP_KEY = "", APP_SECRET = "", DEPLOYMENT = "", SERVER = "", PORT = "7001" } = process.env;

const executor = createExecutor({
  appKey: APP_KEY,
  appSecret: APP_SECRET,
  deployment: DEPLOYMENT,
  server: SERVER,
  // Where the scheduler reaches this process.
  address: `http://127.0.0.1:${PORT}`,
  // Ten seconds unless told otherwise; this example is impatient.
  acceptAfterMs: 500,
  handlers: {
    /** What it returns is the run's result; what it logs is shown with the run. */
    greet({ params: { name }, log }) {
      if (typeof name !== "string") throw new NonRetryable("params.name is not a text");
      log.info(`greeting ${name}`);
      return { greeting: `Hello, ${name}!` };
    },

    /** One run of a sharded job: each gets its share. */
    share({ shard }) {
      return { index: shard?.index ?? 0, items: shard?.items ?? [] };
    },

    /** Takes long: it is accepted, tells how far it is, and stops when the run is canceled. */
    async grind({ params, signal, progress }) {
      const steps = Number(params["steps"] ?? 10);
      for (let step = 1; step <= steps; step++) {
        await sleep(100, undefined, { signal });
        progress((100 * step) / steps, `step ${step} of ${steps}`);
      }
      return { steps };
    },
  },
  log: (message) => process.stderr.write(`${message}\n`),
});

const server = await serve(executor, { port: Number(PORT), host: "127.0.0.1" });
await executor.start();
process.stdout.write(`ready ${server.port}\n`);

process.once("SIGTERM", async () => {
  // Takes leave, and waits for the runs that are under way.
  await executor.stop();
  await server.close();
});
