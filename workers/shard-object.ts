import { DurableObject } from "cloudflare:workers";
import { durableObjectSql } from "../src/adapters/durable-object-sql.ts";
import { LibsqlRecords } from "../src/adapters/libsql-records.ts";
import { SqlShardStorage } from "../src/adapters/sql-shard-storage.ts";
import { createIds } from "../src/adapters/uuid-ids.ts";
import { assert } from "../src/core/assert.ts";
import type { Run } from "../src/core/run.ts";
import type { WorkflowRun } from "../src/core/workflow-run.ts";
import type { Deployment } from "../src/ports/directory.ts";
import type { Answered, CancelNotice, Delivery, SendingRef } from "../src/ports/dispatcher.ts";
import type { Log } from "../src/ports/log.ts";
import type { RecordsWriter } from "../src/ports/records.ts";
import type { ShardCommandKind, ShardReply } from "../src/ports/shard-client.ts";
import { reportSender } from "../src/registry/send-reports.ts";
import { SHARD_LIMITS } from "../src/shard/limits.ts";
import type { RunnerDeps } from "../src/shard/runner-deps.ts";
import { ShardRunner } from "../src/shard/shard-runner.ts";
import { Shard } from "../src/shard/shard.ts";
import { CourierPool, COURIER_SLOTS } from "./courier-pool.ts";
import type { Env } from "./env.ts";
import { DurableExecutors } from "./executor-rpc.ts";
import { createLog } from "./host-log.ts";
import { hostClock, hostTimers } from "./host-time.ts";
import { liveStub } from "./live-rpc.ts";
import { ObjectAlarm, SAFETY_MS } from "./object-alarm.ts";
import { openDatabase, RecordsClient } from "./records-client.ts";
import { couriersOf, hostConcurrencyOf, SettingsError } from "./settings.ts";
import { ObjectPeers } from "./object-peers.ts";
import { ShardLive } from "./shard-live.ts";
import {
  courierName,
  courierStub,
  shardOfName,
  type ShardCall,
  type ShardRpc,
} from "./shard-rpc.ts";

/** Couriers answer in sixes; while many are out, their answers of ten milliseconds share one transaction. */
const GROUP = { calmMs: 0, busyMs: 10 } as const;
/** Changes of a fifth of a second share one batch to the records. */
const FLUSH_MS = 200;
/** Where the shard keeps whose it is, beside its tables. */
const DEPLOYMENT_META = "deployment";
/** And which namespaces are watched. */
const WATCHED_META = "watched";

/**
 * One shard in a Durable Object: its storage, its alarm, its couriers. All decisions are those of
 * `Shard`; an event of the platform becomes a call of `ShardRunner`, which commits before anything leaves.
 */
