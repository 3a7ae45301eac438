import { Refusal } from "../core/refusal.ts";
import type {
  ExecutorCommandKind,
  ExecutorInput,
  ExecutorOutput,
} from "../ports/executor-commands.ts";
import type { Executors } from "../ports/executors.ts";
import type { Idempotency } from "../ports/shard-client.ts";

/** A command on its way to the keeper of one executor. */
export interface KeeperOrder<K extends ExecutorCommandKind> {
  readonly appKey: string;
  readonly kind: K;
  readonly input: ExecutorInput<K>;
  readonly idempotency: Idempotency | null;
}

export interface KeeperAnswer<K extends ExecutorCommandKind> {
  readonly value: ExecutorOutput<K>;
  readonly isReplay: boolean;
}

/** Sends one command. What the keeper refuses is thrown as the caller's mistake. */
export async function callKeeper<K extends ExecutorCommandKind>(
  executors: Executors,
  { appKey, kind, input, idempotency }: KeeperOrder<K>,
): Promise<KeeperAnswer<K>> {
  const reply = await reachKeeper(() =>
    idempotency === null
      ? executors.of(appKey).call(kind, input)
      : executors.of(appKey).call(kind, input, idempotency),
  );
  if (!reply.ok) throw Refusal.from(reply.refusal);
  return { value: reply.value, isReplay: reply.isReplay };
}

/** Throws `shard.unavailable` where the call rejects: the keeper could not be reached. */
export async function reachKeeper<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const refusal = new Refusal(
      "shard.unavailable",
      "What keeps this executor cannot be reached now.",
    );
    refusal.cause = cause;
    throw refusal;
  }
}
