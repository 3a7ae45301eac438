import { Refusal, type RefusalCode } from "../core/refusal.ts";
import type { Run } from "../core/run.ts";
import type {
  Idempotency,
  ShardClient,
  ShardCommandKind,
  CommandInput,
  CommandOutput,
  ShardReply,
  Shards,
} from "../ports/shard-client.ts";
import { homeShardOf } from "./idempotency.ts";

/** A command on its way: where it goes, what it says, and the key that makes it happen once. */
export interface ShardOrder<K extends ShardCommandKind> {
  readonly shard: number;
  readonly kind: K;
  readonly input: CommandInput<K>;
  readonly idempotency: Idempotency | null;
}

export interface ShardAnswer<K extends ShardCommandKind> {
  readonly value: CommandOutput<K>;
  readonly isReplay: boolean;
}

/**
 * Sends one command. What the shard refuses is thrown as the caller's mistake. An idempotency key
 * is first reserved on its home shard, so that one key cannot be used for commands on two shards.
 */
export async function callShard<K extends ShardCommandKind>(
  shards: Shards,
  order: ShardOrder<K>,
): Promise<ShardAnswer<K>> {
  const { shard, idempotency } = order;
  const isAtHome = idempotency === null || homeShardOf(idempotency.key, shards.count) === shard;
  if (!isAtHome) await claimKey(shards, idempotency);
  return sendToShard(shards, order);
}

/** The same for a key that we made for this very command: nobody can use it for another one. */
export async function sendToShard<K extends ShardCommandKind>(
  shards: Shards,
  { shard, kind, input, idempotency }: ShardOrder<K>,
): Promise<ShardAnswer<K>> {
  const client = shards.at(shard);
  return settled(await reach(() => client.call(kind, input, idempotency ?? undefined)));
}

/** Reserves a key for a command that no shard runs, so that it cannot stand for two requests. */
export async function claimKey(shards: Shards, idempotency: Idempotency | null): Promise<void> {
  if (idempotency === null) return;
  const home = homeShardOf(idempotency.key, shards.count);
  settled(await reach(() => shards.at(home).call("idempotency.claim", {}, idempotency)));
}

/** Null where the work is refused for one of these reasons; everything else is thrown on. */
export async function unlessRefused<T>(
  codes: readonly RefusalCode[],
  work: Promise<T>,
): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Refusal && codes.includes(error.data.code)) return null;
    throw error;
  }
}

/**
 * The run when it ends, or as it is when the wait is over; null when the shard does not hold it.
 */
export async function waitForRun(
  client: ShardClient,
  runId: string,
  waitMs: number,
): Promise<Run | null> {
  return reach(() => client.waitForRun(runId, waitMs));
}

/** Throws `shard.unavailable` where the call rejects: whoever was to do it could not be reached. */
export async function reach<T>(
  call: () => Promise<T>,
  detail = "The shard that owns this cannot be reached.",
): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const refusal = new Refusal("shard.unavailable", detail);
    refusal.cause = cause;
    throw refusal;
  }
}

function settled<K extends ShardCommandKind>(reply: ShardReply<K>): ShardAnswer<K> {
  if (!reply.ok) throw Refusal.from(reply.refusal);
  return { value: reply.value, isReplay: reply.isReplay };
}
