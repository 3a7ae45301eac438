import { setImmediate as eventsDone } from "node:timers/promises";
import { MemoryExecutorStorage } from "../../src/adapters/memory-executor-storage.ts";
import { createIds } from "../../src/adapters/uuid-ids.ts";
import { assert } from "../../src/core/assert.ts";
import { Refusal } from "../../src/core/refusal.ts";
import type {
  ExecutorCommandKind,
  ExecutorInput,
  ExecutorOutput,
} from "../../src/ports/executor-commands.ts";
import type { ExecutorRow } from "../../src/ports/executor-storage.ts";
import type { LiveFeed } from "../../src/ports/live-feed.ts";
import type { ProbeAnswer } from "../../src/ports/node-probe.ts";
import type { ShardClient } from "../../src/ports/shard-client.ts";
import type { DirectoryCopy } from "../../src/ports/shard-storage.ts";
import { KeeperRunner } from "../../src/registry/keeper-runner.ts";
import { aProbeAnswer, anExecutor, KEEPER_T0 } from "./a-keeper.ts";
import { NOBODY_WATCHES } from "./nobody-watches.ts";

const SHARDS = 8;

/** What a shard does with copies: the newer one stays. */
class CopyHolder {
  readonly copies = new Map<string, DirectoryCopy>();
  readonly puts: DirectoryCopy[] = [];
  isDown = false;
  /** Puts wait for this before they are taken. */
  gate: Promise<void> | null = null;

  async put(copies: readonly DirectoryCopy[]): Promise<number> {
    if (this.gate !== null) await this.gate;
    if (this.isDown) throw new Error("the shard is out of reach");
    this.puts.push(...copies);
    const newer = copies.filter(
      (copy) => (this.copies.get(copy.key)?.version ?? -1) < copy.version,
    );
    for (const copy of newer) this.copies.set(copy.key, copy);
    return newer.length;
  }

  get version(): number | undefined {
    return [...this.copies.values()][0]?.version;
  }
}

interface Timer {
  readonly dueMs: number;
  readonly work: () => void;
}

/** A runner between shards, records and nodes that a test plays, on a clock that the test moves. */
export class KeeperWorld {
  nowMs = KEEPER_T0;
  storage = new MemoryExecutorStorage();
  runner: KeeperRunner;
  alarmMs: number | null = null;
  readonly shards: readonly CopyHolder[];
  /** What the records hold of this appKey. */
  row: ExecutorRow | null = null;
  rowsPut = 0;
  rowsRead = 0;
  areRecordsDown = false;
  live: LiveFeed = NOBODY_WATCHES;
  /** What nodes answer, by address; others are well. */
  readonly answers = new Map<string, Promise<ProbeAnswer>>();
  readonly probed: string[] = [];
  #timers = new Set<Timer>();
  #life = 0;
  #jti = 0;

  constructor() {
    this.shards = Array.from({ length: SHARDS }, () => new CopyHolder());
    this.runner = this.start();
  }

