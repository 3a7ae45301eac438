import type { ExecutorCopy, NodeCopy } from "./directory.ts";
import type { TargetSpec } from "./job.ts";

/** What a delivery asks of its node. */
export interface NodeWish {
  readonly handler: string;
  /** It must have all of these. */
  readonly tags: readonly string[];
  /** It must be one of these, by id or address; none is any. */
  readonly pinned: readonly string[];
}

/** Why no node may get a delivery. Each is an error of the attempt, for the person who reads the run. */
export interface NoNode {
  readonly kind: "none";
  readonly code:
    | "executor.no_nodes"
    | "executor.no_handler"
    | "executor.no_tags"
    | "node.unknown"
    | "node.unavailable";
  readonly message: string;
}

type ExecutorTarget = Extract<TargetSpec, { readonly kind: "executor" }>;

/** The nodes among which a target's `node` lets the route choose; none is any. */
export function pinnedOf(node: ExecutorTarget["node"]): readonly string[] {
  if (node === null) return [];
  return typeof node === "string" ? [node] : node;
}

/**
 * Those that are up and fit the wish, in the order of the executor: among them the route chooses, and over
 * them a run is split.
 */
export function candidatesOf(copy: ExecutorCopy, wish: NodeWish): readonly NodeCopy[] {
  const pinned = new Set(wish.pinned);
  return copy.nodes.filter(
    (node) =>
      isUp(node) &&
      (pinned.size === 0 || pinned.has(node.id) || pinned.has(node.address)) &&
      hasTags(node, wish.tags) &&
      hasHandler(node, wish.handler),
  );
}

/** What is wrong, as near to the caller's wish as can be said; for when `candidatesOf` is empty. */
export function whyNone({ appKey, nodes }: ExecutorCopy, wish: NodeWish): NoNode {
  const { pinned } = wish;
  if (nodes.length === 0) return none("executor.no_nodes", `Executor "${appKey}" has no nodes.`);
  const named =
    pinned.length === 0
      ? nodes
      : nodes.filter((node) => pinned.some((name) => isNamed(node, name)));
  if (named.length === 0)
    return none("node.unknown", `Executor "${appKey}" has no node ${listed(pinned)}.`);
  const up = named.filter(isUp);
  if (up.length === 0)
    return pinned.length === 0
      ? none("executor.no_nodes", `Executor "${appKey}" has no node that is online.`)
      : none("node.unavailable", `Of executor "${appKey}", no node ${listed(pinned)} is online.`);
  const tagged = up.filter((node) => hasTags(node, wish.tags));
  if (tagged.length === 0)
    return none(
      "executor.no_tags",
      `No node of executor "${appKey}" that is online has all the tags ${listed(wish.tags)}.`,
    );
  return none(
    "executor.no_handler",
    `No node of executor "${appKey}" that is online has the handler "${wish.handler}".`,
  );
}

/** What is wrong with the one node that was named; undefined when it may get the delivery. */
export function whyNotNamed(
  appKey: string,
  name: string,
  node: NodeCopy | undefined,
  handler: string,
): NoNode | undefined {
  if (node === undefined)
    return none("node.unknown", `Executor "${appKey}" has no node "${name}".`);
  if (!isUp(node)) return none("node.unavailable", `Node "${name}" is ${node.state}.`);
  if (!hasHandler(node, handler))
    return none("executor.no_handler", `Node "${name}" does not have the handler "${handler}".`);
  return undefined;
}

export function isUp({ state }: NodeCopy): boolean {
  return state === "online" || state === "suspect";
}

function isNamed(node: NodeCopy, name: string): boolean {
  return node.id === name || node.address === name;
}

function hasTags(node: NodeCopy, tags: readonly string[]): boolean {
  return tags.every((tag) => node.tags.includes(tag));
}

function hasHandler({ handlers }: NodeCopy, handler: string): boolean {
  return handlers === null || handlers.includes(handler);
}

const LISTED_MAX = 5;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, LISTED_MAX).map((name) => `"${name}"`);
  return shown.join(", ") + (names.length > LISTED_MAX ? ", …" : "");
}

function none(code: NoNode["code"], message: string): NoNode {
  return { kind: "none", code, message };
}
