import type { Json } from "./json.ts";
import type { PlannedStep, PlannedWork } from "./planned-step.ts";
import { endStep } from "./workflow-end-step.ts";
import type { WorkflowState } from "./workflow-state.ts";
import { valuesFor } from "./workflow-values.ts";
import type { WorkflowEvent } from "./workflow-run.ts";
import type { StepEnd } from "./workflow-write-end.ts";

type EventWait = Extract<PlannedWork, { readonly kind: "wait" }>;

/** Lets a step wait: for an instant, or where `forMs` is null, for as long as the run may take. */
export function wait(
  state: WorkflowState,
  place: number,
  { forMs, reason }: { readonly forMs: number | null; readonly reason: string },
): void {
  const { table, nowMs } = state;
  table.setState(place, "waiting");
  table.startedMs[place] = nowMs;
  if (forMs !== null) {
    table.dueMs[place] = nowMs + forMs;
    state.timers.add({ key: nowMs + forMs, place });
  }
  state.putStep({
    ...state.blankRow(place, -1),
    state: "waiting",
    reason,
    startedMs: nowMs,
    dueMs: forMs === null ? null : nowMs + forMs,
  });
}

/** Begins to wait for an event, unless one that came before will do. */
export function waitForEvent(state: WorkflowState, place: number, work: EventWait): void {
  const sinceMs = work.lookBackMs === null ? -Infinity : state.nowMs - work.lookBackMs;
  const kept = state.events.find((event) => event.atMs >= sinceMs && matches(state, work, event));
  if (kept === undefined)
    return wait(state, place, { forMs: work.timeoutMs, reason: `Waits for "${work.event}".` });
  state.table.startedMs[place] = state.nowMs;
  endStep(state, place, { state: "succeeded", output: kept.data });
}

/** Whether an event is one that a step waits for. An expression that cannot tell says no. */
function matches(state: WorkflowState, work: EventWait, event: WorkflowEvent): boolean {
  if (event.name !== work.event) return false;
  if (work.match === null) return true;
  const { name, data, atMs } = event;
  const values = valuesFor(state, work.match.references, { event: { name, data, atMs } });
  const evaluated = work.match.evaluate(values);
  return evaluated.kind === "value" && evaluated.value === true;
}

/** Keeps an event, and wakes every step that waits for it, by place. */
export function takeEvent(state: WorkflowState, name: string, data: Json): void {
  const { table, run, nowMs } = state;
  const seq = (state.events.at(-1)?.seq ?? 0) + 1;
  const event = { workflowRun: run.id, seq, name, data, atMs: nowMs };
  state.draft.events.push(event);
  if (table.countOf("waiting") === 0) return;
  for (let place = 0; place < table.total; place++) {
    if (!table.is(place, "waiting") || state.specOf(place).waitFor?.event !== name) continue;
    const { work } = state.plan.stepOf(place);
    if (work.kind === "wait" && matches(state, work, event))
      endStep(state, place, { state: "succeeded", output: data });
  }
}

/** When the first waiting step is due; undefined when none waits for a time. */
export function firstDue(state: WorkflowState): { key: number; place: number } | undefined {
  const { timers, table } = state;
  for (let { first } = timers; first !== undefined; { first } = timers) {
    if (table.is(first.place, "waiting") && table.dueMs[first.place] === first.key) return first;
    timers.take();
  }
  return undefined;
}

/** Ends a waiting step whose time has come: a sleep is over, silence has an answer. */
export function endWait(state: WorkflowState, { place, work }: PlannedStep): void {
  endStep(state, place, silenceOf(work));
}

function silenceOf(work: PlannedWork): StepEnd {
  if (work.kind === "wait")
    return failed("wait.timed_out", `No event "${work.event}" came in time.`);
  if (work.kind !== "approval") return { state: "succeeded" };
  if (work.onTimeout === "reject")
    return failed("approval.timed_out", "Nobody approved it in time.");
  return { state: "succeeded", output: { approved: true, by: null, note: null, result: null } };
}

function failed(code: string, message: string): StepEnd {
  return { state: "failed", error: { message, code } };
}
