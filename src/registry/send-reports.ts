import type { Executors } from "../ports/executors.ts";
import type { NodeReport } from "../ports/executor-commands.ts";
import type { Log } from "../ports/log.ts";

/**
 * How a shard tells the keepers of executors what it noticed of their nodes. Nobody waits for it and nothing
 * hangs on it: what is lost is noticed again, and an executor that is gone has nobody to tell.
 */
export function reportSender(
  executors: Executors,
  log: Log,
): (namespace: string, appKey: string, reports: readonly NodeReport[]) => void {
  return (namespace, appKey, reports) => {
    executors
      .of(appKey)
      .call("node.report", { namespace, reports })
      .catch((error: unknown) =>
        log.warn("A report of nodes did not arrive.", { appKey, error: String(error) }),
      );
  };
}
