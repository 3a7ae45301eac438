import type { LiveFeed } from "../ports/live-feed.ts";
import type { Shard } from "./shard.ts";
import { unrecordedRows } from "./unrecorded-rows.ts";

/** Tells those who watch what the shard has committed. Nothing hangs on it: what cannot be told is not. */
export class LiveTeller {
  readonly #shard: Shard;
  readonly #live: LiveFeed;

  constructor({ shard, live }: { readonly shard: Shard; readonly live: LiveFeed }) {
    this.#shard = shard;
    this.#live = live;
    shard.watch((namespace) => live.isWatched(namespace));
  }

  /** What was committed since the last call. */
  tell(): void {
    for (const { namespace, rows } of this.#shard.takeLiveNotes())
      this.#live.publish(namespace, rows);
  }

  /**
   * Rows of a namespace that the records do not have yet: for those who begin to watch, whose lists do not
   * show them, and when the process begins (`isStart`), for the last one may have died before it told them.
   */
  tellUnrecorded(namespace: string, isStart: boolean): void {
    const rows = unrecordedRows(this.#shard, namespace);
    this.#live.publish(namespace, { ...rows, isWhole: rows.isWhole || !isStart });
  }
}
