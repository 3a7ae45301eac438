import { and, asc, eq, gt, isNull, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { assert } from "../core/assert.ts";
import { Refusal } from "../core/refusal.ts";
import type {
  ApiIdempotency,
  ApiToken,
  Deployment,
  Directory,
  TokenState,
} from "../ports/directory.ts";
import { claimKey, isClaimed } from "./directory-idempotency.ts";
import { libsqlCalendars } from "./libsql-calendars.ts";
import { libsqlExecutorLists } from "./libsql-executors.ts";
import { isConstraintFailure, reach } from "./libsql-failure.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { libsqlNamespaces } from "./libsql-namespaces.ts";
import { deployment, idempotency, tokens } from "./records-schema.ts";

/**
 * Tokens, calendars and namespaces in libSQL, and the lists of executors. Each write is one request and one
 * transaction; what it did is read from the rows that come back, never from a count of rows.
 */
export class LibsqlDirectory implements Directory {
  readonly executors: Directory["executors"];
  readonly executorVersions: Directory["executorVersions"];
  readonly calendar: Directory["calendar"];
  readonly calendars: Directory["calendars"];
  readonly calendarWithParts: Directory["calendarWithParts"];
  readonly calendarSet: Directory["calendarSet"];
  readonly changeCalendars: Directory["changeCalendars"];
  readonly calendarVersions: Directory["calendarVersions"];
  readonly namespace: Directory["namespace"];
  readonly namespaces: Directory["namespaces"];
  readonly namespacesNamed: Directory["namespacesNamed"];
  readonly putNamespace: Directory["putNamespace"];
  readonly deleteNamespace: Directory["deleteNamespace"];
  readonly hasHistory: Directory["hasHistory"];
  readonly usages: Directory["usages"];
  readonly objectNames: Directory["objectNames"];
  readonly #database: RecordsDatabase;

  constructor(database: RecordsDatabase) {
    this.#database = database;
    const lists = libsqlExecutorLists(database);
    this.executors = lists.executors;
    this.executorVersions = lists.executorVersions;
    const calendars = libsqlCalendars(database);
    this.calendar = calendars.calendar;
    this.calendars = calendars.calendars;
    this.calendarWithParts = calendars.calendarWithParts;
    this.calendarSet = calendars.calendarSet;
    this.changeCalendars = calendars.changeCalendars;
    this.calendarVersions = calendars.calendarVersions;
    const namespaces = libsqlNamespaces(database);
    this.namespace = namespaces.namespace;
    this.namespaces = namespaces.namespaces;
    this.namespacesNamed = namespaces.namespacesNamed;
    this.putNamespace = namespaces.putNamespace;
    this.deleteNamespace = namespaces.deleteNamespace;
    this.hasHistory = namespaces.hasHistory;
    this.usages = namespaces.usages;
    this.objectNames = namespaces.objectNames;
  }

  async deployment(): Promise<Deployment | null> {
    const rows = await reach(this.#database.select().from(deployment));
    return rows[0]?.body ?? null;
  }

  async createDeployment(wanted: Deployment): Promise<Deployment> {
    const db = this.#database;
    const [, rows] = await reach(
      db.batch([
        db.insert(deployment).values({ one: 1, body: wanted }).onConflictDoNothing(),
        db.select().from(deployment),
      ]),
    );
    const stored = rows[0]?.body;
    assert(stored !== undefined, "the deployment that was just written is there");
    return stored;
  }

  async createToken(token: ApiToken, reply: ApiIdempotency | null): Promise<void> {
    const insert = sql`
      insert into ${tokens} (id, namespace, name, hash, prefix, scopes, created_ms, expires_ms,
        last_used_ms, revoked_ms, executors, created_by)
      select ${token.id}, ${token.namespace}, ${token.name}, ${token.hash}, ${token.prefix},
        ${JSON.stringify(token.scopes)}, ${token.createdMs}, ${token.expiresMs},
        ${token.lastUsedMs}, ${token.revokedMs},
        ${token.executors === null ? null : JSON.stringify(token.executors)}, ${token.createdBy}
      where ${isClaimed(reply)}`;
    await this.#create(insert, {
      reply,
      nowMs: token.createdMs,
      taken: "There is a token with this id or this hash.",
    });
  }

  async tokenByHash(hash: string): Promise<ApiToken | null> {
    const query = this.#database.select().from(tokens).where(eq(tokens.hash, hash));
    return (await reach(query))[0] ?? null;
  }

  async token(namespace: string, id: string): Promise<ApiToken | null> {
    const query = this.#database
      .select()
      .from(tokens)
      .where(and(eq(tokens.id, id), eq(tokens.namespace, namespace)));
    return (await reach(query))[0] ?? null;
  }

  tokens(
    namespace: string,
    page: Parameters<Directory["tokens"]>[1],
  ): Promise<readonly ApiToken[]> {
    const { limit, afterId, only } = page;
    return reach(
      this.#database
        .select()
        .from(tokens)
        .where(
          and(
            eq(tokens.namespace, namespace),
            afterId === null ? undefined : gt(tokens.id, afterId),
            only === undefined ? undefined : isInState(only),
          ),
        )
        .orderBy(asc(tokens.id))
        .limit(limit),
    );
  }

  async revokeToken(namespace: string, id: string, nowMs: number): Promise<boolean> {
    const query = this.#database
      .update(tokens)
      .set({ revokedMs: nowMs })
      .where(and(eq(tokens.id, id), eq(tokens.namespace, namespace), isNull(tokens.revokedMs)))
      .returning({ id: tokens.id });
    return (await reach(query)).length === 1;
  }

  /** Touches that arrive out of order leave the latest time. */
  async touchToken(id: string, nowMs: number): Promise<void> {
    await reach(
      this.#database
        .update(tokens)
        .set({ lastUsedMs: nowMs })
        .where(and(eq(tokens.id, id), sql`coalesce(${tokens.lastUsedMs}, 0) < ${nowMs}`)),
    );
  }

  async idempotency(key: string): Promise<ApiIdempotency | null> {
    const query = this.#database.select().from(idempotency).where(eq(idempotency.key, key));
    return (await reach(query))[0] ?? null;
  }

  async putIdempotency(reply: ApiIdempotency, nowMs: number): Promise<void> {
    await reach(this.#database.run(claimKey(reply, nowMs)));
  }

  async purgeIdempotency(nowMs: number, limit: number): Promise<void> {
    await reach(
      this.#database.run(sql`
        delete from ${idempotency} where key in (
          select key from ${idempotency} where expires_ms <= ${nowMs}
          order by expires_ms limit ${limit})`),
    );
  }

  /** Runs an insert that depends on `isClaimed(reply)`, in one transaction with the claim. */
  async #create(
    insert: SQL,
    more: {
      readonly reply: ApiIdempotency | null;
      readonly nowMs: number;
      readonly taken: string;
    },
  ): Promise<void> {
    const db = this.#database;
    const { reply, nowMs, taken } = more;
    try {
      if (reply === null) {
        await reach(db.run(insert));
        return;
      }
      const [, , stored] = await reach(
        db.batch([
          db.run(claimKey(reply, nowMs)),
          db.run(insert),
          db
            .select({ sealedReply: idempotency.sealedReply })
            .from(idempotency)
            .where(eq(idempotency.key, reply.key)),
        ]),
      );
      if (stored[0]?.sealedReply === reply.sealedReply) return;
    } catch (error) {
      if (isConstraintFailure(error)) throw new Refusal("name.taken", taken);
      throw error;
    }
    throw new Refusal("idempotency.in_flight", "Another request with this key came first.", {
      hint: "Send it again to get the first answer.",
    });
  }
}

function isInState({ state, nowMs }: { readonly state: TokenState; readonly nowMs: number }): SQL {
  if (state === "revoked") return sql`revoked_ms is not null`;
  const hasExpired = sql`coalesce(expires_ms <= ${nowMs}, false)`;
  return sql`revoked_ms is null and ${state === "expired" ? hasExpired : sql`not ${hasExpired}`}`;
}
