import { DurableObject } from "cloudflare:workers";
import type { AuditEntry, AuditRecords } from "../../src/ports/audit.ts";
import type { Egress, EgressAnswer, EgressRequest } from "../../src/ports/egress.ts";
import type { ExecutorRecords, ExecutorRow } from "../../src/ports/executor-storage.ts";
import type { NodeProbe } from "../../src/ports/node-probe.ts";
import type { RecordsBatch, RecordsWriter } from "../../src/ports/records.ts";
import { AuditObject } from "../../workers/audit-object.ts";
import { Courier } from "../../workers/courier.ts";
import type { Env } from "../../workers/env.ts";
import { ExecutorObject } from "../../workers/executor-object.ts";
import { ShardObject } from "../../workers/shard-object.ts";

export { LiveObject } from "../../workers/live-object.ts";
export { LoginObject } from "../../workers/login-object.ts";
export { QuotaObject } from "../../workers/quota-object.ts";

/** An empty object with SQLite: the tests reach into its storage from inside. */
export class StorageHost extends DurableObject {}

/** The shard object with records that remember, and with what the platform would charge for it. */
export class TestShardObject extends ShardObject {
  batches: RecordsBatch[] = [];
  areRecordsAway = false;
  readonly charged: Charged;

  constructor(ctx: DurableObjectState, env: Env) {
    const charged = chargeFor(ctx.storage);
    super(ctx, env);
    this.charged = charged;
  }

  protected override openRecords(): RecordsWriter {
    return {
      write: async (batch) => {
        if (this.areRecordsAway) return false;
        this.batches.push(batch);
        return true;
      },
    };
  }
}

export interface Charged {
  rowsWritten: number;
  alarmsSet: number;
}

/** Counts the rows that the platform charges for: those of statements, and one for each `setAlarm`. */
function chargeFor(storage: DurableObjectStorage): Charged {
  const charged = { rowsWritten: 0, alarmsSet: 0 };
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  const setAlarm = storage.setAlarm.bind(storage);
  Object.defineProperty(sql, "exec", {
    value: (...statement: Parameters<typeof exec>) => {
      const cursor = exec(...statement);
      const rows = cursor.toArray();
      charged.rowsWritten += cursor.rowsWritten;
      return { toArray: () => rows };
    },
  });
  Object.defineProperty(storage, "setAlarm", {
    value: (...wish: Parameters<typeof setAlarm>) => {
      charged.alarmsSet++;
      return setAlarm(...wish);
    },
  });
  return charged;
}

/** What the records know of executors, whatever happens to the objects. */
export const EXECUTOR_ROWS = new Map<string, ExecutorRow>();

/** The executor object with records that remember, and with nodes that answer every probe. */
export class TestExecutorObject extends ExecutorObject {
  probed: string[] = [];

  protected override openRecords(): ExecutorRecords {
    return {
      putExecutor: async (row) => {
        EXECUTOR_ROWS.set(row.executor.appKey, row);
        return true;
      },
      executorRow: async (appKey) => EXECUTOR_ROWS.get(appKey) ?? null,
    };
  }

  protected override openProbe(): NodeProbe {
    return {
      probe: async ({ address, appKey }) => {
        this.probed.push(address);
        return { ...ALIVE, appKey };
      },
    };
  }
}

/** The audit object with records that remember, or are away. */
export class TestAuditObject extends AuditObject {
  static readonly entries = new Map<string, AuditEntry[]>();
  areRecordsAway = false;

  protected override openRecords(): AuditRecords {
    return {
      add: async (entries) => {
        if (this.areRecordsAway) return null;
        for (const { entry } of entries) rowsOf(entry.namespace)[entry.seq - 1] = entry;
        return [];
      },
      head: async (namespace) => rowsOf(namespace).at(-1) ?? null,
    };
  }
}

function rowsOf(namespace: string): AuditEntry[] {
  const rows = TestAuditObject.entries.get(namespace) ?? [];
  TestAuditObject.entries.set(namespace, rows);
  return rows;
}

const ALIVE = {
  isReached: true,
  status: 200,
  latencyMs: 3,
  clockSkewMs: 0,
  answer: { ok: true },
  error: null,
  handlers: ["report"],
  inFlight: 0,
} as const;

const OK: EgressAnswer = {
  ok: true,
  status: 200,
  headers: { "content-type": "application/json" },
  body: '{"result":{"greeting":"hello"}}',
  truncated: false,
  phases: {},
};

/** The courier with targets inside this process: each holds its answer while `isHolding`. */
export class TestCourier extends Courier {
  answer: EgressAnswer = OK;
  isHolding = false;
  requests: EgressRequest[] = [];
  #held: (() => void)[] = [];

  /** Lets the oldest held requests be answered. */
  release(count: number): void {
    for (const answer of this.#held.splice(0, count)) answer();
  }

  protected override openEgress(): Egress {
    return {
      refuses: () => null,
      close: () => Promise.resolve(),
      send: async (request) => {
        this.requests.push(request);
        if (this.isHolding) await new Promise<void>((resolve) => this.#held.push(resolve));
        return this.answer;
      },
    };
  }
}

const worker = {
  fetch(): Response {
    return new Response("This worker only lends its objects to tests.", { status: 404 });
  },
} satisfies ExportedHandler;

// oxlint-disable-next-line import/no-default-export -- The Workers runtime reads the default export.
export default worker;
