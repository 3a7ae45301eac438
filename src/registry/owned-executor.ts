import { Refusal } from "../core/refusal.ts";
import type { ExecutorNode, ExecutorView } from "../ports/executors.ts";
import type { StoredExecutor } from "../ports/executor-storage.ts";
import type { KeeperState } from "./keeper-state.ts";

/** The executor, if it is of this namespace (null: of any). Else refused: nobody learns of others' executors. */
export function ownedExecutor(state: KeeperState, namespace: string | null): StoredExecutor {
  const { stored } = state;
  const isTheirs = namespace === null || stored?.executor.namespace === namespace;
  if (stored !== null && !stored.isDeleted && isTheirs) return stored;
  throw new Refusal("executor.unknown", `There is no executor with the appKey ${state.appKey}.`);
}

/** Throws `version.conflict` unless the stored version is one of these; null does not ask. */
export function expectVersion(
  { executor }: StoredExecutor,
  ifVersions: readonly number[] | null,
): void {
  if (ifVersions === null || ifVersions.includes(executor.version)) return;
  throw new Refusal("version.conflict", "The executor has changed since you read it.", {
    hint: "Read it again, and send its ETag in If-Match.",
  });
}

/** A node by its id or address. Throws `node.unknown`. */
export function knownNode(state: KeeperState, ref: string): ExecutorNode {
  const node = state.node(ref);
  if (node !== undefined) return node;
  throw new Refusal("node.unknown", `The executor ${state.appKey} has no node ${ref}.`);
}

/** Counts a change that a person made. */
export function touch(state: KeeperState, stored: StoredExecutor, nowMs: number): void {
  const { executor } = state.stored ?? stored;
  const updatedMs = Math.max(nowMs, executor.updatedMs);
  state.saveExecutor({ ...executor, version: executor.version + 1, updatedMs });
}

export function viewOf(state: KeeperState, nowMs: number): ExecutorView {
  return {
    executor: state.executorNow(),
    nodes: Array.from(state.nodes(), (node) => state.nodeView(node, nowMs)),
  };
}
