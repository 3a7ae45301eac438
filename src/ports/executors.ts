import type { ExecutorCommandKind, ExecutorInput, ExecutorReply } from "./executor-commands.ts";
import type { Idempotency } from "./shard-client.ts";
import type { Json } from "../core/json.ts";
import type { NodeState } from "../core/directory.ts";
import type { RefusalData } from "../core/refusal.ts";

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
