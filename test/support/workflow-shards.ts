import { aWorkflowSpec } from "./workflow-specs.ts";
import { MemoryShardStorage } from "../../src/adapters/memory-shard-storage.ts";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { SqlShardStorage } from "../../src/adapters/sql-shard-storage.ts";
import { createIds } from "../../src/adapters/uuid-ids.ts";
import { assert } from "../../src/core/assert.ts";
import type { Answer } from "../../src/core/answer.ts";
import type { Json } from "../../src/core/json.ts";
import { workflowShardOf } from "../../src/core/placement.ts";
import type { StepSpec, WorkflowSpec } from "../../src/core/workflow.ts";
import type { WorkflowRun } from "../../src/core/workflow-run.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import type {
  Idempotency,
  ShardCommandKind,
  ShardCommands,
  ShardReply,
} from "../../src/ports/shard-client.ts";
import type { Errand, ShardStorage } from "../../src/ports/shard-storage.ts";
import type { WorkflowAction } from "../../src/ports/workflow-commands.ts";
import { SHARD_LIMITS, type ShardLimits } from "../../src/shard/limits.ts";
import { PeerSender } from "../../src/shard/peer-sender.ts";
import { Shard } from "../../src/shard/shard.ts";
import { T0 } from "./a-shard.ts";

export const NS = "default";

/** A workflow of these steps, with every default. */
export function aWorkflow(
  name: string,
  steps: readonly StepSpec[],
  more: Partial<WorkflowSpec> = {},
): WorkflowSpec {
  return aWorkflowSpec(steps, { name, ...more });
}

/** A step that calls a webhook. */
export function hook(name: string, more: Partial<StepSpec> = {}): StepSpec {
  return { name, run: { url: `https://example.com/${name}` }, ...more };
}

export const STORAGES: readonly (readonly [string, () => ShardStorage])[] = [
  ["memory", () => new MemoryShardStorage()],
  ["SQL", () => new SqlShardStorage(openNodeSqlite(":memory:"))],
];

/** Where a process is made to die: after the transaction of this number, counted from 1. */
class Crash extends Error {}

/** Some shards and what is between them, moved by hand: nothing happens but in `settle`. */
export class WorkflowShards {
  nowMs = T0 + 500;
  readonly storages: readonly ShardStorage[];
  readonly limits: ShardLimits;
  shards: Shard[];
  /** Every delivery that left for an executor. */
  readonly deliveries: Delivery[] = [];
  /** What executors answer at once; null leaves the delivery out. */
  answer: (delivery: Delivery) => Answer | null = () => succeeded(null);
  /** While it is false, errands find nobody. */
  areReachable = true;
  commits = 0;
  crashAfter = 0;
  #out: { readonly shard: number; readonly delivery: Delivery }[] = [];
  #queue: (() => Promise<void> | void)[] = [];
  #isDown = false;

  constructor(
    settings: {
      readonly shards?: number;
      readonly storage?: () => ShardStorage;
      readonly limits?: Partial<ShardLimits>;
    } = {},
  ) {
    const { shards = 1, storage = () => new MemoryShardStorage() } = settings;
    this.limits = { ...SHARD_LIMITS, ...settings.limits };
    this.storages = Array.from({ length: shards }, storage);
    this.shards = [];
    this.restart();
  }

  /** All processes die, and others take over what storage holds. */
  restart(): void {
    this.#out = [];
    this.#queue = [];
    this.#isDown = false;
    const { limits } = this;
    this.shards = this.storages.map((storage, shard) => {
      const random = { next: () => 0.5 };
      return new Shard({ shard, storage, random, ids: createIds(), limits });
    });
    for (const shard of this.shards) shard.wake(this.nowMs);
  }

  at(shard = 0): Shard {
    const found = this.shards[shard];
    assert(found !== undefined, "the shard exists");
    return found;
  }

