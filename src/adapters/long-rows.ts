import { assert } from "../core/assert.ts";
import type { Sql, SqlRow } from "../ports/shard-storage.ts";
import { WORKFLOW_SQL } from "./workflow-statements.ts";

export const LONG_ROW_LIMITS = {
  /**
   * Characters of one row's text, at most three bytes each: a row of a Durable Object holds two million bytes,
   * and a map's items with its output may have more.
   */
  pieceChars: 600_000,
  /** Characters read in one page; a page has one row at least. */
  pageChars: 4_000_000,
} as const;

/** Text that may be longer than a row: its first piece stands in the row, the others apart. */
export class LongRows {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** What belongs into the row itself; the rest is stored here. Pieces of a longer text of before stay. */
  put(key: string, text: string): string {
    const headChars = endOfPiece(text, 0);
    let piece = 0;
    for (let from = headChars; from < text.length;) {
      const to = endOfPiece(text, from);
      this.#sql.run(WORKFLOW_SQL.putPiece, key, piece++, text.slice(from, to));
      from = to;
    }
    return headChars === text.length ? text : text.slice(0, headChars);
  }

  /** The whole text of a row with the columns `chars` and `body`. */
  textOf(key: string, row: SqlRow): string {
    const [chars, head] = [row["chars"], row["body"]];
    assert(typeof chars === "number" && typeof head === "string", "a long row has both columns");
    if (head.length === chars) return head;
    // Behind the last piece there may be some of a longer text that was here before.
    return this.wholeText(key, head).slice(0, chars);
  }

  /** The whole text of a row that knows only its first piece, where no longer text was before. */
  wholeText(key: string, head: string): string {
    if (head.length < LONG_ROW_LIMITS.pieceChars - 1) return head;
    const pieces = this.#sql.all(WORKFLOW_SQL.pieces, key).map((piece) => String(piece["text"]));
    return `${head}${pieces.join("")}`;
  }

  delete(key: string): void {
    this.#sql.run(WORKFLOW_SQL.deletePieces, key);
  }

  /** Deletes what lies under all keys that begin so. */
  deleteAll(prefix: string): void {
    this.#sql.run(WORKFLOW_SQL.deletePiecesBetween, prefix, `${prefix}\u{10ffff}`);
  }
}

/** Whether some of a text lies apart. */
export function isLong(row: SqlRow): boolean {
  return Number(row["chars"]) > LONG_ROW_LIMITS.pieceChars - 1;
}

/** How many of the rows, of which the column `chars` is known, one page may hold. */
export function rowsInPage(sizes: readonly SqlRow[]): number {
  let chars = 0;
  for (const [i, row] of sizes.entries()) {
    chars += Number(row["chars"]);
    if (chars > LONG_ROW_LIMITS.pageChars) return Math.max(1, i);
  }
  return sizes.length;
}

/** Never between the halves of a character: alone they are no text that SQLite keeps. */
function endOfPiece(text: string, from: number): number {
  const end = from + LONG_ROW_LIMITS.pieceChars;
  if (end >= text.length) return text.length;
  const last = text.charCodeAt(end - 1);
  const isFirstHalf = last >= 0xd800 && last <= 0xdbff;
  return isFirstHalf ? end - 1 : end;
}
