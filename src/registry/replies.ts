import { Refusal } from "../core/refusal.ts";
import type { ExecutorCommandKind, ExecutorOutput } from "../ports/executor-commands.ts";
import type { Idempotency } from "../ports/shard-client.ts";
import type { KeeperState } from "./keeper-state.ts";
import { KEEPER_LIMITS } from "./limits.ts";

/** The first answer to this key, if there was one; a refusal when the key came with another request. */
export function recall<K extends ExecutorCommandKind>(
  state: KeeperState,
  _kind: K,
  idempotency: Idempotency,
  nowMs: number,
): ExecutorOutput<K> | undefined {
  const entry = state.storage.getReply(idempotency.key);
  if (entry === null || entry.expiresMs <= nowMs) return undefined;
  if (entry.bodyHash !== idempotency.bodyHash)
    throw new Refusal(
      "idempotency.mismatch",
      "This Idempotency-Key was used for another request before.",
      { hint: "Use a new key for each new request." },
    );
  // Our own text: `remember` made it from an output of the same command, as the hash proves.
  const reply: ExecutorOutput<K> = JSON.parse(entry.reply);
  return reply;
}

/** Keeps the first answer, in the same transaction as what it answers. Its secrets are sealed. */
export function remember(
  state: KeeperState,
  idempotency: Idempotency,
  value: object,
  nowMs: number,
): void {
  const { key, bodyHash } = idempotency;
  const expiresMs = nowMs + KEEPER_LIMITS.idempotencyMs;
  state.reply({ key, bodyHash, reply: JSON.stringify(value), expiresMs });
}
