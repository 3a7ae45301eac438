import { createHash, randomBytes } from "node:crypto";
import { createCipher } from "../../src/adapters/cipher.ts";
import { checkUserHeaders } from "../../src/adapters/egress-headers.ts";
import { createEgressPolicy } from "../../src/adapters/egress-policy.ts";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { LibsqlAudit } from "../../src/adapters/libsql-audit.ts";
import { LibsqlAuditReader } from "../../src/adapters/libsql-audit-reader.ts";
import { SqlQuotaBook } from "../../src/adapters/sql-quota-book.ts";
import { icsDates } from "../../src/adapters/ics-dates.ts";
import { LibsqlExecutorRecords } from "../../src/adapters/libsql-executors.ts";
import { LibsqlDirectory } from "../../src/adapters/libsql-directory.ts";
import { LibsqlPeople } from "../../src/adapters/libsql-people.ts";
import { LibsqlRecordsReader } from "../../src/adapters/libsql-records-reader.ts";
import { LibsqlRunLogs } from "../../src/adapters/libsql-run-logs.ts";
import { LibsqlRecords } from "../../src/adapters/libsql-records.ts";
import { LibsqlStats } from "../../src/adapters/libsql-stats.ts";
import { LibsqlWatchers } from "../../src/adapters/libsql-watchers.ts";
import { MemoryShardStorage } from "../../src/adapters/memory-shard-storage.ts";
import { ScryptPasswords } from "../../src/adapters/scrypt-passwords.ts";
import { createIds } from "../../src/adapters/uuid-ids.ts";
import type { Api, ApiDeps, LogEntry } from "../../src/api/api-deps.ts";
import { createApi } from "../../src/api/app.ts";
import { assert } from "../../src/core/assert.ts";
import type { Json } from "../../src/core/json.ts";
import { createCallbackTokens, type CallbackTokens } from "../../src/dialects/callback-token.ts";
import { createExecTokens } from "../../src/dialects/exec-token.ts";
import { createLiveTickets } from "../../src/dialects/live-ticket.ts";
import { webhookSecret } from "../../src/dialects/webhook-secret.ts";
import type { Answered, CancelNotice, Delivery } from "../../src/ports/dispatcher.ts";
import type { Log } from "../../src/ports/log.ts";
import { reportSender } from "../../src/registry/send-reports.ts";
import { SHARD_LIMITS } from "../../src/shard/limits.ts";
import { ShardRunner } from "../../src/shard/shard-runner.ts";
import { Shard } from "../../src/shard/shard.ts";
import { hostTimers } from "../../src/standalone/host-time.ts";
import { LocalAudit } from "../../src/standalone/local-audit.ts";
import { LocalLive } from "../../src/standalone/local-live.ts";
import { MASTER_KEY } from "./master-keys.ts";
import { OpenExecutors } from "./open-executors.ts";
import { openMemoryRecords, type OpenedRecords } from "./open-records.ts";

export const BOOTSTRAP_TOKEN = "tests-".padEnd(40, "x");
/** Real hashes, that cost next to nothing. */
export const CHEAP_COST = { costLog2: 4, blockSize: 8, parallel: 1 } as const;
export const START_MS = Date.UTC(2026, 10, 21, 2, 0, 0, 500);

const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** A request to the API, as short as a test wants to write it. */
export interface Ask {
  readonly token?: string | null;
  readonly body?: unknown;
  /** Sent as it is instead of `body`. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What came back: the status, the headers, and the body as JSON where it is JSON. */
export interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- Tests look into answers of every shape.
  readonly json: any;
}

/**
 * The API over real shards and keepers in memory and real records, with a clock and deliveries that the test
 * moves.
 */
export class OpenApi {
  readonly api: Api;
  readonly deps: ApiDeps;
  readonly tokens: CallbackTokens;
  readonly log: LogEntry[] = [];
  readonly deliveries: Delivery[] = [];
  /** Runs whose deliveries were to be broken off. */
  readonly aborted: string[] = [];
  /** Cancel notices, as the shards handed them out. */
  readonly notices: CancelNotice[] = [];
  /** What nodes say to such a notice: true is that the run has stopped. */
  isCancelConfirmed = false;
  readonly runners: readonly ShardRunner[];
  readonly executors: OpenExecutors;
  /** The writer of the audit log. */
  readonly audit: LocalAudit;
  /** The hubs of those who watch. */
  readonly live: LocalLive;
  readonly #records: OpenedRecords;
  readonly #clock: { nowMs: number };
  readonly #waiting = new Map<string, (answered: Answered) => void>();

