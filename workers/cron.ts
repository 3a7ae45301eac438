import { eachBounded } from "../src/core/each-bounded.ts";
import { healDirectory } from "../src/api/heal-directory.ts";
import type { Log } from "../src/ports/log.ts";
import { DEFAULT_NAMESPACE } from "../src/api/principal.ts";
import { auditStub } from "./audit-rpc.ts";
import { createLog } from "./host-log.ts";
import type { Env } from "./env.ts";
import { SHARDS_DEFAULT } from "./settings.ts";
import { executorStub } from "./executor-rpc.ts";
import { shardName, shardStub } from "./shard-rpc.ts";
import type { Ready, WorkerHost } from "./worker-host.ts";

const OBJECTS_AT_ONCE = 16;
/** Executors that one minute wakes: each is a request to pay for. */
const EXECUTORS_AT_A_TIME = 200;
/** Namespaces whose audit logs are woken: each is a request to pay for. */
const NAMESPACES_MAX = 200;
const EXECUTORS_KNOWN_MAX = 10_000;
/** A push that a shard missed is made good within this many minutes. */
const HEAL_EVERY_MINUTES = 5;
const PURGE_ROWS_MAX = 1_000;

/**
 * What the cron trigger does each minute: it wakes every shard, because an alarm can be lost and only this
 * finds out; and now and then it mends what else was lost. Shards are woken though the records are away.
 */
export async function onMinute(host: WorkerHost, env: Env, atMs: number): Promise<void> {
  const log = createLog({ part: "cron" }, env);
  const ready = await host.ready(env).catch((error: unknown) => {
    log.error("The Worker is not ready.", { error: String(error) });
    return null;
  });
  const count = ready?.shards.count ?? (Number(env.SHARDS) || SHARDS_DEFAULT);
  const shards = Array.from({ length: count }, (_, shard) => shard);
  await eachBounded(shards, OBJECTS_AT_ONCE, async (shard) => {
    try {
      await shardStub(env, shardName(shard)).watchdog();
    } catch (error) {
      log.error("A shard did not wake.", { shard, error: String(error) });
    }
  });
  if (ready === null) return;
  await wakeExecutors(ready, atMs, { env, log }).catch((error: unknown) =>
    log.warn("The executors were not woken.", { error: String(error) }),
  );
  if (Math.floor(atMs / 60_000) % HEAL_EVERY_MINUTES !== 0) return;
  await wakeAudit(ready, { env, log }).catch((error: unknown) =>
    log.warn("The audit log was not woken.", { error: String(error) }),
  );
  await mend(ready, atMs).catch((error: unknown) =>
    log.warn("The directory was not mended.", { error: String(error) }),
  );
}

/** As the shards; but a deployment may have more executors than one minute wakes, so they take turns. */
async function wakeExecutors(
  { directory, deployment }: Ready,
  atMs: number,
  { env, log }: { readonly env: Env; readonly log: Log },
): Promise<void> {
  const known = await directory.executorVersions(EXECUTORS_KNOWN_MAX);
  const first = (Math.floor(atMs / 60_000) * EXECUTORS_AT_A_TIME) % Math.max(1, known.length);
  const inTurn = [...known.slice(first), ...known.slice(0, first)].slice(0, EXECUTORS_AT_A_TIME);
  await eachBounded(inTurn, OBJECTS_AT_ONCE, async ({ namespace, appKey }) => {
    try {
      await executorStub(env, appKey).watchdog(deployment, namespace);
    } catch (error) {
      log.error("An executor did not wake.", { appKey, error: String(error) });
    }
  });
}

/** As the shards: what a lost alarm would have told the records is told now. */
async function wakeAudit(
  { directory }: Ready,
  { env, log }: { readonly env: Env; readonly log: Log },
): Promise<void> {
  const stored = await directory.namespaces(NAMESPACES_MAX);
  const names = new Set([DEFAULT_NAMESPACE, ...stored.map(({ name }) => name)]);
  await eachBounded([...names], OBJECTS_AT_ONCE, async (namespace) => {
    try {
      await auditStub(env, namespace).watchdog();
    } catch (error) {
      log.error("An audit log did not wake.", { namespace, error: String(error) });
    }
  });
}

async function mend(ready: Ready, nowMs: number): Promise<void> {
  await healDirectory(ready);
  await ready.directory.purgeIdempotency(nowMs, PURGE_ROWS_MAX);
  await ready.people.purgeSessions(nowMs, PURGE_ROWS_MAX);
  await ready.logs.purge(nowMs - ready.logRetentionMs);
}
