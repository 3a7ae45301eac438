import { Refusal } from "../core/refusal.ts";
import type { Run } from "../core/run.ts";
import type { RunRef } from "../ports/shard-client.ts";
import type { ShardState } from "./shard-state.ts";

/** The run that a reference names, or a refusal: another tenant's run is unknown like one that never was. */
export function runOf(state: ShardState, ref: RunRef): Run {
  const run = state.live.get(ref.run);
  if (run === undefined || run.namespace !== ref.namespace)
    throw new Refusal("run.unknown", `There is no run "${ref.run}".`);
  return run;
}
