import { assert } from "../core/assert.ts";
import type { ExecutorNode, NodeEvent } from "../ports/executors.ts";
import type { ExecutorStorage, StoredBeats, StoredExecutor } from "../ports/executor-storage.ts";

type Reply = Parameters<ExecutorStorage["putReply"]>[0];

/** All rows at one moment. They are never changed in place, so a moment is kept by keeping its maps. */
interface Rows {
  readonly executor: StoredExecutor | null;
  readonly nodes: ReadonlyMap<string, ExecutorNode>;
  readonly beats: StoredBeats | null;
  readonly events: readonly NodeEvent[];
  readonly replies: ReadonlyMap<string, Reply>;
}

/** A keeper's storage in memory, for tests. Values go in and out as copies, as they would with SQLite. */
export class MemoryExecutorStorage implements ExecutorStorage {
  #isInTransaction = false;
  #rows: Rows = {
    executor: null,
    nodes: new Map(),
    beats: null,
    events: [],
    replies: new Map(),
  };

  /** What a power cut would leave: every committed write, sharing nothing with what goes on here. */
  clone(): MemoryExecutorStorage {
    assert(!this.#isInTransaction, "a storage is cloned between transactions");
    const clone = new MemoryExecutorStorage();
    clone.#rows = this.#rows;
    return clone;
  }

  transaction<T>(work: () => T): T {
    assert(!this.#isInTransaction, "transactions do not nest");
    this.#isInTransaction = true;
    const before = this.#rows;
    try {
      return work();
    } catch (error) {
      this.#rows = before;
      throw error;
    } finally {
      this.#isInTransaction = false;
    }
  }

  getExecutor(): StoredExecutor | null {
    return structuredClone(this.#rows.executor);
  }

  putExecutor(stored: StoredExecutor): void {
    this.#rows = { ...this.#rows, executor: structuredClone(stored) };
  }

  nodes(): readonly ExecutorNode[] {
    return structuredClone([...this.#rows.nodes.values()]);
  }

  putNode(node: ExecutorNode): void {
    const nodes = new Map(this.#rows.nodes).set(node.id, structuredClone(node));
    this.#rows = { ...this.#rows, nodes };
  }

  deleteNode(nodeId: string): void {
    const nodes = new Map(this.#rows.nodes);
    nodes.delete(nodeId);
    this.#rows = { ...this.#rows, nodes };
  }

  getBeats(): StoredBeats | null {
    return structuredClone(this.#rows.beats);
  }

  putBeats(beats: StoredBeats): void {
    this.#rows = { ...this.#rows, beats: structuredClone(beats) };
  }

  addEvent(event: NodeEvent): void {
    const isNew = !this.#rows.events.some(({ seq }) => seq === event.seq);
    assert(isNew, "an event is added once");
    const events = [structuredClone(event), ...this.#rows.events].toSorted((a, b) => b.seq - a.seq);
    this.#rows = { ...this.#rows, events };
  }

  eventsBefore(query: Parameters<ExecutorStorage["eventsBefore"]>[0]): readonly NodeEvent[] {
    const { node: ref, beforeSeq, limit } = query;
    const found = this.#rows.events.filter(
      ({ seq, node, address }) =>
        seq < beforeSeq && (ref === null || ref === node || ref === address),
    );
    return structuredClone(found.slice(0, limit));
  }

  trimEvents(keep: number): void {
    this.#rows = { ...this.#rows, events: this.#rows.events.slice(0, keep) };
  }

  putReply(entry: Reply): void {
    const replies = new Map(this.#rows.replies).set(entry.key, { ...entry });
    this.#rows = { ...this.#rows, replies };
  }

  getReply(key: string): ReturnType<ExecutorStorage["getReply"]> {
    const entry = this.#rows.replies.get(key);
    if (entry === undefined) return null;
    const { bodyHash, reply, expiresMs } = entry;
    return { bodyHash, reply, expiresMs };
  }

  purgeReplies(nowMs: number, limit: number): void {
    const purged = [...this.#rows.replies.values()]
      .filter(({ expiresMs }) => expiresMs <= nowMs)
      .toSorted((a, b) => a.expiresMs - b.expiresMs)
      .slice(0, limit);
    const replies = new Map(this.#rows.replies);
    for (const { key } of purged) replies.delete(key);
    this.#rows = { ...this.#rows, replies };
  }
}
