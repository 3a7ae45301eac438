import type { RefusalData } from "../src/core/refusal.ts";
import type { Deployment } from "../src/ports/directory.ts";
import type { ExecutorClient, Executors, PingAnswer } from "../src/ports/executors.ts";
import type {
  ExecutorCommandKind,
  ExecutorInput,
  ExecutorReply,
} from "../src/ports/executor-commands.ts";
import type { Idempotency } from "../src/ports/shard-client.ts";
import type { Env } from "./env.ts";

/** One command as it crosses to the object that keeps an executor. */
export interface ExecutorCall<K extends ExecutorCommandKind = ExecutorCommandKind> {
  readonly kind: K;
  readonly input: ExecutorInput<K>;
  readonly idempotency: Idempotency | null;
  /** Whose command it is: an executor belongs to the first deployment that made it. */
  readonly deployment: Deployment;
}

export type PingReply =
  | { readonly ok: true; readonly value: PingAnswer }
  | { readonly ok: false; readonly refusal: RefusalData };

/** What an executor object does for the Worker and for shards. Everything that crosses is plain data. */
export interface ExecutorRpc {
  call<K extends ExecutorCommandKind>(call: ExecutorCall<K>): Promise<ExecutorReply<K>>;
  ping(deployment: Deployment, namespace: string, node: string): Promise<PingReply>;
  /**
   * Does what is due and sees to it that the alarm is armed. An object that lost its storage gets back what
   * the records have of the executor.
   */
  watchdog(deployment: Deployment, namespace: string): Promise<void>;
}

/** The epoch, as in the names of shards: another layout gets other names. */
const EXECUTOR_NAME = /^v1:e:([A-Za-z0-9._-]{1,64})$/;

export function executorName(appKey: string): string {
  return `v1:e:${appKey}`;
}

/** The appKey in an executor object's name; null for any other name. */
export function appKeyOfName(name: string): string | null {
  return EXECUTOR_NAME.exec(name)?.[1] ?? null;
}

/** A stub for one call or a few: after an error it is not to be used again. */
export function executorStub(env: Pick<Env, "EXECUTOR">, appKey: string): ExecutorRpc {
  // `ExecutorObject` implements this interface; the types of stubs cannot carry its recursive JSON.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The binding names that class.
  return env.EXECUTOR.getByName(executorName(appKey)) as unknown as ExecutorRpc;
}

/** The executors of a deployment, each kept by its own object. */
export class DurableExecutors implements Executors {
  readonly #env: Pick<Env, "EXECUTOR">;
  readonly #deployment: Deployment;

  constructor(env: Pick<Env, "EXECUTOR">, deployment: Deployment) {
    this.#env = env;
    this.#deployment = deployment;
  }

  of(appKey: string): ExecutorClient {
    const deployment = this.#deployment;
    return {
      call: (kind, input, idempotency) =>
        executorStub(this.#env, appKey).call({
          kind,
          input,
          idempotency: idempotency ?? null,
          deployment,
        }),
      ping: (namespace, node) => executorStub(this.#env, appKey).ping(deployment, namespace, node),
    };
  }
}
