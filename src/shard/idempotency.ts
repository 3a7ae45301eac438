import { assert } from "../core/assert.ts";
import { Refusal } from "../core/refusal.ts";
import type { Idempotency, ShardCommandKind, CommandOutput } from "../ports/shard-client.ts";
import type { ShardState } from "./shard-state.ts";

/** Expired entries deleted by one command that adds one. */
const PURGE_ROWS = 4;

/** The first answer to this key, if there was one; a refusal when the key came with another request. */
export function recall<K extends ShardCommandKind>(
  state: ShardState,
  kind: K,
  { key, bodyHash }: Idempotency,
): CommandOutput<K> | undefined {
  const entry = state.storage.getIdempotency(key);
  if (entry === undefined) return undefined;
  if (entry.bodyHash !== bodyHash)
    throw new Refusal(
      "idempotency.mismatch",
      "This Idempotency-Key was used for another request before.",
      { hint: "Use a new key for each new request." },
    );
  if (kind === "idempotency.claim" || entry.reply === "") return undefined;
  // Our own text: `remember` made it from an output of the same command, as the hash proves.
  const reply: CommandOutput<K> = JSON.parse(entry.reply);
  return reply;
}

/** Keeps the first answer, in the same transaction as what it answers. */
export function remember<K extends ShardCommandKind>(
  state: ShardState,
  entry: {
    readonly kind: K;
    readonly idempotency: Idempotency;
    readonly value: CommandOutput<K>;
    readonly nowMs: number;
  },
): void {
  const { kind, idempotency, value, nowMs } = entry;
  const isClaim = kind === "idempotency.claim";
  // A claim must not wipe out the answer of a command that ran here under the same key.
  if (isClaim && state.storage.getIdempotency(idempotency.key) !== undefined) return;
  assert(idempotency.key.length > 0, "an idempotency key is never empty");
  rememberReply(state, { idempotency, reply: isClaim ? "" : JSON.stringify(value), nowMs });
}

/** The same for an answer that is text already. */
export function rememberReply(
  state: ShardState,
  entry: {
    readonly idempotency: Idempotency;
    readonly reply: string;
    readonly nowMs: number;
  },
): void {
  const { idempotency, reply, nowMs } = entry;
  state.writes++;
  state.storage.purgeIdempotency(nowMs, PURGE_ROWS);
  const expiresMs = nowMs + state.limits.idempotencyMs;
  state.storage.putIdempotency({ ...idempotency, reply, expiresMs });
}
