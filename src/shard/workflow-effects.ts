import { assert } from "../core/assert.ts";
import { stepRunId } from "../core/placement.ts";
import type { Run } from "../core/run.ts";
import type { PartStart, WorkflowEffects, WorkflowInput } from "../core/workflow-effect.ts";
import type { WorkflowMachine } from "../core/workflow-machine.ts";
import { isWorkflowEnded, type StepRow, type WorkflowRun } from "../core/workflow-run.ts";
import type { DueEntry } from "../ports/shard-storage.ts";
import { bornRun } from "./new-run.ts";
import { noteSteps } from "./note-steps.ts";
import { callbackOwed } from "./owed-errands.ts";
import { askToStop } from "./run-cancel.ts";
import type { ShardState } from "./shard-state.ts";

/**
 * Tells a workflow run what has happened, and does what follows, in the transaction under way: its runs are made
 * and canceled, its rows and its one due entry are stored. Only the first input may be refused, and then nothing
 * has changed. Returns the run as it then is.
 */
export function tell(
  state: ShardState,
  machine: WorkflowMachine,
  inputs: readonly WorkflowInput[],
  nowMs: number,
): WorkflowRun {
  let changed: WorkflowRun | null = null;
  for (const input of inputs) {
    const effects = machine.take(input, nowMs);
    carryOut(state, machine.run, effects, nowMs);
    noteSteps(state, machine, effects);
    changed = effects.run ?? changed;
  }
  if (changed !== null) saveWorkflowRun(state, changed);
  placeDue(state, machine, nowMs);
  const { run } = machine;
  if (isWorkflowEnded(run.phase)) state.workflows.machines.forget(run.id);
  return run;
}

/** Everything but the run's own row and its due entry. */
export function carryOut(
  state: ShardState,
  run: WorkflowRun,
  effects: WorkflowEffects,
  nowMs: number,
): void {
  for (const row of effects.rows) saveStep(state, row);
  for (const event of effects.events) {
    state.writes++;
    state.storage.putWorkflowEvent(event);
  }
  for (const start of effects.starts) state.saveRun(stepRun(state, run, start, nowMs));
  for (const { reason, ...ref } of effects.cancels) {
    const part = state.live.get(stepRunId(run.id, ref, state.shard));
    if (part !== undefined) askToStop(state, part, { reason, nowMs });
  }
}

export function saveStep(state: ShardState, row: StepRow): void {
  state.writes++;
  state.storage.putStep(row);
  state.workflows.machines.wrote(row);
  state.outbox.workflows.noteStep(row);
}

/** Stores the row of a workflow run. Its end is told to the run that started it. */
export function saveWorkflowRun(state: ShardState, run: WorkflowRun): void {
  assert(run.version >= 1, "versions are counted from one");
  const { workflows } = state;
  state.writes++;
  state.storage.putWorkflowRun(run);
  state.liveNotes.workflowRun(run);
  state.outbox.workflows.noteRun(run.id);
  if (!workflows.live.follow(run)) return;
  workflows.justEnded.push(run);
  const errand = callbackOwed(run);
  if (errand !== null) state.owe(errand);
}

/** Moves the one due entry of a workflow run to where its machine wants to be looked at. */
export function placeDue(state: ShardState, machine: WorkflowMachine, nowMs: number): void {
  const { id, phase } = machine.run;
  const place = state.workflows.live.get(id);
  assert(place !== undefined, "a workflow run is stored before it is due");
  const dueMs = isWorkflowEnded(phase) ? null : machine.dueMs;
  if (place.dueMs === dueMs) return;
  assert(place.dueMs !== undefined, "a machine is made with its due entry");
  const from = place.dueMs === null ? undefined : entryOf(id, place.dueMs);
  place.dueMs = dueMs;
  if (dueMs !== null) state.saveDue(entryOf(id, dueMs), from, nowMs);
  else if (from !== undefined) state.dropDue(from);
}

/** It takes no slot, so it has no priority: see `NearDue`. */
function entryOf(workflowRunId: string, dueMs: number): DueEntry {
  return { dueMs, jobId: workflowRunId, cursorMs: dueMs, priority: 0 };
}

function stepRun(state: ShardState, run: WorkflowRun, start: PartStart, nowMs: number): Run {
  const { target, params, timeoutMs, retry, stepName, ...ref } = start;
  const { step, part, revision, isCompensation } = ref;
  const { id, workflowId, workflowName, workflowVersion, namespace, traceparent } = run;
  const owner = { id: workflowId, name: workflowName, version: workflowVersion, namespace };
  return bornRun(owner, {
    id: stepRunId(id, ref, state.shard),
    trigger: {
      kind: "workflow",
      workflowRun: id,
      stepName,
      step,
      part,
      revision,
      isCompensation,
    },
    nominalMs: nowMs,
    order: {
      target,
      params,
      timeoutMs,
      retry,
      delivery: "at_least_once",
      overlap: "allow",
      priority: state.workflows.definitions.priorityOf(workflowId, workflowVersion),
      node: null,
      sharding: null,
      slices: null,
    },
    dueMs: nowMs,
    nowMs,
    traceparent,
  });
}
