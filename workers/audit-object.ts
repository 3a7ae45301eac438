import { createHash } from "node:crypto";
import { DurableObject } from "cloudflare:workers";
import { durableObjectSql } from "../src/adapters/durable-object-sql.ts";
import { LibsqlAudit } from "../src/adapters/libsql-audit.ts";
import { SqlAuditStorage } from "../src/adapters/sql-audit-storage.ts";
import { assert } from "../src/core/assert.ts";
import type { AuditNote, AuditRecords } from "../src/ports/audit.ts";
import type { Deployment } from "../src/ports/directory.ts";
import type { Log } from "../src/ports/log.ts";
import { AuditRunner } from "../src/registry/audit-runner.ts";
import { namespaceOfAudit, type AuditRpc } from "./audit-rpc.ts";
import type { Env } from "./env.ts";
import { createLog } from "./host-log.ts";
import { hostClock, hostTimers } from "./host-time.ts";
import { ObjectAlarm, SAFETY_MS } from "./object-alarm.ts";
import { openDatabase, RecordsClient } from "./records-client.ts";

/** Where the object keeps whose it is, beside the tables of the log. */
const DEPLOYMENT_KEY = "deployment";
/** How long entries gather before they go to the records. */
const LINGER_MS = 200;

/**
 * The writer of the audit log of one namespace in a Durable Object: its storage and its alarm. All decisions are those
 * of `AuditKeeper`; an event of the platform becomes a call of `AuditRunner`. Until there is a note, the object writes
 * nothing.
 */
export class AuditObject extends DurableObject<Env> implements AuditRpc {
  readonly #namespace: string;
  readonly #log: Log;
  readonly #alarm: ObjectAlarm;
  #deployment: Deployment | null;
  #runner: AuditRunner | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const namespace = namespaceOfAudit(ctx.id.name ?? "");
    assert(namespace !== null, "an audit object is reached by its name");
    this.#namespace = namespace;
    this.#log = createLog({ audit: namespace }, env);
    this.#alarm = new ObjectAlarm({
      clock: hostClock,
      timers: hostTimers,
      setAlarm: (atMs) => ctx.storage.setAlarm(atMs),
      wake: () => this.#runner?.turn(),
      onFailure: (error) => this.#log.error("The alarm was not set.", { error: String(error) }),
    });
    // Written by `append` alone.
    this.#deployment = ctx.storage.kv.get<Deployment>(DEPLOYMENT_KEY) ?? null;
    void ctx.blockConcurrencyWhile(async () => {
      this.#alarm.found(await ctx.storage.getAlarm());
      if (this.#deployment !== null) this.#open().turn();
    });
  }

  /** What it wrote is durable before its answer leaves the object. */
  async append(deployment: Deployment, note: AuditNote): Promise<void> {
    assert(note.namespace === this.#namespace, "a note goes to the object of its namespace");
    this.#expectOwn(deployment);
    if (this.#deployment === null) this.ctx.storage.kv.put(DEPLOYMENT_KEY, deployment);
    this.#deployment = deployment;
    await this.#open().append(note);
  }

  async watchdog(): Promise<void> {
    this.#alarm.found(await this.ctx.storage.getAlarm());
    this.#runner?.turn();
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

  /** Where entries go in the end. */
  protected openRecords(): AuditRecords {
    const { LIBSQL_URL, LIBSQL_TOKEN } = this.env;
    const client = new RecordsClient({ url: LIBSQL_URL ?? "", token: LIBSQL_TOKEN ?? null });
    return new LibsqlAudit(openDatabase(client));
  }

  #open(): AuditRunner {
    this.#runner ??= new AuditRunner({
      storage: new SqlAuditStorage(durableObjectSql(this.ctx.storage)),
      records: this.openRecords(),
      sha256: (text) => createHash("sha256").update(text).digest("hex"),
      clock: hostClock,
      timers: hostTimers,
      alarm: this.#alarm,
      log: this.#log,
      lingerMs: LINGER_MS,
    });
    return this.#runner;
  }

  /** Throws when the log is another deployment's: its entries would go to records that are not its own. */
  #expectOwn(deployment: Deployment): void {
    const own = this.#deployment;
    if (own === null || own.id === deployment.id) return;
    throw new Error(
      `the audit log of ${this.#namespace} belongs to deployment ${own.id}, and the records to ` +
        `${deployment.id}: point LIBSQL_URL to the database that this Worker was started with`,
    );
  }
}
