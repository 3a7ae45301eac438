/**
 * The executor of the workflows `etl.json` and `publish.json`. Create it with the appKey `orders`, then with what
 * `POST /executors` answered in the environment:
 *   APP_KEY=orders APP_SECRET=… DEPLOYMENT=… SERVER=http://127.0.0.1:8787 PORT=7001 node etl-node.ts
 * With `WORK_LOG=file` it appends a line of JSON for each delivery, before any work is done for it. `STEP_MS` is how
 * long each takes: 50 unless told otherwise.
 */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createExecutor } from "tickwheel/executor";
import { serve } from "tickwheel/executor/node";
import { etlHandlers } from "./etl-handlers.ts";

const {
  APP_KEY = "orders",
  APP_SECRET = "",
  DEPLOYMENT = "",
  SERVER = "",
  PORT = "7001",
} = process.env;
const { WORK_LOG = "", STEP_MS = "50" } = process.env;

const executor = createExecutor({
  appKey: APP_KEY,
  appSecret: APP_SECRET,
  deployment: DEPLOYMENT,
  server: SERVER,
  address: `http://127.0.0.1:${PORT}`,
  handlers: etlHandlers({
    onBegin(begun) {
      // Written at once, so that it is there even if this process is killed in the next moment.
      if (WORK_LOG !== "") appendFileSync(WORK_LOG, `${JSON.stringify(begun)}\n`);
    },
    async work(signal) {
      await sleep(Number(STEP_MS), undefined, { signal });
    },
  }),
  log: (message) => process.stderr.write(`${message}\n`),
});

const server = await serve(executor, { port: Number(PORT), host: "127.0.0.1" });
await executor.start();
process.stdout.write(`ready ${server.port}\n`);

process.once("SIGTERM", async () => {
  await executor.stop();
  await server.close();
});
