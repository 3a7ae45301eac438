import { assert } from "./assert.ts";
import type { Json } from "./json.ts";
import type { PlannedPart, PlannedStep, PreparedPart } from "./planned-step.ts";
import { countPart } from "./workflow-count-part.ts";
import { endStep } from "./workflow-end-step.ts";
import { hasRoom, standInLine, wantsMore } from "./workflow-line.ts";
import type { PartsTally, WorkflowState } from "./workflow-state.ts";
import { valuesFor } from "./workflow-values.ts";

/** Starts the one run of a step, or fails the step when its params cannot be evaluated. */
export function startSingle(state: WorkflowState, place: number, planned: PlannedPart): void {
  const prepared = planned.prepare(valuesFor(state, planned.references));
  if (prepared.kind === "error")
    return endStep(state, place, { state: "failed", error: prepared.error });
  setRunning(state, place);
  startPart(state, { step: place, part: -1, isCompensation: false }, { planned, prepared });
}

/** Begins a step of several parts, for which there is room: as many start as may. */
export function startSeveral(state: WorkflowState, step: PlannedStep, total: number): void {
  const { place } = step;
  setRunning(state, place);
  state.table.partsTotal[place] = total;
  const tally = newTally(step, total);
  state.tallies.set(place, tally);
  if (tally.needed <= total) return startMore(state, step, true);
  const message = `It needs ${tally.needed} that succeed, and has ${total}.`;
  endStep(state, place, { state: "failed", error: { message, code: "complete.impossible" } });
}

export function newTally({ work }: PlannedStep, total: number): PartsTally {
  assert(work.kind === "tasks" || work.kind === "map", "only tasks and maps have several parts");
  const concurrencyMax = work.kind === "map" ? work.concurrencyMax : total;
  const needed = work.complete.needed(total);
  return { total, concurrencyMax, needed, next: 0, live: 0, ended: 0, succeeded: 0 };
}

/** Starts the next tasks or items of a running step, as many as may run. */
export function startMore(state: WorkflowState, step: PlannedStep, isItsTurn: boolean): void {
  const { place } = step;
  for (let tally = wanting(); tally !== undefined; tally = wanting()) {
    if (!state.mayStart) return;
    if (!hasRoom(state, isItsTurn)) return standInLine(state, place);
    startNext(state, step, tally);
  }

  function wanting(): PartsTally | undefined {
    const tally = state.tallies.get(place);
    return tally !== undefined && wantsMore(tally) ? tally : undefined;
  }
}

function startNext(state: WorkflowState, { place, work }: PlannedStep, tally: PartsTally): void {
  const part = tally.next++;
  const planned = work.kind === "tasks" ? work.parts[part] : work.kind === "map" ? work.part : null;
  assert(planned !== undefined && planned !== null, "a step has as many parts as it began with");
  const more = work.kind === "map" ? { item: itemOf(state, place, part), index: part } : {};
  const prepared = planned.prepare(valuesFor(state, planned.references, more));
  if (prepared.kind === "ready") {
    tally.live++;
    startPart(state, { step: place, part, isCompensation: false }, { planned, prepared });
    return;
  }
  const nothing = { output: null, outputTruncated: false, startedMs: null, context: null };
  const { error } = prepared;
  countPart(state, tally, { ...state.refOf(place, part), ...nothing, state: "failed", error });
}

function itemOf(state: WorkflowState, place: number, index: number): Json {
  const items = state.storedRow(place, -1)?.items;
  assert(items !== undefined && items !== null, "a map that has begun has stored its items");
  return items[index] ?? null;
}

function setRunning(state: WorkflowState, place: number): void {
  state.table.setState(place, "running");
  // A retry in this very input has written that it is pending: only the last state of a row is stored.
  const row = state.draftedStep(place);
  if (row === undefined || row.state === "running") return;
  state.putStep({ ...row, state: "running", revision: state.table.revision[place] ?? 1 });
}

/** Makes a run due now, whose params were evaluated. */
export function startPart(
  state: WorkflowState,
  { step, part, isCompensation }: { step: number; part: number; isCompensation: boolean },
  order: {
    readonly planned: PlannedPart;
    readonly prepared: Extract<PreparedPart, { readonly kind: "ready" }>;
  },
): void {
  const ref = { ...state.refOf(step, part), isCompensation };
  const { timeoutMs, retry } = order.planned;
  const { target, params } = order.prepared;
  const stepName = state.specOf(step).name;
  state.live.add(ref);
  state.draft.starts.push({ ...ref, stepName, target, params, timeoutMs, retry });
}