  /** The process dies with everything that was under way, and another takes over what storage holds. */
  start(): KeeperRunner {
    this.#timers = new Set();
    this.alarmMs = null;
    this.storage = this.storage.clone();
    const life = ++this.#life;
    const isAlive = (): boolean => life === this.#life;
    this.runner = new KeeperRunner({
      appKey: "app-a",
      storage: this.storage,
      ids: createIds(),
      clock: { nowMs: () => this.nowMs },
      timers: {
        after: (ms, work) => {
          const timer = { dueMs: this.nowMs + ms, work };
          if (isAlive()) this.#timers.add(timer);
          return () => this.#timers.delete(timer);
        },
      },
      alarm: {
        set: (atMs) => {
          if (isAlive()) this.alarmMs = atMs;
        },
        armedMs: null,
      },
      records: {
        putExecutor: (row) => Promise.resolve(this.#putRow(row)),
        executorRow: () => this.#readRow(),
      },
      shards: { count: SHARDS, at: (shard) => this.#shard(shard) },
      probe: {
        probe: ({ address }) => {
          this.probed.push(address);
          return this.answers.get(address) ?? Promise.resolve(aProbeAnswer());
        },
      },
      live: this.live,
      log: { info: () => {}, warn: () => {}, error: () => {} },
    });
    this.runner.start();
    return this.runner;
  }

  async do<K extends ExecutorCommandKind>(
    kind: K,
    input: ExecutorInput<K>,
  ): Promise<ExecutorOutput<K>> {
    const reply = await this.runner.call(kind, input);
    assert(reply.ok, `${kind} is done, not refused: ${JSON.stringify(reply)}`);
    return reply.value;
  }

  async refusal<K extends ExecutorCommandKind>(
    kind: K,
    input: ExecutorInput<K>,
  ): Promise<string | undefined> {
    const reply = await this.runner.call(kind, input);
    return reply.ok ? undefined : reply.refusal.code;
  }

  async create(
    more: Parameters<typeof anExecutor>[0] = {},
    nodes: ExecutorInput<"executor.create">["nodes"] = [],
  ): Promise<void> {
    const executor = anExecutor(more);
    await this.do("executor.create", { executor, sealedSecret: "sealed-1", nodes });
  }

  async beat(address: string): Promise<void> {
    const { secrets } = await this.do("executor.secrets", {});
    const secretId = secrets[0]?.id ?? "";
    const token = { secretId, jti: `jti-${++this.#jti}`, expMs: this.nowMs + 60_000 };
    const said = { weight: null, tags: null, handlers: null, version: null };
    await this.do("node.beat", { token, address, ...said, concurrency: null, inFlight: null });
  }

  /** A job of this shard takes its copy along. */
  async hold(shard: number): Promise<void> {
    const { copy } = await this.do("executor.copy", { namespace: "default", shard });
    await this.shards[shard]?.put([copy]);
  }

  /** Lets the time pass: timers and the alarm go off when they are due, and what they begin is done. */
  async pass(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    await eventsDone();
    for (let due = this.#nextDue(endMs); due !== null; due = this.#nextDue(endMs)) {
      this.nowMs = Math.max(this.nowMs, due.dueMs);
      due.work();
      // Each step may begin others.
      // oxlint-disable-next-line no-await-in-loop
      await eventsDone();
    }
    this.nowMs = endMs;
  }

  #nextDue(endMs: number): Timer | null {
    const alarm = {
      dueMs: this.alarmMs ?? Infinity,
      work: () => {
        this.alarmMs = null;
        this.runner.turn();
      },
    };
    let next: Timer = alarm;
    for (const timer of this.#timers) if (timer.dueMs < next.dueMs) next = timer;
    if (next.dueMs > endMs) return null;
    this.#timers.delete(next);
    return next;
  }

  #putRow(row: ExecutorRow): boolean {
    if (this.areRecordsDown) return false;
    this.rowsPut++;
    if (this.row === null || this.row.rowVersion < row.rowVersion) this.row = row;
    return true;
  }

  #readRow(): Promise<ExecutorRow | null> {
    this.rowsRead++;
    const refusal = new Refusal("records.unavailable", "The records are away.");
    return this.areRecordsDown ? Promise.reject(refusal) : Promise.resolve(this.row);
  }

  #shard(shard: number): ShardClient {
    const put = async (copies: readonly DirectoryCopy[]): Promise<object> => {
      const taken = await this.shards[shard]?.put(copies);
      return { ok: true, value: { taken }, isReplay: false };
    };
    const client = {
      call: (kind: string, input: { readonly copies: readonly DirectoryCopy[] }) => {
        assert(kind === "directory.put", "a keeper only puts copies");
        return put(input.copies);
      },
      waitForRun: () => Promise.resolve(null),
      waitForWorkflowRun: () => Promise.resolve(null),
    };
    // A shard of which a keeper uses one command: the assertion above checks it.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
    return client as unknown as ShardClient;
  }
}
