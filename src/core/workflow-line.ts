import { dueOrder } from "./workflow-join.ts";
import type { PartsTally, WorkflowState } from "./workflow-state.ts";
import { WORKFLOW_LIMITS } from "./workflow.ts";

/** Whether a step may start a part now: there is room, and it is its turn, or nobody waits. */
export function hasRoom(state: WorkflowState, isItsTurn: boolean): boolean {
  if (state.live.size >= WORKFLOW_LIMITS.partsLiveMax) return false;
  return isItsTurn || firstInLine(state) === undefined;
}

/** Behind everything that was due with its step. */
const DUE_LATER = 2 ** 40;

/**
 * Lets a step that has no room wait for its turn: by when it became due, then by its place. Items that a map's own
 * bound held back became due with the end of others, so they go behind what was due with its step.
 */
export function standInLine(state: WorkflowState, place: number): void {
  if (state.table.isInLine(place)) return;
  state.table.setInLine(place, true);
  const tally = state.tallies.get(place);
  const isLater = tally !== undefined && tally.next >= tally.concurrencyMax;
  state.line.add({ key: dueOrder(state, place) + (isLater ? DUE_LATER : 0), place });
}

/** The step whose turn is next. What went another way meanwhile does not wait any more. */
export function firstInLine({ line, table }: WorkflowState): number | undefined {
  while (line.first !== undefined && !table.isInLine(line.first.place)) line.take();
  return line.first?.place;
}

/** The step whose turn has come, which leaves the line; undefined when none waits, or there is no room. */
export function takeTurn(state: WorkflowState): number | undefined {
  if (!state.mayStart || !hasRoom(state, true)) return undefined;
  const place = firstInLine(state);
  if (place === undefined) return undefined;
  state.line.take();
  state.table.setInLine(place, false);
  return place;
}

export function leaveLine(state: WorkflowState): void {
  for (let first = state.line.take(); first !== undefined; first = state.line.take())
    state.table.setInLine(first.place, false);
}

/** Whether a running step has tasks or items that may start, as far as it is concerned. */
export function wantsMore({ next, total, live, concurrencyMax }: PartsTally): boolean {
  return next < total && live < concurrencyMax;
}
