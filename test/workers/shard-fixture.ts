import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { vi } from "vitest";
import { assert } from "../../src/core/assert.ts";
import type { JobSpec } from "../../src/core/job.ts";
import { isEnded, type Run } from "../../src/core/run.ts";
import type { Deployment } from "../../src/ports/directory.ts";
import type { JobView, ShardCommandKind, ShardCommands } from "../../src/ports/shard-client.ts";
import { courierName, shardName, shardStub, type ShardRpc } from "../../workers/shard-rpc.ts";
import { aStoredJob } from "../support/stored-rows.ts";
import { TestCourier, TestShardObject } from "./host.ts";
import { EVERY_DEFAULTS } from "../support/specs.ts";

export const DEPLOYMENT: Deployment = {
  id: "dep_test",
  shards: 8,
  keyCheck: "",
  createdMs: 1_790_000_000_000,
};

const WAIT = { timeout: 15_000, interval: 20 };

/** One shard object of its own for a test, and what tests want of it. */
export class ShardFixture {
  readonly shard: number;

  constructor(shard: number) {
    this.shard = shard;
  }

  /** A new stub each time: one that has seen its object die is of no more use. */
  get stub(): DurableObjectStub {
    return env.SHARD.getByName(shardName(this.shard));
  }

  get rpc(): ShardRpc {
    return shardStub(env, shardName(this.shard));
  }

  async call<K extends ShardCommandKind>(
    kind: K,
    input: ShardCommands[K]["input"],
  ): Promise<ShardCommands[K]["output"]> {
    const reply = await this.rpc.call({ kind, input, idempotency: null, deployment: DEPLOYMENT });
    if (!reply.ok) throw new Error(`${reply.refusal.code}: ${reply.refusal.detail}`);
    return reply.value;
  }

  /** A job named after its schedule; `change` overrides the rest. */
  async put(schedule: JobSpec["schedule"], change: Partial<JobSpec> = {}): Promise<JobView> {
    const spec: JobSpec = { ...aStoredJob().spec, name: schedule.kind, schedule, ...change };
    const common = { namespace: "default", ifVersion: null, copies: [] } as const;
    return (await this.call("job.put", { ...common, mode: "create", spec })).view;
  }

  async runNow(job: string): Promise<Run> {
    const order = { trigger: "manual", params: null, node: null, atMs: null } as const;
    const { run } = await this.call("run.create", {
      ref: { namespace: "default", job },
      ...order,
      overlap: "allow",
      traceparent: null,
    });
    return run;
  }

  inside<T>(look: (object: TestShardObject, state: DurableObjectState) => T): Promise<T> {
    return runInDurableObject(this.stub, (object, state) => {
      assert(object instanceof TestShardObject, "wrangler.toml binds the name to this class");
      return look(object, state);
    });
  }

  /** What the platform says of the alarm. */
  alarmMs(): Promise<number | null> {
    return runInDurableObject(this.stub, (_, { storage }) => storage.getAlarm());
  }

  /** What happened on the platform now and then: the alarm is gone, and nobody is told. */
  loseAlarm(): Promise<void> {
    return runInDurableObject(this.stub, (_, { storage }) => storage.deleteAlarm());
  }

  /** Ends the object as a crash does: memory is gone, and what was written stays. */
  async crash(): Promise<void> {
    await this.inside((_, state) => state.abort("the shard crashes")).catch(() => {
      // An object that is aborted does not answer.
    });
  }

  /** The runs that have ended and reached the records, as soon as there are that many. */
  endedInRecords(count: number): Promise<readonly Run[]> {
    return vi.waitFor(async () => {
      const runs = await this.inside(({ batches }) => batches.flatMap(({ runs: some }) => some));
      const ended = runs.filter(({ phase }) => isEnded(phase));
      if (ended.length < count) throw new Error(`${ended.length} of ${count} runs have ended`);
      return ended;
    }, WAIT);
  }

  courier<T>(
    courier: number,
    look: (object: TestCourier, state: DurableObjectState) => T,
  ): Promise<T> {
    const stub = env.COURIER.getByName(courierName(this.shard, courier));
    return runInDurableObject(stub, (object, state) => {
      assert(object instanceof TestCourier, "wrangler.toml binds the name to this class");
      return look(object, state);
    });
  }

  /** As soon as the courier has sent that many requests in all. */
  async sent(courier: number, count: number): Promise<void> {
    await vi.waitFor(async () => {
      const sent = await this.courier(courier, ({ requests }) => requests.length);
      if (sent < count) throw new Error(`${sent} of ${count} requests were sent`);
    }, WAIT);
  }
}

export function every(text: JobSpec["timeout"]): JobSpec["schedule"] {
  return { kind: "every", every: text, anchor: "2026-01-01T00:00:00Z", ...EVERY_DEFAULTS };
}
