interface Weighted<V> {
  readonly value: V;
  readonly weight: number;
}

/**
 * A map that forgets, as `BoundedMap` does, for values of different sizes: it keeps at most as many as weigh
 * `weightMax` together, and what is heavier than half of that not at all.
 */
export class WeightedMap<K, V> {
  readonly #generationMax: number;
  #young = new Map<K, Weighted<V>>();
  #youngWeight = 0;
  #old = new Map<K, Weighted<V>>();

  constructor(weightMax: number) {
    this.#generationMax = Math.floor(weightMax / 2);
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young.value;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old.value, old.weight);
    return old?.value;
  }

  /** Adds, or changes. What was set or read last is forgotten last. */
  set(key: K, value: V, weight: number): void {
    if (weight > this.#generationMax) return this.#drop(key);
    if (this.#youngWeight + weight > this.#generationMax) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngWeight = 0;
    }
    this.#youngWeight += weight - (this.#young.get(key)?.weight ?? 0);
    this.#young.set(key, { value, weight });
  }

  #drop(key: K): void {
    this.#youngWeight -= this.#young.get(key)?.weight ?? 0;
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
