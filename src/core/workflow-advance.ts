import { lookAt, takeItsTurn } from "./workflow-begin-step.ts";
import { joinVerdict } from "./workflow-join.ts";
import { leaveLine, standInLine, takeTurn, wantsMore } from "./workflow-line.ts";
import { startMore } from "./workflow-parts.ts";
import type { WorkflowState } from "./workflow-state.ts";

/**
 * Works off what an input has brought about: the children of steps that have ended, first in, first out, then
 * whoever waits for room. No step of the graph is ever on the call stack.
 */
export function advance(state: WorkflowState): void {
  for (;;) {
    lookAtChildren(state);
    const place = takeTurn(state);
    if (place === undefined) return;
    takeItsTurn(state, place);
  }
}

function lookAtChildren(state: WorkflowState): void {
  const { ended, plan } = state;
  // A run that stops empties the queue: then nothing is pending any more.
  for (let at = 0; at < ended.length; at++) {
    for (const child of plan.children[ended[at] ?? 0] ?? []) lookAt(state, child);
  }
  ended.length = 0;
}

/** Looks at every step that has not begun, and at what waits within those that have, by place. */
export function lookAtAll(state: WorkflowState): void {
  for (let place = 0; place < state.table.total; place++) {
    lookAt(state, place);
    const tally = state.tallies.get(place);
    if (tally !== undefined && wantsMore(tally)) startMore(state, state.plan.stepOf(place), false);
  }
}

/** Puts into the line who has no room, as it follows from the steps: after a restart and after a revision. */
export function lineUp(state: WorkflowState, isAsked: (place: number) => boolean): void {
  leaveLine(state);
  if (!state.mayStart) return;
  for (let place = 0; place < state.table.total; place++)
    if (isAsked(place) && isWaitingForRoom(state, place)) standInLine(state, place);
}

function isWaitingForRoom(state: WorkflowState, place: number): boolean {
  if (state.table.is(place, "pending")) return joinVerdict(state, place) === "holds";
  const tally = state.tallies.get(place);
  return tally !== undefined && wantsMore(tally);
}
