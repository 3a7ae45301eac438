import type { CommandOutput } from "../ports/shard-client.ts";
import type { DirectoryCopy } from "../ports/shard-storage.ts";
import { armReplans, keepReplans, planReplans } from "./calendar-replan.ts";
import { settleLostNodes } from "./lost-nodes.ts";
import type { ShardState } from "./shard-state.ts";

/** Which jobs' ticks are settled apart, and when it is. */
interface Taking {
  readonly nowMs: number;
  readonly exceptJobId: string | null;
}

/** Keeps the copies that are newer than the shard's, and settles runs on nodes that are lost; returns how many. */
export function takeCopies(
  state: ShardState,
  copies: readonly DirectoryCopy[],
  at: Taking,
): number {
  const newer = keepCopies(state, copies, at);
  settleLost(state, newer, at.nowMs);
  return newer.length;
}

/**
 * Keeps the copies that are newer, and returns them. Jobs whose calendar changes are planned anew, apart from
 * `exceptJobId`. Refuses before it writes. The caller writes what that job missed, and then calls `settleLost`.
 */
export function keepCopies(
  state: ShardState,
  copies: readonly DirectoryCopy[],
  at: Taking,
): readonly DirectoryCopy[] {
  const newer = copies.filter(({ key, version }) => {
    const known = state.storage.getCopy(key);
    return known === undefined || known.version < version;
  });
  const replans = planReplans(state, newer, at);
  keepReplans(state, replans, at.nowMs);
  for (const copy of newer) state.saveCopy(copy);
  armReplans(state, replans, at.nowMs);
  return newer;
}

/** Runs on nodes that are lost by these copies. */
export function settleLost(
  state: ShardState,
  copies: readonly DirectoryCopy[],
  nowMs: number,
): void {
  for (const { key } of copies) if (isExecutorKey(key)) settleLostNodes(state, key, nowMs);
}

function isExecutorKey(key: string): boolean {
  return key.startsWith("executor:");
}

export function listCopies(state: ShardState): CommandOutput<"directory.list"> {
  return { copies: state.storage.copies().map(({ key, version }) => ({ key, version })) };
}
