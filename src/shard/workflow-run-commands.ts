import { idOf, workflowRunIdFor } from "../core/placement.ts";
import { Refusal } from "../core/refusal.ts";
import type { WorkflowPlan } from "../core/workflow-plan.ts";
import { WORKFLOW_LIMITS } from "../core/workflow.ts";
import type { WorkflowRun } from "../core/workflow-run.ts";
import type { CommandInput, CommandOutput } from "../ports/shard-client.ts";
import type { WorkflowRunRef } from "../ports/workflow-commands.ts";
import { addWorkflowRun, admissionOf } from "./new-workflow-run.ts";
import { refuseWithoutRoom } from "./run-commands.ts";
import { settleWorkflows } from "./settle-workflows.ts";
import type { ShardState } from "./shard-state.ts";
import { keepRefusedStart } from "./start-key.ts";
import { cancelWorkflowRun } from "./workflow-cancel.ts";
import { workflowOf } from "./workflow-commands.ts";
import type { WorkflowHead } from "./workflow-definitions.ts";

/** Starts a workflow run. One that a run's attempt starts has an id that follows from it: it is made once. */
export function createWorkflowRun(
  state: ShardState,
  input: CommandInput<"workflow-run.create">,
  nowMs: number,
): CommandOutput<"workflow-run.create"> {
  const { trigger, nesting, overlap } = input;
  const id = idFor(state, input, nowMs);
  const earlier = trigger.kind === "run" ? state.workflows.run(id) : undefined;
  if (earlier !== undefined) return { run: earlier };
  refuseTooDeep(nesting);
  const head = workflowOf(state, input.ref);
  const plan = planOf(state, head, input.version);
  refuseWithoutRoom(state);
  refuseTooMany(state, 1, plan.workflow.spec.steps.length);
  refuseOverlap(state, head, overlap);
  const { params, traceparent } = input;
  const birth = { id, plan, params, trigger, nesting, overlap, traceparent, nowMs };
  const run = addWorkflowRun(state, head, birth);
  return { run: settled(state, run, nowMs) };
}

/**
 * The run that started it is over. One that has not come yet will not start: what answers its coming says that it
 * is canceled.
 */
export function stopWorkflowRun(
  state: ShardState,
  input: CommandInput<"workflow-run.stop">,
  nowMs: number,
): CommandOutput<"workflow-run.stop"> {
  const id = workflowRunIdFor(input.run, input.attempt, state.shard);
  if (state.workflows.live.get(id) === undefined)
    return { stopped: keepRefusedStart(state, id, input, nowMs) };
  return { stopped: cancelWorkflowRun(state, id, { reason: input.reason, nowMs }) };
}

/** The workflow run that a reference names, or a refusal: another tenant's is unknown like one that never was. */
export function workflowRunOf(state: ShardState, ref: WorkflowRunRef): WorkflowRun {
  const run = state.workflows.run(ref.workflowRun);
  if (run === undefined || run.namespace !== ref.namespace)
    throw new Refusal("workflow_run.unknown", `There is no workflow run "${ref.workflowRun}".`);
  return run;
}

/** Refuses when so many more workflow runs, with so many steps, are more than the shard holds. */
export function refuseTooMany(state: ShardState, runs: number, steps: number): void {
  if (state.workflows.hasRoomFor(runs, steps)) return;
  throw new Refusal("quota.exceeded", "Too many workflow runs of this shard have not ended.", {
    retryAfterMs: 10_000,
  });
}

/** What a workflow run is once everything that it set off at once has been done. */
export function settled(state: ShardState, run: WorkflowRun, nowMs: number): WorkflowRun {
  settleWorkflows(state, nowMs);
  return state.workflows.run(run.id) ?? run;
}

function idFor(
  state: ShardState,
  { trigger }: CommandInput<"workflow-run.create">,
  nowMs: number,
): string {
  return trigger.kind === "run"
    ? workflowRunIdFor(trigger.run, trigger.attempt, state.shard)
    : idOf("wr", state.ids.next(nowMs), state.shard);
}

function planOf(state: ShardState, head: WorkflowHead, version: number | null): WorkflowPlan {
  const plan = state.workflows.definitions.plan(head.id, version ?? head.version);
  if (plan !== undefined) return plan;
  throw new Refusal("workflow.unknown", `Workflow "${head.name}" has no version ${version}.`, {
    hint: `Its newest is ${head.version}; of old ones a bounded number is kept.`,
  });
}

function refuseTooDeep(nesting: number): void {
  const { nestingMax } = WORKFLOW_LIMITS;
  if (nesting <= nestingMax) return;
  throw new Refusal("workflow.nested", `Workflows start each other at most ${nestingMax} deep.`, {
    hint: "Look for a workflow that starts itself, be it through others.",
  });
}

function refuseOverlap(state: ShardState, head: WorkflowHead, overlap: "allow" | null): void {
  const admission = admissionOf(state, head, overlap);
  const { name } = head;
  if (admission === "overlap")
    throw new Refusal("workflow_run.overlaps", `A run of workflow "${name}" has not ended.`, {
      hint: "Wait for it, cancel it, or add ?overlap=allow.",
    });
  if (admission === "full")
    throw new Refusal("quota.exceeded", `As many runs of workflow "${name}" wait as may.`, {
      hint: "Wait until some of them have ended, cancel some, or raise its concurrency.",
      retryAfterMs: 10_000,
    });
}
