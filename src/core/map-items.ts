import type { Json } from "./json.ts";

/** Characters of the items that are kept, over all maps of a workflow run. */
const KEPT_CHARS_MAX = 2_000_000;

/**
 * The items of maps that run, so that a map of ten thousand does not read ten thousand times what it goes over.
 * It holds what was used last, as much as fits; everything can be read again.
 */
export class MapItems {
  readonly #kept = new Map<number, { readonly items: readonly Json[]; readonly chars: number }>();
  #chars = 0;

  get(place: number): readonly Json[] | undefined {
    const kept = this.#kept.get(place);
    if (kept === undefined) return undefined;
    this.#kept.delete(place);
    this.#kept.set(place, kept);
    return kept.items;
  }

  keep(place: number, items: readonly Json[]): void {
    this.delete(place);
    const chars = JSON.stringify(items).length;
    this.#kept.set(place, { items, chars });
    this.#chars += chars;
    for (const oldest of this.#kept.keys()) {
      if (this.#chars <= KEPT_CHARS_MAX || oldest === place) break;
      this.delete(oldest);
    }
  }

  delete(place: number): void {
    this.#chars -= this.#kept.get(place)?.chars ?? 0;
    this.#kept.delete(place);
  }
}
