import { and, asc, eq, gte, lt, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { LedgerEntry, LedgerQuery, Page } from "../ports/records.ts";
import { reach } from "./libsql-failure.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { decodeCursor } from "./records-cursor.ts";
import { isEqual, pageOf, rowsToAsk } from "./records-page.ts";
import { runs, ticks } from "./records-schema.ts";

const LIST = "ledger";

/** A tick stands before a run of the same nominal time, should there ever be both. */
const RANK = { tick: 0, run: 1 } as const;

/**
 * What became of each nominal time of a job in `fromMs <= t < toMs`, oldest first. A range that
 * began before `fromMs` and reaches into the window comes first.
 */
export async function ledgerPage(
  database: RecordsDatabase,
  query: LedgerQuery,
): Promise<Page<LedgerEntry>> {
  const { fired, unfired } = ledgerQueries(database, query);
  const [runRows, tickRows] = await reach(database.batch([fired, unfired]));
  const entries: readonly LedgerEntry[] = [
    ...tickRows.map(({ body }) => ({ kind: "tick" as const, tick: body })),
    ...runRows.map(({ body }) => ({ kind: "run" as const, run: body })),
  ];
  const ordered = entries.toSorted(
    (a, b) => nominalMsOf(a) - nominalMsOf(b) || RANK[a.kind] - RANK[b.kind],
  );
  return pageOf(ordered, query.limit, {
    item: (entry) => entry,
    keyset: (entry) => ({ list: LIST, keys: [nominalMsOf(entry), RANK[entry.kind]] }),
  });
}

/** The two statements behind `ledgerPage`, apart so that their plans can be looked at. */
export function ledgerQueries(database: RecordsDatabase, query: LedgerQuery) {
  const place = query.cursor === null ? null : decodeCursor(query.cursor, LIST, isTimeAndRank);
  const limit = rowsToAsk(query.limit);
  const fired = database
    .select({ body: runs.body })
    .from(runs)
    .where(
      and(
        eq(runs.jobId, query.jobId),
        sql`"trigger" = 'tick'`,
        isEqual(runs.namespace, query.namespace),
        startOf(runs.nominalMs, { place, rank: RANK.run, fromMs: query.fromMs }),
        lt(runs.nominalMs, query.toMs),
      ),
    )
    .orderBy(asc(runs.nominalMs))
    .limit(limit);
  const start = startOf(ticks.nominalMs, { place, rank: RANK.tick, fromMs: query.fromMs });
  const unfired = database
    .select({ body: ticks.body })
    .from(ticks)
    .where(
      and(
        eq(ticks.jobId, query.jobId),
        eq(ticks.namespace, query.namespace),
        place === null ? gte(ticks.nominalMs, firstTick(query)) : start,
        lt(ticks.nominalMs, query.toMs),
      ),
    )
    .orderBy(asc(ticks.nominalMs))
    .limit(limit);
  return { fired, unfired };
}

function nominalMsOf(entry: LedgerEntry): number {
  return entry.kind === "run" ? entry.run.nominalMs : entry.tick.nominalMs;
}

function startOf(
  column: typeof runs.nominalMs | typeof ticks.nominalMs,
  at: {
    readonly place: readonly [number, number] | null;
    readonly rank: number;
    readonly fromMs: number;
  },
): SQL | undefined {
  if (at.place === null) return gte(column, at.fromMs);
  const [nominalMs, rank] = at.place;
  return at.rank > rank ? gte(column, nominalMs) : sql`${column} > ${nominalMs}`;
}

/** Ranges of one job do not overlap, so only the last one before the window can reach into it. */
function firstTick(query: LedgerQuery): SQL {
  return sql`coalesce((select nominal_ms from (
      select nominal_ms, to_ms from ${ticks}
      where job_id = ${query.jobId} and nominal_ms < ${query.fromMs}
      order by nominal_ms desc limit 1)
    where to_ms >= ${query.fromMs}), ${query.fromMs})`;
}

function isTimeAndRank(keys: readonly unknown[]): keys is readonly [number, number] {
  return keys.length === 2 && keys.every((key) => typeof key === "number");
}
