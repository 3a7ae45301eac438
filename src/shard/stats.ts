import type { ShardStats } from "../ports/shard-client.ts";
import type { ShardState } from "./shard-state.ts";

/** The shard's own count of itself. What only the runner knows (the alarm, the records) it adds. */
export function statsOf(
  state: ShardState,
  _input: Record<string, never>,
  nowMs: number,
): ShardStats {
  const { counters, live, near, outbox, storage } = state;
  return {
    shard: state.shard,
    jobs: storage.countJobs(),
    due: storage.countDue(),
    overdue: near.overdue + live.ready + live.expired,
    liveRuns: live.size,
    blockedRuns: live.blocked.size,
    inFlight: state.inFlight.size,
    outbox: outbox.size,
    earliestDueMs: state.nextLastingMs(nowMs) ?? null,
    armedMs: null,
    runsEnded: { ...counters.runsEnded },
    workflowRunsEnded: { ...counters.workflowRunsEnded },
    liveWorkflowRuns: state.workflows.live.size,
    errands: state.workflows.errands.size,
    ticks: { ...counters.ticks },
    lagBuckets: [...counters.lagBuckets],
    lagSumMs: counters.lagSumMs,
    rowsWritten: null,
    isRecordsReachable: true,
  };
}
