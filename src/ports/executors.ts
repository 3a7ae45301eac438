import type { NodeState } from "../core/directory.ts";
import type { Json } from "../core/json.ts";
import type { RefusalData } from "../core/refusal.ts";
import type { Idempotency } from "./shard-client.ts";
import type { DirectoryCopy } from "./shard-storage.ts";

/** A secret of an executor, with which it and we sign what we send each other. */
export interface ExecutorSecret {
  readonly id: string;
  /** The appSecret, sealed under `secretContext(namespace, appKey)`. */
  readonly sealed: string;
  readonly createdMs: number;
  /** When a token that it signed was last accepted; null when none was. */
  readonly lastUsedMs: number | null;
}

/** An app that does work. Its keeper is the only writer of it. */
export interface Executor {
  /** Unique in the deployment: it is all that an executor's own tokens say of whose they are. */
  readonly appKey: string;
  readonly namespace: string;
  readonly name: string;
  /** `auto`: nodes register themselves by their beats. `manual`: they are listed, and probed. */
  readonly registration: "auto" | "manual";
  readonly dialect: "native";
  /** Runs that may be under way at once in all; null is no bound. */
  readonly concurrency: number | null;
  /** The same for each node that does not say otherwise. */
  readonly nodeConcurrency: number | null;
  /** The older one first: one, or two while the secret is changed. */
  readonly secrets: readonly ExecutorSecret[];
  /** Counts what people change, from its creation instant: the ETag. */
  readonly version: number;
  /** Counts what shards must hear of; greater than every one of an earlier executor of this appKey. */
  readonly listVersion: number;
  readonly createdMs: number;
  readonly updatedMs: number;
}

/** What people want of a node. */
export type NodeWish = "enabled" | "disabled" | "draining";
/** What a node's signs of life say. */
export type NodeHealth = "online" | "suspect" | "offline";

/** One address of an executor. */
export interface ExecutorNode {
  readonly id: string;
  readonly address: string;
  readonly source: "listed" | "beat";
  readonly weight: number;
  readonly tags: readonly string[];
  /** Set by a person: the node's own beats do not change them any more. */
  readonly isWeightSet: boolean;
  readonly areTagsSet: boolean;
  readonly handlers: readonly string[] | null;
  /** Of the app, as it says. */
  readonly version: string | null;
  readonly concurrency: number | null;
  readonly wish: NodeWish;
  readonly health: NodeHealth;
  readonly healthSinceMs: number;
  /** Why it is suspect or offline: `silent`, `unreachable`, `left`, …; null while it is online. */
  readonly healthReason: string | null;
  /** Since when it counts as dead; null while it does not, also after it has left in good order. */
  readonly lostMs: number | null;
  readonly registeredMs: number;
  /** The last beat, or the last probe that was answered. */
  readonly lastBeatMs: number | null;
  /** Runs that it said it has. */
  readonly inFlight: number | null;
  /** The secret that its last beat was signed with; null before the first. */
  readonly secretId: string | null;
}

/** A node's state as people and shards see it: what was wished goes before what its signs of life say. */
export function nodeState({ wish, health }: Pick<ExecutorNode, "wish" | "health">): NodeState {
  if (wish === "disabled") return "disabled";
  return wish === "draining" && health !== "offline" ? "draining" : health;
}

/** A node with what its keeper has counted of it. */
export interface NodeView extends ExecutorNode {
  /** Share of failed deliveries among those of the last five minutes; null when there was none. */
  readonly errorRate: number | null;
}

export interface ExecutorView {
  readonly executor: Executor;
  readonly nodes: readonly NodeView[];
}

/** Something that happened to a node. */
export interface NodeEvent {
  /** Counts up for each executor. */
  readonly seq: number;
  readonly atMs: number;
  readonly node: string;
  readonly address: string;
  readonly kind:
    | "registered"
    | "online"
    | "suspect"
    | "offline"
    | "left"
    | "enabled"
    | "disabled"
    | "draining"
    | "changed"
    | "removed";
  readonly detail: string | null;
}

