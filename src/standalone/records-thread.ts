import { Worker } from "node:worker_threads";
import type { InStatement, ResultSet } from "@libsql/client";
import { LibsqlError } from "@libsql/client";

/** A batch for the thread, known by its number. */
export interface ThreadOrder {
  readonly id: number;
  readonly statements: readonly InStatement[];
}

/** What one statement came to, as it crosses from thread to thread. */
export interface ThreadResult {
  readonly columns: readonly string[];
  readonly columnTypes: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly rowsAffected: number;
  readonly lastInsertRowid: bigint | undefined;
}

export type ThreadAnswer =
  | { readonly id: number; readonly ok: true; readonly results: readonly ThreadResult[] }
  | {
      readonly id: number;
      readonly ok: false;
      readonly message: string;
      /** The driver's code; empty for a failure without one. */
      readonly code: string;
    };

interface Pending {
  readonly resolve: (results: ResultSet[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes to an embedded file of records in a thread of its own: SQLite works in whoever calls it, and a batch of rows
 * takes it as long as a hundred deliveries. One batch follows the other, each atomic. A thread that died is replaced
 * with the next batch; whoever waited for the dead one hears that the records were out of reach.
 */
export class RecordsThread {
  readonly #path: string;
  readonly #program: URL;
  #worker: Worker | null = null;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #isClosed = false;

  /** For the file at `path`, whose tables are up to date; `program` is what the thread runs. */
  constructor(path: string, program = new URL("records-thread.main.ts", import.meta.url)) {
    this.#path = path;
    this.#program = program;
  }

  batch(statements: readonly InStatement[]): Promise<ResultSet[]> {
    if (this.#isClosed) return Promise.reject(new LibsqlError("the records are closed", "CLOSED"));
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#pending.set(id, { resolve, reject });
      const order: ThreadOrder = { id, statements };
      const worker = this.#started();
      // What is being written keeps the process; an idle thread does not.
      worker.ref();
      // A thread has no origin.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      worker.postMessage(order);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
  }

  #started(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(this.#program, { workerData: this.#path });
    worker.on("message", (answer: ThreadAnswer) => this.#answered(answer));
    worker.once("error", (error) => this.#lost(worker, error));
    worker.once("exit", () => this.#lost(worker, new Error("the thread of the records has ended")));
    this.#worker = worker;
    return worker;
  }

  #answered(answer: ThreadAnswer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (this.#pending.size === 0) this.#worker?.unref();
    if (answer.ok) pending?.resolve(answer.results.map(resultSetOf));
    else pending?.reject(new LibsqlError(answer.message, answer.code));
  }

  #lost(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(error);
  }
}

/** As the driver gives it: values by name and by place. */
function resultSetOf(result: ThreadResult): ResultSet {
  const { columns, columnTypes, rowsAffected, lastInsertRowid } = result;
  const rows = result.rows.map((values) => rowOf(columns, values));
  const plain = { columns: [...columns], columnTypes: [...columnTypes], rows, rowsAffected };
  return {
    ...plain,
    lastInsertRowid,
    toJSON: () => ({ ...plain, lastInsertRowid: String(lastInsertRowid) }),
  };
}

function rowOf(columns: readonly string[], values: readonly unknown[]): ResultSet["rows"][number] {
  const row = Object.defineProperty({}, "length", { value: values.length });
  for (const [i, value] of values.entries()) {
    Object.defineProperty(row, i, { value });
    Object.defineProperty(row, columns[i] ?? "", { value, enumerable: true, configurable: true });
  }
  // The driver's rows are such objects too; its type cannot be written as a literal.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return row as ResultSet["rows"][number];
}
