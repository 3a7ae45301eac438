import type { LiveFeed } from "../ports/live-feed.ts";
import type { Timers } from "../ports/timers.ts";
import type { ExecutorKeeper } from "./executor-keeper.ts";

/** Changes of this time are told as one row: with many nodes it is long. */
const LINGER_MS = 200;

/** Tells the executor's row to those who watch its namespace, when it has changed. */
export class LiveRow {
  readonly #deps: {
    readonly keeper: ExecutorKeeper;
    readonly live: LiveFeed;
    readonly timers: Timers;
  };
  #toldVersion = 0;
  #cancelLinger: (() => void) | null = null;

  constructor(deps: {
    readonly keeper: ExecutorKeeper;
    readonly live: LiveFeed;
    readonly timers: Timers;
  }) {
    this.#deps = deps;
  }

  /** After a start: what the records have was told before, for they hear of it as late as those who watch. */
  begin(): void {
    this.#toldVersion = this.#deps.keeper.rowVersions.kept;
  }

  soon(): void {
    const { keeper, timers } = this.#deps;
    if (this.#cancelLinger !== null || keeper.rowVersions.now === this.#toldVersion) return;
    this.#cancelLinger = timers.after(LINGER_MS, () => {
      this.#cancelLinger = null;
      this.#tell();
    });
  }

  stop(): void {
    this.#cancelLinger?.();
    this.#cancelLinger = null;
  }

  /** While nobody watches, what the records have counts as told: who comes later reads the lists first. */
  #tell(): void {
    const { keeper, live } = this.#deps;
    const row = keeper.row();
    const isWatched = row !== null && live.isWatched(row.executor.namespace);
    const { now, kept } = keeper.rowVersions;
    this.#toldVersion = isWatched ? now : kept;
    if (!isWatched) return;
    live.publish(row.executor.namespace, {
      jobs: [],
      deletedJobs: [],
      runs: [],
      workflowRuns: [],
      steps: [],
      executors: [row],
      isWhole: true,
    });
  }
}