  command<K extends ShardCommandKind>(
    kind: K,
    input: ShardCommands[K]["input"],
    to: { readonly shard?: number; readonly idempotency?: Idempotency | null } = {},
  ): ShardReply<K> {
    const { shard = 0, idempotency = null } = to;
    return this.#commit(shard, (target) =>
      target.command(kind, input, { nowMs: this.nowMs, idempotency }),
    );
  }

  do<K extends ShardCommandKind>(
    kind: K,
    input: ShardCommands[K]["input"],
    shard = 0,
  ): ShardCommands[K]["output"] {
    const reply = this.command(kind, input, { shard });
    assert(reply.ok, `${kind} is done, not refused: ${JSON.stringify(reply)}`);
    return reply.value;
  }

  refusal<K extends ShardCommandKind>(
    kind: K,
    input: ShardCommands[K]["input"],
    shard = 0,
  ): string | undefined {
    const reply = this.command(kind, input, { shard });
    return reply.ok ? undefined : reply.refusal.code;
  }

  shardOf(workflow: string): number {
    return workflowShardOf(NS, workflow, this.shards.length);
  }

  put(spec: WorkflowSpec): ShardCommands["workflow.put"]["output"] {
    const input = { namespace: NS, spec, mode: "upsert", ifVersion: null, copies: [] } as const;
    return this.do("workflow.put", input, this.shardOf(spec.name));
  }

  start(
    workflow: string,
    more: Partial<ShardCommands["workflow-run.create"]["input"]> = {},
  ): WorkflowRun {
    return this.do("workflow-run.create", startOf(workflow, more), this.shardOf(workflow)).run;
  }

  act(run: WorkflowRun, action: WorkflowAction): WorkflowRun {
    const ref = { namespace: NS, workflowRun: run.id };
    const shard = this.shardOf(run.workflowName);
    return this.do("workflow-run.act", { ref, origin: null, action }, shard).run;
  }

  /** The run as it is now. */
  now(run: WorkflowRun): WorkflowRun {
    const found = this.at(this.shardOf(run.workflowName)).workflowRun(run.id);
    assert(found !== undefined, "the shard holds the workflow run");
    return found;
  }

  /** Steps by name with their states. */
  states(run: WorkflowRun): { readonly [step: string]: string } {
    const ref = { namespace: NS, workflowRun: run.id };
    const { view } = this.do("workflow-run.get", { ref }, this.shardOf(run.workflowName));
    return Object.fromEntries(view.steps.map(({ row }) => [row.name, row.state]));
  }

  /** Lets everything happen that happens at this instant. Processes that die on the way start anew. */
  async settle(): Promise<void> {
    for (let rounds = 0; rounds < 10_000; rounds++) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- One round follows the other.
        if (!(await this.#round())) return;
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
        this.restart();
      }
    }
    assert(false, "everything settles");
  }

  async advance(ms: number): Promise<void> {
    this.nowMs += ms;
    await this.settle();
  }

  /** Answers a delivery that is out. */
  async reply(step: string, answer: Answer): Promise<void> {
    const found = this.#out.find(({ delivery }) => delivery.workflow?.step === step);
    assert(found !== undefined, `a delivery of step ${step} is out`);
    this.#take(found, answer);
    await this.settle();
  }

  get outSteps(): readonly (string | undefined)[] {
    return this.#out.map(({ delivery }) => delivery.workflow?.step);
  }

  async #round(): Promise<boolean> {
    for (const shard of this.shards.keys()) {
      for (const delivery of this.#commit(shard, (target) => target.tick(this.nowMs)))
        this.#queue.push(() => this.#send(shard, delivery));
      this.at(shard).takeAborts();
      this.at(shard).takeNotices(this.nowMs);
      for (const errand of this.at(shard).takeErrands(this.nowMs))
        this.#queue.push(() => this.#run(shard, errand));
    }
    const work = this.#queue.splice(0);
    for (const item of work) {
      // oxlint-disable-next-line no-await-in-loop
      await item();
    }
    return work.length > 0;
  }

  async #send(shard: number, delivery: Delivery): Promise<void> {
    const { route } = delivery;
    if (route.kind === "workflow") {
      const answered = await this.#peerSender(shard).send(delivery, route);
      this.#commit(shard, (target) => target.answers([answered], this.nowMs));
      return;
    }
    this.deliveries.push(delivery);
    const out = { shard, delivery };
    this.#out.push(out);
    const answer = this.answer(delivery);
    if (answer !== null) this.#queue.push(() => this.#take(out, answer));
  }

  #take(out: { readonly shard: number; readonly delivery: Delivery }, answer: Answer): void {
    this.#out = this.#out.filter((other) => other !== out);
    const { runId, attempt, send } = out.delivery;
    const answered = { runId, attempt, send, answer, status: 200 };
    const nowhere = { phases: null, node: null, unreached: [] };
    this.#commit(out.shard, (target) => target.answers([{ ...answered, ...nowhere }], this.nowMs));
  }

  #run(shard: number, errand: Errand): void {
    if (!this.areReachable) {
      this.at(shard).errandFailed(errand.id, this.nowMs);
      return;
    }
    if (errand.kind === "run.callback")
      this.command(errand.kind, errand.input, { shard: errand.shard });
    else this.command(errand.kind, errand.input, { shard: this.shardOf(errand.input.workflow) });
    this.#commit(shard, (target) => target.errandDone(errand.id, this.nowMs));
  }

  #peerSender(own: number): PeerSender {
    const at = (shard: number) => ({
      call: <K extends ShardCommandKind>(
        kind: K,
        input: ShardCommands[K]["input"],
        idempotency: Idempotency | null = null,
      ) => Promise.resolve(this.command(kind, input, { shard, idempotency })),
      waitForRun: () => Promise.resolve(null),
      waitForWorkflowRun: () => Promise.resolve(null),
    });
    const timers = {
      after: (_ms: number, work: () => void) => {
        work();
        return () => {};
      },
    };
    return new PeerSender({ count: this.shards.length, at }, timers, own);
  }

  #commit<T>(shard: number, work: (shard: Shard) => T): T {
    if (this.#isDown) throw new Crash();
    const value = work(this.at(shard));
    this.commits++;
    this.#isDown = this.commits === this.crashAfter;
    if (this.#isDown) throw new Crash();
    return value;
  }
}

export function startOf(
  workflow: string,
  more: Partial<ShardCommands["workflow-run.create"]["input"]> = {},
): ShardCommands["workflow-run.create"]["input"] {
  return {
    ref: { namespace: NS, workflow },
    version: null,
    params: null,
    trigger: { kind: "api" },
    nesting: 0,
    overlap: null,
    traceparent: null,
    ...more,
  };
}

export function succeeded(result: Json, context: { readonly [key: string]: Json } | null = null) {
  return { kind: "succeeded", result, truncated: false, context } as const;
}

export function failed(message = "broken"): Answer {
  const error = { message, code: null };
  return { kind: "failed", error, retry: false, retryAfterMs: null, delivered: true, gone: false };
}
