import { executorKey, type ExecutorCopy, type NodeCopy } from "../core/directory.ts";
import { nodeState, type Executor, type ExecutorNode } from "../ports/executors.ts";
import type { StoredExecutor } from "../ports/executor-storage.ts";
import type { DirectoryCopy } from "../ports/shard-storage.ts";

/** What one shard is told of an executor: its nodes, and its share of the limits. */
export function copyForShard(
  { executor, isDeleted, shards }: StoredExecutor,
  nodes: Iterable<ExecutorNode>,
  shard: number,
): DirectoryCopy {
  const { appKey, namespace, secrets, listVersion } = executor;
  const share = (limit: number | null): number | null =>
    limit === null ? null : shareOf(limit, shards, shard);
  const body: ExecutorCopy = {
    appKey,
    namespace,
    nodes: isDeleted
      ? []
      : Array.from(nodes, (node) => {
          const copy = nodeCopyOf(node, executor);
          return { ...copy, concurrency: share(copy.concurrency) };
        }),
    sealedSecrets: secrets.map(({ sealed }) => sealed),
    concurrency: share(executor.concurrency),
  };
  return {
    key: executorKey(namespace, appKey),
    version: listVersion,
    body: JSON.stringify(body),
  };
}

/** A node as shards see it, with the whole of its limit. */
export function nodeCopyOf(node: ExecutorNode, executor: Executor): NodeCopy {
  const { id, address, weight, tags, handlers, healthSinceMs, lostMs } = node;
  return {
    id,
    address,
    weight,
    state: nodeState(node),
    sinceMs: healthSinceMs,
    tags,
    handlers,
    concurrency: node.concurrency ?? executor.nodeConcurrency,
    secret: secretIndexOf(node, executor),
    lostMs,
  };
}

/** The older secret signs, except to a node that has shown that it has the newer one. */
export function secretIndexOf({ secretId }: ExecutorNode, { secrets }: Executor): number {
  return secretId !== null && secretId === secrets[1]?.id ? 1 : 0;
}

/** Whether shards would see a difference between two forms of a node. */
export function isSameCopy(one: NodeCopy, other: NodeCopy): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether there is a limit that the shards share, so that a further shard changes the others' parts. */
export function hasSharedLimit(executor: Executor, nodes: Iterable<ExecutorNode>): boolean {
  if (executor.concurrency !== null || executor.nodeConcurrency !== null) return true;
  return Array.from(nodes).some((node) => node.concurrency !== null);
}

/**
 * The part of a limit that one shard may use without asking the others: equal parts, what is left over goes
 * to the first, and none has less than one, so that every shard makes progress.
 */
export function shareOf(limit: number, shards: readonly number[], shard: number): number {
  const place = shards.indexOf(shard);
  if (place === -1 || shards.length === 0) return limit;
  const whole = Math.floor(limit / shards.length);
  return Math.max(1, whole + (place < limit % shards.length ? 1 : 0));
}
