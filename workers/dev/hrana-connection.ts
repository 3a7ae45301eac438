import Database from "libsql";
import type { HranaStatement, HranaValue } from "./hrana-requests.ts";

/** A failure that the client is told, with the code that it looks at. */
export class HranaError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "HranaError";
    this.code = code;
  }
}

/** What a statement answered, in Hrana's JSON. */
export interface StatementResult {
  readonly cols: readonly { readonly name: string; readonly decltype: string | null }[];
  readonly rows: readonly (readonly HranaValue[])[];
  readonly affected_row_count: number;
  readonly last_insert_rowid: string | null;
}

type NativeValue = null | bigint | number | string | Buffer;
type NativeArguments = NativeValue[] | Record<string, NativeValue>;

/** The part of libSQL's untyped statement that is used here. */
interface NativeStatement {
  readonly reader: boolean;
  raw(): NativeStatement;
  safeIntegers(): NativeStatement;
  columns(): { readonly name: string; readonly type: string | null }[];
  run(values: NativeArguments): { readonly lastInsertRowid: number };
  all(values: NativeArguments): NativeValue[][];
}

/** One connection to the file: what a stream holds from its first request until it is closed. */
export class HranaConnection {
  // The declarations of `libsql` are made from JavaScript and lack `inTransaction`.
  readonly #database: Database.Database & { readonly inTransaction?: boolean };
  readonly #totalChanges: NativeStatement;

  constructor(file: string) {
    this.#database = new Database(file);
    this.#database.exec("pragma journal_mode = wal");
    this.#totalChanges = this.#prepare("select total_changes()").raw();
  }

  get isAutocommit(): boolean {
    return !this.#database.inTransaction;
  }

  execute(sql: string, statement: HranaStatement): StatementResult {
    const prepared = this.#prepare(sql).safeIntegers();
    const values = argumentsOf(statement);
    const before = this.#changes();
    if (!prepared.reader) {
      const { lastInsertRowid } = prepared.run(values);
      const affected = this.#changes() - before;
      return {
        cols: [],
        rows: [],
        affected_row_count: affected,
        last_insert_rowid: String(lastInsertRowid),
      };
    }
    const rows = prepared.raw().all(values);
    return {
      cols: prepared.columns().map(({ name, type }) => ({ name, decltype: type })),
      rows: statement.want_rows === false ? [] : rows.map((row) => row.map(toHrana)),
      affected_row_count: this.#changes() - before,
      last_insert_rowid: null,
    };
  }

  /** Several statements separated by semicolons, whose rows nobody wants. */
  sequence(sql: string): void {
    this.#database.exec(sql);
  }

  /** libSQL's binding does not tell the parameters of a statement, so none are described. */
  describe(sql: string): object {
    const prepared = this.#prepare(sql);
    const columns = prepared.reader ? prepared.columns() : [];
    return {
      params: [],
      cols: columns.map(({ name, type }) => ({ name, decltype: type })),
      is_explain: /^\s*explain\b/i.test(sql),
      is_readonly: /^\s*(select|explain|values|with)\b/i.test(sql) && prepared.reader,
    };
  }

  /** Ends a transaction that was left open, so that the connection can serve another stream. */
  reset(): void {
    if (!this.isAutocommit) this.#database.exec("rollback");
  }

  close(): void {
    this.#database.close();
  }

  #prepare(sql: string): NativeStatement {
    // The binding has no declarations of its own; this is what its `Statement` does.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Nothing to check it against.
    return this.#database.prepare(sql) as unknown as NativeStatement;
  }

  #changes(): number {
    return Number(this.#totalChanges.all([])[0]?.[0] ?? 0);
  }
}

function argumentsOf(statement: HranaStatement): NativeArguments {
  const named = statement.named_args ?? [];
  if (named.length === 0) return (statement.args ?? []).map(toNative);
  return Object.fromEntries(
    named.map(({ name, value }) => [name.replace(/^[:@$]/, ""), toNative(value)]),
  );
}

function toNative(value: HranaValue): NativeValue {
  switch (value.type) {
    case "null":
      return null;
    case "integer":
      return BigInt(value.value);
    case "float":
    case "text":
      return value.value;
    case "blob":
      return Buffer.from(value.base64, "base64");
    default:
      throw new HranaError("ARGS_INVALID", "a value has no known type");
  }
}

function toHrana(value: NativeValue): HranaValue {
  if (value === null) return { type: "null" };
  if (typeof value === "bigint") return { type: "integer", value: value.toString() };
  if (typeof value === "number") return { type: "float", value };
  if (typeof value === "string") return { type: "text", value };
  return { type: "blob", base64: value.toString("base64").replace(/=+$/, "") };
}
