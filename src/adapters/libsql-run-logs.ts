import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type {
  LogBatch,
  LogPlace,
  LogsKept,
  LogsPage,
  LogsQuery,
  RunLogs,
} from "../ports/run-logs.ts";
import { RUN_LOG_LIMITS } from "../ports/run-logs.ts";
import { reach } from "./libsql-failure.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { runLogDrops, runLogs } from "./records-schema.ts";

/** One round deletes a part after another, so that nobody waits long for the lock. */
const PURGE_LIMITS = { linesAtOnce: 5_000, partsMax: 40 } as const;

// Lines that are there already take none of the room that is left. The count walks the primary key of one
// run, of which there are at most as many rows as a log may have.
const INSERT = `insert or ignore into run_logs (run_id, attempt, seq, stored_ms, at_ms, level, text)
  select ?1, ?2, line.value ->> '$.seq', ?3, line.value ->> '$.atMs', line.value ->> '$.level',
    line.value ->> '$.text'
  from json_each(?4) as line
  where not exists (select 1 from run_logs
    where run_id = ?1 and attempt = ?2 and seq = line.value ->> '$.seq')
  limit max(0, ?5 - (select count(*) from run_logs where run_id = ?1))
  returning seq`;

const SELECT_EARLIER = `select seq from run_logs
  where run_id = ?1 and attempt = ?2 and seq in (select value ->> '$.seq' from json_each(?3))`;

/** What handlers wrote, in libSQL beside the records. */
export class LibsqlRunLogs implements RunLogs {
  readonly #database: RecordsDatabase;

  constructor(database: RecordsDatabase) {
    this.#database = database;
  }

  async add({ run, attempt, lines, nowMs }: LogBatch): Promise<LogsKept> {
    const wanted = eachSeqOnce(lines);
    const text = JSON.stringify(wanted.map((line) => ({ ...line, text: plain(line.text) })));
    const [earlier, added] = await reach(
      this.#database.$client.batch(
        [
          { sql: SELECT_EARLIER, args: [run, attempt, text] },
          { sql: INSERT, args: [run, attempt, nowMs, text, RUN_LOG_LIMITS.linesMax] },
        ],
        "write",
      ),
    );
    const stored = added?.rows.length ?? 0;
    const known = earlier?.rows.length ?? 0;
    const dropped = wanted.length - known - stored;
    if (dropped > 0) await this.#countDropped(run, dropped, nowMs);
    return { stored, duplicates: lines.length - stored - dropped, dropped };
  }

  async page({ run, after, levels, limit }: LogsQuery): Promise<LogsPage> {
    const db = this.#database;
    const [rows, drops] = await reach(
      db.batch([
        db
          .select({
            attempt: runLogs.attempt,
            seq: runLogs.seq,
            atMs: runLogs.atMs,
            level: runLogs.level,
            text: runLogs.text,
          })
          .from(runLogs)
          .where(and(eq(runLogs.runId, run), behind(after), inArray(runLogs.level, [...levels])))
          .orderBy(asc(runLogs.attempt), asc(runLogs.seq))
          .limit(limit + 1),
        db
          .select({ dropped: runLogDrops.dropped })
          .from(runLogDrops)
          .where(eq(runLogDrops.runId, run)),
      ]),
    );
    return {
      lines: rows.slice(0, limit),
      hasMore: rows.length > limit,
      dropped: drops[0]?.dropped ?? 0,
    };
  }

  async purge(beforeMs: number): Promise<void> {
    const { linesAtOnce, partsMax } = PURGE_LIMITS;
    await reach(
      this.#database.run(sql`
        delete from ${runLogDrops} where run_id in (
          select run_id from ${runLogDrops} where stored_ms < ${beforeMs}
          order by stored_ms limit ${linesAtOnce})`),
    );
    for (let part = 0; part < partsMax; part++) {
      // oxlint-disable-next-line no-await-in-loop -- Others get the lock between two parts.
      if ((await this.#purgePart(beforeMs)) < linesAtOnce) return;
    }
  }

  async #purgePart(beforeMs: number): Promise<number> {
    const oldest = sql`rowid in (select rowid from ${runLogs}
      where stored_ms < ${beforeMs} order by stored_ms limit ${PURGE_LIMITS.linesAtOnce})`;
    const rows = await reach(
      this.#database.delete(runLogs).where(oldest).returning({ seq: runLogs.seq }),
    );
    return rows.length;
  }

  async #countDropped(run: string, dropped: number, nowMs: number): Promise<void> {
    await reach(
      this.#database
        .insert(runLogDrops)
        .values({ runId: run, dropped, storedMs: nowMs })
        .onConflictDoUpdate({
          target: runLogDrops.runId,
          set: { dropped: sql`${runLogDrops.dropped} + excluded.dropped`, storedMs: nowMs },
        }),
    );
  }
}

/** The first line of each seq, in order: where room is short the earliest lines stay. */
function eachSeqOnce(lines: LogBatch["lines"]): LogBatch["lines"] {
  const first = new Map(lines.toReversed().map((line) => [line.seq, line]));
  return [...first.values()].toSorted((a, b) => a.seq - b.seq);
}

/** SQLite's JSON ends a text at U+0000, and half a surrogate pair is nothing that UTF-8 can say. */
function plain(text: string): string {
  return text.toWellFormed().replaceAll("\u0000", "\ufffd");
}

function behind(after: LogPlace | null) {
  if (after === null) return undefined;
  return sql`(${runLogs.attempt}, ${runLogs.seq}) > (${after.attempt}, ${after.seq})`;
}
