/** An executor process of the drama: it does a little work, and writes down each piece of it. */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createExecutor, type HandlerContext } from "../../../src/sdk/executor.ts";
import { serve } from "../../../src/sdk/node.ts";
import { MORTAL_HOST } from "../listen.ts";
import type { WorkLine } from "./evidence.ts";

interface NodeOrders {
  readonly name: string;
  readonly server: string;
  readonly appKey: string;
  readonly appSecret: string;
  readonly deployment: string;
  readonly port: number;
  /** Where the scheduler reaches it: its own port, or a link before it. */
  readonly address: string;
  readonly evidence: string;
}

// The first argument is written by `DramaNode`.
const orders: NodeOrders = JSON.parse(process.argv[2] ?? "{}");

const executor = createExecutor({
  appKey: orders.appKey,
  appSecret: orders.appSecret,
  deployment: orders.deployment,
  server: orders.server,
  address: orders.address,
  acceptAfterMs: 500,
  handlers: {
    prompt: (ctx) => work(ctx, 5),
    slow: (ctx) => work(ctx, 250),
    long: async (ctx) => {
      for (let step = 1; step <= 4; step++) {
        // oxlint-disable-next-line no-await-in-loop -- A long piece of work, step by step.
        await sleep(500, undefined, { signal: ctx.signal });
        ctx.progress(step * 25, `step ${step} of 4`);
      }
      return work(ctx, 0);
    },
    share: (ctx) => work(ctx, 50),
  },
});

await serve(executor, { port: orders.port, host: MORTAL_HOST });
await executor.start();
process.stdout.write("node ready\n");

process.once("SIGTERM", () => {
  void executor.stop().then(() => process.exit(0));
});

async function work(ctx: HandlerContext, ms: number): Promise<{ readonly node: string }> {
  note(ctx, "start");
  try {
    await sleep(ms, undefined, { signal: ctx.signal });
  } catch (error) {
    note(ctx, "canceled");
    throw error;
  }
  note(ctx, "end");
  return { node: orders.name };
}

function note(ctx: HandlerContext, what: WorkLine["what"]): void {
  const line: WorkLine = {
    atMs: Date.now(),
    node: orders.name,
    what,
    run: ctx.run,
    attempt: ctx.attempt,
    job: ctx.job,
    nominalAt: ctx.nominalAt.toISOString(),
    shard: ctx.shard === null ? null : { index: ctx.shard.index, total: ctx.shard.total },
    items: ctx.shard?.items ?? null,
  };
  appendFileSync(orders.evidence, `${JSON.stringify(line)}\n`);
}
