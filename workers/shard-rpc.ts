import type { Run } from "../src/core/run.ts";
import type { WorkflowRun } from "../src/core/workflow-run.ts";
import type { Answered, CancelNotice, Delivery, SendingRef } from "../src/ports/dispatcher.ts";
import type { Deployment } from "../src/ports/directory.ts";
import type {
  Idempotency,
  ShardClient,
  ShardCommandKind,
  CommandInput,
  ShardReply,
  Shards,
} from "../src/ports/shard-client.ts";
import type { Env } from "./env.ts";

/** One command as it crosses to a shard object. */
export interface ShardCall<K extends ShardCommandKind = ShardCommandKind> {
  readonly kind: K;
  readonly input: CommandInput<K>;
  readonly idempotency: Idempotency | null;
  /** Whose command it is: a shard belongs to the first deployment that spoke to it. */
  readonly deployment: Deployment;
}

/** What a shard object does for the Worker and its couriers. Everything that crosses is plain data. */
export interface ShardRpc {
  call<K extends ShardCommandKind>(call: ShardCall<K>): Promise<ShardReply<K>>;
  waitForRun(runId: string, waitMs: number): Promise<Run | null>;
  waitForWorkflowRun(workflowRunId: string, waitMs: number): Promise<WorkflowRun | null>;
  answers(answered: readonly Answered[]): Promise<void>;
  /** From now on it tells the hub of this namespace what it commits, until the hub wants no more. */
  watch(deployment: Deployment, namespace: string): Promise<void>;
  /** Does what is due and sees to it that the alarm is armed. */
  watchdog(): Promise<void>;
  /** The deployment that this shard belongs to; null when nobody has spoken to it yet. */
  deployment(): Promise<Deployment | null>;
}

/** Deliveries that a shard hands to one courier. */
export interface CourierBatch {
  /** Name of the shard object that waits for the answers. */
  readonly shard: string;
  readonly deploymentId: string;
  readonly deliveries: readonly Delivery[];
}

export interface CourierRpc {
  /** Sends them. Answers go to the shard as they come; the reply holds those that had not gone yet. */
  deliver(batch: CourierBatch): Promise<readonly Answered[]>;
  /** Breaks off a delivery of that deployment, if it is still under way here. */
  abort(deploymentId: string, sending: SendingRef): Promise<void>;
  /** As `Dispatcher.cancel`, for a run of that deployment. */
  cancel(deploymentId: string, notice: CancelNotice): Promise<boolean>;
}

/** The epoch in the names: objects cannot be moved, so another layout gets other names. */
const EPOCH = "v1";
const SHARD_NAME = new RegExp(`^${EPOCH}:s:(\\d{1,4})$`);

export function shardName(shard: number): string {
  return `${EPOCH}:s:${shard}`;
}

/** The number in a shard object's name; null for any other name. */
export function shardOfName(name: string): number | null {
  const text = SHARD_NAME.exec(name)?.[1];
  return text === undefined ? null : Number(text);
}

export function courierName(shard: number, courier: number): string {
  return `${EPOCH}:c:${shard}:${courier}`;
}

/** A stub for one call or a few: after an error it is not to be used again. */
export function shardStub(env: Pick<Env, "SHARD">, name: string): ShardRpc {
  // `ShardObject` implements this interface; the types of stubs cannot carry its recursive JSON.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The binding names that class.
  return env.SHARD.getByName(name) as unknown as ShardRpc;
}

/** As `shardStub`, for a courier. */
export function courierStub(env: Pick<Env, "COURIER">, name: string): CourierRpc {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `Courier` implements it, as above.
  return env.COURIER.getByName(name) as unknown as CourierRpc;
}

/** The shards of a deployment, each in its own object. */
export class DurableShards implements Shards {
  readonly count: number;
  readonly #env: Env;
  readonly #deployment: Deployment;

  constructor(env: Env, deployment: Deployment) {
    this.#env = env;
    this.#deployment = deployment;
    this.count = deployment.shards;
  }

  at(shard: number): ShardClient {
    const name = shardName(shard);
    const deployment = this.#deployment;
    return {
      call: (kind, input, idempotency) =>
        shardStub(this.#env, name).call({
          kind,
          input,
          idempotency: idempotency ?? null,
          deployment,
        }),
      waitForRun: (runId, waitMs) => shardStub(this.#env, name).waitForRun(runId, waitMs),
      waitForWorkflowRun: (workflowRunId, waitMs) =>
        shardStub(this.#env, name).waitForWorkflowRun(workflowRunId, waitMs),
    };
  }
}
