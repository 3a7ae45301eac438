import { advanceRun } from "../core/advance-run.ts";
import { isHeld, type Run } from "../core/run.ts";
import { latestDueMs } from "../core/run-lease.ts";
import type { ShardState } from "./shard-state.ts";

/**
 * After the clock stepped back, deadlines that were set by the later clock would come too late: they are
 * set anew. Ticks need nothing: their cursor is ahead, so none fires again.
 */
export function clampDeadlines(state: ShardState, nowMs: number): void {
  state.inFlight.clamp(nowMs);
  state.live.blocked.reopenAll();
  for (const runId of Array.from(state.live.ids())) {
    const run = state.live.get(runId);
    if (run !== undefined) clampDeadline(state, run, nowMs);
  }
}

/** The same for one run, whose shard may have slept while its clock stepped back. */
export function clampDeadline(state: ShardState, run: Run, nowMs: number): void {
  const { phase } = run;
  if (isHeld(run) && phase.state === "waiting") {
    const untilMs = Math.max(run.nominalMs, nowMs + state.limits.cancelWaitMs);
    if (phase.dueMs > untilMs) state.saveRun(advanceRun(run, { kind: "held", untilMs }));
    return;
  }
  if (phase.state !== "dispatching" && phase.state !== "running") return;
  const dueMsMax = latestDueMs(run, nowMs);
  if (phase.dueMs <= dueMsMax) return;
  state.saveRun({ ...run, version: run.version + 1, phase: { ...phase, dueMs: dueMsMax } });
}
