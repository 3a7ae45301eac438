import { LibsqlRunLogs } from "../adapters/libsql-run-logs.ts";
import { healDirectory } from "../api/heal-directory.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { showAdmin, type FirstAdmin } from "./first-admin.ts";
import { hostTimers } from "./host-time.ts";
import type { LocalExecutors } from "./local-executors.ts";
import type { LocalShards } from "./local-shards.ts";
import type { Stores } from "./stores.ts";

const EVERY_MS = 60_000;
/** First answers to idempotency keys, and sessions that have ended, that one round forgets. */
const PURGE_ROWS_MAX = 1_000;

export interface Tended {
  readonly stores: Stores;
  readonly shards: LocalShards;
  readonly executors: LocalExecutors;
  readonly firstAdmin: FirstAdmin;
  readonly logRetentionMs: number;
  readonly clock: Clock;
}

/**
 * At the start and once a minute: what a crash swallowed is made good, and what is too old is forgotten.
 * Returns how to call it off.
 */
export function tendEveryMinute(tended: Tended, log: Log): () => void {
  let cancel = hostTimers.after(0, function round() {
    tend(tended, log)
      .catch((error: unknown) =>
        log.warn("The records cannot be tended.", { error: String(error) }),
      )
      .finally(() => {
        cancel = hostTimers.after(EVERY_MS, round);
      });
  });
  return () => cancel();
}

async function tend(tended: Tended, log: Log): Promise<void> {
  const { stores, shards, executors, firstAdmin, clock, logRetentionMs } = tended;
  const { directory, database } = stores;
  await stores.catchUp();
  const made = await firstAdmin.ensure();
  if (made !== null) showAdmin(made, stores.folder, log);
  await executors.restore(directory);
  await healDirectory({ directory, shards, executors });
  await directory.purgeIdempotency(clock.nowMs(), PURGE_ROWS_MAX);
  await stores.people.purgeSessions(clock.nowMs(), PURGE_ROWS_MAX);
  await new LibsqlRunLogs(database).purge(clock.nowMs() - logRetentionMs);
}
