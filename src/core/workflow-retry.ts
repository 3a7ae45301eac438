import { lineUp } from "./workflow-advance.ts";
import { lookAt } from "./workflow-begin-step.ts";
import type { WorkflowState } from "./workflow-state.ts";
import { writeEnd, type StepEnd } from "./workflow-write-end.ts";
import { WORKFLOW_RUN_LIMITS, type Revision } from "./workflow-run.ts";

type Asked = Pick<Revision, "action" | "step" | "by">;

/** Begins a revision in which a step, or all that did not succeed, is done again with everything behind it. */
export function retry(state: WorkflowState, place: number | null, asked: Asked): void {
  const again = stepsToMend(state);
  if (place !== null) again[place] = 1;
  addDownstream(state, again);
  revise(state, again, asked);
  lookAtThose(state, again);
}

/** Begins a revision in which a step that had ended has ended otherwise; what is behind it is done again. */
export function endOtherwise(
  state: WorkflowState,
  { place, end }: { readonly place: number; readonly end: StepEnd },
  asked: Asked,
): void {
  const again = stepsToMend(state);
  again[place] = 1;
  addDownstream(state, again);
  revise(state, again, asked);
  writeEnd(state, place, end);
  lookAtThose(state, again);
}

/** Of a run that had ended: steps that ended badly, and those that were undone. */
function stepsToMend(state: WorkflowState): Uint8Array {
  const { table } = state;
  const again = new Uint8Array(table.total);
  if (!state.isEnded) return again;
  for (let place = 0; place < table.total; place++)
    if (table.endCountOf(place) === "bad" || table.undoOf(place) !== null) again[place] = 1;
  return again;
}

function addDownstream({ plan }: WorkflowState, again: Uint8Array): void {
  const queue: number[] = [];
  for (const [place, isAgain] of again.entries()) if (isAgain === 1) queue.push(place);
  for (let place = queue.pop(); place !== undefined; place = queue.pop())
    for (const child of plan.children[place] ?? []) {
      if (again[child] === 1) continue;
      again[child] = 1;
      queue.push(child);
    }
}

/** Makes steps pending under the next revision, and stops what still runs of them. */
function revise(state: WorkflowState, again: Uint8Array, asked: Asked): void {
  const { table, live } = state;
  const revision = state.run.revision + 1;
  const reason = `Its step is done again in revision ${revision}.`;
  for (const ref of live.inOrder())
    if (again[ref.step] === 1 && state.isAtWork(ref)) state.cancelPart(ref, reason);
  reopen(state, revision, asked);
  for (const [place, isAgain] of again.entries()) {
    if (isAgain !== 1) continue;
    table.reset(place, revision);
    state.tallies.delete(place);
    if (state.specOf(place).map !== undefined) table.partsTotal[place] = 0;
    state.putStep(state.blankRow(place, -1));
  }
  state.toUndo = undefined;
  table.recount(state.plan.children);
  lineUp(state, (place) => again[place] !== 1);
}

/** Notes the revision; a run that had ended is running again. */
function reopen(state: WorkflowState, revision: number, asked: Asked): void {
  const { run, nowMs } = state;
  const { revisionsKeptMax } = WORKFLOW_RUN_LIMITS;
  const noted = [...run.revisions, { revision, atMs: nowMs, ...asked }];
  const wasEnded = state.isEnded;
  state.changeRun({ revision, revisions: noted.slice(-revisionsKeptMax) });
  if (!wasEnded) return;
  state.changeRun({
    phase: { state: "running" },
    startedMs: run.startedMs ?? nowMs,
    deadlineMs: nowMs + state.plan.timeoutMs,
    error: null,
    output: null,
    cancelReason: null,
  });
}

function lookAtThose(state: WorkflowState, again: Uint8Array): void {
  for (const [place, isAgain] of again.entries()) if (isAgain === 1) lookAt(state, place);
}
