/**
 * An executor on Cloudflare Workers, with Hono. A Worker is no process that could beat: list its address at
 * the executor (`"registration": "manual"`), and the scheduler asks it how it is.
 */
import { Hono } from "hono";
import { createExecutor, NonRetryable, type Executor } from "tickwheel/executor";

interface Bindings {
  readonly APP_KEY: string;
  /** `wrangler secret put APP_SECRET` */
  readonly APP_SECRET: string;
  readonly DEPLOYMENT: string;
  readonly SERVER: string;
  /** Where this Worker is reached, as it is listed. */
  readonly ADDRESS: string;
}

function executorOf(env: Bindings): Executor {
  return createExecutor({
    appKey: env.APP_KEY,
    appSecret: env.APP_SECRET,
    deployment: env.DEPLOYMENT,
    server: env.SERVER,
    address: env.ADDRESS,
    // A Worker lives for half a minute after its answer, but as long as its caller waits before it.
    acceptAfterMs: Number.POSITIVE_INFINITY,
    handlers: {
      greet({ params: { name }, log }) {
        if (typeof name !== "string") throw new NonRetryable("params.name is not a text");
        log.info(`greeting ${name}`);
        return { greeting: `Hello, ${name}!` };
      },

      share: ({ shard }) => ({ index: shard?.index ?? 0, items: shard?.items ?? [] }),
    },
  });
}

/** One for the life of the isolate: it remembers the tokens that were used. */
let executor: Executor | null = null;

const app = new Hono<{ Bindings: Bindings }>();
app.all("/tickwheel/*", (c) => {
  executor ??= executorOf(c.env);
  return executor.fetch(c.req.raw, c.executionCtx);
});

// oxlint-disable-next-line import/no-default-export -- Workers demand one.
export default app;
