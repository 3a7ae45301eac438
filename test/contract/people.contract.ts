import { deepEqual, equal } from "node:assert/strict";
import { LibsqlDirectory } from "../../src/adapters/libsql-directory.ts";
import { LibsqlPeople } from "../../src/adapters/libsql-people.ts";
import {
  NOBODY_NEEDED,
  SESSIONS_PER_USER_MAX,
  type MustRemain,
  type UserChange,
} from "../../src/ports/people.ts";
import { aSession, aUser, owning } from "../support/people.ts";
import type { OpenedRecords } from "../support/open-records.ts";
import { refuses } from "../support/records-queries.ts";
import type { ContractCase } from "./contract-case.ts";

const NO_REPLY: Omit<UserChange, "user"> = { ends: "none", remain: NOBODY_NEEDED, reply: null };
const ADMIN_NEEDED: MustRemain = { isInstanceAdminNeeded: true, ownersOf: [] };
const aReply = (key: string, sealedReply = "sealed") => ({
  key,
  bodyHash: "body",
  sealedReply,
  expiresMs: 5_000,
});

/** What the API may rely on when it keeps users and sessions. Each case begins with empty records. */
export const peopleContract: readonly ContractCase<OpenedRecords>[] = [
  {
    name: "of many first users one is made",
    async run({ database }) {
      const people = new LibsqlPeople(database);

      equal(await people.hasUsers(), false);
      const made = await Promise.all(
        ["a", "b", "c", "d"].map((name) => people.createFirstUser(aUser(name))),
      );

      equal(made.filter(Boolean).length, 1);
      equal((await people.users({ namespace: null, limit: 10, afterId: null })).length, 1);
      equal(await people.hasUsers(), true);
    },
  },
  {
    name: "a user is found by id and by username, which is taken once",
    async run({ database }) {
      const people = new LibsqlPeople(database);

      equal(await people.createUser(aUser("grace"), null), true);
      equal(await people.createUser({ ...aUser("grace"), id: "usr_other" }, null), false);

      deepEqual(await people.user("usr_grace"), aUser("grace"));
      deepEqual(await people.userByName("grace"), aUser("grace"));
      equal(await people.userByName("nobody"), null);
    },
  },
  {
    name: "the answer to a key is stored with the user that it shows, and with no other",
    async run({ database }) {
      const people = new LibsqlPeople(database);
      const directory = new LibsqlDirectory(database);

      equal(await people.createUser(aUser("a"), aReply("k1")), true);
      equal(await people.createUser({ ...aUser("a"), id: "usr_b" }, aReply("k2")), false);
      const late = people.createUser(aUser("c"), aReply("k1", "other"));
      await refuses("idempotency.in_flight", late);

      deepEqual(await directory.idempotency("k1"), aReply("k1"));
      equal(await directory.idempotency("k2"), null);
      equal(await people.userByName("c"), null);
    },
  },
  {
    name: "users are listed by id, those of one namespace or all",
    async run({ database }) {
      const people = new LibsqlPeople(database);
      for (const name of ["a", "b", "c"])
        // oxlint-disable-next-line no-await-in-loop
        await people.createUser(owning(aUser(name), name === "b" ? "other" : "default"), null);
      const ids = async (namespace: string | null, limit: number, afterId: string | null) =>
        (await people.users({ namespace, limit, afterId })).map(({ id }) => id);

      deepEqual(await ids("default", 10, null), ["usr_a", "usr_c"]);
      deepEqual(await ids("default", 10, "usr_a"), ["usr_c"]);
      deepEqual(await ids(null, 2, null), ["usr_a", "usr_b"]);
      deepEqual(await ids("nowhere", 10, null), []);
    },
  },
  {
    name: "a change of the next version is written once, and ends the sessions that it should",
    async run({ database }) {
      const people = new LibsqlPeople(database);
      await people.createUser(aUser("a"), null);
      await people.createUser(aUser("b"), null);
      await people.createSession(aSession("1", "a"), { version: 1, rehashed: null });
      await people.createSession(aSession("2", "b"), { version: 1, rehashed: null });
      const user = { ...aUser("a"), version: 2, state: "disabled" } as const;

      equal(await people.putUser({ ...NO_REPLY, user, ends: "none" }), "written");
      equal((await people.sessions("usr_a")).length, 1);
      equal(await people.putUser({ ...NO_REPLY, user, ends: "all" }), "conflict");
      equal((await people.sessions("usr_a")).length, 1, "a lost change ends no session");
      const next = { ...user, version: 3 };
      equal(await people.putUser({ ...NO_REPLY, user: next, ends: "all" }), "written");

      deepEqual(await people.sessions("usr_a"), []);
      equal((await people.sessions("usr_b")).length, 1);
      deepEqual(await people.user("usr_a"), next);
    },
  },
  {
    name: "a change keeps its answer, and ends the sessions all the same",
    async run({ database }) {
      const people = new LibsqlPeople(database);
      await people.createUser(aUser("a"), null);
      await people.createSession(aSession("1", "a"), { version: 1, rehashed: null });
      const user = { ...aUser("a"), version: 2 };
      const change = { user, ends: "all", remain: NOBODY_NEEDED, reply: aReply("k") } as const;

      equal(await people.putUser(change), "written");
      equal(await people.putUser({ ...change, reply: aReply("k2") }), "conflict");

      const directory = new LibsqlDirectory(database);
      deepEqual(await directory.idempotency("k"), aReply("k"));
      equal(await directory.idempotency("k2"), null);
      deepEqual(await people.sessions("usr_a"), []);
    },
  },
  {
    name: "nobody is the last who administers the instance",
    async run({ database }) {
      const people = new LibsqlPeople(database);
      const boss = { ...aUser("a"), isInstanceAdmin: true };
      await people.createUser(boss, null);
      const less = { ...boss, version: 2, isInstanceAdmin: false };
      const change = { ...NO_REPLY, user: less, remain: ADMIN_NEEDED };

      equal(await people.putUser(change), "last");
      equal(await people.deleteUser("usr_a", 1, ADMIN_NEEDED), "last");
      const idle = { ...aUser("b"), isInstanceAdmin: true, state: "disabled" } as const;
      await people.createUser(idle, null);
      equal(await people.putUser(change), "last", "one who is disabled does not count");
      await people.createUser({ ...aUser("c"), isInstanceAdmin: true }, null);

      equal(await people.putUser(change), "written");
      equal(await people.deleteUser("usr_c", 1, ADMIN_NEEDED), "last");
    },
  },
  {
    name: "of two who step down at once one stays",
    async run({ database }) {
      const people = new LibsqlPeople(database);
      const step = (name: string) =>
        people.putUser({
          ...NO_REPLY,
          user: { ...aUser(name), version: 2, memberships: [] },
          remain: { isInstanceAdminNeeded: false, ownersOf: ["other"] },
        });
      await people.createUser(owning(aUser("a"), "other"), null);
      await people.createUser(owning(aUser("b"), "other"), null);
      await people.createUser(owning(aUser("c"), "default"), null);

      const outcomes = await Promise.all([step("a"), step("b")]);

      deepEqual(outcomes.toSorted(), ["last", "written"]);
      await people.createUser({ ...aUser("d"), isInstanceAdmin: true }, null);
      deepEqual((await Promise.all([step("a"), step("b")])).toSorted(), ["conflict", "written"]);
    },
  },
  {
    name: "a deleted user leaves no session",
    async run({ database }) {
      const people = new LibsqlPeople(database);
      await people.createUser(aUser("a"), null);
      await people.createSession(aSession("1", "a"), { version: 1, rehashed: null });

      equal(await people.deleteUser("usr_a", 2, NOBODY_NEEDED), "conflict");
      equal((await people.sessions("usr_a")).length, 1);
      equal(await people.deleteUser("usr_a", 1, NOBODY_NEEDED), "written");

      equal(await people.user("usr_a"), null);
      deepEqual(await people.sessions("usr_a"), []);
      equal(await people.sessionByHash("hash of 1"), null);
    },
  },
  {
    name: "a session begins for the user that was checked, and notes the login",
    async run({ database }) {
      const people = new LibsqlPeople(database);
      await people.createUser(aUser("a"), null);
      const session = aSession("1", "a");

      equal(await people.createSession(session, { version: 2, rehashed: "no" }), false);
      equal(await people.createSession(session, { version: 1, rehashed: "anew" }), true);

      const found = await people.sessionByHash("hash of 1");
      const user = { ...aUser("a"), passwordHash: "anew", lastLoginMs: session.createdMs };
      deepEqual(found, { session, user });
      equal(await people.sessionByHash("hash of 2"), null);
    },
  },
  {
    name: "the newest sessions of a user are kept",
    async run({ database }) {
      const people = new LibsqlPeople(database);
      await people.createUser(aUser("a"), null);
      const ids = Array.from({ length: SESSIONS_PER_USER_MAX + 2 }, (_, i) => String(100 + i));
      for (const id of ids)
        // oxlint-disable-next-line no-await-in-loop
        await people.createSession(aSession(id, "a"), { version: 1, rehashed: null });

      const kept = (await people.sessions("usr_a")).map(({ id }) => id);

      deepEqual(kept, ids.slice(2).toReversed());
    },
  },
  {
    name: "sessions are touched forward, ended one by one or together, and purged after their end",
    async run({ database }) {
      const people = new LibsqlPeople(database);
      await people.createUser(aUser("a"), null);
      for (const id of ["1", "2", "3", "4"])
        // oxlint-disable-next-line no-await-in-loop
        await people.createSession(aSession(id, "a"), { version: 1, rehashed: null });
      const ids = async () => (await people.sessions("usr_a")).map(({ id }) => id);

      await people.touchSession("1", 9_000);
      await people.touchSession("1", 8_000);
      equal((await people.sessionByHash("hash of 1"))?.session.seenMs, 9_000);
      equal(await people.endSession("usr_b", "1"), false, "nobody ends those of others");
      equal(await people.endSession("usr_a", "1"), true);
      deepEqual(await ids(), ["4", "3", "2"]);
      await people.endSessions("usr_a", "3");
      deepEqual(await ids(), ["3"]);
      await people.purgeSessions(aSession("3", "a").expiresMs - 1, 10);
      deepEqual(await ids(), ["3"]);
      await people.purgeSessions(aSession("3", "a").expiresMs, 10);
      deepEqual(await ids(), []);
    },
  },
];
