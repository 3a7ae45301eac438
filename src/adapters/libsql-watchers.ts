import { and, gt, isNull, or, sql } from "drizzle-orm";
import type { Watchers } from "../ports/watchers.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { reach } from "./libsql-failure.ts";
import { sessions } from "./people-schema.ts";
import { tokens } from "./records-schema.ts";

/** Looks sessions and tokens up in libSQL, all in one request. */
export class LibsqlWatchers implements Watchers {
  readonly #database: RecordsDatabase;

  constructor(database: RecordsDatabase) {
    this.#database = database;
  }

  async standing(...[credentials, at]: Parameters<Watchers["standing"]>): Promise<Set<string>> {
    const db = this.#database;
    const { nowMs, seenAfterMs } = at;
    const isAsked = sql`id in (select value from json_each(${JSON.stringify(credentials)}))`;
    const [inSessions, inTokens] = await reach(
      db.batch([
        db
          .select({ id: sessions.id })
          .from(sessions)
          .where(and(isAsked, gt(sessions.expiresMs, nowMs), gt(sessions.seenMs, seenAfterMs))),
        db
          .select({ id: tokens.id })
          .from(tokens)
          .where(
            and(
              isAsked,
              isNull(tokens.revokedMs),
              or(isNull(tokens.expiresMs), gt(tokens.expiresMs, nowMs)),
            ),
          ),
      ]),
    );
    return new Set([...inSessions, ...inTokens].map(({ id }) => id));
  }
}
