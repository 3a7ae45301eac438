import type { Clock } from "../ports/clock.ts";
import type { Dispatcher } from "../ports/dispatcher.ts";
import type { NodeReport } from "../ports/executor-commands.ts";
import type { LiveFeed } from "../ports/live-feed.ts";
import type { Log } from "../ports/log.ts";
import type { RecordsWriter } from "../ports/records.ts";
import type { Shards } from "../ports/shard-client.ts";
import type { Alarm, Timers } from "../ports/timers.ts";
import type { Shard } from "./shard.ts";

/** What the runner of a shard needs of its host. */
export interface RunnerDeps {
  readonly shard: Shard;
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly records: RecordsWriter;
  readonly alarm: Alarm;
  readonly timers: Timers;
  readonly log: Log;
  /** Tells the keeper of an executor what was noticed of its nodes. Nobody waits for it. */
  readonly reports: (namespace: string, appKey: string, reports: readonly NodeReport[]) => void;
  /** The shards of the deployment, this one among them or not: it is called directly. */
  readonly peers: Shards;
  /**
   * Resolves when everything committed by now survives a power cut; null when it does already. What a transaction
   * set off waits for it.
   */
  readonly durable: () => Promise<void> | null;
  /** The disk failed: what it holds is unknown, and only a new process can find out. */
  readonly lost: (error: unknown) => void;
  /** Where those who watch hear of what was committed. */
  readonly live: LiveFeed;
  readonly settings: RunnerSettings;
}

export interface RunnerSettings {
  /**
   * How long answers are gathered for one transaction while few are out, and while many are: a commit
   * costs the disk a flush, however many answers it holds. Commands wait only for the end of the event
   * that brought them.
   */
  readonly group: { readonly calmMs: number; readonly busyMs: number };
  /** How long changes are gathered for one batch to the records. */
  readonly flushMs: number;
}
