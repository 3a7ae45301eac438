import { Hono, type Context } from "hono";
import type { Json } from "../core/json.ts";
import type { Log } from "../ports/log.ts";

/** What a delivery without a body of its own says of itself. */
interface Delivered {
  readonly job: string;
  readonly run: string;
  readonly attempt: number;
  readonly nominalAt: string;
}

/** Where the built-in handlers of the development profile answer. */
export const DEMO_PATH = "/demo";

/**
 * Handlers that a newcomer's first jobs call: one that always works, one that fails every third time,
 * and one that takes its time. They print each call, so that ticks are seen within seconds.
 */
export function createDemoHandlers(log: Log): Hono {
  const demo = new Hono().basePath(DEMO_PATH);
  let calls = 0;
  const note = async (c: Context): Promise<void> => {
    const { job, run, attempt, nominalAt }: Delivered = await c.req.json();
    log.info("demo: called", { job, nominalAt, run, attempt });
  };
  demo.post("/hello", async (c) => {
    await note(c);
    return c.json({ result: { greeting: "Hello from your own machine." } });
  });
  demo.post("/flaky", async (c) => {
    await note(c);
    const isFailing = calls++ % 3 === 0;
    if (isFailing) return c.json({ error: { message: "The demo fails now and then." } }, 500);
    return c.json({ result: { calls } });
  });
  return demo;
}

/** The jobs that the development profile makes at its first start: bodies of `PUT /api/v1/jobs/{name}`. */
export function demoJobs(origin: string): Readonly<Record<string, Json>> {
  const target = (path: string): Json => ({ kind: "webhook", url: `${origin}${DEMO_PATH}${path}` });
  const tags = ["demo"];
  return {
    "demo-every-5s": {
      description: "Calls the built-in handler every five seconds.",
      tags,
      schedule: { kind: "every", every: "5s" },
      target: target("/hello"),
    },
    "demo-cron": {
      description: "The same by cron, with seconds and a time zone.",
      tags,
      schedule: { kind: "cron", cron: "*/10 * * * * *", timezone: "Asia/Shanghai" },
      target: target("/hello"),
    },
    "demo-flaky": {
      description: "Fails now and then, and is retried.",
      tags,
      schedule: { kind: "every", every: "15s" },
      target: target("/flaky"),
      retry: { max: 2, backoff: { kind: "exponential", base: "1s", factor: 2, max: "10s" } },
    },
  };
}
