import type { LiveFeed } from "../ports/live-feed.ts";
import type { HeldEffects } from "./held-effects.ts";
import type { Shard } from "./shard.ts";
import { unrecordedRows } from "./unrecorded-rows.ts";

/** Tells those who watch what the shard has committed. Nothing hangs on it: what cannot be told is not. */
export class LiveTeller {
  readonly #shard: Shard;
  readonly #live: LiveFeed;
  readonly #held: HeldEffects;

  constructor(deps: { readonly shard: Shard; readonly live: LiveFeed }, held: HeldEffects) {
    const { shard, live } = deps;
    this.#shard = shard;
    this.#live = live;
    this.#held = held;
    shard.watch((namespace) => live.isWatched(namespace));
  }

  /** What was committed since the last call. */
  tell(): void {
    const notes = this.#shard.takeLiveNotes();
    if (notes.length === 0) return;
    this.#held.after(() => {
      for (const { namespace, rows } of notes) this.#live.publish(namespace, rows);
    });
  }

  /**
   * Rows of a namespace that the records do not have yet: for those who begin to watch, whose lists do not
   * show them, and when the process begins (`isStart`), for the last one may have died before it told them.
   */
  tellUnrecorded(namespace: string, isStart: boolean): void {
    const rows = unrecordedRows(this.#shard, namespace);
    const told = { ...rows, isWhole: rows.isWhole || !isStart };
    this.#held.after(() => this.#live.publish(namespace, told));
  }
}
