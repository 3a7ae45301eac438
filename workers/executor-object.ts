import { DurableObject } from "cloudflare:workers";
import { durableObjectSql } from "../src/adapters/durable-object-sql.ts";
import { LibsqlExecutorRecords } from "../src/adapters/libsql-executors.ts";
import { SqlExecutorStorage } from "../src/adapters/sql-executor-storage.ts";
import { createIds } from "../src/adapters/uuid-ids.ts";
import { assert } from "../src/core/assert.ts";
import { Refusal, type RefusalData } from "../src/core/refusal.ts";
import { createNodeProbe } from "../src/dialects/node-probe.ts";
import type { Deployment } from "../src/ports/directory.ts";
import type { ExecutorCommandKind, ExecutorReply } from "../src/ports/executor-commands.ts";
import type { ExecutorRecords } from "../src/ports/executor-storage.ts";
import type { Log } from "../src/ports/log.ts";
import type { NodeProbe } from "../src/ports/node-probe.ts";
import type { Shards } from "../src/ports/shard-client.ts";
import { KeeperRunner, NEVER_BEYOND } from "../src/registry/keeper-runner.ts";
import { openEgress } from "./egress-fetch.ts";
import type { Env } from "./env.ts";
import {
  appKeyOfName,
  type ExecutorCall,
  type ExecutorRpc,
  type PingReply,
} from "./executor-rpc.ts";
import { createLog } from "./host-log.ts";
import { hostClock, hostTimers } from "./host-time.ts";
import { KeeperLive } from "./keeper-live.ts";
import { liveStub } from "./live-rpc.ts";
import { ObjectAlarm, SAFETY_MS } from "./object-alarm.ts";
import { openDatabase, RecordsClient } from "./records-client.ts";
import { cipherOf } from "./settings.ts";
import { DurableShards } from "./shard-rpc.ts";

/** Where the object keeps whose it is, beside the tables of the keeper. */
const DEPLOYMENT_KEY = "deployment";

/**
 * The keeper of one executor in a Durable Object: its storage and its alarm. All decisions are those of the
 * keeper; an event of the platform becomes a call of `KeeperRunner`. Whoever guesses appKeys leaves nothing
 * behind: until there is an executor, the object writes nothing.
 */
