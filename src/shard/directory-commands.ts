import type { CommandOutput } from "../ports/shard-client.ts";
import type { DirectoryCopy } from "../ports/shard-storage.ts";
import { armReplans, keepReplans, planReplans } from "./calendar-replan.ts";
import { settleLostNodes } from "./lost-nodes.ts";
import type { ShardState } from "./shard-state.ts";

/**
 * Keeps the copies that are newer than what the shard has; returns how many. Jobs whose calendar changes
 * are planned anew, apart from `exceptJobId`, and runs on nodes that are lost are settled. Refuses before it writes.
 */
export function takeCopies(
  state: ShardState,
  copies: readonly DirectoryCopy[],
  at: { readonly nowMs: number; readonly exceptJobId: string | null },
): number {
  const newer = copies.filter(({ key, version }) => {
    const known = state.storage.getCopy(key);
    return known === undefined || known.version < version;
  });
  const replans = planReplans(state, newer, at);
  keepReplans(state, replans, at.nowMs);
  for (const copy of newer) state.saveCopy(copy);
  armReplans(state, replans, at.nowMs);
  for (const { key } of newer) if (isExecutorKey(key)) settleLostNodes(state, key, at.nowMs);
  return newer.length;
}

function isExecutorKey(key: string): boolean {
  return key.startsWith("executor:");
}

export function listCopies(state: ShardState): CommandOutput<"directory.list"> {
  return { copies: state.storage.copies().map(({ key, version }) => ({ key, version })) };
}
