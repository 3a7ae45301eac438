import { expect, test } from "vitest";
import { MemoryShardStorage } from "../../src/adapters/memory-shard-storage.ts";
import { createIds } from "../../src/adapters/uuid-ids.ts";
import type { Job } from "../../src/core/job.ts";
import type { Run } from "../../src/core/run.ts";
import type { Answered, Delivery } from "../../src/ports/dispatcher.ts";
import { SHARD_LIMITS } from "../../src/shard/limits.ts";
import { Shard } from "../../src/shard/shard.ts";
import { ShardRunner } from "../../src/shard/shard-runner.ts";
import { aRunRequest, aSpec, REF, T0 } from "../support/a-shard.ts";
import { Dice } from "../support/prng.ts";

const PLAYS = 300;
const STEPS = 60;

/** Something that has left the shard: what it says must be on the disk by then. */
interface Leaked {
  readonly what: string;
  readonly isKept: (disk: MemoryShardStorage) => boolean;
}

/** A runner on storage whose commits reach the disk only when the play lets them. */
class Play {
  readonly #dice: Dice;
  readonly #storage = new MemoryShardStorage();
  readonly leaks: string[] = [];
  readonly reached = { replies: 0, deliveries: 0, records: 0, waits: 0, live: 0, cuts: 0 };
  readonly runner: ShardRunner;
  /** What a power cut would leave now. */
  #disk = new MemoryShardStorage();
  #syncs: (() => void)[] = [];
  #timers: (() => void)[] = [];
  #out: { readonly delivery: Delivery; readonly answer: (answered: Answered) => void }[] = [];
  /** Runs that the records have: the shard may have let them go. */
  readonly #recorded = new Map<string, number>();
  readonly #runs: string[] = [];
  #isSynced = true;
  #nowMs = T0 + 500;

  constructor(seed: number) {
    this.#dice = new Dice(seed, "power cut");
    const later = (work: () => void): (() => void) => {
      this.#timers.push(work);
      return () => void (this.#timers = this.#timers.filter((other) => other !== work));
    };
    const random = { next: () => 0.5 };
    const storage = this.#storage;
    const commit = storage.transaction.bind(storage);
    storage.transaction = (work) => {
      this.#isSynced = false;
      return commit(work);
    };
    this.runner = new ShardRunner({
      shard: new Shard({ shard: 0, storage, random, ids: createIds(), limits: SHARD_LIMITS }),
      clock: { nowMs: () => this.#nowMs },
      timers: { after: (_ms, work) => later(work) },
      alarm: { set: () => {}, armedMs: null },
      dispatcher: {
        send: (delivery) => this.#sent(delivery),
        abort: () => {},
        cancel: () => Promise.resolve(true),
      },
      records: { write: ({ jobs, runs }) => this.#written(jobs, runs) },
      reports: () => {},
      live: {
        isWatched: () => true,
        publish: (_namespace, { runs }) => {
          this.reached.live++;
          for (const run of runs) this.#leaves(this.#run("live row", run));
        },
      },
      log: { info: () => {}, warn: () => {}, error: () => {} },
      peers: { count: 1, at: () => this.runner },
      durable: () => this.#sync(),
      lost: (error) => {
        throw error;
      },
      settings: { group: { calmMs: 1, busyMs: 1 }, flushMs: 1 },
    });
  }

  /** Lets one thing happen after the other, in an order of chance. */
  async run(): Promise<void> {
    this.runner.start();
    void this.#call();
    for (let step = 0; step < STEPS; step++) {
      this.#step();
      // Whatever resolved has its say before the next thing happens.
      for (let i = 0; i < 20; i++) await Promise.resolve();
    }
  }

  #step(): void {
    const dice = this.#dice;
    const kind = dice.weighted(["timer", "sync", "answer", "call", "time"], {
      timer: 4,
      sync: 2,
      answer: 3,
      call: 3,
      time: 1,
    });
    if (kind === "timer") take(this.#timers, dice)?.();
    if (kind === "sync") this.#syncs.shift()?.();
    if (kind === "answer") this.#answer();
    if (kind === "call") void this.#call();
    if (kind === "time") this.#nowMs += dice.int(1, 40_000);
  }

  #sync(): Promise<void> | null {
    if (this.#isSynced && this.#syncs.length === 0) return null;
    const disk = this.#storage.clone();
    this.#isSynced = true;
    return new Promise((resolve) =>
      this.#syncs.push(() => {
        this.#disk = disk;
        resolve();
      }),
    );
  }

  async #call(): Promise<void> {
    const put = {
      spec: aSpec({ name: this.#dice.pick(["report", "bill"]) }),
      namespace: "default",
    };
    if (this.#runs.length === 0 || this.#dice.chance(0.2)) {
      const how = { mode: "upsert", ifVersion: null, copies: [] } as const;
      const reply = await this.runner.call("job.put", { ...put, ...how });
      if (!reply.ok) return;
      this.reached.replies++;
      this.#leaves(job("reply", reply.value.view.job));
    }
    const reply = await this.runner.call("run.create", aRunRequest({ ref: REF }));
    if (!reply.ok) return;
    this.reached.replies++;
    this.#runs.push(reply.value.run.id);
    this.#leaves(this.#run("reply", reply.value.run));
    const ended = await this.runner.waitForRun(reply.value.run.id, 1_000);
    if (ended === null) return;
    this.reached.waits++;
    this.#leaves(this.#run("wait", ended));
  }

  #sent(delivery: Delivery): Promise<Answered> {
    this.reached.deliveries++;
    const { runId, attempt, send } = delivery;
    this.#leaves({
      what: `delivery ${runId}#${attempt}`,
      isKept: (disk) =>
        disk.getRun(runId)?.attempts.some((one) => one.attempt === attempt && one.send === send) ??
        false,
    });
    return new Promise((answer) => this.#out.push({ delivery, answer }));
  }

