import { advanceRun } from "../core/advance-run.ts";
import type { Run } from "../core/run.ts";
import type { ShardState } from "./shard-state.ts";
import { clampDeadline } from "./clamp-deadlines.ts";

/**
 * What a start makes of a run that waited for another process. An attempt that was out has lost its carrier:
 * it is sent again under the same identity, or is lost when it may not be. A run that was held for the sake of
 * such attempts need not wait for them any more. A node that was to stop a run is asked again.
 */
export function wakeRun(state: ShardState, run: Run, nowMs: number): void {
  if (run.phase.state === "running") {
    if (run.cancelRequestedMs !== null) state.notices.add(run);
    clampDeadline(state, run, nowMs);
    return;
  }
  if (run.phase.state === "waiting") {
    const released = advanceRun(run, { kind: "released", nowMs });
    if (released !== run) state.saveRun(released);
    return;
  }
  const draw = state.random.next();
  state.saveRun(advanceRun(run, { kind: "orphaned", nowMs, draw }));
}
