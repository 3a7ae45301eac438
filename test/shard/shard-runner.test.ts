import { expect, test } from "vitest";
import { MemoryShardStorage } from "../../src/adapters/memory-shard-storage.ts";
import { createIds } from "../../src/adapters/uuid-ids.ts";
import { SHARD_LIMITS } from "../../src/shard/limits.ts";
import { Shard } from "../../src/shard/shard.ts";
import { ShardRunner } from "../../src/shard/shard-runner.ts";
import { aSpec, MINUTE, T0 } from "../support/a-shard.ts";

/** An alarm as hosts have them: a time that has passed counts as none. */
class PassingAlarm {
  readonly #nowMs: () => number;
  #atMs: number | null = null;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get armedMs(): number | null {
    return this.#atMs !== null && this.#atMs > this.#nowMs() ? this.#atMs : null;
  }

  set(atMs: number | null): void {
    this.#atMs = atMs;
  }
}

/** A runner whose clock, timers and disk move only when the test says so. */
class StillHost {
  nowMs = T0 + 500;
  readonly runner: ShardRunner;
  #timers: (() => void)[] = [];
  #syncs: (() => void)[] = [];

  constructor(disk: "at once" | "later") {
    const storage = new MemoryShardStorage();
    const random = { next: () => 0.5 };
    this.runner = new ShardRunner({
      shard: new Shard({ shard: 0, storage, random, ids: createIds(), limits: SHARD_LIMITS }),
      clock: { nowMs: () => this.nowMs },
      timers: { after: (_ms, work) => this.#later(work) },
      alarm: new PassingAlarm(() => this.nowMs),
      dispatcher: {
        send: () => new Promise(() => {}),
        abort: () => {},
        cancel: () => Promise.resolve(true),
      },
      records: { write: () => Promise.resolve(true) },
      reports: () => {},
      live: { isWatched: () => false, publish: () => {} },
      log: { info: () => {}, warn: () => {}, error: () => {} },
      peers: { count: 1, at: () => this.runner },
      durable: () =>
        disk === "at once" ? null : new Promise((resolve) => this.#syncs.push(resolve)),
      lost: () => {},
      settings: { group: { calmMs: 1, busyMs: 1 }, flushMs: 1 },
    });
    this.runner.start();
  }

  /** All that waits has its turn, until nothing does. */
  async settle(): Promise<void> {
    for (let round = 0; round < 10; round++) {
      this.runTimers();
      for (const synced of this.#syncs.splice(0)) synced();
      for (let i = 0; i < 20; i++) await Promise.resolve();
    }
  }

  /** The timers have their turn; the disk may still be at work. */
  runTimers(): void {
    for (const work of this.#timers.splice(0)) work();
  }

  #later(work: () => void): () => void {
    this.#timers.push(work);
    return () => void (this.#timers = this.#timers.filter((other) => other !== work));
  }
}

const PUT = {
  spec: aSpec(),
  namespace: "default",
  mode: "upsert",
  ifVersion: null,
  copies: [],
} as const;

/** What a shard with one job says of its alarm. `meanwhile` is done after it was asked. */
async function armedOf(host: StillHost, meanwhile: () => void): Promise<number | null> {
  const stats = host.runner.call("stats", {});
  meanwhile();
  await host.settle();
  const reply = await stats;
  return reply.ok ? reply.value.armedMs : null;
}

async function withOneJob(disk: "at once" | "later"): Promise<StillHost> {
  const host = new StillHost(disk);
  const made = host.runner.call("job.put", PUT);
  await host.settle();
  expect(await made).toMatchObject({ ok: true });
  return host;
}

test("a shard that is asked while its alarm goes off says when the next one will be", async () => {
  const host = await withOneJob("at once");

  host.nowMs = T0 + MINUTE + 3;

  expect(await armedOf(host, () => {})).toBeGreaterThan(host.nowMs);
});

test("a shard whose reply waits for the disk says what was armed when it was asked", async () => {
  const host = await withOneJob("later");

  const armed = await armedOf(host, () => {
    host.runTimers();
    host.nowMs = T0 + MINUTE + 3;
  });

  expect(armed).toBeGreaterThan(T0);
});
