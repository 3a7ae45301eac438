import { sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { ApiIdempotency } from "../ports/directory.ts";
import { idempotency } from "./records-schema.ts";

// A create has no version to fence it, so two requests under one key could both create something.
// The first statement of a create claims the key, and the second one creates only for the claim's
// owner. A sealed reply has a random nonce in it, so it tells whose claim is stored.

/** Stores the reply unless a reply that has not expired is stored under its key. */
export function claimKey(reply: ApiIdempotency, nowMs: number): SQL {
  return sql`${insertReply(reply)} where true ${replaceReply()}
    where idempotency.expires_ms <= ${nowMs}`;
}

/** Whether the reply is the one that is stored; always true where there is none to store. */
export function isClaimed(reply: ApiIdempotency | null): SQL {
  if (reply === null) return sql`true`;
  return sql`exists (select 1 from ${idempotency}
    where key = ${reply.key} and sealed_reply = ${reply.sealedReply})`;
}

/**
 * Stores the reply when the statement before it in the same transaction changed a row. That
 * statement was fenced by a version, so its reply is the true one whatever was stored before.
 */
export function keepReply(reply: ApiIdempotency): SQL {
  return sql`${insertReply(reply)} where changes() = 1 ${replaceReply()}`;
}

function insertReply(reply: ApiIdempotency): SQL {
  return sql`
    insert into ${idempotency} (key, body_hash, sealed_reply, expires_ms)
    select ${reply.key}, ${reply.bodyHash}, ${reply.sealedReply}, ${reply.expiresMs}`;
}

function replaceReply(): SQL {
  return sql`
    on conflict (key) do update set body_hash = excluded.body_hash,
      sealed_reply = excluded.sealed_reply, expires_ms = excluded.expires_ms`;
}
