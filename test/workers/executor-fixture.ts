import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createCipher } from "../../src/adapters/cipher.ts";
import { assert } from "../../src/core/assert.ts";
import { executorKey } from "../../src/core/directory.ts";
import { Refusal } from "../../src/core/refusal.ts";
import { secretContext } from "../../src/ports/cipher.ts";
import type {
  ExecutorCommandKind,
  ExecutorInput,
  ExecutorOutput,
} from "../../src/ports/executor-commands.ts";
import type { ExecutorNode, ExecutorView } from "../../src/ports/executors.ts";
import type { DirectoryCopy } from "../../src/ports/shard-storage.ts";
import { executorName, executorStub, type ExecutorRpc } from "../../workers/executor-rpc.ts";
import { TestExecutorObject } from "./host.ts";
import { DEPLOYMENT } from "./shard-fixture.ts";

const NAMESPACE = "default";

const SILENT_BEAT = {
  weight: null,
  tags: null,
  handlers: null,
  version: null,
  concurrency: null,
  inFlight: null,
} as const;

/** One executor object of its own for a test, and what tests want of it. */
export class ExecutorFixture {
  readonly appKey: string;
  #beats = 0;

  constructor(appKey: string) {
    this.appKey = appKey;
  }

  /** A new stub each time: one that has seen its object die is of no more use. */
  get stub(): DurableObjectStub {
    return env.EXECUTOR.getByName(executorName(this.appKey));
  }

  get rpc(): ExecutorRpc {
    return executorStub(env, this.appKey);
  }

  async call<K extends ExecutorCommandKind>(
    kind: K,
    input: ExecutorInput<K>,
  ): Promise<ExecutorOutput<K>> {
    const reply = await this.rpc.call({ kind, input, idempotency: null, deployment: DEPLOYMENT });
    if (!reply.ok) throw Refusal.from(reply.refusal);
    return reply.value;
  }

  create(
    registration: "auto" | "manual",
    addresses: readonly string[] = [],
  ): Promise<ExecutorView> {
    return this.call("executor.create", {
      executor: {
        appKey: this.appKey,
        namespace: NAMESPACE,
        name: this.appKey,
        registration,
        dialect: "native",
        concurrency: null,
        nodeConcurrency: null,
      },
      sealedSecret: createCipher(env.MASTER_KEY).seal(
        "a secret of thirty-two bytes or more",
        secretContext(NAMESPACE, this.appKey),
      ),
      nodes: addresses.map((address) => ({ address, weight: 1, tags: [], concurrency: null })),
    });
  }

  get(): Promise<ExecutorView> {
    return this.call("executor.get", { namespace: NAMESPACE });
  }

  async beat(address: string): Promise<ExecutorNode> {
    const { secrets } = await this.call("executor.secrets", {});
    const secretId = secrets[0]?.id ?? "";
    const jti = `${this.appKey}-beat-${++this.#beats}`;
    const token = { secretId, jti, expMs: Date.now() + 60_000 };
    return (await this.call("node.beat", { ...SILENT_BEAT, token, address })).node;
  }

  /** Has the keeper know that the shard holds a copy. */
  async copyFor(shard: number): Promise<DirectoryCopy> {
    return (await this.call("executor.copy", { namespace: NAMESPACE, shard })).copy;
  }

  /** The key of its copies. */
  get key(): string {
    return executorKey(NAMESPACE, this.appKey);
  }

  watchdog(): Promise<void> {
    return this.rpc.watchdog(DEPLOYMENT, NAMESPACE);
  }

  inside<T>(look: (object: TestExecutorObject, state: DurableObjectState) => T): Promise<T> {
    return runInDurableObject(this.stub, (object, state) => {
      assert(object instanceof TestExecutorObject, "wrangler.toml binds the name to this class");
      return look(object, state);
    });
  }

  /** What the platform says of the alarm. */
  alarmMs(): Promise<number | null> {
    return runInDurableObject(this.stub, (_, { storage }) => storage.getAlarm());
  }

  /** What the object keeps of itself. */
  tables(): Promise<readonly string[]> {
    return runInDurableObject(this.stub, (_, { storage }) =>
      storage.sql
        .exec<{ name: string }>("select name from sqlite_master where type = 'table'")
        .toArray()
        .map(({ name }) => name),
    );
  }

  /** Ends the object as a crash does: memory is gone, and what was written stays. */
  async crash(): Promise<void> {
    await this.inside((_, state) => state.abort("the keeper crashes")).catch(() => {
      // An object that is aborted does not answer.
    });
  }

  /** Takes away all that the object has, as a lost object has lost it. */
  async lose(): Promise<void> {
    await this.inside((_, { storage }) => storage.deleteAll());
    await this.crash();
  }
}
