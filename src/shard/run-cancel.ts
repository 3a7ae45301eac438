import { advanceRun } from "../core/advance-run.ts";
import { assert } from "../core/assert.ts";
import { Refusal } from "../core/refusal.ts";
import { isEnded, type Run } from "../core/run.ts";
import type { CommandInput, CommandOutput } from "../ports/shard-client.ts";
import { runOf } from "./run-of.ts";
import { liveSlices, settleSlices } from "./sharded-runs.ts";
import type { ShardState } from "./shard-state.ts";

/**
 * Cancels a run. What an executor has accepted is asked to stop, and comes back as still running; asking once
 * more changes nothing. Everything else has ended when this returns.
 */
export function cancelRun(
  state: ShardState,
  input: CommandInput<"run.cancel">,
  nowMs: number,
): CommandOutput<"run.cancel"> {
  const run = runOf(state, input.ref);
  if (isEnded(run.phase))
    throw new Refusal("run.ended", `Run "${run.id}" has ended already: ${run.phase.state}.`);
  askToStop(state, run, { reason: input.reason, nowMs });
  settleSlices(state, nowMs);
  const canceled = state.live.get(run.id);
  assert(canceled !== undefined, "a canceled run stays until the records have it");
  return { run: canceled };
}

/**
 * Asks whoever has a run to stop it, or ends it at once where nobody has. A sharded run is asked through its
 * slices, and ends when the last of them has. One that has ended stays as it is.
 */
export function askToStop(
  state: ShardState,
  run: Run,
  cancel: { readonly reason: string | null; readonly nowMs: number },
): void {
  const asked = advanceRun(run, { kind: "cancel_requested", ...cancel });
  if (asked === run) return;
  state.saveRun(asked);
  if (isEnded(asked.phase)) return;
  if (asked.tally === null) state.notices.add(asked);
  else for (const slice of liveSlices(state, run.id)) askToStop(state, slice, cancel);
}

/** The node says that the run is not under way there any more. What has ended meanwhile stays as it is. */
export function confirmCancel(
  state: ShardState,
  { runId, attempt }: { readonly runId: string; readonly attempt: number },
  nowMs: number,
): void {
  const run = state.live.get(runId);
  if (run === undefined) return;
  const confirmed = advanceRun(run, { kind: "cancel_confirmed", nowMs, attempt });
  if (confirmed !== run) state.saveRun(confirmed);
}
