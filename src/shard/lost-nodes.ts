import { advanceRun } from "../core/advance-run.ts";
import type { ShardState } from "./shard-state.ts";

/**
 * Runs whose node counts as dead: what becomes of an attempt that was sent to it before is what its job says.
 * A delivery that is still out to it is broken off. Finding nothing costs a look at each node of the executor.
 */
export function settleLostNodes(state: ShardState, key: string, nowMs: number): void {
  const executor = state.executors.get(key, nowMs);
  if (executor === undefined) return;
  for (const { address, lostMs } of executor.copy.nodes) {
    if (lostMs === null) continue;
    for (const runId of state.executors.runsAt(key, address)) loseRun(state, runId, lostMs, nowMs);
  }
}

/** The same for every executor, after a start. */
export function settleAllLostNodes(state: ShardState, nowMs: number): void {
  for (const key of state.executors.occupiedKeys()) settleLostNodes(state, key, nowMs);
}

function loseRun(state: ShardState, runId: string, lostMs: number, nowMs: number): void {
  const run = state.live.get(runId);
  const sentMs = run?.attempts.at(-1)?.sentMs;
  if (run === undefined || sentMs === undefined || sentMs >= lostMs) return;
  const lost = advanceRun(run, { kind: "node_lost", nowMs, draw: state.random.next() });
  if (lost === run) return;
  state.inFlight.breakOff(run);
  state.saveRun(lost);
}
