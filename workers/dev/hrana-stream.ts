import { setTimeout as sleep } from "node:timers/promises";
import { HranaError } from "./hrana-connection.ts";
import type { HranaConnection, StatementResult } from "./hrana-connection.ts";
import type {
  Condition,
  HranaBatch,
  HranaStatement,
  SqlSource,
  StreamRequest,
} from "./hrana-requests.ts";

const LIMITS = { busyMsMax: 5_000, busyPauseMs: 3, storedSqlMax: 150 } as const;

interface ErrorReply {
  readonly message: string;
  readonly code: string;
}

export type StreamReply =
  | { readonly type: "ok"; readonly response: object }
  | { readonly type: "error"; readonly error: ErrorReply };

/**
 * A conversation on one connection. It waits for a locked file without blocking the process,
 * because the lock may be held by another stream of the same process.
 */
export class HranaStream {
  readonly connection: HranaConnection;
  readonly #stored = new Map<number, string>();
  #isClosed = false;

  constructor(connection: HranaConnection) {
    this.connection = connection;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async answer(request: StreamRequest): Promise<StreamReply> {
    try {
      if (this.#isClosed) throw new HranaError("STREAM_CLOSED", "the stream was closed");
      return { type: "ok", response: await this.#respond(request) };
    } catch (error) {
      return { type: "error", error: errorReply(error) };
    }
  }

  async #respond(request: StreamRequest): Promise<object> {
    const { type } = request;
    switch (type) {
      case "close":
        this.#isClosed = true;
        return { type };
      case "execute":
        return { type, result: await this.#execute(request.stmt) };
      case "batch":
        return { type, result: await this.#batch(request.batch) };
      case "sequence": {
        const sql = this.#sqlOf(request);
        await whenFree(() => this.connection.sequence(sql));
        return { type };
      }
      case "describe":
        return { type, result: this.connection.describe(this.#sqlOf(request)) };
      case "store_sql":
        return this.#store(request.sql_id, request.sql);
      case "close_sql":
        this.#stored.delete(request.sql_id);
        return { type };
      case "get_autocommit":
        return { type, is_autocommit: this.connection.isAutocommit };
      default:
        throw new HranaError("PROTO_ERROR", "unknown request");
    }
  }

  #execute(statement: HranaStatement): Promise<StatementResult> {
    const sql = this.#sqlOf(statement);
    return whenFree(() => this.connection.execute(sql, statement));
  }

  async #batch(batch: HranaBatch): Promise<object> {
    const results: (StatementResult | null)[] = [];
    const errors: (ErrorReply | null)[] = [];
    const holds = (condition: Condition): boolean => {
      switch (condition.type) {
        case "ok":
          return (results[condition.step] ?? null) !== null;
        case "error":
          return (errors[condition.step] ?? null) !== null;
        case "not":
          return !holds(condition.cond);
        case "and":
          return condition.conds.every(holds);
        case "or":
          return condition.conds.some(holds);
        case "is_autocommit":
          return this.connection.isAutocommit;
        default:
          return false;
      }
    };
    for (const { condition, stmt } of batch.steps) {
      let result: StatementResult | null = null;
      let error: ErrorReply | null = null;
      try {
        // A step runs after the steps that its condition looks at, so they cannot run side by side.
        // oxlint-disable-next-line no-await-in-loop
        if (!condition || holds(condition)) result = await this.#execute(stmt);
      } catch (cause) {
        error = errorReply(cause);
      }
      results.push(result);
      errors.push(error);
    }
    return { step_results: results, step_errors: errors };
  }

  #store(id: number, sql: string): object {
    if (this.#stored.size >= LIMITS.storedSqlMax) {
      throw new HranaError("SQL_STORE_TOO_LARGE", "the stream has stored too many statements");
    }
    this.#stored.set(id, sql);
    return { type: "store_sql" };
  }

  #sqlOf(source: SqlSource): string {
    const id = source.sql_id ?? null;
    const sql = id === null ? source.sql : this.#stored.get(id);
    if (typeof sql === "string") return sql;
    throw new HranaError("SQL_NOT_FOUND", "the request names no statement");
  }
}

async function whenFree<T>(action: () => T): Promise<T> {
  const giveUpAt = performance.now() + LIMITS.busyMsMax;
  for (;;) {
    try {
      return action();
    } catch (error) {
      // A snapshot that has been overtaken stays so: waiting would not help.
      if (codeOf(error) !== "SQLITE_BUSY" || performance.now() >= giveUpAt) throw error;
      // The next try must come after the pause.
      // oxlint-disable-next-line no-await-in-loop
      await sleep(LIMITS.busyPauseMs);
    }
  }
}

function codeOf(error: unknown): string {
  const hasCode = error instanceof Error && "code" in error && typeof error.code === "string";
  return hasCode ? String(error.code) : "SQL_INPUT_ERROR";
}

function errorReply(error: unknown): ErrorReply {
  return { message: error instanceof Error ? error.message : String(error), code: codeOf(error) };
}
