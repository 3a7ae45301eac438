import { assert } from "../core/assert.ts";
import type { Executor, ExecutorNode, NodeEvent, NodeView } from "../ports/executors.ts";
import type { ExecutorStorage, StoredExecutor } from "../ports/executor-storage.ts";
import type { Ids } from "../ports/random.ts";
import { ErrorRates } from "./error-rates.ts";
import { isSameCopy, nodeCopyOf } from "./executor-copy.ts";
import { KEEPER_LIMITS } from "./limits.ts";
import { forgetDueMs, silenceDueMs } from "./node-life.ts";
import { SignsOfLife } from "./signs-of-life.ts";

export interface KeeperDeps {
  readonly appKey: string;
  readonly storage: ExecutorStorage;
  readonly ids: Ids;
}

type NodeWrite =
  | { readonly kind: "put"; readonly node: ExecutorNode }
  | { readonly kind: "delete"; readonly id: string };
type Reply = Parameters<ExecutorStorage["putReply"]>[0];

/**
 * Everything that a keeper knows, mirrored in memory. Changes gather here while a command decides, and
 * `commit` stores them in one transaction; most beats change nothing that is stored, and then there is none.
 */
export class KeeperState {
  readonly appKey: string;
  readonly storage: ExecutorStorage;
  readonly ids: Ids;
  readonly signs = new SignsOfLife();
  readonly rates = new ErrorRates();
  /** Counts changes: a refusal must not have made one. */
  writes = 0;
  #stored: StoredExecutor | null = null;
  /** In the order in which they were listed or registered. */
  readonly #nodes = new Map<string, ExecutorNode>();
  readonly #idByAddress = new Map<string, string>();
  /** No node changes by the passing of time before this; null when none ever does. */
  #lifeDueMs: number | null = null;
  #isExecutorUnwritten = false;
  #isListBumped = false;
  #isRowBumped = false;
  #nodeWrites: NodeWrite[] = [];
  #events: NodeEvent[] = [];
  #reply: Reply | null = null;

  constructor({ appKey, storage, ids }: KeeperDeps) {
    this.appKey = appKey;
    this.storage = storage;
    this.ids = ids;
  }

  /** Null when nothing was ever stored. */
  get stored(): StoredExecutor | null {
    return this.#stored;
  }

  get nodesCount(): number {
    return this.#nodes.size;
  }

  nodes(): Iterable<ExecutorNode> {
    return this.#nodes.values();
  }

  /** By id or address. */
  node(ref: string): ExecutorNode | undefined {
    return this.#nodes.get(this.#idByAddress.get(ref) ?? ref);
  }

