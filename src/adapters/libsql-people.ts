import { and, asc, desc, eq, gt, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { assert } from "../core/assert.ts";
import { Refusal } from "../core/refusal.ts";
import type { ApiIdempotency } from "../ports/directory.ts";
import {
  SESSIONS_PER_USER_MAX,
  type LoginOf,
  type MustRemain,
  type People,
  type Session,
  type User,
  type UserChange,
  type UserWrite,
} from "../ports/people.ts";
import { claimKey, isClaimed, keepReply } from "./directory-idempotency.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { isConstraintFailure, reach } from "./libsql-failure.ts";
import { sessions, users } from "./people-schema.ts";
import { idempotency } from "./records-schema.ts";

/**
 * Users and sessions in libSQL. Each write is one request and one transaction; whoever comes second, or would
 * leave nobody in charge, is found by the conditions of the statements themselves.
 */
export class LibsqlPeople implements People {
  readonly #database: RecordsDatabase;

  constructor(database: RecordsDatabase) {
    this.#database = database;
  }

  async hasUsers(): Promise<boolean> {
    const query = this.#database.select({ id: users.id }).from(users).limit(1);
    return (await reach(query)).length > 0;
  }

  async createFirstUser(user: User): Promise<boolean> {
    const db = this.#database;
    const [, rows] = await reach(
      db.batch([
        db.run(insertUser(user, sql`not exists (select 1 from ${users})`)),
        db.select({ id: users.id }).from(users).where(eq(users.id, user.id)),
      ]),
    );
    return rows.length === 1;
  }

  async createUser(user: User, reply: ApiIdempotency | null): Promise<boolean> {
    const db = this.#database;
    try {
      if (reply === null) {
        await reach(db.run(insertUser(user, sql`true`)));
        return true;
      }
      const [, , stored] = await reach(
        db.batch([
          db.run(claimKey(reply, user.createdMs)),
          db.run(insertUser(user, isClaimed(reply))),
          db
            .select({ sealedReply: idempotency.sealedReply })
            .from(idempotency)
            .where(eq(idempotency.key, reply.key)),
        ]),
      );
      if (stored[0]?.sealedReply === reply.sealedReply) return true;
    } catch (error) {
      if (isConstraintFailure(error)) return false;
      throw error;
    }
    throw new Refusal("idempotency.in_flight", "Another request with this key came first.", {
      hint: "Send it again to get the first answer.",
    });
  }

  async user(id: string): Promise<User | null> {
    const query = this.#database.select({ body: users.body }).from(users).where(eq(users.id, id));
    return (await reach(query))[0]?.body ?? null;
  }

  async userByName(username: string): Promise<User | null> {
    const query = this.#database
      .select({ body: users.body })
      .from(users)
      .where(eq(users.username, username));
    return (await reach(query))[0]?.body ?? null;
  }

  async users(page: Parameters<People["users"]>[0]): Promise<readonly User[]> {
    const { namespace, limit, afterId } = page;
    const query = this.#database
      .select({ body: users.body })
      .from(users)
      .where(
        and(
          afterId === null ? undefined : gt(users.id, afterId),
          namespace === null
            ? undefined
            : sql`exists (select 1 from json_each(${users.body}, '$.memberships') as m
                where m.value ->> '$.namespace' = ${namespace})`,
        ),
      )
      .orderBy(asc(users.id))
      .limit(limit);
    return (await reach(query)).map(({ body }) => body);
  }

  async putUser({ user, ends, remain, reply }: UserChange): Promise<UserWrite> {
    const db = this.#database;
    const { id, username, version } = user;
    assert(version >= 2, "a user that is changed was made before");
    // The fence of each further statement is that the one before it changed something.
    const [written, stored] = await reach(
      db.batch([
        db
          .update(users)
          .set({ username, version, body: user })
          .where(and(eq(users.id, id), eq(users.version, version - 1), doRemain(id, remain)))
          .returning({ id: users.id }),
        db.select({ version: users.version }).from(users).where(eq(users.id, id)),
        ...(reply === null ? [] : [db.run(keepReply(reply))]),
        ...(ends === "none" ? [] : [db.run(endAll(id, sql`changes() = 1`))]),
      ]),
    );
    return outcomeOf(written.length, stored[0]?.version, version - 1);
  }

  async deleteUser(id: string, version: number, remain: MustRemain): Promise<UserWrite> {
    const db = this.#database;
    const [deleted, stored] = await reach(
      db.batch([
        db
          .delete(users)
          .where(and(eq(users.id, id), eq(users.version, version), doRemain(id, remain)))
          .returning({ id: users.id }),
        db.select({ version: users.version }).from(users).where(eq(users.id, id)),
        db.run(endAll(id, sql`not exists (select 1 from ${users} where id = ${id})`)),
      ]),
    );
    return outcomeOf(deleted.length, stored[0]?.version, version);
  }

  async createSession(session: Session, { version, rehashed }: LoginOf): Promise<boolean> {
    const db = this.#database;
    const { id, userId, createdMs } = session;
    const hash = rehashed === null ? sql`body ->> '$.passwordHash'` : sql`${rehashed}`;
    const own = sql`(select id from ${sessions} where user_id = ${userId}
      order by id desc limit ${SESSIONS_PER_USER_MAX})`;
    const [, , , rows] = await reach(
      db.batch([
        db.run(insertSession(session, version)),
        db.run(sql`
          update ${users} set body = json_set(body, '$.lastLoginMs', ${createdMs},
            '$.passwordHash', ${hash})
          where id = ${userId} and changes() = 1`),
        db.run(sql`delete from ${sessions} where user_id = ${userId} and id not in ${own}`),
        db.select({ id: sessions.id }).from(sessions).where(eq(sessions.id, id)),
      ]),
    );
    return rows.length === 1;
  }

  async sessionByHash(hash: string): ReturnType<People["sessionByHash"]> {
    const query = this.#database
      .select({ session: sessions, user: users.body })
      .from(sessions)
      .innerJoin(users, eq(users.id, sessions.userId))
      .where(eq(sessions.hash, hash));
    return (await reach(query))[0] ?? null;
  }

  sessions(userId: string): Promise<readonly Session[]> {
    return reach(
      this.#database
        .select()
        .from(sessions)
        .where(eq(sessions.userId, userId))
        .orderBy(desc(sessions.id))
        .limit(SESSIONS_PER_USER_MAX),
    );
  }

  async touchSession(id: string, nowMs: number): Promise<void> {
    await reach(
      this.#database
        .update(sessions)
        .set({ seenMs: nowMs })
        .where(and(eq(sessions.id, id), sql`${sessions.seenMs} < ${nowMs}`)),
    );
  }

  async endSession(userId: string, id: string): Promise<boolean> {
    const query = this.#database
      .delete(sessions)
      .where(and(eq(sessions.id, id), eq(sessions.userId, userId)))
      .returning({ id: sessions.id });
    return (await reach(query)).length === 1;
  }

  async endSessions(userId: string, exceptId: string | null): Promise<void> {
    const others = exceptId === null ? sql`true` : sql`id <> ${exceptId}`;
    await reach(this.#database.run(endAll(userId, others)));
  }

  async purgeSessions(nowMs: number, limit: number): Promise<void> {
    await reach(
      this.#database.run(sql`
        delete from ${sessions} where id in (
          select id from ${sessions} where expires_ms <= ${nowMs}
          order by expires_ms limit ${limit})`),
    );
  }
}

function outcomeOf(changed: number, stored: number | undefined, wanted: number): UserWrite {
  if (changed === 1) return "written";
  return stored === wanted ? "last" : "conflict";
}

function insertUser(user: User, condition: SQL): SQL {
  return sql`
    insert into ${users} (id, username, version, body)
    select ${user.id}, ${user.username}, ${user.version}, ${JSON.stringify(user)}
    where ${condition}`;
}

/** For the user as it was checked, and not for one that was changed or disabled meanwhile. */
function insertSession(session: Session, version: number): SQL {
  const { id, userId, hash, createdMs, seenMs, expiresMs, address, userAgent } = session;
  return sql`
    insert into ${sessions} (id, user_id, hash, created_ms, seen_ms, expires_ms, address,
      user_agent)
    select ${id}, ${userId}, ${hash}, ${createdMs}, ${seenMs}, ${expiresMs}, ${address},
      ${userAgent}
    where exists (select 1 from ${users} where id = ${userId} and version = ${version})`;
}

function endAll(userId: string, condition: SQL): SQL {
  return sql`delete from ${sessions} where user_id = ${userId} and ${condition}`;
}

const IS_ACTIVE = sql`o.body ->> '$.state' = 'active'`;
const IS_INSTANCE_ADMIN = sql`o.body ->> '$.isInstanceAdmin'`;

/** Whether those remain beside this user who must. */
function doRemain(id: string, { isInstanceAdminNeeded, ownersOf }: MustRemain): SQL | undefined {
  const another = (condition: SQL): SQL => sql`
    exists (select 1 from ${users} as o where o.id <> ${id} and ${IS_ACTIVE} and ${condition})`;
  const isOwner = (namespace: string): SQL => sql`(${IS_INSTANCE_ADMIN} or exists (
    select 1 from json_each(o.body, '$.memberships') as m
    where m.value ->> '$.namespace' = ${namespace} and m.value ->> '$.role' = 'owner'))`;
  return and(
    isInstanceAdminNeeded ? another(IS_INSTANCE_ADMIN) : undefined,
    ...ownersOf.map((namespace) => another(isOwner(namespace))),
  );
}
