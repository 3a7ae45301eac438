import type { DirectoryCopy } from "./shard-storage.ts";
import type {
  ExecutorSecret,
  Executor,
  NodeWish,
  ExecutorNode,
  NodeView,
  ExecutorView,
  NodeEvent,
} from "./executors.ts";
import type { RefusalData } from "../core/refusal.ts";

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
