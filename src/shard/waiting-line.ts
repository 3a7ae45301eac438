import { assert } from "../core/assert.ts";

/** What stands in a line: the earlier nominal time first, of equal ones the smaller id. */
export interface InLine {
  readonly nominalMs: number;
  readonly id: string;
}

/** How many gone places at the front are kept before they are cleared away. */
const GONE_MAX = 64;

/**
 * The runs of one job whose time has come and that have not started, in nominal order. Nearly always one
 * joins at the end and leaves from the front, so both cost next to nothing.
 */
export class WaitingLine<T extends InLine> {
  #places: T[] = [];
  /** Where the line begins: places before it are gone. */
  #head = 0;

  get size(): number {
    return this.#places.length - this.#head;
  }

  add(item: T): void {
    const last = this.#places.at(-1);
    if (this.size === 0 || (last !== undefined && isBefore(last, item))) this.#places.push(item);
    else this.#places.splice(this.#placeOf(item), 0, item);
  }

  remove(item: T): void {
    const place = this.head === item ? this.#head : this.#placeOf(item);
    assert(this.#places[place] === item, "who leaves the line stands in it");
    if (place !== this.#head) {
      this.#places.splice(place, 1);
      return;
    }
    this.#head++;
    if (this.#head < GONE_MAX && this.size > 0) return;
    this.#places.splice(0, this.#head);
    this.#head = 0;
  }

  /** How many stand before it, whether or not it stands in the line. */
  ahead(item: InLine): number {
    return this.#placeOf(item) - this.#head;
  }

  get head(): T | undefined {
    return this.#places[this.#head];
  }

  /** The first `count`, fewer when the line is shorter. */
  first(count: number): readonly T[] {
    return this.#places.slice(this.#head, this.#head + Math.max(0, count));
  }

  #placeOf(item: InLine): number {
    let [low, high] = [this.#head, this.#places.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#places[middle];
      if (other !== undefined && isBefore(other, item)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Whether one goes before the other. */
export function isBefore(one: InLine, other: InLine): boolean {
  return (
    one.nominalMs < other.nominalMs || (one.nominalMs === other.nominalMs && one.id < other.id)
  );
}
