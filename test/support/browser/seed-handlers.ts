import type { HandlerContext, Handlers } from "../../../src/sdk/executor.ts";

const ESC = "\u001B";
const paint = (code: number, text: string): string => `${ESC}[${code}m${text}${ESC}[0m`;
const REPORTED = 62;

/** What the nodes of a seeded world do. Those that take long do so until they are stopped. */
export const SEED_HANDLERS: Handlers = {
  /** Runs on and on, with its progress told. */
  async report(ctx) {
    colours(ctx);
    ctx.progress(REPORTED, "62 of 100 accounts / 已完成 62 个账户");
    return untilStopped(ctx);
  },
  settle(ctx) {
    ctx.log.info(`settled ${paint(32, "17")} entries of ${ctx.job}`);
    return { settled: 17 };
  },
  migrate(ctx) {
    colours(ctx);
    ctx.log.error(
      `${paint(31, "ERROR")} customer 4711 has no address\n    at migrate (customers.ts:42:13)\n` +
        "    at run (main.ts:7:3)",
    );
    throw new Error("customer 4711 has no address");
  },
  slice({ shard, log }) {
    log.info(`shard ${shard?.index} of ${shard?.total}: ${paint(36, "1,204")} documents`);
    return { documents: 1_204 };
  },
  extract: () => ({ files: ["orders.csv", "refunds.csv", "客户.csv"], rows: 1_204 }),
  clean: ({ params }) => ({ file: params["file"] ?? null, rows: 401 }),
  check: () => ({ suspicious: 0 }),
  refuse() {
    throw new Error("The bank refuses the refund: account closed.");
  },
  hold: untilStopped,
};

function colours({ log, run }: HandlerContext): void {
  log.info(`${paint(1, "begin")} ${run}`);
  log.debug(`reading ${paint(34, "https://ledger.example/accounts?day=2026-11-20")}`);
  log.info(`${paint(32, "✓")} 账户 1–62 已核对 ${paint(90, "(3.2 s)")}`);
  log.warn(`${paint(33, "WARN")} account 17 has two owners; the first one is taken`);
  log.info(JSON.stringify({ level: "info", msg: "batch done", size: 62, ms: 3_204 }));
  log.info(`${ESC}[38;5;208m256 colours${ESC}[0m, ${ESC}[48;2;0;90;160mtrue colours${ESC}[0m`);
}

function untilStopped({ signal }: HandlerContext): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("stopped")), { once: true });
  });
}
