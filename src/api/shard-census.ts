import { BoundedMap } from "../core/bounded-map.ts";
import type { Clock } from "../ports/clock.ts";
import type { Shards, ShardStats } from "../ports/shard-client.ts";
import { eachBounded } from "../core/each-bounded.ts";

/** For how long one count answers every scrape: nobody can make the shards count without end. */
const FRESH_MS = 1_000;
const DEADLINE_MS = 2_000;
const AT_ONCE = 8;

/** What each shard says of itself; null for one that did not answer in time. */
export interface Census {
  readonly shard: number;
  readonly stats: ShardStats | null;
}

/** Asks all shards for their counts, at most once a second however many ask here. */
export class ShardCensus {
  readonly #shards: Shards;
  readonly #clock: Clock;
  readonly #counts = new BoundedMap<
    "now",
    { readonly atMs: number; readonly census: Promise<readonly Census[]> }
  >(1);

  constructor(shards: Shards, clock: Clock) {
    this.#shards = shards;
    this.#clock = clock;
  }

  take(): Promise<readonly Census[]> {
    const nowMs = this.#clock.nowMs();
    const held = this.#counts.get("now");
    if (held !== undefined && Math.abs(nowMs - held.atMs) < FRESH_MS) return held.census;
    const census = this.#ask();
    this.#counts.set("now", { atMs: nowMs, census });
    return census;
  }

  async #ask(): Promise<readonly Census[]> {
    const all = Array.from({ length: this.#shards.count }, (_, shard) => shard);
    const census: Census[] = [];
    await eachBounded(all, AT_ONCE, async (shard) => {
      census.push({ shard, stats: await statsOf(this.#shards, shard) });
    });
    return census.toSorted((a, b) => a.shard - b.shard);
  }
}

async function statsOf(shards: Shards, shard: number): Promise<ShardStats | null> {
  const asked = shards
    .at(shard)
    .call("stats", {})
    .then((reply) => (reply.ok ? reply.value : null))
    .catch(() => null);
  return withinMs(asked, DEADLINE_MS);
}

/** The value, or null when it takes too long. The work goes on, and what comes of it is dropped. */
export async function withinMs<T>(work: Promise<T>, deadlineMs: number): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
