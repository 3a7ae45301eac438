import { BoundedMap } from "./bounded-map.ts";

/** Sets kept to be shared: most fields of most patterns are one of a few hundred. */
const KEPT_MAX = 2_048;

/** The numbers that one field of a pattern names, so that each question is a look-up or two. */
export class ValueSet {
  /** Ascending. */
  readonly #values: Uint8Array;
  /** At each number how many named ones lie below it; one entry more than there are numbers. */
  readonly #before: Uint8Array;

  /** One flag for each number from 0, 1 when it is named. */
  constructor(flags: readonly number[]) {
    this.#values = Uint8Array.from(flags.flatMap((flag, value) => (flag === 1 ? [value] : [])));
    this.#before = new Uint8Array(flags.length + 1);
    for (const [value, flag] of flags.entries())
      this.#before[value + 1] = this.before(value) + (flag === 1 ? 1 : 0);
  }

  get count(): number {
    return this.#values.length;
  }

  has(value: number): boolean {
    return this.before(value + 1) > this.before(value);
  }

  /** How many named numbers lie below one; all of them at and past the end of the field. */
  before(value: number): number {
    return this.#before[value] ?? this.#values.length;
  }

  /** The first named number at or after one, or -1. */
  firstFrom(value: number): number {
    return this.#values[this.before(value)] ?? -1;
  }

  /** The last named number before one, or -1. */
  lastBefore(value: number): number {
    return this.#values[this.before(value) - 1] ?? -1;
  }
}

const kept = new BoundedMap<string, ValueSet>(KEPT_MAX);

/** The set of some flags, shared by all patterns that have the same ones. */
export function valueSet(flags: readonly number[]): ValueSet {
  const key = flags.join("");
  const found = kept.get(key) ?? new ValueSet(flags);
  kept.set(key, found);
  return found;
}