  /** Beats are expected of nodes that send them; listed ones are probed while a shard holds a copy. */
  isWatched(node: ExecutorNode): boolean {
    return node.source === "beat" || (this.#stored?.shards.length ?? 0) > 0;
  }

  get lifeDueMs(): number | null {
    return this.#lifeDueMs;
  }

  /** A node may change at this instant. */
  lifeBy(dueMs: number): void {
    this.#lifeDueMs = Math.min(this.#lifeDueMs ?? Infinity, dueMs);
  }

  /** Looks at all nodes for the instant when the first of them changes by itself. */
  measureLife(): void {
    this.#lifeDueMs = null;
    for (const node of this.#nodes.values()) this.#measure(node);
  }

  /** Begins anew with an executor, whatever was there before; it may be a deleted one. */
  begin(stored: StoredExecutor): void {
    for (const id of this.#nodes.keys()) this.dropNode(id);
    this.writes++;
    this.#stored = stored;
    this.#isExecutorUnwritten = true;
    this.#isListBumped = true;
    this.#isRowBumped = true;
  }

  /** A change of the executor itself. */
  saveExecutor(executor: Executor): void {
    const before = this.#some.executor;
    this.#save({ ...this.#some, executor });
    this.#bumpRow();
    const isSame =
      before.concurrency === executor.concurrency &&
      before.nodeConcurrency === executor.nodeConcurrency &&
      before.secrets.map(({ id }) => id).join() === executor.secrets.map(({ id }) => id).join();
    if (!isSame) this.bumpList();
  }

  /** A change of what only the keeper needs. */
  saveBooks(books: Partial<Omit<StoredExecutor, "executor" | "rowVersion">>): void {
    this.#save({ ...this.#some, ...books });
  }

  /** Something changed that shards must hear of: all that hold a copy are behind, but for one that is just told. */
  bumpList(exceptShard: number | null = null): void {
    this.#bumpRow();
    const stored = this.#some;
    const { executor, shards } = stored;
    const shardsBehind = shards.filter(
      (shard) => shard !== exceptShard || stored.shardsBehind.includes(shard),
    );
    const listVersion = executor.listVersion + (this.#isListBumped ? 0 : 1);
    this.#save({ ...stored, executor: { ...executor, listVersion }, shardsBehind });
    this.#isListBumped = true;
  }

  /** Adds a node, or takes its new form; a new one comes last. */
  putNode(node: ExecutorNode): void {
    const before = this.#nodes.get(node.id);
    if (before === node) return;
    assert(before === undefined || before.address === node.address, "a node keeps its address");
    this.writes++;
    this.#nodes.set(node.id, node);
    this.#idByAddress.set(node.address, node.id);
    this.#nodeWrites.push({ kind: "put", node });
    this.#bumpRow();
    const { executor } = this.#some;
    const isSame =
      before !== undefined && isSameCopy(nodeCopyOf(before, executor), nodeCopyOf(node, executor));
    if (!isSame) this.bumpList();
    this.#measure(node);
  }

  dropNode(nodeId: string): void {
    const node = this.#nodes.get(nodeId);
    assert(node !== undefined, "only a node that is there is dropped");
    this.writes++;
    this.#nodes.delete(nodeId);
    this.#idByAddress.delete(node.address);
    this.#nodeWrites.push({ kind: "delete", id: nodeId });
    this.signs.forget(nodeId);
    this.rates.forget(nodeId);
    this.bumpList();
  }

  /** Moves these nodes, which are there, behind all others, in this order. */
  moveLast(nodes: readonly ExecutorNode[]): void {
    this.writes++;
    for (const node of nodes) {
      this.#nodes.delete(node.id);
      this.#nodes.set(node.id, node);
      this.#nodeWrites.push({ kind: "delete", id: node.id }, { kind: "put", node });
    }
    this.bumpList();
  }

  note(node: ExecutorNode, event: Pick<NodeEvent, "kind" | "detail" | "atMs">): void {
    const seq = this.#some.lastEventSeq + 1;
    this.#events.push({ seq, node: node.id, address: node.address, ...event });
    this.#save({ ...this.#some, lastEventSeq: seq });
  }

  reply(reply: Reply): void {
    this.writes++;
    this.#reply = reply;
  }

  /** A node with what beats and shards told of it. */
  nodeNow(node: ExecutorNode): ExecutorNode {
    const { signs } = this;
    return {
      ...node,
      lastBeatMs: signs.lastBeatMs(node.id) ?? node.lastBeatMs,
      inFlight: signs.inFlight(node.id) ?? node.inFlight,
    };
  }

  nodeView(node: ExecutorNode, nowMs: number): NodeView {
    return { ...this.nodeNow(node), errorRate: this.rates.of(node.id, nowMs) };
  }

  /** The executor with when its secrets were last used. */
  executorNow(): Executor {
    const { executor } = this.#some;
    const secrets = executor.secrets.map((secret) => ({
      ...secret,
      lastUsedMs: this.signs.secretUsedMs(secret.id) ?? secret.lastUsedMs,
    }));
    return { ...executor, secrets };
  }

  /** Stores what has changed, in one transaction; signs of life go along, or when their time has come. */
  commit(nowMs: number): void {
    const isChanged =
      this.#isExecutorUnwritten ||
      this.#nodeWrites.length > 0 ||
      this.#events.length > 0 ||
      this.#reply !== null;
    const areSignsDue = this.signs.isDue(nowMs) && this.#stored?.isDeleted === false;
    if (isChanged || areSignsDue) this.storage.transaction(() => this.#write(nowMs));
    if (isChanged || areSignsDue) this.signs.written(nowMs);
    this.#forgetChanges();
  }

  /** Stores the signs of life now. */
  commitSigns(nowMs: number): void {
    if (!this.signs.isUnwritten) return;
    this.storage.transaction(() => this.storage.putBeats(this.signs.row(nowMs)));
    this.signs.written(nowMs);
  }

  /** Reads everything from storage: at a start, and when a transaction failed. */
  reload(nowMs: number): void {
    this.#forgetChanges();
    this.#stored = this.storage.getExecutor();
    this.#nodes.clear();
    this.#idByAddress.clear();
    for (const node of this.storage.nodes()) {
      this.#nodes.set(node.id, node);
      this.#idByAddress.set(node.address, node.id);
    }
    const watched = [...this.#nodes.values()].filter((node) => this.isWatched(node));
    this.signs.reset(this.storage.getBeats(), watched, nowMs);
    this.measureLife();
  }

  #write(nowMs: number): void {
    const { storage } = this;
    for (const write of this.#nodeWrites) {
      if (write.kind === "put") storage.putNode(write.node);
      else storage.deleteNode(write.id);
    }
    for (const event of this.#events) storage.addEvent(event);
    if (this.#isExecutorUnwritten) storage.putExecutor(this.#some);
    if (this.#reply !== null) {
      storage.purgeReplies(nowMs, KEEPER_LIMITS.purgeRows);
      storage.putReply(this.#reply);
    }
    if (this.signs.isUnwritten) storage.putBeats(this.signs.row(nowMs));
    const isFull = this.#events.some(({ seq }) => seq % KEEPER_LIMITS.eventsSlack === 0);
    if (this.#some.isDeleted) storage.trimEvents(0);
    else if (isFull) storage.trimEvents(KEEPER_LIMITS.eventsMax);
  }

  #forgetChanges(): void {
    this.#isExecutorUnwritten = false;
    this.#isListBumped = false;
    this.#isRowBumped = false;
    this.#nodeWrites = [];
    this.#events = [];
    this.#reply = null;
  }

  get #some(): StoredExecutor {
    assert(this.#stored !== null, "there is an executor");
    return this.#stored;
  }

  #save(stored: StoredExecutor): void {
    this.writes++;
    this.#stored = stored;
    this.#isExecutorUnwritten = true;
  }

  #bumpRow(): void {
    if (this.#isRowBumped) return;
    this.#isRowBumped = true;
    this.#save({ ...this.#some, rowVersion: this.#some.rowVersion + 1 });
  }

  #measure(node: ExecutorNode): void {
    const heardMs = this.signs.heardMs(node);
    const silenceMs = this.isWatched(node) ? silenceDueMs(node, heardMs) : null;
    for (const dueMs of [silenceMs, forgetDueMs(node)]) if (dueMs !== null) this.lifeBy(dueMs);
  }
}
