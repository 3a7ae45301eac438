import {
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";
import type { AuditEntry } from "../ports/audit.ts";
import type { User } from "../ports/people.ts";

/** Who may log in. The whole user is in `body`. */
export const users = sqliteTable(
  "users",
  {
    id: text("id").primaryKey(),
    /** In lower case. */
    username: text("username").notNull(),
    version: integer("version").notNull(),
    body: text("body", { mode: "json" }).$type<User>().notNull(),
  },
  (user) => [uniqueIndex("users_by_username").on(user.username)],
);

/** Logins that have not ended. */
export const sessions = sqliteTable(
  "sessions",
  {
    id: text("id").primaryKey(),
    userId: text("user_id").notNull(),
    /** SHA-256 of what the cookie holds, hex. */
    hash: text("hash").notNull(),
    createdMs: integer("created_ms").notNull(),
    seenMs: integer("seen_ms").notNull(),
    expiresMs: integer("expires_ms").notNull(),
    address: text("address"),
    userAgent: text("user_agent"),
  },
  (session) => [
    uniqueIndex("sessions_by_hash").on(session.hash),
    index("sessions_by_user").on(session.userId, session.id),
    index("sessions_by_expiry").on(session.expiresMs),
  ],
);

/** What was changed by whom: a chain of hashes for each namespace. */
export const audit = sqliteTable(
  "audit",
  {
    namespace: text("namespace").notNull(),
    seq: integer("seq").notNull(),
    atMs: integer("at_ms").notNull(),
    actor: text("actor").notNull(),
    action: text("action").notNull(),
    objectKind: text("object_kind").notNull(),
    object: text("object").notNull(),
    body: text("body", { mode: "json" }).$type<AuditEntry>().notNull(),
  },
  (entry) => [
    primaryKey({ columns: [entry.namespace, entry.seq] }),
    index("audit_by_time").on(entry.namespace, entry.atMs, entry.seq),
    index("audit_by_object").on(entry.namespace, entry.objectKind, entry.object, entry.seq),
    index("audit_by_actor").on(entry.namespace, entry.actor, entry.seq),
  ],
);

/** Ended runs by the hour of their creation, counted by the triggers of migration 0005. */
export const runCounts = sqliteTable(
  "run_counts",
  {
    namespace: text("namespace").notNull(),
    hourMs: integer("hour_ms").notNull(),
    state: text("state").notNull(),
    count: integer("count").notNull(),
  },
  (row) => [primaryKey({ columns: [row.namespace, row.hourMs, row.state] })],
);
