import { assert } from "../core/assert.ts";

/** What a transaction in memory must take back when it throws: one undo for each write, last first. */
export class UndoLog {
  #undos: (() => void)[] | null = null;

  get isOpen(): boolean {
    return this.#undos !== null;
  }

  /** Runs `work`; takes back all its writes when it throws. Does not nest. */
  transaction<T>(work: () => T): T {
    assert(this.#undos === null, "transactions of a shard do not nest");
    const undos: (() => void)[] = [];
    this.#undos = undos;
    try {
      return work();
    } catch (error) {
      for (const undo of undos.toReversed()) undo();
      throw error;
    } finally {
      this.#undos = null;
    }
  }

  note(undo: () => void): void {
    this.#undos?.push(undo);
  }
}

interface Row<K, V> {
  readonly key: K;
  readonly value: V;
}

/** A table in memory, sorted by key: a sorted array with binary search. Rows are frozen as they enter. */
export class OrderedTable<K, V> {
  readonly #compare: (a: K, b: K) => number;
  readonly #undoLog: UndoLog;
  #rows: Row<K, V>[] = [];

  constructor(compare: (a: K, b: K) => number, undoLog: UndoLog) {
    this.#compare = compare;
    this.#undoLog = undoLog;
  }

  get size(): number {
    return this.#rows.length;
  }

  get(key: K): V | undefined {
    const at = this.#firstNotBefore(key);
    return this.#isAt(at, key) ? this.#rows[at]?.value : undefined;
  }

  /** The values that exist among these keys, each once. */
  getMany(keys: readonly K[]): readonly V[] {
    return [...new Set(keys)].flatMap((key) => this.get(key) ?? []);
  }

  /** Inserts or replaces. */
  set(key: K, value: V): void {
    freezeDeep(value);
    const at = this.#firstNotBefore(key);
    const isReplaced = this.#isAt(at, key);
    const old = this.#rows.splice(at, isReplaced ? 1 : 0, { key, value });
    this.#undoLog.note(() => this.#rows.splice(this.#firstNotBefore(key), 1, ...old));
  }

  delete(key: K): void {
    const at = this.#firstNotBefore(key);
    if (!this.#isAt(at, key)) return;
    const old = this.#rows.splice(at, 1);
    this.#undoLog.note(() => this.#rows.splice(this.#firstNotBefore(key), 0, ...old));
  }

  /** The values of at most `limit` keys above `key`, in order. */
  after(key: K, limit: number): readonly V[] {
    let at = this.#firstNotBefore(key);
    if (this.#isAt(at, key)) at += 1;
    return this.#rows.slice(at, at + limit).map((row) => row.value);
  }

  first(): V | undefined {
    return this.#rows[0]?.value;
  }

  values(): readonly V[] {
    return this.#rows.map((row) => row.value);
  }

  /** Takes over the rows of another table; its later writes are not seen here. */
  copyFrom(other: OrderedTable<K, V>): void {
    this.#rows = [...other.#rows];
  }

  #isAt(at: number, key: K): boolean {
    const row = this.#rows[at];
    return row !== undefined && this.#compare(row.key, key) === 0;
  }

  #firstNotBefore(key: K): number {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const row = this.#rows[middle];
      if (row !== undefined && this.#compare(row.key, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Stops at what is frozen already, so that a new version of a large row costs only what is new in it. */
function freezeDeep(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freezeDeep(part);
}
