import type { Errand, ShardStorage } from "../ports/shard-storage.ts";
import type { ShardLimits } from "./limits.ts";
import { PAGE, wholePages } from "./pages.ts";

/** Between two sendings of an errand that nobody answered. */
const BACKOFF_MS = { first: 1_000, factor: 2, max: 60_000 } as const;

/** One that waits for its next sending. */
interface PutOff {
  readonly tries: number;
  readonly atMs: number;
}

/**
 * The commands that this shard owes others. They are stored; memory holds which are to be sent, which are out,
 * and which wait after a try that nobody answered. A start sends all of them again.
 */
export class Errands {
  readonly #storage: ShardStorage;
  readonly #limits: ShardLimits;
  /** To be sent as soon as there is room, in the order they came. */
  readonly #ready = new Set<string>();
  readonly #later = new Map<string, PutOff>();
  /** Being sent by this process, and how often they were before. It survives a rebuild. */
  readonly #out = new Map<string, number>();

  constructor(storage: ShardStorage, limits: ShardLimits) {
    this.#storage = storage;
    this.#limits = limits;
  }

  /** Reads anew what is stored. What is out stays out. */
  rebuild(): void {
    const stored = new Set<string>();
    const read = (last?: Errand) => this.#storage.errandsAfter(last?.id ?? "", PAGE);
    for (const { id } of wholePages(read)) stored.add(id);
    for (const memory of [this.#ready, this.#later, this.#out])
      for (const id of memory.keys()) if (!stored.has(id)) memory.delete(id);
    for (const id of stored) if (!this.#out.has(id) && !this.#later.has(id)) this.#ready.add(id);
  }

  get size(): number {
    return this.#ready.size + this.#later.size + this.#out.size;
  }

  get hasRoom(): boolean {
    return this.size < this.#limits.errandsMax;
  }

  add(errand: Errand): void {
    this.#storage.putErrand(errand);
    if (!this.#out.has(errand.id) && !this.#later.has(errand.id)) this.#ready.add(errand.id);
  }

  /** It was answered, be it with a refusal. */
  remove(errandId: string): void {
    this.#storage.deleteErrand(errandId);
    this.#ready.delete(errandId);
    this.#later.delete(errandId);
    this.#out.delete(errandId);
  }

  /** Those that are to be sent now; each is out until `remove` or `putOff`. */
  take(nowMs: number): readonly Errand[] {
    for (const [id, { atMs }] of this.#later) if (atMs <= nowMs) this.#ready.add(id);
    const taken: Errand[] = [];
    for (const id of this.#ready) {
      if (this.#out.size >= this.#limits.errandsOutMax) break;
      this.#ready.delete(id);
      const errand = this.#storage.getErrand(id);
      if (errand === undefined) continue;
      this.#out.set(id, this.#later.get(id)?.tries ?? 0);
      this.#later.delete(id);
      taken.push(errand);
    }
    return taken;
  }

  /** Nobody has answered: it is sent again later. */
  putOff(errandId: string, nowMs: number): void {
    const tries = this.#out.get(errandId);
    if (tries === undefined) return;
    this.#out.delete(errandId);
    const { first, factor, max } = BACKOFF_MS;
    const delayMs = Math.min(max, first * factor ** Math.min(tries, 16));
    this.#later.set(errandId, { tries: tries + 1, atMs: nowMs + delayMs });
  }

  /** When `take` has more; undefined when nothing waits, or it waits for others to come back. */
  nextMs(nowMs: number): number | undefined {
    if (this.#out.size >= this.#limits.errandsOutMax) return undefined;
    if (this.#ready.size > 0) return nowMs;
    return this.#nextLaterMs();
  }

  /** When somebody must see to them though this process is gone. */
  nextLastingMs(nowMs: number): number | undefined {
    const nextMs = this.nextMs(nowMs);
    if (nextMs !== undefined || this.size === 0) return nextMs;
    return nowMs + BACKOFF_MS.max;
  }

  #nextLaterMs(): number | undefined {
    let nextMs: number | undefined;
    for (const { atMs } of this.#later.values())
      if (nextMs === undefined || atMs < nextMs) nextMs = atMs;
    return nextMs;
  }
}
