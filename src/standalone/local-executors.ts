import { openNodeSqlite } from "../adapters/node-sqlite.ts";
import { SqlExecutorStorage, keptAppKeys } from "../adapters/sql-executor-storage.ts";
import { createIds } from "../adapters/uuid-ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { ExecutorClient, Executors } from "../ports/executors.ts";
import type { ExecutorRecords } from "../ports/executor-storage.ts";
import type { LiveFeed } from "../ports/live-feed.ts";
import type { Log } from "../ports/log.ts";
import type { NodeProbe } from "../ports/node-probe.ts";
import type { Directory } from "../ports/directory.ts";
import type { Shards } from "../ports/shard-client.ts";
import { KeeperRunner } from "../registry/keeper-runner.ts";
import { hostTimers, TimerAlarm } from "./host-time.ts";

/** Executors of the records that one look compares with those of the file. */
const ROWS_MAX = 10_000;

export interface LocalExecutorsSettings {
  /** The file that holds all of them. */
  readonly path: string;
  readonly records: ExecutorRecords;
  readonly shards: Shards;
  readonly probe: NodeProbe;
  readonly live: LiveFeed;
  readonly log: Log;
  readonly clock: Clock;
}

interface Kept {
  readonly runner: KeeperRunner;
  /** Calls that are under way. */
  calls: number;
}

/** All executors of a standalone deployment, in this process and in one file. */
export class LocalExecutors implements Executors {
  readonly #settings: LocalExecutorsSettings;
  readonly #sql: ReturnType<typeof openNodeSqlite>;
  readonly #kept = new Map<string, Kept>();
  #isStarted = false;

  /** Opens the file. Throws one clear line when another process has it. */
  constructor(settings: LocalExecutorsSettings) {
    this.#settings = settings;
    this.#sql = openNodeSqlite(settings.path);
    for (const appKey of keptAppKeys(this.#sql)) this.#keeperOf(appKey);
  }

  of(appKey: string): ExecutorClient {
    return {
      call: (kind, input, idempotency) =>
        this.#with(appKey, (runner) => runner.call(kind, input, idempotency)),
      ping: (namespace, node) => this.#with(appKey, (runner) => runner.ping(namespace, node)),
    };
  }

  /** Keepers in memory. */
  get size(): number {
    return this.#kept.size;
  }

  start(): void {
    this.#isStarted = true;
    for (const { runner } of this.#kept.values()) runner.start();
  }

  /**
   * Takes over executors that the records know and the file does not, as after the file was lost. Rejects
   * while the records cannot be reached.
   */
  async restore(directory: Pick<Directory, "executorVersions">): Promise<void> {
    for (const { namespace, appKey } of await directory.executorVersions(ROWS_MAX)) {
      if (this.#kept.has(appKey)) continue;
      // A keeper that finds itself empty looks into the records by itself. One at a time: this is rare.
      // oxlint-disable-next-line no-await-in-loop -- see above
      await this.of(appKey).call("executor.get", { namespace });
    }
  }

  /** Tells shards and records what they do not know yet, for `waitMs` at most. Commands are still taken. */
  async stop(waitMs: number): Promise<void> {
    await Promise.all([...this.#kept.values()].map(({ runner }) => runner.stop(waitMs)));
  }

  close(): void {
    this.#sql.close();
  }

  /** Whoever guesses appKeys leaves nothing behind: a keeper that stays empty is forgotten. */
  async #with<T>(appKey: string, work: (runner: KeeperRunner) => Promise<T>): Promise<T> {
    const kept = this.#keeperOf(appKey);
    kept.calls++;
    try {
      return await work(kept.runner);
    } finally {
      kept.calls--;
      if (kept.calls === 0 && kept.runner.isEmpty) this.#kept.delete(appKey);
    }
  }

  #keeperOf(appKey: string): Kept {
    const known = this.#kept.get(appKey);
    if (known !== undefined) return known;
    const kept = { runner: this.#open(appKey), calls: 0 };
    this.#kept.set(appKey, kept);
    if (this.#isStarted) kept.runner.start();
    return kept;
  }

  #open(appKey: string): KeeperRunner {
    const { records, shards, probe, live, log, clock } = this.#settings;
    const runner: KeeperRunner = new KeeperRunner({
      appKey,
      storage: new SqlExecutorStorage(this.#sql, appKey),
      clock,
      timers: hostTimers,
      alarm: new TimerAlarm(clock, () => runner.turn()),
      ids: createIds(),
      records,
      shards,
      probe,
      live,
      log,
    });
    return runner;
  }
}
