import { Refusal } from "../core/refusal.ts";
import type { Executor } from "../ports/executors.ts";
import type { ExecutorInput, ExecutorOutput } from "../ports/executor-commands.ts";
import type { StoredExecutor } from "../ports/executor-storage.ts";
import { copyForShard, hasSharedLimit } from "./executor-copy.ts";
import type { KeeperState } from "./keeper-state.ts";
import { expectRoom, replaceListed } from "./listed-nodes.ts";
import { expectVersion, ownedExecutor, touch, viewOf } from "./owned-executor.ts";
import { newSecret } from "./secret-commands.ts";

export function createExecutor(
  state: KeeperState,
  input: ExecutorInput<"executor.create">,
  nowMs: number,
): ExecutorOutput<"executor.create"> {
  const { stored: old } = state;
  const { appKey, namespace } = input.executor;
  if (old !== null && !old.isDeleted)
    throw new Refusal("name.taken", `There is an executor with the appKey ${appKey} already.`, {
      hint: "An appKey is unique in the whole deployment: choose another one.",
    });
  expectRoom(input.nodes.length);
  // Shards may hold copies of a deleted executor of this appKey: this one is newer than all of them.
  const floor = old === null ? 0 : Math.max(old.executor.version, old.executor.listVersion) + 1;
  const version = Math.max(nowMs, floor);
  const secrets = [newSecret(state, input.sealedSecret, nowMs)];
  const times = { version, listVersion: version, createdMs: nowMs, updatedMs: nowMs };
  const books = old === null ? NO_BOOKS : booksOf(old, namespace);
  state.begin({ executor: { ...input.executor, secrets, ...times }, isDeleted: false, ...books });
  replaceListed(state, input.nodes, nowMs);
  return viewOf(state, nowMs);
}

export function getExecutor(
  state: KeeperState,
  { namespace }: ExecutorInput<"executor.get">,
  nowMs: number,
): ExecutorOutput<"executor.get"> {
  ownedExecutor(state, namespace);
  return viewOf(state, nowMs);
}

export function patchExecutor(
  state: KeeperState,
  input: ExecutorInput<"executor.patch">,
  nowMs: number,
): ExecutorOutput<"executor.patch"> {
  const stored = ownedExecutor(state, input.namespace);
  expectVersion(stored, input.ifVersions);
  if (input.nodes !== undefined) expectRoom(nodesAfter(state, input.nodes));
  const writesBefore = state.writes;
  const { executor } = stored;
  const next: Executor = {
    ...executor,
    name: input.name ?? executor.name,
    concurrency: input.concurrency === undefined ? executor.concurrency : input.concurrency,
    nodeConcurrency:
      input.nodeConcurrency === undefined ? executor.nodeConcurrency : input.nodeConcurrency,
  };
  if (JSON.stringify(next) !== JSON.stringify(executor)) state.saveExecutor(next);
  if (input.nodes !== undefined) replaceListed(state, input.nodes, nowMs);
  if (state.writes > writesBefore) touch(state, stored, nowMs);
  return viewOf(state, nowMs);
}

/** Leaves what makes a later executor of this appKey newer than every copy of this one, and nothing else. */
export function deleteExecutor(
  state: KeeperState,
  input: ExecutorInput<"executor.delete">,
  nowMs: number,
): ExecutorOutput<"executor.delete"> {
  const stored = ownedExecutor(state, input.namespace);
  expectVersion(stored, input.ifVersions);
  for (const node of state.nodes()) state.dropNode(node.id);
  touch(state, stored, nowMs);
  const { executor } = state.stored ?? stored;
  state.saveExecutor({ ...executor, secrets: [] });
  state.saveBooks({ isDeleted: true });
  state.signs.clear();
  state.measureLife();
  return { appKey: state.appKey };
}

/** A copy for a shard, which from then on is told of changes. Its part of the limits is taken from the others. */
export function copyExecutor(
  state: KeeperState,
  { namespace, shard }: ExecutorInput<"executor.copy">,
  nowMs: number,
): ExecutorOutput<"executor.copy"> {
  const stored = ownedExecutor(state, namespace);
  if (!stored.shards.includes(shard)) {
    if (stored.shards.length === 0)
      for (const node of state.nodes())
        if (node.source === "listed") state.signs.listenFrom(node.id, nowMs);
    state.saveBooks({ shards: [...stored.shards, shard].toSorted((a, b) => a - b) });
    if (hasSharedLimit(stored.executor, state.nodes())) state.bumpList(shard);
    state.measureLife();
  }
  return { copy: copyForShard(state.stored ?? stored, state.nodes(), shard) };
}

const NO_BOOKS = {
  rowVersion: 1,
  rowVersionKept: 0,
  shards: [],
  shardsBehind: [],
  lastEventSeq: 0,
} as const;

/** What goes on from a deleted executor: in its namespace, shards that had copies of it hear of the new one. */
function booksOf(
  { executor, shards: held, rowVersion, rowVersionKept, lastEventSeq }: StoredExecutor,
  namespace: string,
): Omit<StoredExecutor, "executor" | "isDeleted"> {
  const shards = executor.namespace === namespace ? held : [];
  return {
    rowVersion: rowVersion + 1,
    rowVersionKept,
    shards,
    shardsBehind: shards,
    lastEventSeq,
  };
}

/** How many nodes there are when these are the listed ones. */
function nodesAfter(state: KeeperState, listed: readonly { readonly address: string }[]): number {
  const addresses = new Set(listed.map(({ address }) => address));
  const others = Array.from(state.nodes()).filter(
    (node) => node.source === "beat" && !addresses.has(node.address),
  );
  return addresses.size + others.length;
}
