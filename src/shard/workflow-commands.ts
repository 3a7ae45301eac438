import { assert } from "../core/assert.ts";
import { idOf } from "../core/placement.ts";
import { Refusal } from "../core/refusal.ts";
import { WORKFLOW_LIMITS, type Workflow, type WorkflowSpec } from "../core/workflow.ts";
import type { CommandInput, CommandOutput } from "../ports/shard-client.ts";
import type { WorkflowRef } from "../ports/workflow-commands.ts";
import { takeCopies } from "./directory-commands.ts";
import { isEqual } from "./equal-json.ts";
import { refuseWithoutRoom } from "./run-commands.ts";
import { dropUnusedVersion } from "./settle-workflows.ts";
import type { ShardState } from "./shard-state.ts";
import { cancelWorkflowRun } from "./workflow-cancel.ts";
import type { WorkflowHead } from "./workflow-definitions.ts";

/** Saves a definition, which was checked at the door. One that says the same as the newest makes no version. */
export function putWorkflow(
  state: ShardState,
  input: CommandInput<"workflow.put">,
  nowMs: number,
): CommandOutput<"workflow.put"> {
  const { namespace, spec, copies } = input;
  const head = namedLike(state, namespace, spec.name);
  const existing = head === undefined ? undefined : newestOf(state, head);
  refuseToPut(existing, input);
  if (existing !== undefined && isEqual(existing.spec, spec)) {
    takeCopies(state, copies, { nowMs, exceptJobId: null });
    return { workflow: existing, isNew: false, isChanged: false };
  }
  refuseWithoutRoom(state);
  const workflow = existing === undefined ? firstOf(state, input, nowMs) : nextOf(existing, spec);
  const saved = { ...workflow, updatedMs: Math.max(nowMs, workflow.updatedMs) };
  takeCopies(state, copies, { nowMs, exceptJobId: null });
  saveWorkflow(state, saved);
  const { versionsKeptMax } = WORKFLOW_LIMITS;
  dropUnusedVersion(state, saved.id, saved.version - versionsKeptMax);
  return { workflow: saved, isNew: existing === undefined, isChanged: true };
}

function refuseToPut(existing: Workflow | undefined, input: CommandInput<"workflow.put">): void {
  const { spec, mode, ifVersion } = input;
  if (existing !== undefined && mode === "create")
    throw new Refusal("name.taken", `There is a workflow "${spec.name}" already.`, {
      hint: "Use PUT /workflows/{name} to replace it, or choose another name.",
      errors: [{ pointer: "/name", message: "taken" }],
    });
  refuseOtherVersion(spec.name, existing?.version ?? null, ifVersion);
}

function firstOf(
  state: ShardState,
  { namespace, spec }: CommandInput<"workflow.put">,
  nowMs: number,
): Workflow {
  const id = idOf("wf", state.ids.next(nowMs), state.shard);
  return { id, namespace, version: 1, spec, createdMs: nowMs, updatedMs: nowMs };
}

function nextOf(existing: Workflow, spec: WorkflowSpec): Workflow {
  return { ...existing, version: existing.version + 1, spec };
}

export function getWorkflow(
  state: ShardState,
  { ref }: CommandInput<"workflow.get">,
): CommandOutput<"workflow.get"> {
  const head = workflowOf(state, ref);
  return { workflow: newestOf(state, head), liveRuns: state.workflows.live.countOf(head.id) };
}

export function listVersions(
  state: ShardState,
  { ref, beforeVersion, limit }: CommandInput<"workflow.versions">,
): CommandOutput<"workflow.versions"> {
  const head = workflowOf(state, ref);
  return { versions: state.storage.workflowVersions(head.id, beforeVersion, limit) };
}

/**
 * The workflow goes, and with it what waits to begin: events start it no more, and runs whose turn has not come
 * are canceled. Those that have begun finish, or are canceled too. Their versions stay as long as they do.
 */
export function deleteWorkflow(
  state: ShardState,
  { ref, ifVersion, running }: CommandInput<"workflow.delete">,
  nowMs: number,
): CommandOutput<"workflow.delete"> {
  const head = workflowOf(state, ref);
  const { id: workflowId, name, namespace, version } = head;
  refuseOtherVersion(name, version, ifVersion);
  for (const live of state.workflows.live.liveOf(workflowId))
    if (running === "cancel" || live.place === "waiting")
      cancelWorkflowRun(state, live.id, { reason: "Its workflow was deleted.", nowMs });
  state.writes++;
  state.storage.deleteWorkflow(workflowId);
  const entry = { workflowId, version: version + 1, tombstone: { namespace, name } };
  state.storage.putWorkflowOutbox(entry);
  state.outbox.workflows.noteWorkflow(entry);
  state.workflows.definitions.dropped(workflowId);
  const oldest = Math.max(1, version - WORKFLOW_LIMITS.versionsKeptMax);
  for (let old = oldest; old <= version; old++) dropUnusedVersion(state, workflowId, old);
  return { workflowId };
}

/** The workflow that a reference names, or a refusal. */
export function workflowOf(state: ShardState, ref: WorkflowRef): WorkflowHead {
  const head = state.workflows.definitions.find(ref.namespace, ref.workflow);
  if (head !== undefined) return head;
  throw new Refusal("workflow.unknown", `There is no workflow "${ref.workflow}".`);
}

function namedLike(state: ShardState, namespace: string, name: string): WorkflowHead | undefined {
  const head = state.workflows.definitions.find(namespace, name);
  return head?.name === name ? head : undefined;
}

function newestOf(state: ShardState, { id, version }: WorkflowHead): Workflow {
  const plan = state.workflows.definitions.plan(id, version);
  assert(plan !== undefined, "the newest version of a workflow is stored");
  return plan.workflow;
}

function saveWorkflow(state: ShardState, workflow: Workflow): void {
  const { id: workflowId, version } = workflow;
  state.writes++;
  state.storage.putWorkflow(workflow);
  const entry = { workflowId, version, tombstone: null };
  state.storage.putWorkflowOutbox(entry);
  state.outbox.workflows.noteWorkflow(entry);
  state.workflows.definitions.saved(workflow);
  // It may let more runs begin than before.
  state.workflows.live.free(workflowId);
}

function refuseOtherVersion(name: string, version: number | null, ifVersion: number | null): void {
  if (ifVersion === null || ifVersion === version) return;
  const detail =
    version === null
      ? `There is no workflow "${name}".`
      : `Workflow "${name}" is at version ${version}.`;
  throw new Refusal("version.conflict", detail);
}
