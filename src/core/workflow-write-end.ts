import type { Json } from "./json.ts";
import type { RunError } from "./run.ts";
import { msOrNull, type WorkflowState } from "./workflow-state.ts";
import type { EndedStepState, StepDecision } from "./workflow-run.ts";

/** How a step ends, in the words of its row. What is left out is null or false. */
export interface StepEnd {
  readonly state: EndedStepState;
  readonly output?: Json;
  readonly outputTruncated?: boolean;
  readonly error?: RunError | null;
  readonly reason?: string;
  readonly decision?: StepDecision;
}

/** The end of a step itself. Its children count it, but are not looked at, and its parts are not told. */
export function writeEnd(state: WorkflowState, place: number, end: StepEnd): void {
  const { table } = state;
  const items = table.is(place, "running") ? itemsOf(state, place) : null;
  table.setState(place, end.state);
  table.setPassed(place, end.decision?.action === "skip");
  table.setMarked(place, end.decision?.action === "succeed");
  table.takeOrder(place);
  table.countEnd(place, state.plan.children[place] ?? []);
  table.dueMs[place] = Number.NaN;
  state.putStep({
    ...state.blankRow(place, -1),
    ...end,
    isPassed: table.isPassed(place),
    startedMs: msOrNull(table.startedMs[place]),
    endedMs: state.nowMs,
    order: table.order[place] ?? 0,
    items,
  });
}

/** The items of a map that has begun stay with it. */
function itemsOf(state: WorkflowState, place: number): readonly Json[] | null {
  if (state.specOf(place).map === undefined) return null;
  return state.storedRow(place, -1)?.items ?? null;
}
