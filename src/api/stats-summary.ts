import { worstFirst, type Attention } from "../core/attention.ts";
import type { Overview } from "../ports/stats.ts";
import type { UpcomingFire } from "../ports/upcoming.ts";
import { schedulerAttention } from "./stats-scheduler.ts";
import type { SummaryJson } from "./stats-json.ts";
import { isoText, isoTextOrNull } from "./wire.ts";

const NOTHING: Overview = {
  counts: { jobsActive: 0, jobsPaused: 0, succeeded: 0, failed: 0 },
  failingJobs: [],
  failedWorkflows: [],
  downExecutors: [],
  approvals: [],
  running: [],
};

type AttentionJson = SummaryJson["attention"][number];
type Item = Attention & Pick<AttentionJson, "object" | "run" | "message">;

/** The first page from what the shards and the records say; null stands for records that are away. */
export function summaryJson(
  {
    scheduler,
    overview,
    next,
  }: {
    readonly scheduler: SummaryJson["scheduler"];
    readonly overview: Overview | null;
    readonly next: readonly UpcomingFire[];
  },
  nowMs: number,
): SummaryJson {
  const { counts, running, ...rest } = overview ?? NOTHING;
  const items = [...schedulerItems(scheduler, nowMs), ...jobItems(rest), ...workflowItems(rest)];
  return {
    at: isoText(nowMs),
    scheduler,
    counts: {
      jobsActive: counts.jobsActive,
      jobsPaused: counts.jobsPaused,
      succeeded24h: counts.succeeded,
      failed24h: counts.failed,
    },
    attention: worstFirst(items).map((item) => ({
      kind: item.kind,
      severity: item.severity,
      object: item.object,
      count: item.count,
      since: isoText(item.sinceMs),
      run: item.run,
      message: item.message,
    })),
    running: running.map((run) => ({
      kind: run.kind,
      id: run.id,
      name: run.name,
      startedAt: isoTextOrNull(run.startedMs),
      progress: run.progress,
      expectedMs: run.expectedMs,
    })),
    next: next.map(({ name, tickMs, timezone }) => ({ job: name, at: isoText(tickMs), timezone })),
  };
}

function schedulerItems(scheduler: SummaryJson["scheduler"], nowMs: number): readonly Item[] {
  const item = schedulerAttention(scheduler, nowMs);
  const object = { kind: "scheduler", id: "scheduler", name: "scheduler" };
  return item === null ? [] : [{ ...item, object, run: null }];
}

function jobItems({
  failingJobs,
  downExecutors,
}: Pick<Overview, "failingJobs" | "downExecutors">): readonly Item[] {
  return [
    ...failingJobs.map(({ id, name, run, message, count, sinceMs }): Item => ({
      kind: "job_failing",
      severity: "error",
      object: { kind: "job", id, name },
      count,
      sinceMs,
      run,
      message,
    })),
    ...downExecutors.map(({ appKey, name, nodes, sinceMs }): Item => ({
      kind: "executor_down",
      severity: "error",
      object: { kind: "executor", id: appKey, name },
      count: nodes,
      sinceMs,
      run: null,
      message: "",
    })),
  ];
}

function workflowItems({
  failedWorkflows,
  approvals,
}: Pick<Overview, "failedWorkflows" | "approvals">): readonly Item[] {
  return [
    ...failedWorkflows.map(({ name, run, message, count, sinceMs }): Item => ({
      kind: "workflow_failed",
      severity: "error",
      object: { kind: "workflow_run", id: run, name },
      count,
      sinceMs,
      run,
      message,
    })),
    ...approvals.map(({ workflowRun, workflow, step, sinceMs }): Item => ({
      kind: "approval_waiting",
      severity: "warning",
      object: { kind: "workflow_run", id: workflowRun, name: workflow },
      count: 1,
      sinceMs,
      run: null,
      message: step,
    })),
  ];
}
