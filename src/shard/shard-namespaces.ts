import { namespaceKey, type NamespaceCopy } from "../core/directory.ts";
import type { ShardStorage } from "../ports/shard-storage.ts";

/** What signs where the shard has no copy: the first generation, which every namespace begins with. */
const FIRST_GENERATION: readonly number[] = [1];

/** What the shard's copies say of namespaces. A cache: each is read when a delivery first needs it. */
export class ShardNamespaces {
  readonly #storage: ShardStorage;
  /** By namespace. */
  readonly #signing = new Map<string, readonly number[]>();

  constructor(storage: ShardStorage) {
    this.#storage = storage;
  }

  /** Generations of the namespace's signing secret that sign its webhooks: the current one first. */
  signingGenerations(namespace: string): readonly number[] {
    const known = this.#signing.get(namespace);
    if (known !== undefined) return known;
    const copy = this.#storage.getCopy(namespaceKey(namespace));
    // Written by the API from a NamespaceCopy.
    const body: NamespaceCopy | undefined = copy === undefined ? undefined : JSON.parse(copy.body);
    const generations = body?.signingGenerations ?? FIRST_GENERATION;
    this.#signing.set(namespace, generations);
    return generations;
  }

  /** Copies have changed. */
  clear(): void {
    this.#signing.clear();
  }
}
