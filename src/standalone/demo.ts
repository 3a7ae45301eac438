import { Hono, type Context } from "hono";
import type { Json } from "../core/json.ts";
import type { Log } from "../ports/log.ts";
import type { Executor } from "../sdk/executor.ts";
import { DEMO_APP } from "./demo-app.ts";

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
 * What a newcomer's first jobs call: a handler that always works, one that fails every third time, and, once it
 * is there, the demo executor. They print each call, so that ticks are seen within seconds.
 */
export class Demo {
  /** Answers under its own path. */
  app: Executor | null = null;
  readonly #handlers: Hono;

  constructor(log: Log) {
    this.#handlers = demoHandlers(log);
  }

  answers(request: Request): boolean {
    return new URL(request.url).pathname.startsWith(`${DEMO_PATH}/`);
  }

  async fetch(request: Request): Promise<Response> {
    const isForApp = new URL(request.url).pathname.startsWith(`${DEMO_PATH}${DEMO_APP.path}/`);
    if (isForApp && this.app !== null) return this.app.fetch(request);
    return this.#handlers.fetch(request);
  }
}

function demoHandlers(log: Log): Hono {
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

/** The workflow that one of the demo jobs starts: the body of `PUT /api/v1/workflows/demo-flow`. */
export function demoWorkflow(origin: string): Json {
  const call = (path: string): Json => ({ url: `${origin}${DEMO_PATH}${path}` });
  const retry = { max: 3, backoff: { kind: "exponential", base: "1s", factor: 2, max: "10s" } };
  return {
    description: "Extracts, cleans in two branches, and loads.",
    steps: [
      { name: "extract", run: call("/hello") },
      { name: "clean-a", after: ["extract"], run: call("/hello") },
      { name: "clean-b", after: ["extract"], run: call("/flaky"), retry },
      { name: "rest", after: ["clean-a", "clean-b"], sleep: "5s" },
      { name: "load", after: ["rest"], run: call("/hello") },
    ],
  };
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
    "demo-report": {
      description: "Runs for half a minute on the demo executor, with progress and a log.",
      tags,
      schedule: { kind: "every", every: "40s" },
      target: { kind: "executor", executor: DEMO_APP.appKey, handler: "report" },
      params: { team: "finance" },
      timeout: "2m",
    },
    "demo-flow": {
      description: "Starts the demo workflow.",
      tags,
      schedule: { kind: "every", every: "2m" },
      target: { kind: "workflow", workflow: "demo-flow" },
    },
  };
}
