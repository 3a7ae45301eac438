import { Refusal } from "../core/refusal.ts";
import type {
  ExecutorCommandKind,
  ExecutorInput,
  ExecutorOutput,
} from "../ports/executor-commands.ts";
import type { Executors } from "../ports/executors.ts";
import type { Idempotency } from "../ports/shard-client.ts";
import { reach } from "./shard-call.ts";

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
  const keeper = executors.of(appKey);
  const reply = await reachKeeper(() => keeper.call(kind, input, idempotency ?? undefined));
  if (!reply.ok) throw Refusal.from(reply.refusal);
  return { value: reply.value, isReplay: reply.isReplay };
}

/** Throws `shard.unavailable` where the call rejects: the keeper could not be reached. */
export function reachKeeper<T>(call: () => Promise<T>): Promise<T> {
  return reach(call, "What keeps this executor cannot be reached now.");
}
