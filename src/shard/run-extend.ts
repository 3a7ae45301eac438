import { advanceRun } from "../core/advance-run.ts";
import { Refusal } from "../core/refusal.ts";
import type { CommandInput, CommandOutput } from "../ports/shard-client.ts";
import { runOf } from "./run-of.ts";
import type { ShardState } from "./shard-state.ts";

/** Begins the lease of an attempt anew, on the word of the executor that has it, and of no other. */
export function extendRun(
  state: ShardState,
  input: CommandInput<"run.extend">,
  nowMs: number,
): CommandOutput<"run.extend"> {
  const { namespace, appKey, runId, attempt, progress } = input;
  const run = runOf(state, { namespace, run: runId });
  const { target } = run.order;
  if (target.kind !== "executor" || target.executor !== appKey)
    throw new Refusal("run.unknown", `There is no run "${runId}".`);
  const extended = advanceRun(run, { kind: "extended", nowMs, attempt, progress });
  if (extended === run)
    throw new Refusal("callback.over", `Attempt ${attempt} of this run is over.`, {
      hint: "Stop it: its result can change nothing any more.",
    });
  state.saveRun(extended);
  return { run: extended, isCanceled: extended.cancelRequestedMs !== null };
}
