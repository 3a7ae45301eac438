import { join } from "node:path";
import { SqlShardStorage } from "../adapters/sql-shard-storage.ts";
import { createIds } from "../adapters/uuid-ids.ts";
import { assert } from "../core/assert.ts";
import type { Clock } from "../ports/clock.ts";
import type { Dispatcher } from "../ports/dispatcher.ts";
import type { LiveFeed } from "../ports/live-feed.ts";
import type { Log } from "../ports/log.ts";
import type { RecordsWriter } from "../ports/records.ts";
import type { ShardClient, Shards } from "../ports/shard-client.ts";
import type { RunnerDeps } from "../shard/runner-deps.ts";
import { ShardRunner } from "../shard/shard-runner.ts";
import { Shard } from "../shard/shard.ts";
import { SHARD_LIMITS } from "../shard/limits.ts";
import { hostTimers, TimerAlarm } from "./host-time.ts";
import { openSyncedApart } from "./log-sync.ts";

/**
 * Answers that come within these times share one commit. In calm none waits: those that come while the disk is at work
 * share the next commit anyway.
 */
const GROUP = { calmMs: 0, busyMs: 40 } as const;
/** Changes of a fifth of a second share one batch to the records. */
const FLUSH_MS = 200;

/** One process has more memory and more sockets than a Durable Object. */
const STANDALONE_LIMITS = { slots: 1_366, claimMax: 640, runCacheMax: 32_000 } as const;
const STANDALONE_WORKFLOW_LIMITS = { machineStepsMax: 300_000, planStepsMax: 100_000 } as const;
/** No slow host takes all slots, unless a setting says otherwise. */
export const HOST_CONCURRENCY = 1_024;

export interface LocalShardsSettings {
  readonly count: number;
  readonly folder: string;
  /** Deliveries that a shard may have out to one host; null takes three quarters of its slots. */
  readonly hostConcurrency: number | null;
  readonly dispatcher: Dispatcher;
  readonly records: RecordsWriter;
  readonly reports: RunnerDeps["reports"];
  readonly live: LiveFeed;
  readonly log: Log;
  readonly clock: Clock;
  /** The disk failed under a shard; this must end the process. */
  readonly lost: (error: unknown) => void;
}

/** All shards of a standalone deployment, in this process, each with its own file. */
export class LocalShards implements Shards {
  readonly count: number;
  readonly #shards: readonly OpenShard[];

  /** Opens the files. Throws one clear line when another process has them. */
  constructor(settings: LocalShardsSettings) {
    this.count = settings.count;
    const shards: OpenShard[] = [];
    for (let shard = 0; shard < settings.count; shard++)
      shards.push(openShard(settings, shard, this));
    this.#shards = shards;
  }

  at(shard: number): ShardClient {
    const found = this.#shards[shard];
    assert(found !== undefined, "ids and hashes name only shards that exist");
    return found.runner;
  }

  start(): void {
    for (const { runner } of this.#shards) runner.start();
  }

  /** Tells those who begin to watch a namespace what the records do not have yet. */
  tellUnrecorded(namespace: string): void {
    for (const { runner } of this.#shards) runner.live.tellUnrecorded(namespace, false);
  }

  /** Stops claiming, waits for what is out at most `waitMs`, and closes the files. */
  async stop(waitMs: number): Promise<void> {
    await Promise.all(this.#shards.map(({ runner }) => runner.stop(waitMs)));
    await Promise.all(this.#shards.map(({ close }) => close()));
  }
}

interface OpenShard {
  readonly runner: ShardRunner;
  readonly close: () => Promise<void>;
}

function openShard(settings: LocalShardsSettings, shard: number, peers: Shards): OpenShard {
  const path = join(settings.folder, `shard-${shard}.sqlite`);
  // What a commit sets off waits for the sync, not this thread.
  const { sql, sync } = openSyncedApart(path);
  const runner: ShardRunner = new ShardRunner({
    shard: new Shard({
      shard,
      storage: new SqlShardStorage(sql),
      random: { next: () => Math.random() },
      ids: createIds(),
      limits: {
        ...SHARD_LIMITS,
        ...STANDALONE_LIMITS,
        ...STANDALONE_WORKFLOW_LIMITS,
        hostConcurrency: settings.hostConcurrency ?? HOST_CONCURRENCY,
      },
    }),
    clock: settings.clock,
    timers: hostTimers,
    alarm: new TimerAlarm(settings.clock, () => runner.turn()),
    dispatcher: settings.dispatcher,
    records: settings.records,
    reports: settings.reports,
    live: settings.live,
    log: settings.log,
    peers,
    durable: () => sync?.durable() ?? null,
    lost: settings.lost,
    settings: { group: GROUP, flushMs: FLUSH_MS },
  });
  const close = async (): Promise<void> => {
    await sync?.close();
    sql.close();
  };
  return { runner, close };
}
