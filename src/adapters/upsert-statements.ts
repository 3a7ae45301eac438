import type { InStatement, InValue } from "@libsql/client";

/**
 * How much one statement carries. A statement for many rows costs less than half of many
 * statements, and of rows in one JSON parameter that SQLite has to take apart again; these bounds
 * stay far below its 32,766 parameters and keep it from holding the write lock for long.
 */
export const UPSERT_LIMITS = { rowsMax: 500, charactersMax: 1_000_000 } as const;

/** How the rows of one table are put: repeated, split and reordered, they come to the same. */
export interface Upsert<Row> {
  readonly table: string;
  readonly key: readonly string[];
  /** The columns that may change in the life of a row; none where a row never changes. */
  readonly updated: readonly string[];
  /** Whether the row that comes replaces the one that is there. */
  readonly isNewer: string;
  readonly columnsOf: (row: Row) => Columns;
}

/** A row by its columns, the same ones in the same order for every row of a table. */
interface Columns {
  readonly [column: string]: InValue;
}

/** The statements that put rows of one table. */
export function statements<Row>(upsert: Upsert<Row>, rows: readonly Row[]): readonly InStatement[] {
  return chunks(rows.map(upsert.columnsOf)).map((chunk) => ({
    sql: textOf(upsert, chunk),
    args: chunk.flatMap((row) => Object.values(row)),
  }));
}

/** Parts of at most `UPSERT_LIMITS`, unless a single row is longer than that. */
function chunks(rows: readonly Columns[]): readonly (readonly Columns[])[] {
  const result: Columns[][] = [];
  let chunk: Columns[] = [];
  let characters = 0;
  for (const row of rows) {
    const length = typeof row["body"] === "string" ? row["body"].length : 0;
    const isFull =
      chunk.length === UPSERT_LIMITS.rowsMax || characters + length > UPSERT_LIMITS.charactersMax;
    if (chunk.length === 0 || isFull) {
      chunk = [];
      characters = 0;
      result.push(chunk);
    }
    chunk.push(row);
    characters += length;
  }
  return result;
}

/** `insert … values (?, …), … on conflict … do update … where …` for so many rows. */
function textOf<Row>(upsert: Upsert<Row>, rows: readonly Columns[]): string {
  const { table, key, updated, isNewer } = upsert;
  const columns = Object.keys(rows[0] ?? {});
  const values = rows.map(() => `(${columns.map(() => "?").join()})`);
  const changes = updated.map((column) => `${column} = excluded.${column}`);
  const onConflict =
    changes.length === 0 ? "do nothing" : `do update set ${changes.join()} where ${isNewer}`;
  return (
    `insert into ${table} (${columns.map((column) => `"${column}"`).join()})` +
    ` values ${values.join()} on conflict (${key.join()}) ${onConflict}`
  );
}
