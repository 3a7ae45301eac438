import { setTimeout as sleep } from "node:timers/promises";
import type { Json } from "../core/json.ts";
import type { Log } from "../ports/log.ts";
import { createExecutor, type Executor } from "../sdk/executor.ts";

export const DEMO_APP = {
  appKey: "demo-app",
  path: "/app",
  secretFile: "demo-app-secret",
} as const;

const REPORT = { pages: 10, pageMs: 3_000 } as const;

/**
 * An executor of the development profile in this very process, made with the SDK like anybody's: so that a
 * newcomer sees nodes, progress and logs without writing one.
 */
export function createDemoApp(at: {
  readonly origin: string;
  readonly deployment: string;
  readonly appSecret: string;
  readonly address: string;
  readonly log: Log;
}): Executor {
  return createExecutor({
    appKey: DEMO_APP.appKey,
    appSecret: at.appSecret,
    server: at.origin,
    deployment: at.deployment,
    address: at.address,
    version: "demo",
    log: (message) => at.log.warn("demo executor", { message }),
    handlers: {
      report: async ({ params, signal, log, progress }): Promise<Json> => {
        log.info(`Report begun with \u001B[1m${JSON.stringify(params)}\u001B[0m`);
        for (let page = 1; page <= REPORT.pages; page++) {
          // oxlint-disable-next-line no-await-in-loop -- Page by page is what a report does.
          await sleep(REPORT.pageMs, undefined, { signal });
          progress((page * 100) / REPORT.pages, `page ${page} of ${REPORT.pages}`);
          log.info(`\u001B[32m✓\u001B[0m page ${page}`);
        }
        return { pages: REPORT.pages };
      },
    },
  });
}
