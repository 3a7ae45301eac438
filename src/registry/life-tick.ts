import type { KeeperState } from "./keeper-state.ts";
import { KEEPER_LIMITS } from "./limits.ts";
import { afterSilence, forgetDueMs } from "./node-life.ts";
import type { ExecutorNode } from "../ports/executors.ts";

/**
 * Brings nodes on by the passing of time alone. Comes it much later than it was wished for, then the keeper
 * itself was away (the process slept, or the clock leapt), and silence meanwhile makes a node suspect, but
 * does not prove it dead.
 */
export function tickNodes(state: KeeperState, nowMs: number): void {
  const dueMs = state.lifeDueMs;
  if (dueMs === null || nowMs < dueMs) return;
  if (nowMs - dueMs > KEEPER_LIMITS.lateMs) state.signs.excuse(nowMs, KEEPER_LIMITS.suspectAfterMs);
  for (const node of state.nodes()) {
    const forgetMs = forgetDueMs(node);
    if (forgetMs !== null && nowMs >= forgetMs) {
      state.note(node, { kind: "removed", detail: "was away for a day", atMs: nowMs });
      state.dropNode(node.id);
    } else if (state.isWatched(node)) tickNode(state, node, nowMs);
  }
  state.measureLife();
}

function tickNode(state: KeeperState, node: ExecutorNode, nowMs: number): void {
  const heardMs = state.signs.heardMs(node);
  const next = afterSilence(node, heardMs, nowMs);
  if (next === node) return;
  state.putNode(next);
  const kind = next.health === "offline" ? "offline" : "suspect";
  const detail = `silent for ${Math.round((nowMs - heardMs) / 1_000)} s`;
  state.note(next, { kind, detail, atMs: nowMs });
}
