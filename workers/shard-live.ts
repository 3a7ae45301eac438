import { liveTexts } from "../src/api/live-rows-json.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { LiveFeed, LiveRows } from "../src/ports/live-feed.ts";
import type { Log } from "../src/ports/log.ts";
import type { Timers } from "../src/ports/timers.ts";
import { LiveLine } from "./live-line.ts";
import type { LiveBatch } from "./live-rpc.ts";

/** Namespaces that one shard tells of at once. */
const NAMESPACES_MAX = 1_000;

export interface ShardLiveDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly send: (namespace: string, batch: LiveBatch) => Promise<boolean>;
  /** The namespaces that were watched before this object began anew, and how to keep those that are. */
  readonly kept: readonly string[];
  readonly keep: (namespaces: readonly string[]) => void;
}

/**
 * What a shard object tells the hubs of the namespaces that are watched. Which these are is kept, so that a shard
 * that was evicted still tells: a hub asks for it once, and with each call says whether it still wants it.
 */
export class ShardLive implements LiveFeed {
  readonly #deps: ShardLiveDeps;
  readonly #lines = new Map<string, LiveLine>();

  constructor(deps: ShardLiveDeps) {
    this.#deps = deps;
    for (const namespace of deps.kept) this.#lines.set(namespace, this.#line(namespace));
  }

  get namespaces(): readonly string[] {
    return [...this.#lines.keys()];
  }

  /** From now on rows of this namespace are told. Throws when there are too many. */
  watch(namespace: string): void {
    const known = this.#lines.get(namespace);
    known?.watched();
    if (known !== undefined) return;
    if (this.#lines.size >= NAMESPACES_MAX) throw new Error("too many namespaces are watched");
    this.#lines.set(namespace, this.#line(namespace));
    this.#deps.keep(this.namespaces);
  }

  isWatched(namespace: string): boolean {
    return this.#lines.has(namespace);
  }

  publish(namespace: string, rows: LiveRows): void {
    const { clock, log } = this.#deps;
    const line = this.#lines.get(namespace);
    if (line === undefined) return;
    try {
      line.add(liveTexts(rows, { deployment: "", nowMs: clock.nowMs() }), rows.isWhole);
    } catch (error) {
      log.error("Rows could not be told to those who watch.", { namespace, error: String(error) });
      line.add([], false);
    }
  }

  #line(namespace: string): LiveLine {
    const { timers, send } = this.#deps;
    return new LiveLine({
      timers,
      send: (batch) => send(namespace, batch),
      onUnwatched: () => {
        this.#lines.get(namespace)?.stop();
        this.#lines.delete(namespace);
        this.#deps.keep(this.namespaces);
      },
    });
  }
}