export class ShardObject extends DurableObject<Env> implements ShardRpc {
  readonly #shard: number;
  readonly #log: Log;
  readonly #sql: ReturnType<typeof durableObjectSql>;
  readonly #storage: SqlShardStorage;
  readonly #alarm: ObjectAlarm;
  readonly #pool: CourierPool;
  readonly #live: ShardLive;
  readonly #runner: ShardRunner;
  #deployment: Deployment | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const shard = shardOfName(ctx.id.name ?? "");
    assert(shard !== null, "a shard object is reached by its name");
    this.#shard = shard;
    this.#log = createLog({ shard }, env);
    this.#sql = durableObjectSql(ctx.storage);
    this.#storage = new SqlShardStorage(this.#sql);
    this.#deployment = storedDeployment(this.#storage);
    const carrying = carryingOf(env, this.#log);
    this.#alarm = new ObjectAlarm({
      clock: hostClock,
      timers: hostTimers,
      setAlarm: (atMs) => ctx.storage.setAlarm(atMs),
      wake: () => this.#runner.turn(),
      onFailure: (error) => this.#log.error("The alarm was not set.", { error: String(error) }),
    });
    this.#pool = new CourierPool({
      couriers: carrying.couriers,
      timers: hostTimers,
      deliver: (courier, deliveries) => this.#deliver(courier, deliveries),
      abort: (courier, sending) => void this.#abort(courier, sending),
      cancel: (courier, notice) => this.#cancel(courier, notice),
    });
    this.#live = this.#openLive();
    this.#runner = this.#openRunner(carrying);
    void ctx.blockConcurrencyWhile(async () => {
      this.#alarm.found(await ctx.storage.getAlarm());
      this.#runner.start();
      for (const namespace of this.#live.namespaces)
        this.#runner.live.tellUnrecorded(namespace, true);
    });
  }

  async call<K extends ShardCommandKind>(call: ShardCall<K>): Promise<ShardReply<K>> {
    this.#adopt(call.deployment);
    const reply = await this.#runner.call(call.kind, call.input, call.idempotency);
    return call.kind === "stats" ? this.#withRows(reply) : reply;
  }

  waitForRun(runId: string, waitMs: number): Promise<Run | null> {
    return this.#runner.waitForRun(runId, waitMs);
  }

  waitForWorkflowRun(workflowRunId: string, waitMs: number): Promise<WorkflowRun | null> {
    return this.#runner.waitForWorkflowRun(workflowRunId, waitMs);
  }

  /** Answers that a courier has before its reply. Those of an earlier life of this object are still heard. */
  async answers(answered: readonly Answered[]): Promise<void> {
    const strangers = this.#pool.answers(answered);
    if (strangers.length > 0) this.#runner.answer(strangers);
  }

  async watch(deployment: Deployment, namespace: string): Promise<void> {
    this.#adopt(deployment);
    this.#live.watch(namespace);
    this.#runner.live.tellUnrecorded(namespace, false);
  }

  async watchdog(): Promise<void> {
    this.#alarm.found(await this.ctx.storage.getAlarm());
    this.#runner.turn();
    this.#alarm.rearm();
  }

  async deployment(): Promise<Deployment | null> {
    return this.#deployment;
  }

  /**
   * The platform drops an alarm for good after six failures in a row, so this one never fails. When an
   * earlier try died all the same (of memory or of processor time), the next alarm is armed before work.
   */
  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    this.#alarm.fired();
    if (info?.isRetry === true) this.#alarm.set(hostClock.nowMs() + SAFETY_MS);
    try {
      this.#runner.turn();
    } catch (error) {
      this.#log.error("A wake-up failed.", { error: String(error) });
      this.#alarm.set(hostClock.nowMs() + SAFETY_MS);
    } finally {
      this.#alarm.rearm();
    }
  }

  /** Where the outbox goes. */
  protected openRecords(): RecordsWriter {
    const { LIBSQL_URL, LIBSQL_TOKEN } = this.env;
    const client = new RecordsClient({ url: LIBSQL_URL ?? "", token: LIBSQL_TOKEN ?? null });
    return new LibsqlRecords(openDatabase(client));
  }

  /** Adds to the shard's count of itself what the platform charges for. */
  #withRows<K extends ShardCommandKind>(reply: ShardReply<K>): ShardReply<K> {
    if (!reply.ok) return reply;
    const rowsWritten = this.#sql.rowsWritten + this.#alarm.timesSet;
    return { ...reply, value: { ...reply.value, rowsWritten } };
  }

  #openRunner({ slots, hostConcurrency }: Carrying): ShardRunner {
    return new ShardRunner({
      shard: new Shard({
        shard: this.#shard,
        storage: this.#storage,
        random: { next: () => Math.random() },
        ids: createIds(),
        limits: { ...SHARD_LIMITS, slots, hostConcurrency },
      }),
      clock: hostClock,
      timers: hostTimers,
      alarm: this.#alarm,
      dispatcher: this.#pool,
      records: this.openRecords(),
      reports: (...report) => this.#report(...report),
      live: this.#live,
      log: this.#log,
      peers: new ObjectPeers(this.env, () => this.#deployment),
      // The platform holds back what leaves an object until its storage has confirmed.
      durable: () => null,
      lost: () => {},
      settings: { group: GROUP, flushMs: FLUSH_MS },
    });
  }

  #openLive(): ShardLive {
    // Parsed unchecked: `keep` alone writes it.
    const kept: readonly string[] = JSON.parse(this.#storage.getMeta(WATCHED_META) ?? "[]");
    return new ShardLive({
      clock: hostClock,
      timers: hostTimers,
      log: this.#log,
      send: (namespace, batch) => liveStub(this.env, namespace).publish(batch),
      kept,
      keep: (namespaces) => this.#storage.putMeta(WATCHED_META, JSON.stringify(namespaces)),
    });
  }

  /** A courier that cannot be reached has nothing left to break off. */
  async #abort(courier: number, sending: SendingRef): Promise<void> {
    if (this.#deployment === null) return;
    try {
      const stub = courierStub(this.env, courierName(this.#shard, courier));
      await stub.abort(this.#deployment.id, sending);
    } catch (error) {
      this.#log.warn("A delivery was not broken off.", { courier, error: String(error) });
    }
  }

  async #cancel(courier: number, notice: CancelNotice): Promise<boolean> {
    if (this.#deployment === null) return false;
    const stub = courierStub(this.env, courierName(this.#shard, courier));
    return stub.cancel(this.#deployment.id, notice);
  }

  /** Nodes that the shard noticed something of; a shard of no deployment has sent nothing. */
  #report(...[namespace, appKey, reports]: Parameters<RunnerDeps["reports"]>): void {
    if (this.#deployment === null) return;
    const executors = new DurableExecutors(this.env, this.#deployment);
    reportSender(executors, this.#log)(namespace, appKey, reports);
  }

  #deliver(courier: number, deliveries: readonly Delivery[]): Promise<readonly Answered[]> {
    assert(this.#deployment !== null, "a job came with a command, and a command with a deployment");
    const shard = this.ctx.id.name;
    assert(shard !== undefined, "a shard object is reached by its name");
    return courierStub(this.env, courierName(this.#shard, courier)).deliver({
      shard,
      deploymentId: this.#deployment.id,
      deliveries,
    });
  }

  /** Remembers whose shard this is. Throws when it is another's: its tokens and secrets would not fit. */
  #adopt(deployment: Deployment): void {
    if (this.#deployment?.id === deployment.id) return;
    if (this.#deployment !== null)
      throw new Error(
        `shard ${this.#shard} belongs to deployment ${this.#deployment.id}, and the records to ` +
          `${deployment.id}: point LIBSQL_URL to the database that this Worker was started with`,
      );
    this.#storage.putMeta(DEPLOYMENT_META, JSON.stringify(deployment));
    this.#deployment = deployment;
  }
}

/** Parsed unchecked: `#adopt` alone writes it. */
function storedDeployment(storage: SqlShardStorage): Deployment | null {
  const text = storage.getMeta(DEPLOYMENT_META);
  return text === undefined ? null : JSON.parse(text);
}

/** How a shard's deliveries are carried. */
interface Carrying {
  readonly couriers: number;
  readonly slots: number;
  readonly hostConcurrency: number;
}

/** A shard goes on with what it has while the Worker says what is wrong with a setting. */
function carryingOf(env: Env, log: Log): Carrying {
  const couriers = orElse(() => couriersOf(env), 1, log);
  const slots = couriers * COURIER_SLOTS;
  return {
    couriers,
    slots,
    hostConcurrency: orElse(() => hostConcurrencyOf(env, slots), slots, log),
  };
}

function orElse(read: () => number, otherwise: number, log: Log): number {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    log.error(error.message);
    return otherwise;
  }
}
