import { MemoryShardStorage } from "../../src/adapters/memory-shard-storage.ts";
import { createIds } from "../../src/adapters/uuid-ids.ts";
import { assert } from "../../src/core/assert.ts";
import type { Answer } from "../../src/core/answer.ts";
import type { Job, JobSpec } from "../../src/core/job.ts";
import type { RefusalCode } from "../../src/core/refusal.ts";
import type { Run } from "../../src/core/run.ts";
import type { Tick } from "../../src/core/tick.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import type {
  Idempotency,
  ShardCommandKind,
  ShardCommands,
  ShardReply,
} from "../../src/ports/shard-client.ts";
import { SHARD_LIMITS, type ShardLimits } from "../../src/shard/limits.ts";
import { Shard } from "../../src/shard/shard.ts";
import { EVERY_DEFAULTS } from "./specs.ts";

export const T0 = Date.UTC(2026, 4, 1, 12);
export const MINUTE = 60_000;

/** A job that ticks each minute from T0 on: no retries, no jitter. */
export function aSpec(more: Partial<JobSpec> = {}): JobSpec {
  return {
    name: "report",
    description: "",
    owner: "",
    tags: [],
    schedule: { kind: "every", every: "1m", anchor: new Date(T0).toISOString(), ...EVERY_DEFAULTS },
    target: {
      kind: "webhook",
      url: "https://example.com/hook",
      method: "POST",
      headers: {},
      body: null,
      mode: "async",
    },
    params: { size: 1 },
    sharding: null,
    misfire: { policy: "latest", grace: "5s", maxAge: "1h", maxCatchup: 10 },
    overlap: "skip",
    retry: {
      max: 0,
      backoff: { kind: "exponential", base: "1s", factor: 2, max: "1m" },
      jitter: "none",
      untilNextTick: false,
    },
    timeout: "30s",
    startWithin: null,
    delivery: "at_least_once",
    priority: 0,
    concurrency: null,
    ...more,
  };
}

export const REF = { namespace: "default", job: "report" };

/** A shard on memory storage with a clock that stands until it is set. Half a second past T0 at first. */
export class TestShard {
  readonly storage = new MemoryShardStorage();
  readonly limits: ShardLimits;
  nowMs = T0 + 500;
  shard: Shard;

  constructor(limits: Partial<ShardLimits> = {}) {
    this.limits = { ...SHARD_LIMITS, ...limits };
    this.shard = this.restart();
  }

  /** The process dies, and another one takes over what storage holds. */
  restart(): Shard {
    const { storage, limits } = this;
    const random = { next: () => 0.5 };
    this.shard = new Shard({ shard: 0, storage, random, ids: createIds(), limits });
    this.shard.wake(this.nowMs);
    return this.shard;
  }

  /** What a command that is done returns. */
  do<K extends ShardCommandKind>(
    kind: K,
    input: ShardCommands[K]["input"],
    idempotency: Idempotency | null = null,
  ): ShardCommands[K]["output"] {
    const reply = this.shard.command(kind, input, { nowMs: this.nowMs, idempotency });
    assert(reply.ok, `${kind} is done, not refused: ${JSON.stringify(reply)}`);
    return reply.value;
  }

  /** Why a command is refused; undefined when it is done. */
  refusal<K extends ShardCommandKind>(
    kind: K,
    input: ShardCommands[K]["input"],
    idempotency: Idempotency | null = null,
  ): RefusalCode | undefined {
    const reply = this.shard.command(kind, input, { nowMs: this.nowMs, idempotency });
    return reply.ok ? undefined : reply.refusal.code;
  }

  /** The whole reply to a put, for a job that may be refused. */
  tryPut(
    spec: Partial<JobSpec>,
    more: Partial<ShardCommands["job.put"]["input"]> = {},
  ): ShardReply<"job.put"> {
    const input = { namespace: "default", spec: aSpec(spec), mode: "upsert", ...more } as const;
    const at = { nowMs: this.nowMs, idempotency: null };
    return this.shard.command("job.put", { ifVersion: null, copies: [], ...input }, at);
  }

  put(spec: Partial<JobSpec> = {}, more: Partial<ShardCommands["job.put"]["input"]> = {}): Job {
    const input = { namespace: "default", spec: aSpec(spec), mode: "upsert", ...more } as const;
    return this.do("job.put", { ifVersion: null, copies: [], ...input }).view.job;
  }

  runNow(more: Partial<ShardCommands["run.create"]["input"]> = {}): Run {
    return this.do("run.create", aRunRequest(more)).run;
  }

  /** Sets the clock and lets the shard tick. */
  tickAt(nowMs: number): readonly Delivery[] {
    this.nowMs = nowMs;
    return this.shard.tick(nowMs);
  }

  answer(delivery: Delivery, answer: Answer, status: number | null = 200): void {
    const { runId, attempt, send } = delivery;
    const nowhere = { phases: null, node: null, unreached: [] };
    this.shard.answers([{ runId, attempt, send, answer, status, ...nowhere }], this.nowMs);
  }

  callBack(more: Partial<ShardCommands["run.callback"]["input"]> & { readonly runId: string }) {
    return [
      "run.callback",
      {
        attempt: 1,
        status: "succeeded",
        result: "called back",
        resultTruncated: false,
        context: null,
        error: null,
        retry: true,
        digest: "a",
        ...more,
      },
    ] as const;
  }

  /** Hands everything to records that take it, and returns what they got. */
  flush(): { readonly runs: readonly Run[]; readonly ticks: readonly Tick[] } {
    const runs: Run[] = [];
    const ticks: Tick[] = [];
    for (let taken = this.shard.takeOutbox(); taken; taken = this.shard.takeOutbox()) {
      runs.push(...taken.batch.runs);
      ticks.push(...taken.batch.ticks);
      this.shard.acknowledgeOutbox(taken.receipt, this.nowMs);
    }
    return { runs, ticks };
  }

  get ticks(): readonly Tick[] {
    return this.storage.ticksAfter({ jobId: "", nominalMs: 0, onlyThisJob: false, limit: 1_000 });
  }

  get runs(): readonly Run[] {
    return this.storage.runsAfter("", 1_000);
  }
}

export function aRunRequest(
  more: Partial<ShardCommands["run.create"]["input"]> = {},
): ShardCommands["run.create"]["input"] {
  return {
    ref: REF,
    trigger: "api",
    params: null,
    node: null,
    atMs: null,
    overlap: null,
    traceparent: null,
    ...more,
  };
}
