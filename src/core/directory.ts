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
