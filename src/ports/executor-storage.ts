import type { Executor, ExecutorNode, NodeEvent } from "./executors.ts";

/** An executor as the records keep it, for lists and to restore a keeper that lost its own storage. */
export interface ExecutorRow {
  readonly executor: Executor;
  readonly nodes: readonly ExecutorNode[];
  /** It is deleted: the row only keeps its version. */
  readonly isDeleted: boolean;
  /** Of the row: rises with every change that is worth a row. */
  readonly rowVersion: number;
}

/** What the keeper of an executor does to the records. */
export interface ExecutorRecords {
  /** Keeps the row unless a newer one is there. False when the records could not be reached. */
  putExecutor(row: ExecutorRow): Promise<boolean>;
  /** The row of an appKey in whichever namespace; throws `records.unavailable`. */
  executorRow(appKey: string): Promise<ExecutorRow | null>;
}

/** What the keeper of an executor remembers across restarts. Every method is synchronous. */
export interface ExecutorStorage {
  /** Runs `work` so that either all its writes are kept or none is. Not nestable. */
  transaction<T>(work: () => T): T;
  /** Null when nothing was ever stored. */
  getExecutor(): StoredExecutor | null;
  /** (1) */
  putExecutor(stored: StoredExecutor): void;
  /** In the order in which they were first put. */
  nodes(): readonly ExecutorNode[];
  /** Inserts or replaces by id; it keeps its place. (1; 2 for a new one) */
  putNode(node: ExecutorNode): void;
  /** (1) */
  deleteNode(nodeId: string): void;
  /** Signs of life and used tokens, together in one row. */
  getBeats(): StoredBeats | null;
  /** (1) */
  putBeats(beats: StoredBeats): void;
  /** (1) */
  addEvent(event: NodeEvent): void;
  /** Newest first; of one node when its id or address is named. */
  eventsBefore(query: {
    readonly node: string | null;
    readonly beforeSeq: number;
    readonly limit: number;
  }): readonly NodeEvent[];
  /** Deletes all events but the newest `keep`. */
  trimEvents(keep: number): void;
  /** Inserts or replaces by key. (2: the expiry is indexed) */
  putReply(entry: {
    readonly key: string;
    readonly bodyHash: string;
    readonly reply: string;
    readonly expiresMs: number;
  }): void;
  getReply(
    key: string,
  ): { readonly bodyHash: string; readonly reply: string; readonly expiresMs: number } | null;
  /** Deletes at most `limit` entries with `expiresMs <= nowMs`, the oldest first. */
  purgeReplies(nowMs: number, limit: number): void;
}

/** The executor with what only its keeper needs. */
export interface StoredExecutor {
  readonly executor: Executor;
  readonly isDeleted: boolean;
  readonly rowVersion: number;
  /** The records have the row of this version. */
  readonly rowVersionKept: number;
  /** Shards that hold a copy. */
  readonly shards: readonly number[];
  /** Shards that have not confirmed the copy of `listVersion` yet. */
  readonly shardsBehind: readonly number[];
  readonly lastEventSeq: number;
}

/** What is told too often to be a row each time. */
export interface StoredBeats {
  readonly writtenMs: number;
  readonly lastBeatMs: { readonly [nodeId: string]: number };
  readonly inFlight: { readonly [nodeId: string]: number };
  /** When each secret was last used. */
  readonly secretUsedMs: { readonly [secretId: string]: number };
  /** Tokens that were used, with the instant until which they must be remembered. */
  readonly tokens: readonly (readonly [string, number])[];
}
