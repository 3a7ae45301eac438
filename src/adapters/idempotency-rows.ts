import type { IdempotencyEntry, Sql } from "../ports/shard-storage.ts";
import { LONG_ROW_LIMITS, LongRows } from "./long-rows.ts";
import { idempotencyEntry, text } from "./shard-row-values.ts";
import { SHARD_SQL } from "./shard-statements.ts";

/**
 * The first answers to idempotency keys. One may be longer than a row: it repeats what it answers, and that of a
 * workflow run has its params beside its output.
 */
export class IdempotencyRows {
  readonly #sql: Sql;
  readonly #long: LongRows;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#long = new LongRows(sql);
  }

  put({ key, bodyHash, reply, expiresMs }: IdempotencyEntry): void {
    // What is left of a longer one of before is never looked at beside a short one.
    if (reply.length > LONG_ROW_LIMITS.pieceChars) this.#long.delete(longKey(key));
    const head = this.#long.put(longKey(key), reply);
    this.#sql.run(SHARD_SQL.putIdempotency, key, bodyHash, head, expiresMs);
  }

  get(key: string): IdempotencyEntry | undefined {
    const row = this.#sql.all(SHARD_SQL.getIdempotency, key)[0];
    if (row === undefined) return undefined;
    const entry = idempotencyEntry(key, row);
    return { ...entry, reply: this.#long.wholeText(longKey(key), entry.reply) };
  }

  purge(nowMs: number, limit: number): number {
    const purged = this.#sql.all(SHARD_SQL.purgeIdempotency, nowMs, limit);
    for (const row of purged) this.#long.delete(longKey(text(row, "key")));
    return purged.length;
  }
}

function longKey(key: string): string {
  return `reply:${key}`;
}
