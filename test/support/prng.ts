/** mulberry32: small, fast, and the same everywhere for the same seed. Numbers in [0, 1). */
export function prng(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = state;
    word = Math.imul(word ^ (word >>> 15), word | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Chance for one part of a simulated world. Parts draw from streams of their own, so that one more
 * draw in one part does not shift all the others.
 */
export class Dice {
  readonly #next: () => number;

  constructor(seed: number, stream: string) {
    let mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
    for (const char of stream) mixed = Math.imul(mixed ^ (char.codePointAt(0) ?? 0), 0x01000193);
    this.#next = prng(mixed ^ (mixed >>> 15));
  }

  /** In [0, 1). */
  next(): number {
    return this.#next();
  }

  chance(probability: number): boolean {
    return probability > 0 && this.#next() < probability;
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.#next() * (max - min + 1));
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[Math.floor(this.#next() * items.length)] ?? items[0];
  }

  /** One of the names, each as often as its weight says; the last one when no weight is left. */
  weighted<K extends string>(names: readonly [K, ...K[]], weights: Readonly<Record<K, number>>): K {
    let left = this.#next() * names.reduce((sum, name) => sum + weights[name], 0);
    for (const name of names) {
      left -= weights[name];
      if (left < 0) return name;
    }
    return names.at(-1) ?? names[0];
  }
}
