import { executorKey } from "../core/directory.ts";
import { isEnded, type Attempt, type Run } from "../core/run.ts";
import type { CancelNotice } from "../ports/dispatcher.ts";
import type { ShardExecutors } from "./shard-executors.ts";

/**
 * The nodes that are to be told that a run is canceled, gathered in a transaction and told after it. Nothing
 * hangs on their arrival, so none is stored: a start tells those again whose run still waits for an answer.
 */
export class CancelNotices {
  readonly #runs: Run[] = [];

  get count(): number {
    return this.#runs.length;
  }

  /** The run is to stop, and its node may be at it. */
  add(run: Run): void {
    if (run.order.target.kind === "executor" && nodeOf(run) !== null) this.#runs.push(run);
  }

  /** The run has ended as canceled: its node is told unless it was asked before, or has said how it ended. */
  addEnded(run: Run): void {
    if (!isEnded(run.phase) || run.cancelRequestedMs !== null) return;
    const last = run.attempts.at(-1);
    if (last !== undefined && mayGoOn(last)) this.add(run);
  }

  /** The failed transaction told nobody: what it gathered is forgotten. */
  rollBack(count: number): void {
    this.#runs.length = count;
  }

  /** Each is told once. */
  take(executors: ShardExecutors, nowMs: number): readonly CancelNotice[] {
    if (this.#runs.length === 0) return [];
    return this.#runs.splice(0).flatMap((run) => noticeOf(run, executors, nowMs));
  }
}

function nodeOf(run: Run): string | null {
  return run.attempts.at(-1)?.node ?? null;
}

/** Whether an attempt may be under way at its node, though it is over here. */
function mayGoOn({ outcome, answeredMs }: Attempt): boolean {
  const isUnanswered = outcome === "canceled" && answeredMs === null;
  return isUnanswered || outcome === "lost" || outcome === "timed_out";
}

function noticeOf(run: Run, executors: ShardExecutors, nowMs: number): readonly CancelNotice[] {
  const { target } = run.order;
  const address = nodeOf(run);
  if (target.kind !== "executor" || address === null) return [];
  const copy = executors.get(executorKey(run.namespace, target.executor), nowMs)?.copy;
  const node = copy?.nodes.find((known) => known.address === address);
  const sealedSecret = copy?.sealedSecrets[node?.secret ?? 0];
  if (copy === undefined || sealedSecret === undefined) return [];
  const { id: runId, namespace, cancelReason: reason } = run;
  const { attempt } = run.phase;
  const route = { address, sealedSecret };
  return [{ namespace, appKey: copy.appKey, node: route, runId, attempt, reason }];
}
