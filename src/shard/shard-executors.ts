import { executorCopyOf, executorKey, type ExecutorCopy } from "../core/directory.ts";
import type { Run } from "../core/run.ts";
import { Router } from "../core/router.ts";
import type { ShardStorage } from "../ports/shard-storage.ts";

/** Told of each place that a run takes or gives back. */
export interface Places {
  took(key: string, address: string): void;
  freed(key: string, address: string): void;
  /** Anything else has changed that may let more runs start. */
  reopen(key: string): void;
}

/** One executor as the shard routes to it. */
export interface RoutedExecutor {
  readonly key: string;
  readonly copy: ExecutorCopy;
  readonly router: Router;
}

interface Known {
  readonly key: string;
  /** Undefined while the shard has no copy. */
  copy: ExecutorCopy | undefined;
  router: Router | undefined;
  /** Whether the copy was read since it last changed. */
  isFresh: boolean;
  /** By address, the runs that occupy the node: dispatching or running there. */
  readonly runsAt: Map<string, Set<string>>;
  /** Of them in all. */
  occupied: number;
}

interface Place {
  readonly known: Known;
  readonly address: string;
}

/**
 * The executors of the shard's copies, each parsed once for each version, with the router that remembers how
 * deliveries to it went, and which runs occupy which node. The places follow from the stored runs; what
 * routing remembers beside them is in memory only, and a start begins anew.
 */
export class ShardExecutors {
  readonly #storage: ShardStorage;
  readonly #places: Places;
  readonly #known = new Map<string, Known>();
  /** By run: where it is. */
  readonly #placeOf = new Map<string, Place>();

  constructor(storage: ShardStorage, places: Places) {
    this.#storage = storage;
    this.#places = places;
  }

  /** Undefined when the shard has no copy of it. */
  get(key: string, nowMs: number): RoutedExecutor | undefined {
    const known = this.#of(key);
    if (!known.isFresh) this.#read(known, nowMs);
    const { copy, router } = known;
    return copy === undefined || router === undefined ? undefined : { key, copy, router };
  }

  /** Runs that occupy nodes of an executor. */
  occupiedOf(key: string): number {
    return this.#known.get(key)?.occupied ?? 0;
  }

  /** Runs that occupy one node of it. */
  runsAt(key: string, address: string): readonly string[] {
    return [...(this.#known.get(key)?.runsAt.get(address) ?? [])];
  }

  /** Keys of the executors that runs occupy. */
  occupiedKeys(): readonly string[] {
    return [...this.#known.values()].filter(({ occupied }) => occupied > 0).map(({ key }) => key);
  }

  /** The copy with this key has changed. */
  forget(key: string): void {
    const known = this.#known.get(key);
    if (known === undefined) return;
    known.isFresh = false;
    this.#places.reopen(key);
  }

  /** Follows a write of a run. */
  follow(run: Run): void {
    const { target } = run.order;
    if (target.kind !== "executor") return;
    const place = this.#placeOf.get(run.id);
    const address = addressOf(run);
    if (place !== undefined && place.address === address) return;
    if (place !== undefined) this.#giveBack(run.id, place);
    if (address === null) return;
    const known = this.#of(executorKey(run.namespace, target.executor));
    this.#take(run, { known, address });
  }

  /** The node has answered as a node that works does. */
  succeeded({ key, router }: RoutedExecutor, address: string): void {
    if (router.succeeded(address)) this.#places.reopen(key);
  }

  /** The node could not be reached, or failed. True when it is suspect since this very instant. */
  failed({ key, router }: RoutedExecutor, address: string, nowMs: number): boolean {
    const isNew = router.failed(address, nowMs);
    // Nodes that were spared for its sake may be used now.
    this.#places.reopen(key);
    return isNew;
  }

  /** Everything that follows from storage is to be read anew; what routing remembers stays. */
  clear(): void {
    for (const [runId, place] of this.#placeOf) this.#giveBack(runId, place);
    for (const known of this.#known.values()) known.isFresh = false;
  }

  #take(run: Run, place: Place): void {
    const { known, address } = place;
    this.#placeOf.set(run.id, place);
    const runs = known.runsAt.get(address) ?? new Set();
    known.runsAt.set(address, runs.add(run.id));
    known.occupied++;
    known.router?.took(address, run.attempts.at(-1)?.sentMs ?? run.createdMs);
    this.#places.took(known.key, address);
  }

  #giveBack(runId: string, { known, address }: Place): void {
    this.#placeOf.delete(runId);
    const runs = known.runsAt.get(address);
    runs?.delete(runId);
    if (runs?.size === 0) known.runsAt.delete(address);
    known.occupied--;
    known.router?.gaveBack(address);
    this.#places.freed(known.key, address);
  }

  #of(key: string): Known {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made: Known = {
      key,
      copy: undefined,
      router: undefined,
      isFresh: false,
      runsAt: new Map(),
      occupied: 0,
    };
    this.#known.set(key, made);
    return made;
  }

  #read(known: Known, nowMs: number): void {
    known.isFresh = true;
    const stored = this.#storage.getCopy(known.key);
    const copy = stored === undefined ? undefined : executorCopyOf(stored.body);
    known.copy = copy;
    if (copy === undefined) return;
    if (known.router !== undefined) {
      known.router.update(copy, nowMs);
      return;
    }
    const router = new Router(copy);
    known.router = router;
    for (const [address, runs] of known.runsAt) for (const _ of runs) router.took(address, nowMs);
  }
}

/** The node that a run occupies: it is out there, or accepted. */
function addressOf({ phase, attempts }: Run): string | null {
  if (phase.state !== "dispatching" && phase.state !== "running") return null;
  return attempts.at(-1)?.node ?? null;
}
