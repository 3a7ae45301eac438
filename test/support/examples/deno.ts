/**
 * An executor on Deno:
 *   APP_KEY=… APP_SECRET=… DEPLOYMENT=… SERVER=http://127.0.0.1:8787 PORT=7001 deno run -NE deno.ts
 */
import { createExecutor, NonRetryable } from "tickwheel/executor";

/** What this example uses of Deno. */
declare const Deno: {
  env: { get(name: string): string | undefined };
  serve(
    options: { port: number; hostname: string; onListen: () => void },
    handler: (request: Request) => Promise<Response>,
  ): { shutdown(): Promise<void> };
  addSignalListener(signal: "SIGTERM", listener: () => void): void;
  exit(code: number): never;
};

const PORT = Number(Deno.env.get("PORT") ?? "7001");

const executor = createExecutor({
  appKey: Deno.env.get("APP_KEY") ?? "",
  appSecret: Deno.env.get("APP_SECRET") ?? "",
  deployment: Deno.env.get("DEPLOYMENT") ?? "",
  server: Deno.env.get("SERVER") ?? "",
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
        await new Promise((resolve) => {
          setTimeout(resolve, 100);
        });
        signal.throwIfAborted();
        progress((100 * step) / steps, `step ${step} of ${steps}`);
      }
      return { steps };
    },
  },
  // oxlint-disable-next-line no-console -- A program of its own.
  log: (message) => console.error(message),
});

const onListen = (): void => undefined;
const server = Deno.serve({ port: PORT, hostname: "127.0.0.1", onListen }, (request) =>
  executor.fetch(request),
);
await executor.start();
// oxlint-disable-next-line no-console
console.log(`ready ${PORT}`);

Deno.addSignalListener("SIGTERM", async () => {
  await executor.stop();
  await server.shutdown();
  Deno.exit(0);
});