/** A token of an executor that was verified, and may be used once. */
export interface UsedToken {
  readonly secretId: string;
  readonly jti: string;
  readonly expMs: number;
}

/** What a shard noticed of a node: how deliveries to it went since the last report. */
export interface NodeReport {
  readonly address: string;
  readonly succeeded: number;
  /** Answered with an error of the node, or not at all. */
  readonly failed: number;
  /** When a delivery last found it unreachable, silent or cut off; null when none did. */
  readonly suspectMs: number | null;
}

/** A node as a person lists it, its address already in its one spelling and not refused by the egress. */
export interface ListedNode {
  readonly address: string;
  readonly weight: number;
  readonly tags: readonly string[];
  readonly concurrency: number | null;
}

/** Every command that the keeper of an executor understands. All of it is plain data. */
export interface ExecutorCommands {
  /** Refused with `name.taken` when the appKey exists, in whichever namespace. */
  "executor.create": {
    readonly input: {
      readonly executor: Pick<
        Executor,
        | "appKey"
        | "namespace"
        | "name"
        | "registration"
        | "dialect"
        | "concurrency"
        | "nodeConcurrency"
      >;
      readonly sealedSecret: string;
      readonly nodes: readonly ListedNode[];
    };
    readonly output: ExecutorView;
  };
  "executor.get": {
    readonly input: { readonly namespace: string };
    readonly output: ExecutorView;
  };
  "executor.patch": {
    readonly input: {
      readonly namespace: string;
      /** Refused unless the stored version is one of these; null does not ask. */
      readonly ifVersions: readonly number[] | null;
      readonly name?: string;
      /** Replaces the listed nodes: an address that was there keeps its node. */
      readonly nodes?: readonly ListedNode[];
      readonly concurrency?: number | null;
      readonly nodeConcurrency?: number | null;
    };
    readonly output: ExecutorView;
  };
  "executor.delete": {
    readonly input: {
      readonly namespace: string;
      readonly ifVersions: readonly number[] | null;
    };
    readonly output: { readonly appKey: string };
  };
  /** The copy for one shard, which from then on is told of every change. */
  "executor.copy": {
    readonly input: { readonly namespace: string; readonly shard: number };
    readonly output: { readonly copy: DirectoryCopy };
  };
  /** What verifies the executor's tokens. Never looks beyond what the keeper has; refused when it has nothing. */
  "executor.secrets": {
    readonly input: Record<string, never>;
    readonly output: {
      readonly namespace: string;
      readonly secrets: readonly Pick<ExecutorSecret, "id" | "sealed">[];
    };
  };
  /** Adds the next secret; refused while there are two. */
  "secret.rotate": {
    readonly input: {
      readonly namespace: string;
      readonly ifVersions: readonly number[] | null;
      readonly sealedSecret: string;
    };
    readonly output: ExecutorView;
  };
  /** Ends the older of two secrets at once; refused while there is one. */
  "secret.revoke": {
    readonly input: { readonly namespace: string; readonly ifVersions: readonly number[] | null };
    readonly output: ExecutorView;
  };
  /** A sign of life, which registers the node. */
  "node.beat": {
    readonly input: {
      readonly token: UsedToken;
      readonly address: string;
      /** Null keeps what is there. */
      readonly weight: number | null;
      readonly tags: readonly string[] | null;
      readonly handlers: readonly string[] | null;
      readonly version: string | null;
      readonly concurrency: number | null;
      readonly inFlight: number | null;
    };
    readonly output: { readonly node: ExecutorNode; readonly beatEveryMs: number };
  };
  "node.leave": {
    readonly input: { readonly token: UsedToken; readonly address: string };
    /** False when there was no such node: to leave twice is no mistake. */
    readonly output: { readonly hasLeft: boolean };
  };
  /** Takes a token's one use, for calls that are about runs. */
  "token.use": {
    readonly input: { readonly token: UsedToken };
    readonly output: { readonly namespace: string };
  };
  "node.patch": {
    readonly input: {
      readonly namespace: string;
      /** Id or address. */
      readonly node: string;
      readonly wish?: NodeWish;
      readonly weight?: number;
      readonly tags?: readonly string[];
      readonly concurrency?: number | null;
    };
    readonly output: { readonly node: NodeView };
  };
  /** Forgets a node that registered itself; a listed one goes with `executor.patch`. */
  "node.delete": {
    readonly input: { readonly namespace: string; readonly node: string };
    readonly output: { readonly node: string };
  };
  "node.report": {
    readonly input: { readonly namespace: string; readonly reports: readonly NodeReport[] };
    readonly output: Record<string, never>;
  };
  /** Newest first. */
  "node.history": {
    readonly input: {
      readonly namespace: string;
      /** Id or address; null is every node. */
      readonly node: string | null;
      /** Only events before this one; null begins with the newest. */
      readonly beforeSeq: number | null;
      readonly limit: number;
    };
    readonly output: { readonly events: readonly NodeEvent[] };
  };
}

