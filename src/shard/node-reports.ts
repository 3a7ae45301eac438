import { executorKey } from "../core/directory.ts";
import type { NodeReport } from "../ports/executor-commands.ts";

/** What a shard tells the keeper of one executor. */
export interface ExecutorReport {
  readonly namespace: string;
  readonly appKey: string;
  readonly reports: readonly NodeReport[];
}

/** How one delivery went for its node. */
export interface NodeSign {
  readonly namespace: string;
  readonly appKey: string;
  readonly address: string;
  readonly isAlive: boolean;
  /** It counts for the node's error rate: it failed, whatever the reason. */
  readonly isError: boolean;
  /** The delivery has made the shard suspect the node, which it did not before: since this instant. */
  readonly suspectMs: number | null;
}

/** Counts that nobody is in a hurry for reach a keeper at most so often. */
const REPORT_EVERY_MS = 10_000;

const NOTHING_YET = { succeeded: 0, failed: 0, suspectMs: null } as const;

interface Gathered {
  readonly namespace: string;
  readonly appKey: string;
  nodes: Map<string, NodeReport>;
  isUrgent: boolean;
  lastMs: number;
}

/**
 * What the shard noticed of nodes since it last told their keepers. A new suspicion is told at once, and
 * counts along with it or every ten seconds. Signs of a transaction that failed are forgotten.
 */
export class NodeReports {
  readonly #byExecutor = new Map<string, Gathered>();
  /** Executors with something to tell. */
  readonly #waiting = new Set<Gathered>();
  readonly #signs: NodeSign[] = [];

  note(sign: NodeSign): void {
    this.#signs.push(sign);
  }

  /** The transaction was committed. */
  keep(): void {
    if (this.#signs.length === 0) return;
    for (const sign of this.#signs) this.#count(sign);
    this.#signs.length = 0;
  }

  /** The transaction has failed. */
  discard(): void {
    this.#signs.length = 0;
  }

  /** What is to be told now: each count once. */
  take(nowMs: number): readonly ExecutorReport[] {
    if (this.#waiting.size === 0) return [];
    const due: ExecutorReport[] = [];
    for (const gathered of this.#waiting) {
      if (!gathered.isUrgent && nowMs < dueMs(gathered, nowMs)) continue;
      const { namespace, appKey, nodes } = gathered;
      due.push({ namespace, appKey, reports: [...nodes.values()] });
      gathered.nodes = new Map();
      gathered.isUrgent = false;
      gathered.lastMs = nowMs;
      this.#waiting.delete(gathered);
    }
    return due;
  }

  /** When `take` will have something that it has not now; undefined when nothing waits. */
  nextMs(nowMs: number): number | undefined {
    let next: number | undefined;
    for (const gathered of this.#waiting) {
      const ms = dueMs(gathered, nowMs);
      if (next === undefined || ms < next) next = ms;
    }
    return next;
  }

  #count({ namespace, appKey, address, isAlive, isError, suspectMs }: NodeSign): void {
    const gathered = this.#of(namespace, appKey);
    const before = gathered.nodes.get(address) ?? { address, ...NOTHING_YET };
    // A node that has answered since is not suspect any more.
    const counted = isError ? { failed: before.failed + 1 } : { succeeded: before.succeeded + 1 };
    const suspicion = { suspectMs: isAlive ? null : (suspectMs ?? before.suspectMs) };
    gathered.nodes.set(address, { ...before, ...counted, ...suspicion });
    if (suspectMs !== null) gathered.isUrgent = true;
    this.#waiting.add(gathered);
  }

  #of(namespace: string, appKey: string): Gathered {
    const key = executorKey(namespace, appKey);
    const known = this.#byExecutor.get(key);
    if (known !== undefined) return known;
    const lastMs = Number.NEGATIVE_INFINITY;
    const gathered: Gathered = { namespace, appKey, nodes: new Map(), isUrgent: false, lastMs };
    this.#byExecutor.set(key, gathered);
    return gathered;
  }
}

/** A clock that stepped back makes nobody wait longer. */
function dueMs({ lastMs }: Gathered, nowMs: number): number {
  return Math.min(lastMs, nowMs) + REPORT_EVERY_MS;
}
