import { compilePlan } from "../core/workflow-plan.ts";
import { isWorkflowEnded, type WorkflowRun } from "../core/workflow-run.ts";
import type { CommandInput, CommandOutput } from "../ports/shard-client.ts";
import type { WorkflowAction, WorkflowRunOrigin } from "../ports/workflow-commands.ts";
import { refuseWithoutRoom } from "./run-commands.ts";
import { noteSteps } from "./note-steps.ts";
import type { ShardState } from "./shard-state.ts";
import { carryOut, placeDue, saveWorkflowRun, tell } from "./workflow-effects.ts";
import { refuseTooMany, settled, workflowRunOf } from "./workflow-run-commands.ts";

/**
 * Does to a workflow run what a person, or another system, asked for. One that has ended may come back to life by
 * it, and one that has left the shard with it: a refusal stores nothing of either.
 */
export function actOnWorkflowRun(
  state: ShardState,
  input: CommandInput<"workflow-run.act">,
  nowMs: number,
): CommandOutput<"workflow-run.act"> {
  const { ref, origin, action } = input;
  const { live, machines } = state.workflows;
  if (live.get(ref.workflowRun) === undefined && isOriginOf(origin, ref))
    return { run: actOnOrigin(state, origin, action, nowMs) };
  const run = workflowRunOf(state, ref);
  refuseRevival(state, run, action);
  const machine = machines.get(run.id);
  if (machine === undefined) return { run };
  return { run: settled(state, tell(state, machine, [action], nowMs), nowMs) };
}

function isOriginOf(
  origin: WorkflowRunOrigin | null,
  { namespace, workflowRun }: CommandInput<"workflow-run.act">["ref"],
): origin is WorkflowRunOrigin {
  if (origin === null || origin.run.id !== workflowRun) return false;
  return origin.run.namespace === namespace && isWorkflowEnded(origin.run.phase);
}

/** A run that has ended counts as a new one when it goes on. */
function refuseRevival(state: ShardState, run: WorkflowRun, { kind }: WorkflowAction): void {
  if (!isWorkflowEnded(run.phase) || (kind !== "retry" && kind !== "decide")) return;
  refuseWithoutRoom(state);
  refuseTooMany(state, 1, run.counts.total);
}

/** It comes back as it was recorded, if the action changes anything. */
function actOnOrigin(
  state: ShardState,
  origin: WorkflowRunOrigin,
  action: WorkflowAction,
  nowMs: number,
): WorkflowRun {
  const { run, workflow, steps } = origin;
  const { definitions, machines } = state.workflows;
  refuseRevival(state, run, action);
  const stored = definitions.plan(workflow.id, workflow.version);
  const machine = machines.ofOrigin(run, stored ?? compilePlan(workflow), steps);
  const effects = machine.take(action, nowMs);
  if (effects.run === null) return run;
  state.writes++;
  if (stored === undefined) {
    state.storage.restoreWorkflowVersion(workflow);
    definitions.restored();
  }
  for (const row of steps) state.storage.putStep(row);
  state.workflows.live.follow(run);
  carryOut(state, machine.run, effects, nowMs);
  noteSteps(state, machine, effects);
  saveWorkflowRun(state, effects.run);
  placeDue(state, machine, nowMs);
  return settled(state, machine.run, nowMs);
}