  private constructor(records: OpenedRecords, shards: number, changes: Partial<ApiDeps>) {
    this.#records = records;
    this.#clock = { nowMs: START_MS };
    const clock = { nowMs: () => this.#clock.nowMs };
    const cipher = createCipher(MASTER_KEY);
    const deployment = { id: "dep_test", shards, keyCheck: "", createdMs: START_MS };
    this.tokens = createCallbackTokens(cipher, deployment.id);
    const ids = createIds();
    const writer = new LibsqlRecords(records.database);
    this.live = new LocalLive({
      watchers: new LibsqlWatchers(records.database),
      clock,
      log: SILENT,
      deploymentId: deployment.id,
      origin: () => "http://tickwheel.test",
    });
    this.executors = new OpenExecutors({
      live: this.live,
      clock,
      ids,
      records: new LibsqlExecutorRecords(records.database),
      shards: { count: shards, at: (shard) => this.#runner(shard) },
      log: SILENT,
    });
    this.runners = Array.from({ length: shards }, (_, shard) => {
      const random = { next: () => 0.5 };
      const storage = new MemoryShardStorage();
      return new ShardRunner({
        shard: new Shard({ shard, storage, random, ids, limits: SHARD_LIMITS }),
        clock,
        timers: hostTimers,
        // The test turns the shards itself, when it moves the clock.
        alarm: { set: () => {}, armedMs: null },
        dispatcher: {
          send: (delivery) => this.#send(delivery),
          abort: ({ runId }) => void this.aborted.push(runId),
          cancel: (notice) => Promise.resolve(this.#notice(notice)),
        },
        records: writer,
        reports: reportSender(this.executors, SILENT),
        log: SILENT,
        live: this.live,
        peers: { count: shards, at: (peer) => this.#runner(peer) },
        durable: () => null,
        lost: () => {},
        settings: { group: { calmMs: 0, busyMs: 0 }, flushMs: 0 },
      });
    });
    this.live.onWatched = (namespace) => {
      for (const runner of this.runners) runner.live.tellUnrecorded(namespace, false);
    };
    for (const runner of this.runners) runner.start();
    const quotas = openNodeSqlite(":memory:");
    this.audit = new LocalAudit({
      path: ":memory:",
      records: new LibsqlAudit(records.database),
      log: SILENT,
      clock,
    });
    const policy = createEgressPolicy({ allow: [], own: [] });
    const refuses = (url: string): string | null => {
      const verdict = policy.judge(url);
      return verdict.ok ? null : verdict.why;
    };
    this.deps = {
      clock,
      ids,
      secretBytes: (count) => new Uint8Array(randomBytes(count)),
      shards: { count: shards, at: (shard) => this.#runner(shard) },
      records: new LibsqlRecordsReader(records.database),
      audit: this.audit,
      auditReader: new LibsqlAuditReader(records.database),
      stats: new LibsqlStats(records.database),
      logs: new LibsqlRunLogs(records.database),
      directory: new LibsqlDirectory(records.database),
      people: new LibsqlPeople(records.database),
      passwords: new ScryptPasswords(new Map(), { cost: CHEAP_COST }),
      quotaBooks: { of: (namespace) => new SqlQuotaBook(quotas, namespace) },
      executors: this.executors,
      live: this.live,
      liveTickets: createLiveTickets(cipher, deployment.id),
      execTokens: createExecTokens({ cipher, deploymentId: deployment.id }),
      cipher,
      egress: { refuses },
      deployment,
      settings: {
        version: "0.0.0",
        host: "standalone",
        runtime: "a test",
        bootstrapTokenHash: createHash("sha256").update(BOOTSTRAP_TOKEN).digest("hex"),
        setupTokenHash: null,
        ratePerMinute: 600,
        bootstrapRatePerMinute: 60_000,
      },
      log: { write: (entry) => this.log.push(entry) },
      checkTarget: (target) => {
        if (target.kind === "webhook") checkUserHeaders(target.headers);
      },
      icsDates,
      verifyCallbackToken: (token, nowMs) => this.tokens.verify(token, nowMs),
      webhookSecret: (namespace, generation) => webhookSecret(cipher, namespace, generation),
      asset: () => Promise.resolve(null),
      clientAddress: () => "192.0.2.1",
      waitUntil: () => {},
      ...changes,
    };
    this.api = createApi(this.deps);
  }

  static async start(
    settings: { readonly shards?: number; readonly deps?: Partial<ApiDeps> } = {},
  ): Promise<OpenApi> {
    return new OpenApi(await openMemoryRecords(), settings.shards ?? 3, settings.deps ?? {});
  }

  /** Asks as the bootstrap token unless another one, or null for none, is named. */
  async ask(method: string, path: string, ask: Ask = {}): Promise<Got> {
    const response = await this.api.request(requestOf(method, path, ask));
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") === true;
    const json: unknown = isJson && text !== "" ? JSON.parse(text) : null;
    return { status: response.status, headers: response.headers, text, json };
  }

  /** Moves the clock and lets every keeper and every shard do what has become due. */
  advance(ms: number): void {
    this.#clock.nowMs += ms;
    this.executors.turn();
    for (const runner of this.runners) runner.turn();
  }

  /** A node's sign of life, which registers it: the short way, without a token. */
  beat(...said: Parameters<OpenExecutors["beat"]>): ReturnType<OpenExecutors["beat"]> {
    return this.executors.beat(...said);
  }

  get nowMs(): number {
    return this.#clock.nowMs;
  }

  /** The newest delivery of a run that nobody has answered yet. */
  delivery(runId: string): Delivery {
    const delivery = this.deliveries.findLast((sent) => sent.runId === runId);
    assert(delivery !== undefined, `run ${runId} was delivered`);
    return delivery;
  }

  /** Answers a delivery as its target would. */
  async answer(runId: string, answer: Answered["answer"], status: number): Promise<void> {
    const { attempt, send } = this.delivery(runId);
    const nowhere = { phases: null, node: null, unreached: [] };
    this.#waiting.get(runId)?.({ runId, attempt, send, answer, status, ...nowhere });
    this.#waiting.delete(runId);
    await nextTurnOfTheLoop();
  }

  succeed(runId: string, result: Json = null): Promise<void> {
    return this.answer(runId, { kind: "succeeded", result, truncated: false, context: null }, 200);
  }

  /** Waits until the records have everything that the shards and keepers have said. */
  async recordsCaughtUp(): Promise<void> {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- It is the waiting that is wanted.
      const outboxes = await Promise.all(this.runners.map((runner) => runner.call("stats", {})));
      const isEmpty = outboxes.every((reply) => reply.ok && reply.value.outbox === 0);
      if (isEmpty && this.executors.areInRecords && this.audit.isSettled) return;
      this.audit.start();
      // oxlint-disable-next-line no-await-in-loop
      await nextTurnOfTheLoop();
    }
  }

  /** A token of its own, made as a caller would make it. */
  async newToken(scope: string, namespace = "default"): Promise<string> {
    const body = { name: `${scope} of ${namespace}`, scopes: [scope], namespace };
    const got = await this.ask("POST", "/api/v1/tokens", { body });
    assert(got.status === 201, `a token is made: ${got.text}`);
    return got.json.token;
  }

  async close(): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.stop(0)));
    await this.executors.stop();
    await this.audit.stop(0);
    await this.audit.close();
    await this.#records.close();
  }

  #runner(shard: number): ShardRunner {
    const runner = this.runners[shard];
    assert(runner !== undefined, "the shard exists");
    return runner;
  }

  #notice(notice: CancelNotice): boolean {
    this.notices.push(notice);
    return this.isCancelConfirmed;
  }

  #send(delivery: Delivery): Promise<Answered> {
    this.deliveries.push(delivery);
    return new Promise((resolve) => {
      this.#waiting.set(delivery.runId, resolve);
    });
  }
}

function requestOf(method: string, path: string, ask: Ask): Request {
  const headers = new Headers(ask.headers);
  const token = ask.token === undefined ? BOOTSTRAP_TOKEN : ask.token;
  if (token !== null) headers.set("authorization", `Bearer ${token}`);
  const body = ask.text ?? (ask.body === undefined ? null : JSON.stringify(ask.body));
  if (body !== null && !headers.has("content-type"))
    headers.set("content-type", "application/json");
  return new Request(`http://tickwheel.test${path}`, { method, headers, body });
}

/** A job that never fires by itself. */
export function aJob(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    name: "nightly-report",
    schedule: { kind: "manual" },
    target: { kind: "webhook", url: "https://example.com/hook" },
    ...changes,
  };
}

function nextTurnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
