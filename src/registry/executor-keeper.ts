import { assert } from "../core/assert.ts";
import { Refusal } from "../core/refusal.ts";
import type {
  ExecutorCommandKind,
  ExecutorInput,
  ExecutorOutput,
  ExecutorReply,
} from "../ports/executor-commands.ts";
import type { ExecutorNode } from "../ports/executors.ts";
import type { ExecutorRow, StoredExecutor } from "../ports/executor-storage.ts";
import type { ProbeAnswer } from "../ports/node-probe.ts";
import type { Idempotency } from "../ports/shard-client.ts";
import type { DirectoryCopy } from "../ports/shard-storage.ts";
import { beat, cameBack, leave } from "./beats.ts";
import {
  copyExecutor,
  createExecutor,
  deleteExecutor,
  getExecutor,
  patchExecutor,
} from "./executor-commands.ts";
import { copyForShard, secretIndexOf } from "./executor-copy.ts";
import { KeeperState, type KeeperDeps } from "./keeper-state.ts";
import { tickNodes } from "./life-tick.ts";
import { KEEPER_LIMITS } from "./limits.ts";
import { isSameNode } from "./listed-nodes.ts";
import { deleteNode, nodeHistory, patchNode, reportNodes } from "./node-commands.ts";
import { knownNode, ownedExecutor } from "./owned-executor.ts";
import { recall, remember } from "./replies.ts";
import { liveSecrets, revokeSecret, rotateSecret, useToken } from "./secret-commands.ts";

/** What each command does. Each refuses before it changes anything. */
const COMMANDS: {
  readonly [K in ExecutorCommandKind]: (
    state: KeeperState,
    input: ExecutorInput<K>,
    nowMs: number,
  ) => ExecutorOutput<K>;
} = {
  "executor.create": createExecutor,
  "executor.get": getExecutor,
  "executor.patch": patchExecutor,
  "executor.delete": deleteExecutor,
  "executor.copy": copyExecutor,
  "executor.secrets": liveSecrets,
  "secret.rotate": rotateSecret,
  "secret.revoke": revokeSecret,
  "node.beat": beat,
  "node.leave": leave,
  "token.use": useToken,
  "node.patch": patchNode,
  "node.delete": deleteNode,
  "node.report": reportNodes,
  "node.history": nodeHistory,
};

/** A node to be asked, and what signs the question. */
export interface ProbeTarget {
  readonly node: ExecutorNode;
  readonly namespace: string;
  readonly sealedSecret: string;
}

/**
 * The single writer of one executor: its definition, secrets, nodes and their history. Every method is
 * synchronous and decides everything; what waits (shards, records, probes) is told after it returns.
 */
export class ExecutorKeeper {
  readonly #state: KeeperState;
  #lastMs = 0;

  constructor(deps: KeeperDeps) {
    this.#state = new KeeperState(deps);
  }

  /** Takes over what storage holds: the first call after a start. */
  wake(nowMs: number): void {
    this.#lastMs = nowMs;
    this.#state.reload(nowMs);
  }

  /** Nothing was ever stored here: only the records may know more. */
  get isEmpty(): boolean {
    return this.#state.stored === null;
  }

  /** What shards must have heard of; 0 when there is nothing. */
  get listVersion(): number {
    return this.#state.stored?.executor.listVersion ?? 0;
  }