export class ExecutorObject extends DurableObject<Env> implements ExecutorRpc {
  readonly #appKey: string;
  readonly #log: Log;
  readonly #alarm: ObjectAlarm;
  #deployment: Deployment | null;
  #runner: KeeperRunner | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const appKey = appKeyOfName(ctx.id.name ?? "");
    assert(appKey !== null, "an executor object is reached by its name");
    this.#appKey = appKey;
    this.#log = createLog({ executor: appKey }, env);
    this.#alarm = new ObjectAlarm({
      clock: hostClock,
      timers: hostTimers,
      setAlarm: (atMs) => ctx.storage.setAlarm(atMs),
      wake: () => this.#runner?.turn(),
      onFailure: (error) => this.#log.error("The alarm was not set.", { error: String(error) }),
    });
    // Written by `#open` alone.
    this.#deployment = ctx.storage.kv.get<Deployment>(DEPLOYMENT_KEY) ?? null;
    void ctx.blockConcurrencyWhile(async () => {
      this.#alarm.found(await ctx.storage.getAlarm());
      if (this.#deployment !== null) this.#open(this.#deployment);
    });
  }

  async call<K extends ExecutorCommandKind>(call: ExecutorCall<K>): Promise<ExecutorReply<K>> {
    const { kind, input, idempotency, deployment } = call;
    const opened = await this.#opened(kind, deployment);
    return opened.ok ? opened.runner.call(kind, input, idempotency ?? undefined) : opened;
  }

  async ping(deployment: Deployment, namespace: string, node: string): Promise<PingReply> {
    const opened = await this.#opened("node.patch", deployment);
    return opened.ok ? opened.runner.ping(namespace, node) : opened;
  }

  async watchdog(deployment: Deployment, namespace: string): Promise<void> {
    this.#alarm.found(await this.ctx.storage.getAlarm());
    const opened = await this.#opened("executor.get", deployment);
    if (!opened.ok) return;
    // A keeper that finds itself empty takes over what the records have.
    await opened.runner.call("executor.get", { namespace });
    opened.runner.turn();
    this.#alarm.rearm();
  }

  /** As that of a shard: it never fails, or the platform would drop it for good. */
  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    this.#alarm.fired();
    if (info?.isRetry === true) this.#alarm.set(hostClock.nowMs() + SAFETY_MS);
    try {
      this.#runner?.turn();
    } catch (error) {
      this.#log.error("A wake-up failed.", { error: String(error) });
      this.#alarm.set(hostClock.nowMs() + SAFETY_MS);
    } finally {
      this.#alarm.rearm();
    }
  }

  /** Where the executor is found again, and where its row goes. */
  protected openRecords(): ExecutorRecords {
    const { LIBSQL_URL, LIBSQL_TOKEN } = this.env;
    const client = new RecordsClient({ url: LIBSQL_URL ?? "", token: LIBSQL_TOKEN ?? null });
    return new LibsqlExecutorRecords(openDatabase(client));
  }

  /** What asks nodes how they are. */
  protected openProbe(deployment: Deployment): NodeProbe {
    return createNodeProbe({
      egress: openEgress(this.env),
      cipher: cipherOf(this.env),
      clock: hostClock,
      deploymentId: deployment.id,
    });
  }

  /** The shards that hold copies. */
  protected openShards(deployment: Deployment): Shards {
    return new DurableShards(this.env, deployment);
  }

  /** The keeper, opened if there is an executor or one is to be made. */
  async #opened(
    kind: ExecutorCommandKind,
    deployment: Deployment,
  ): Promise<
    | { readonly ok: true; readonly runner: KeeperRunner }
    | { readonly ok: false; readonly refusal: RefusalData }
  > {
    this.#expectOwn(deployment);
    try {
      if (this.#runner === null && !(await this.#mayOpen(kind)))
        return { ok: false, refusal: this.#unknown() };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { ok: false, refusal: error.data };
    }
    return { ok: true, runner: this.#runner ?? this.#open(deployment) };
  }

  #unknown(): RefusalData {
    const detail = `There is no executor with the appKey ${this.#appKey}.`;
    return { code: "executor.unknown", detail };
  }

  async #mayOpen(kind: ExecutorCommandKind): Promise<boolean> {
    if (kind === "executor.create") return true;
    if (NEVER_BEYOND.has(kind)) return false;
    return (await this.openRecords().executorRow(this.#appKey)) !== null;
  }

  #open(deployment: Deployment): KeeperRunner {
    if (this.#deployment === null) this.ctx.storage.kv.put(DEPLOYMENT_KEY, deployment);
    this.#deployment = deployment;
    const runner = new KeeperRunner({
      appKey: this.#appKey,
      storage: new SqlExecutorStorage(durableObjectSql(this.ctx.storage), this.#appKey),
      clock: hostClock,
      timers: hostTimers,
      alarm: this.#alarm,
      ids: createIds(),
      records: this.openRecords(),
      shards: this.openShards(deployment),
      probe: this.openProbe(deployment),
      live: new KeeperLive({
        deploymentId: deployment.id,
        clock: hostClock,
        timers: hostTimers,
        log: this.#log,
        send: (namespace, batch) => liveStub(this.env, namespace).publish(batch),
      }),
      log: this.#log,
    });
    this.#runner = runner;
    runner.start();
    return runner;
  }

  /** Throws when the executor is another deployment's: its secrets and shards would not fit. */
  #expectOwn(deployment: Deployment): void {
    const own = this.#deployment;
    if (own === null || own.id === deployment.id) return;
    throw new Error(
      `executor ${this.#appKey} belongs to deployment ${own.id}, and the records to ` +
        `${deployment.id}: point LIBSQL_URL to the database that this Worker was started with`,
    );
  }
}
