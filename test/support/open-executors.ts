import { MemoryExecutorStorage } from "../../src/adapters/memory-executor-storage.ts";
import { assert } from "../../src/core/assert.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { ExecutorClient, ExecutorNode, Executors } from "../../src/ports/executors.ts";
import type { ExecutorInput } from "../../src/ports/executor-commands.ts";
import type { ExecutorRecords } from "../../src/ports/executor-storage.ts";
import type { LiveFeed } from "../../src/ports/live-feed.ts";
import type { Log } from "../../src/ports/log.ts";
import type { NodeProbe, ProbeAnswer } from "../../src/ports/node-probe.ts";
import type { Ids } from "../../src/ports/random.ts";
import type { Shards } from "../../src/ports/shard-client.ts";
import { KeeperRunner } from "../../src/registry/keeper-runner.ts";
import { hostTimers } from "../../src/standalone/host-time.ts";

/** What nodes answer to a probe unless a test says otherwise: nothing. */
export const NO_PROBE_ANSWER: ProbeAnswer = {
  isReached: false,
  status: null,
  latencyMs: 0,
  clockSkewMs: null,
  answer: null,
  error: "nobody listens there",
  handlers: null,
  inFlight: null,
  appKey: null,
};

const TOKEN_LIFE_MS = 60_000;

export interface OpenExecutorsSettings {
  readonly live: LiveFeed;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly records: ExecutorRecords;
  readonly shards: Shards;
  readonly log: Log;
}

/** The keepers of a test's executors, in memory. They wake when the test turns them. */
export class OpenExecutors implements Executors {
  /** What the node at an address answers when it is probed. */
  readonly probes = new Map<string, ProbeAnswer>();
  readonly runners = new Map<string, KeeperRunner>();
  readonly #settings: OpenExecutorsSettings;
  readonly #storages: MemoryExecutorStorage[] = [];
  #beats = 0;

  constructor(settings: OpenExecutorsSettings) {
    this.#settings = settings;
  }

  of(appKey: string): ExecutorClient {
    const known = this.runners.get(appKey);
    if (known !== undefined) return known;
    const runner = this.#open(appKey);
    this.runners.set(appKey, runner);
    runner.start();
    return runner;
  }

  /** Lets every keeper do what has become due. */
  turn(): void {
    for (const runner of this.runners.values()) runner.turn();
  }

  /** The records have what every keeper has to say. */
  get areInRecords(): boolean {
    return this.#storages.every((storage) => {
      const stored = storage.getExecutor();
      return stored === null || stored.rowVersion === stored.rowVersionKept;
    });
  }

  /** A node's sign of life, as if its token had been verified. `newest` takes the newer of two secrets. */
  async beat(
    appKey: string,
    address: string,
    said: Partial<Omit<ExecutorInput<"node.beat">, "token" | "address">> & {
      readonly isNewest?: boolean;
    } = {},
  ): Promise<ExecutorNode> {
    const { isNewest = false, ...changes } = said;
    const reply = await this.of(appKey).call("executor.secrets", {});
    assert(reply.ok, `the executor ${appKey} exists`);
    const secret = reply.value.secrets.at(isNewest ? -1 : 0);
    assert(secret !== undefined, "an executor has a secret");
    const expMs = this.#settings.clock.nowMs() + TOKEN_LIFE_MS;
    const token = { secretId: secret.id, jti: `test-beat-${++this.#beats}`, expMs };
    const beat = await this.of(appKey).call("node.beat", {
      ...SILENT_BEAT,
      ...changes,
      token,
      address,
    });
    assert(beat.ok, `the beat of ${address} is taken: ${JSON.stringify(beat)}`);
    return beat.value.node;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.runners.values()].map((runner) => runner.stop(0)));
  }

  #open(appKey: string): KeeperRunner {
    const probe: NodeProbe = {
      probe: ({ address }) => Promise.resolve(this.probes.get(address) ?? NO_PROBE_ANSWER),
    };
    const storage = new MemoryExecutorStorage();
    this.#storages.push(storage);
    return new KeeperRunner({
      appKey,
      storage,
      // The test turns the keepers itself, when it moves the clock.
      alarm: { set: () => {}, armedMs: null },
      timers: hostTimers,
      probe,
      ...this.#settings,
    });
  }
}

/** A beat that says nothing but that the node lives. */
const SILENT_BEAT = {
  weight: null,
  tags: null,
  handlers: null,
  version: null,
  concurrency: null,
  inFlight: null,
} as const;
