/**
 * Things that wait, grouped by priority: of one priority in the order they came. Where all have the same
 * one, as is usual, this is one set.
 */
export class ByPriority<T> {
  readonly #levels = new Map<number, Set<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds what is not here yet. */
  add(item: T, priority: number): void {
    const level = this.#levels.get(priority);
    if (level === undefined) this.#levels.set(priority, new Set([item]));
    else if (level.has(item)) return;
    else level.add(item);
    this.#size++;
  }

  delete(item: T, priority: number): void {
    if (this.#levels.get(priority)?.delete(item) === true) this.#size--;
  }

  clear(): void {
    this.#levels.clear();
    this.#size = 0;
  }

  /** The priorities at which something waits, in no order. */
  *priorities(): Generator<number> {
    for (const [priority, level] of this.#levels) if (level.size > 0) yield priority;
  }

  at(priority: number): Iterable<T> {
    return this.#levels.get(priority) ?? [];
  }
}
