import {
  executorKey,
  namespaceKey,
  type ExecutorCopy,
  type NamespaceCopy,
} from "../core/directory.ts";
import type { Directory, Executor, Namespace } from "../ports/directory.ts";
import type { ShardClient } from "../ports/shard-client.ts";
import type { DirectoryCopy } from "../ports/shard-storage.ts";

/** Executors whose versions are compared in one refresh. */
const EXECUTORS_MAX = 10_000;
const NAMESPACES_MAX = 1_000;

/** What a shard keeps of an executor. */
export function executorCopy(executor: Executor): DirectoryCopy {
  const { appKey, namespace, nodes, sealedSecret, version } = executor;
  const body: ExecutorCopy = { appKey, namespace, nodes, sealedSecret };
  return { key: executorKey(namespace, appKey), version, body: JSON.stringify(body) };
}

/** What a shard keeps of a namespace. */
export function namespaceCopy(namespace: Namespace): DirectoryCopy {
  const { name, signingGenerations, version } = namespace;
  const body: NamespaceCopy = { name, signingGenerations };
  return { key: namespaceKey(name), version, body: JSON.stringify(body) };
}

/**
 * Brings the copies that a shard holds up to date: changes are pushed as they happen, and this heals the
 * pushes that a crash or a cut swallowed. Throws `Refusal("records.unavailable")`; call it again later.
 */
export async function refreshCopies(shard: ShardClient, directory: Directory): Promise<number> {
  const listed = await shard.call("directory.list", {});
  if (!listed.ok || listed.value.copies.length === 0) return 0;
  const held = new Map(listed.value.copies.map(({ key, version }) => [key, version]));
  const fresh: DirectoryCopy[] = [];
  for (const { namespace, appKey, version } of await directory.executorVersions(EXECUTORS_MAX)) {
    const heldVersion = held.get(executorKey(namespace, appKey));
    if (heldVersion === undefined || heldVersion >= version) continue;
    const executor = await directory.executor(namespace, appKey);
    if (executor !== null) fresh.push(executorCopy(executor));
  }
  for (const namespace of await directory.namespaces(NAMESPACES_MAX)) {
    const copy = namespaceCopy(namespace);
    if ((held.get(copy.key) ?? copy.version) < copy.version) fresh.push(copy);
  }
  if (fresh.length > 0) await shard.call("directory.put", { copies: fresh });
  return fresh.length;
}
