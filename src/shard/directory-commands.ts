import type { CommandOutput } from "../ports/shard-client.ts";
import type { DirectoryCopy } from "../ports/shard-storage.ts";
import type { ShardState } from "./shard-state.ts";

/** Keeps the copies that are newer than what the shard has; returns how many. */
export function takeCopies(state: ShardState, copies: readonly DirectoryCopy[]): number {
  let taken = 0;
  for (const copy of copies) {
    const known = state.storage.getCopy(copy.key);
    if (known !== undefined && known.version >= copy.version) continue;
    state.writes++;
    state.storage.putCopy(copy);
    taken++;
  }
  return taken;
}

export function listCopies(state: ShardState): CommandOutput<"directory.list"> {
  return { copies: state.storage.copies().map(({ key, version }) => ({ key, version })) };
}