  #answer(): void {
    const sent = take(this.#out, this.#dice);
    if (sent === undefined) return;
    const { runId, attempt, send } = sent.delivery;
    const nowhere = { phases: null, node: null, unreached: [] };
    const result = { result: "", truncated: false, context: null };
    sent.answer({
      runId,
      attempt,
      send,
      status: 200,
      ...nowhere,
      answer: { kind: "succeeded", ...result },
    });
  }

  async #written(jobs: readonly Job[], runs: readonly Run[]): Promise<boolean> {
    this.reached.records++;
    for (const one of jobs) this.#leaves(job("record", one));
    for (const one of runs) this.#leaves(this.#run("record", one));
    for (const { id, version } of runs) this.#recorded.set(id, version);
    return Promise.resolve(true);
  }

  #run(what: string, { id, version }: Run): Leaked {
    return {
      what: `${what} of ${id} in version ${version}`,
      isKept: (disk) => (disk.getRun(id)?.version ?? this.#recorded.get(id) ?? -1) >= version,
    };
  }

  #leaves({ what, isKept }: Leaked): void {
    this.reached.cuts++;
    if (!isKept(this.#disk)) this.leaks.push(what);
  }
}

function job(what: string, { id, version }: Job): Leaked {
  return {
    what: `${what} of job ${id} in version ${version}`,
    isKept: (disk) => (disk.getJob(id)?.version ?? -1) >= version,
  };
}

function take<T>(items: T[], dice: Dice): T | undefined {
  return items.splice(dice.int(0, Math.max(0, items.length - 1)), 1)[0];
}

test("nothing that leaves a shard would be undone by a power cut at that instant", async () => {
  const sum: Record<string, number> = {};
  for (let seed = 0; seed < PLAYS; seed++) {
    const play = new Play(seed);
    await play.run();
    expect(play.leaks, `seed ${seed}`).toEqual([]);
    for (const [what, count] of Object.entries(play.reached)) sum[what] = (sum[what] ?? 0) + count;
  }
  for (const [what, count] of Object.entries(sum)) expect(count, what).toBeGreaterThan(100);
});
