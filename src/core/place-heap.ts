interface Entry {
  readonly key: number;
  readonly place: number;
}

/**
 * Steps by a number, the smallest first, and of equal numbers the step that comes first in the definition. What
 * was added stays until it is taken: whoever takes it asks whether it still holds.
 */
export class PlaceHeap {
  readonly #entries: Entry[] = [];

  get first(): Entry | undefined {
    return this.#entries[0];
  }

  clear(): void {
    this.#entries.length = 0;
  }

  add(entry: Entry): void {
    const entries = this.#entries;
    let at = entries.length;
    entries.push(entry);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = entries[up];
      if (parent === undefined || !isBefore(entry, parent)) break;
      entries[at] = parent;
      at = up;
    }
    entries[at] = entry;
  }

  take(): Entry | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (last !== undefined && entries.length > 0) this.#sink(last);
    return first;
  }

  /** Puts an entry where the first one was, and down to where it belongs. */
  #sink(entry: Entry): void {
    const entries = this.#entries;
    let at = 0;
    for (;;) {
      const down = this.#smallerChild(at);
      const child = down === undefined ? undefined : entries[down];
      if (down === undefined || child === undefined || !isBefore(child, entry)) break;
      entries[at] = child;
      at = down;
    }
    entries[at] = entry;
  }

  #smallerChild(at: number): number | undefined {
    const left = this.#entries[2 * at + 1];
    const right = this.#entries[2 * at + 2];
    if (left === undefined) return undefined;
    return right !== undefined && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.key < b.key || (a.key === b.key && a.place < b.place);
}