export type ExecutorCommandKind = keyof ExecutorCommands;
export type ExecutorInput<K extends ExecutorCommandKind> = ExecutorCommands[K]["input"];
export type ExecutorOutput<K extends ExecutorCommandKind> = ExecutorCommands[K]["output"];

export type ExecutorReply<K extends ExecutorCommandKind> =
  | {
      readonly ok: true;
      readonly value: ExecutorOutput<K>;
      /** This is the first answer to the same key, not a new deed. */
      readonly isReplay: boolean;
    }
  | { readonly ok: false; readonly refusal: RefusalData };

/** What a node answered when somebody asked it how it is. */
export interface PingAnswer {
  readonly isReached: boolean;
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;
  /** From the send to the whole answer. */
  readonly latencyMs: number;
  /** How far its clock is ahead of ours; null when it did not say. */
  readonly clockSkewMs: number | null;
  /** What it said, cut at a bound; null when there was no answer. */
  readonly answer: Json;
  /** Why there was no answer; null when there was. */
  readonly error: string | null;
}

/** The keeper of one executor as others see it: one call a command, plain data both ways. */
export interface ExecutorClient {
  /** Rejects only when the keeper cannot be reached; what it refuses it answers. */
  call<K extends ExecutorCommandKind>(
    kind: K,
    input: ExecutorInput<K>,
    idempotency?: Idempotency,
  ): Promise<ExecutorReply<K>>;
  /** Asks a node how it is. Refused with `executor.unknown` or `node.unknown`. */
  ping(
    namespace: string,
    node: string,
  ): Promise<
    | { readonly ok: true; readonly value: PingAnswer }
    | { readonly ok: false; readonly refusal: RefusalData }
  >;
}

export interface Executors {
  of(appKey: string): ExecutorClient;
}

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
  nodes(): readonly ExecutorNode[];
  /** Inserts or replaces by id. (1) */
  putNode(node: ExecutorNode): void;
  /** (1) */
  deleteNode(nodeId: string): void;
  /** Signs of life and used tokens, together in one row. */
  getBeats(): StoredBeats | null;
  /** (1) */
  putBeats(beats: StoredBeats): void;
  /** (1) */
  addEvent(event: NodeEvent): void;
  /** Newest first; of one node when it is named. */
  eventsBefore(query: {
    readonly node: string | null;
    readonly beforeSeq: number;
    readonly limit: number;
  }): readonly NodeEvent[];
  /** Deletes all events but the newest `keep`. */
  trimEvents(keep: number): void;
  /** Inserts or replaces by key. (1) */
  putReply(entry: {
    readonly key: string;
    readonly bodyHash: string;
    readonly reply: string;
    readonly expiresMs: number;
  }): void;
  getReply(
    key: string,
  ): { readonly bodyHash: string; readonly reply: string; readonly expiresMs: number } | null;
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
