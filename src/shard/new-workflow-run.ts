import type { Json } from "../core/json.ts";
import { admit, runLimit, type Admission } from "../core/overlap.ts";
import type { WorkflowPlan } from "../core/workflow-plan.ts";
import type { WorkflowRun, WorkflowTrigger } from "../core/workflow-run.ts";
import type { ShardState } from "./shard-state.ts";
import { cancelWorkflowRun } from "./workflow-cancel.ts";
import type { WorkflowHead } from "./workflow-definitions.ts";
import { saveWorkflowRun, tell } from "./workflow-effects.ts";

/** What is to be said of a workflow run that comes into being. */
export interface WorkflowRunBirth {
  readonly id: string;
  readonly plan: WorkflowPlan;
  readonly params: { readonly [key: string]: Json } | null;
  readonly trigger: WorkflowTrigger;
  readonly nesting: number;
  /** `allow` waives the workflow's policy, and not its `concurrency`. */
  readonly overlap: "allow" | null;
  readonly traceparent: string | null;
  readonly nowMs: number;
}

/** What the workflow's policy makes of one more run of it: a run (which may have to wait), or none. */
export function admissionOf(
  state: ShardState,
  head: WorkflowHead,
  overlap: "allow" | null,
): Admission {
  const live = state.workflows.live.before(head.id);
  const { bufferedMax } = state.limits;
  return admit(overlap ?? head.overlap, { live, limit: limitOf(head, overlap), bufferedMax });
}

/** Stores a new workflow run that was admitted. It begins at once, or waits for others to end. */
export function addWorkflowRun(
  state: ShardState,
  head: WorkflowHead,
  birth: WorkflowRunBirth,
): WorkflowRun {
  const { plan, overlap, nowMs } = birth;
  const run = bornWorkflowRun(birth);
  if ((overlap ?? head.overlap) === "cancel_other") cancelOthers(state, head, run.id, nowMs);
  const { live, machines } = state.workflows;
  const isFree = live.before(head.id) < limitOf(head, overlap);
  live.follow(run);
  if (isFree) return tell(state, machines.begin(run, plan), [{ kind: "begin" }], nowMs);
  saveWorkflowRun(state, run);
  // Those before it may all be paused: then it does not wait for them.
  live.free(head.id);
  return run;
}

function limitOf({ overlap, concurrency }: WorkflowHead, waived: "allow" | null): number {
  return runLimit({ overlap: waived ?? overlap, concurrency });
}

function cancelOthers(state: ShardState, head: WorkflowHead, runId: string, nowMs: number): void {
  const reason = `Workflow run ${runId} took its place (overlap: cancel_other).`;
  for (const other of state.workflows.live.liveOf(head.id))
    cancelWorkflowRun(state, other.id, { reason, nowMs });
}

export function bornWorkflowRun({
  id,
  plan,
  params,
  trigger,
  nesting,
  traceparent,
  nowMs,
}: WorkflowRunBirth): WorkflowRun {
  const { workflow } = plan;
  const { spec } = workflow;
  return {
    id,
    namespace: workflow.namespace,
    workflowId: workflow.id,
    workflowName: spec.name,
    workflowVersion: workflow.version,
    trigger,
    params: { ...spec.params, ...params },
    context: {},
    phase: { state: "waiting" },
    pausedMs: null,
    pauseReason: null,
    deadlineMs: null,
    revision: 1,
    revisions: [],
    nesting,
    output: null,
    error: null,
    cancelReason: null,
    traceparent,
    counts: { total: spec.steps.length, succeeded: 0, failed: 0, skipped: 0, canceled: 0 },
    createdMs: nowMs,
    startedMs: null,
    version: 1,
  };
}
