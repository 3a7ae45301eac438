import { eachBounded } from "../src/api/each-bounded.ts";
import { healDirectory } from "../src/api/heal-directory.ts";
import { createLog } from "./host-log.ts";
import type { Env } from "./env.ts";
import { SHARDS_DEFAULT } from "./settings.ts";
import { shardName, shardStub } from "./shard-rpc.ts";
import type { Ready, WorkerHost } from "./worker-host.ts";

const SHARDS_AT_ONCE = 16;
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
  await eachBounded(shards, SHARDS_AT_ONCE, async (shard) => {
    try {
      await shardStub(env, shardName(shard)).watchdog();
    } catch (error) {
      log.error("A shard did not wake.", { shard, error: String(error) });
    }
  });
  if (ready === null || Math.floor(atMs / 60_000) % HEAL_EVERY_MINUTES !== 0) return;
  await mend(ready, atMs).catch((error: unknown) =>
    log.warn("The directory was not mended.", { error: String(error) }),
  );
}

async function mend(ready: Ready, nowMs: number): Promise<void> {
  await healDirectory(ready);
  await ready.directory.purgeIdempotency(nowMs, PURGE_ROWS_MAX);
}
