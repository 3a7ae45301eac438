import type { CalendarCopy } from "./calendar.ts";

/** One address of an executor, as the shard needs it. */
export interface NodeCopy {
  readonly id: string;
  readonly address: string;
  readonly weight: number;
}

/** What a shard knows of an executor: the body of a directory copy. */
export interface ExecutorCopy {
  readonly appKey: string;
  readonly namespace: string;
  readonly nodes: readonly NodeCopy[];
  /** The secret that signs, sealed. */
  readonly sealedSecret: string;
}

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