  /**
   * An empty keeper takes over a row of the records. Nobody knows which shards hold copies: the next
   * version is above all that they may have, and they are found again by comparing versions.
   */
  restore({ executor, nodes, isDeleted, rowVersion }: ExecutorRow, nowMs: number): void {
    const state = this.#state;
    assert(state.stored === null, "only an empty keeper is restored");
    const listVersion = Math.max(nowMs, executor.listVersion + 1);
    this.#transact(nowMs, () => {
      state.begin({
        executor: { ...executor, listVersion },
        isDeleted,
        rowVersion: rowVersion + 1,
        rowVersionKept: rowVersion,
        shards: [],
        shardsBehind: [],
        lastEventSeq: 0,
      });
      for (const node of nodes) state.putNode(node);
    });
    this.wake(nowMs);
  }

  /** Does one command. A refusal is an answer, and has changed nothing. */
  command<K extends ExecutorCommandKind>(
    kind: K,
    input: ExecutorInput<K>,
    at: { readonly nowMs: number; readonly idempotency: Idempotency | null },
  ): ExecutorReply<K> {
    const { nowMs, idempotency } = at;
    this.tick(nowMs);
    const state = this.#state;
    return this.#transact(nowMs, () => {
      const writesBefore = state.writes;
      try {
        const earlier = idempotency === null ? undefined : recall(state, kind, idempotency, nowMs);
        if (earlier !== undefined) return { ok: true, value: earlier, isReplay: true };
        const value = COMMANDS[kind](state, input, nowMs);
        if (idempotency !== null) remember(state, idempotency, value, nowMs);
        return { ok: true, value, isReplay: false };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        assert(state.writes === writesBefore, `a refusal wrote: ${error.message}`);
        return { ok: false, refusal: error.data };
      }
    });
  }

  /** Brings nodes on by the passing of time. Coming early, or twice, it changes nothing. */
  tick(nowMs: number): void {
    const state = this.#state;
    if (nowMs < this.#lastMs - KEEPER_LIMITS.stepBackMs) {
      state.signs.clamp(nowMs);
      state.measureLife();
    }
    this.#lastMs = nowMs;
    this.#transact(nowMs, () => tickNodes(state, nowMs));
  }

  /** When a node may change by itself; null when none will. */
  get nextTickMs(): number | null {
    return this.#state.lifeDueMs;
  }

  /** When signs of life must be stored; null when all are. `tick` stores them. */
  get signsDueMs(): number | null {
    return this.#state.signs.dueMs;
  }

  /** Stores signs of life before their time: the end has come. */
  storeSigns(nowMs: number): void {
    this.#state.commitSigns(nowMs);
  }

  /** Shards that have not confirmed the newest copy. */
  get shardsBehind(): readonly number[] {
    return this.#state.stored?.shardsBehind ?? [];
  }

  copyFor(shard: number): DirectoryCopy {
    return copyForShard(this.#some, this.#state.nodes(), shard);
  }

  /** These shards have the copy of this version. */
  confirmCopies(version: number, shards: readonly number[], nowMs: number): void {
    const stored = this.#some;
    const shardsBehind = stored.shardsBehind.filter((shard) => !shards.includes(shard));
    if (version !== stored.executor.listVersion) return;
    if (shardsBehind.length === stored.shardsBehind.length) return;
    this.#transact(nowMs, () => this.#state.saveBooks({ shardsBehind }));
  }

  /** The row that the records do not have yet; null when they have it. */
  rowToKeep(): ExecutorRow | null {
    return this.isRowBehind ? this.row() : null;
  }

  /** The row as it is now; null when there is nothing. */
  row(): ExecutorRow | null {
    const { stored } = this.#state;
    if (stored === null) return null;
    const { isDeleted, rowVersion } = stored;
    const nodes = Array.from(this.#state.nodes(), (node) => this.#state.nodeNow(node));
    return { executor: this.#state.executorNow(), nodes, isDeleted, rowVersion };
  }

  /** Of the row as it is now, and as the records have it; 0 when there is nothing. */
  get rowVersions(): { readonly now: number; readonly kept: number } {
    const { stored } = this.#state;
    return { now: stored?.rowVersion ?? 0, kept: stored?.rowVersionKept ?? 0 };
  }

  /** The records do not have the newest row. */
  get isRowBehind(): boolean {
    const { stored } = this.#state;
    return stored !== null && stored.rowVersion !== stored.rowVersionKept;
  }

  confirmRow(rowVersion: number, nowMs: number): void {
    if (rowVersion <= this.#some.rowVersionKept) return;
    this.#transact(nowMs, () => this.#state.saveBooks({ rowVersionKept: rowVersion }));
  }

  /** The nodes that are to be probed: listed ones, while somebody needs to know. */
  listedWatched(): readonly ExecutorNode[] {
    const state = this.#state;
    if (state.stored === null || state.stored.isDeleted) return [];
    return Array.from(state.nodes())
      .filter((node) => node.source === "listed" && state.isWatched(node))
      .map((node) => state.nodeNow(node));
  }

  /** What a probe of a node must know. Throws `executor.unknown` or `node.unknown`. */
  probeTarget(namespace: string | null, ref: string): ProbeTarget {
    const { executor } = ownedExecutor(this.#state, namespace);
    const node = knownNode(this.#state, ref);
    const sealedSecret = executor.secrets[secretIndexOf(node, executor)]?.sealed;
    assert(sealedSecret !== undefined, "an executor has a secret");
    return { node, namespace: executor.namespace, sealedSecret };
  }

  /** Takes a node's answer to a probe. Any answer but an error of the node is a sign of life. */
  probed(nodeId: string, answer: ProbeAnswer, nowMs: number): void {
    const state = this.#state;
    const node = state.node(nodeId);
    if (node === undefined || node.source !== "listed" || !isAlive(answer, state.appKey)) return;
    this.tick(nowMs);
    this.#transact(nowMs, () => {
      state.signs.beat(node.id, answer.inFlight, nowMs);
      const heard = cameBack(state, state.node(nodeId) ?? node, nowMs);
      const next = { ...heard, handlers: answer.handlers ?? heard.handlers };
      if (!isSameNode(heard, next)) state.putNode(next);
    });
  }

  get #some(): StoredExecutor {
    const { stored } = this.#state;
    assert(stored !== null, "there is an executor");
    return stored;
  }

  /** When storage throws it has rolled back, and the memory that mirrors it is read anew. */
  #transact<T>(nowMs: number, work: () => T): T {
    try {
      const value = work();
      this.#state.commit(nowMs);
      return value;
    } catch (error) {
      this.#state.reload(nowMs);
      throw error;
    }
  }
}

/** A server that answers at all is alive, unless it fails or says that it is somebody else's. */
function isAlive({ status, appKey }: ProbeAnswer, own: string): boolean {
  return status !== null && status < 500 && (appKey === null || appKey === own);
}
