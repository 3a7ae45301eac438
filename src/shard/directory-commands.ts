import type { CommandOutput } from "../ports/shard-client.ts";
import type { DirectoryCopy } from "../ports/shard-storage.ts";
import { armReplans, keepReplans, planReplans } from "./calendar-replan.ts";
import type { ShardState } from "./shard-state.ts";

/**
 * Keeps the copies that are newer than what the shard has; returns how many. Jobs whose calendar changes
 * are planned anew, apart from `exceptJobId`. Refuses before it writes.
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
  return newer.length;
}

export function listCopies(state: ShardState): CommandOutput<"directory.list"> {
  return { copies: state.storage.copies().map(({ key, version }) => ({ key, version })) };
}
