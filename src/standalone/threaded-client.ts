import type {
  Client,
  InArgs,
  InStatement,
  Replicated,
  ResultSet,
  Transaction,
  TransactionMode,
} from "@libsql/client";
import type { RecordsThread } from "./records-thread.ts";

type Stated = InStatement | [string, InArgs?];

/**
 * A client of an embedded file that reads by itself and lets a thread write. All writes go there, so that nobody in
 * this thread ever waits for the lock of the file.
 */
export class ThreadedClient implements Client {
  readonly #reader: Client;
  readonly #writer: RecordsThread;

  constructor(reader: Client, writer: RecordsThread) {
    this.#reader = reader;
    this.#writer = writer;
  }

  get closed(): boolean {
    return this.#reader.closed;
  }

  get protocol(): string {
    return this.#reader.protocol;
  }

  async execute(stated: InStatement, args?: InArgs): Promise<ResultSet> {
    const statement = typeof stated === "string" ? { sql: stated, args: args ?? [] } : stated;
    if (isRead(statement)) return this.#reader.execute(statement);
    const [result] = await this.#writer.batch([statement]);
    if (result === undefined) throw new Error("bug: each statement has a result");
    return result;
  }

  batch(stated: Stated[], mode: TransactionMode = "deferred"): Promise<ResultSet[]> {
    const statements = stated.map(statementOf);
    if (statements.every(isRead)) return this.#reader.batch(statements, mode);
    return this.#writer.batch(statements);
  }

  migrate(statements: InStatement[]): Promise<ResultSet[]> {
    return this.#reader.migrate(statements);
  }

  transaction(mode: TransactionMode = "write"): Promise<Transaction> {
    return this.#reader.transaction(mode);
  }

  executeMultiple(sql: string): Promise<void> {
    return this.#reader.executeMultiple(sql);
  }

  sync(): Promise<Replicated> {
    return this.#reader.sync();
  }

  reconnect(): void {
    this.#reader.reconnect();
  }

  close(): void {
    this.#reader.close();
  }
}

function statementOf(stated: Stated): InStatement {
  if (!Array.isArray(stated)) return stated;
  const [sql, args] = stated;
  return args === undefined ? sql : { sql, args };
}

function isRead(statement: InStatement): boolean {
  return /^\s*(select|explain|values)\b/i.test(
    typeof statement === "string" ? statement : statement.sql,
  );
}
