import type { CalendarCopy } from "./calendar.ts";

/**
 * How a node stands. `online` and `suspect` ones get deliveries, suspect ones only where no other can;
 * `offline` ones have been silent for too long; `disabled` and `draining` ones get nothing new by
 * somebody's wish, and what they still answer counts.
 */
export type NodeState = "online" | "suspect" | "offline" | "disabled" | "draining";

/** One address of an executor, as the shard needs it. */
export interface NodeCopy {
  readonly id: string;
  readonly address: string;
  readonly weight: number;
  readonly state: NodeState;
  /** Since when it is in this state: what a shard suspected of it earlier is settled. */
  readonly sinceMs: number;
  readonly tags: readonly string[];
  /** The handlers that it said it has; null when it did not say. */
  readonly handlers: readonly string[] | null;
  /** Runs that it may have at once; null is no bound. */
  readonly concurrency: number | null;
  /** Which of the executor's secrets its deliveries are signed with. */
  readonly secret: number;
  /** Since when it counts as dead: what was sent to it before is lost. Null while it does not. */
  readonly lostMs: number | null;
}

/** What a shard knows of an executor: the body of a directory copy. */
export interface ExecutorCopy {
  readonly appKey: string;
  readonly namespace: string;
  /** In the order in which they were listed or registered. */
  readonly nodes: readonly NodeCopy[];
  /** The live secrets, sealed, the older one first: one or two. */
  readonly sealedSecrets: readonly string[];
  /** Runs of this executor that may be under way in this shard at once; null is no bound. */
  readonly concurrency: number | null;
}

/** The executor in a directory copy, also in one that an earlier version wrote. */
export function executorCopyOf(body: string): ExecutorCopy {
  // Written by whoever keeps the executor: from an ExecutorCopy, or from its first form.
  const copy: ExecutorCopy | FirstExecutorCopy = JSON.parse(body);
  if (!("sealedSecret" in copy)) return copy;
  const { appKey, namespace, sealedSecret } = copy;
  const nodes = copy.nodes.map(nodeCopyOf);
  return { appKey, namespace, nodes, sealedSecrets: [sealedSecret], concurrency: null };
}

interface FirstExecutorCopy {
  readonly appKey: string;
  readonly namespace: string;
  readonly nodes: readonly Pick<NodeCopy, "id" | "address" | "weight">[];
  readonly sealedSecret: string;
}

function nodeCopyOf({ id, address, weight }: FirstExecutorCopy["nodes"][number]): NodeCopy {
  return { id, address, weight, ...FIRST_NODE };
}

const FIRST_NODE = {
  state: "online",
  sinceMs: 0,
  tags: [],
  handlers: null,
  concurrency: null,
  secret: 0,
  lostMs: null,
} as const;

/** What a shard knows of a namespace. */
export interface NamespaceCopy {
  readonly name: string;
  /** Generations of the webhook signing secret that sign deliveries: the current one first. */
  readonly signingGenerations: readonly number[];
}

export function executorKey(namespace: string, appKey: string): string {
  return `executor:${namespace}:${appKey}`;
}

export function namespaceKey(name: string): string {
  return `namespace:${name}`;
}

export function calendarKey(namespace: string, name: string): string {
  return `calendar:${namespace}:${name}`;
}

/** The calendar in a directory copy; null when it is the copy of something else. */
export function calendarCopyOf({
  key,
  body,
}: {
  readonly key: string;
  readonly body: string;
}): CalendarCopy | null {
  if (!key.startsWith("calendar:")) return null;
  // The API writes the body from a CalendarCopy, and nobody else writes one.
  const copy: CalendarCopy = JSON.parse(body);
  return copy;
}
