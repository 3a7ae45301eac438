import { executorKey, type ExecutorCopy } from "../../src/core/directory.ts";
import type { Run } from "../../src/core/run.ts";
import type { Answered } from "../../src/ports/dispatcher.ts";
import type { DirectoryCopy } from "../../src/ports/shard-storage.ts";
import { hold } from "./scene.ts";

interface Place {
  readonly key: string;
  readonly address: string;
}

/** What one shard has stored of executors, and which of its runs are where. */
class OneShard {
  readonly copies = new Map<string, { readonly version: number; readonly copy: ExecutorCopy }>();
  readonly places = new Map<string, Place>();
  /** By key, and by key and address. */
  readonly occupied = new Map<string, number>();
  /** By address, the failures since the node was last heard of as one that works. */
  readonly failures = new Map<string, number>();
}

/** The executors as each shard knows them, from what it stored and from the answers that it took. */
export class KnownExecutors {
  readonly #shards: readonly OneShard[];
  readonly #read = new Map<string, ExecutorCopy>();

  constructor(shards: number) {
    this.#shards = Array.from({ length: shards }, () => new OneShard());
  }

  /** Undefined when it is the copy of something else. */
  take(shard: number, { key, version, body }: DirectoryCopy): ExecutorCopy | undefined {
    if (!key.startsWith("executor:")) return undefined;
    const id = `${key} ${version}`;
    const copy = this.#read.get(id) ?? readExecutor(body);
    this.#read.set(id, copy);
    const known = this.#shards[shard]?.copies.get(key);
    const isNewer = known === undefined || known.version < version;
    hold("C1 an executor only gets newer", isNewer, () => `${id} over v${known?.version}`);
    this.#shards[shard]?.copies.set(key, { version, copy });
    return copy;
  }

  copyOf(shard: number, key: string): ExecutorCopy | undefined {
    return this.#shards[shard]?.copies.get(key)?.copy;
  }

  /** Follows the rows of runs: those that are dispatching or running occupy their node. */
  follow(shard: number, run: Run): void {
    const one = this.#shards[shard];
    const { target } = run.order;
    if (one === undefined || target.kind !== "executor") return;
    const before = one.places.get(run.id);
    if (before !== undefined) change(one, before, -1);
    const address = addressOf(run);
    if (address === null) {
      one.places.delete(run.id);
      return;
    }
    const place = { key: executorKey(run.namespace, target.executor), address };
    one.places.set(run.id, place);
    change(one, place, 1);
  }

  occupied(shard: number, key: string): number {
    return this.#shards[shard]?.occupied.get(key) ?? 0;
  }

  occupiedAt(shard: number, { key, address }: Place): number {
    return this.#shards[shard]?.occupied.get(`${key} ${address}`) ?? 0;
  }

  /** The runs that are at a node. */
  at(shard: number, { key, address }: Place): readonly string[] {
    const places = this.#shards[shard]?.places ?? new Map<string, Place>();
    return [...places]
      .filter(([, at]) => at.key === key && at.address === address)
      .map(([id]) => id);
  }

  /** The shard is about to take an answer that may make it doubt nodes. */
  hears(shard: number, answered: Answered): void {
    const failures = this.#shards[shard]?.failures;
    for (const address of failedIn(answered))
      failures?.set(address, (failures.get(address) ?? 0) + 1);
  }

  /** It has taken the answer, and learnt from it unless its run had ended before. */
  heard(shard: number, answered: Answered, isLearnt: boolean): void {
    const failures = this.#shards[shard]?.failures;
    for (const address of failedIn(answered))
      failures?.set(address, Math.max(1, failures.get(address) ?? 0));
    if (isLearnt && answered.node !== null && isGood(answered)) failures?.delete(answered.node);
  }

  /** How often a node may have failed since it last worked: none is beyond doubt. */
  failuresOf(shard: number, address: string): number {
    return this.#shards[shard]?.failures.get(address) ?? 0;
  }
}

function change({ occupied }: OneShard, { key, address }: Place, by: number): void {
  for (const name of [key, `${key} ${address}`]) occupied.set(name, (occupied.get(name) ?? 0) + by);
}

function addressOf({ phase, attempts }: Run): string | null {
  const isThere = phase.state === "dispatching" || phase.state === "running";
  return isThere ? (attempts.at(-1)?.node ?? null) : null;
}

function failedIn(answered: Answered): readonly string[] {
  const { node, unreached } = answered;
  return node === null || isGood(answered) ? unreached : [...unreached, node];
}

/** A node that works has said this. */
function isGood({ status, answer }: Answered): boolean {
  if (status !== null) return status < 500;
  return answer.kind === "succeeded" || answer.kind === "accepted";
}

function readExecutor(body: string): ExecutorCopy {
  // The simulator's own desk wrote it.
  const copy: ExecutorCopy = JSON.parse(body);
  return copy;
}
