import { unreachable } from "./assert.ts";
import { advance, lookAtAll } from "./workflow-advance.ts";
import { checkInput } from "./workflow-refusals.ts";
import { undoEnded } from "./workflow-compensation.ts";
import { cancel, decide, pause, resume, retryAsked } from "./workflow-controls.ts";
import type {
  PartEnd,
  PartRef,
  WorkflowEffects,
  WorkflowInput,
  WorkflowMemory,
} from "./workflow-effect.ts";
import { conclude } from "./workflow-finish.ts";
import { partEnded } from "./workflow-part-end.ts";
import type { WorkflowPlan } from "./workflow-plan.ts";
import { restore } from "./workflow-restore.ts";
import { msOrNull, WorkflowState } from "./workflow-state.ts";
import { stopRun } from "./workflow-stop.ts";
import { endWait, firstDue, takeEvent } from "./workflow-waits.ts";
import type { StepRow, WorkflowRun } from "./workflow-run.ts";

/**
 * One workflow run at work. It is told what happens and says what is to be done: which runs are to be made or
 * canceled, and what is to be stored. It has no clock and no chance of its own, keeps no outputs, and follows from
 * what it had stored and the runs that live: after a crash, or when an input could not be stored, it is made anew.
 */
export class WorkflowMachine {
  readonly #state: WorkflowState;

  constructor(input: {
    readonly run: WorkflowRun;
    readonly plan: WorkflowPlan;
    readonly memory: WorkflowMemory;
  }) {
    this.#state = new WorkflowState(input.run, input.plan, input.memory);
  }

  /**
   * Takes up a run where it stood, before the first input.
   * @param rows every row that was stored of it, in any order
   * @param live its runs whose end it has not been told
   */
  restore(rows: Iterable<StepRow>, live: Iterable<PartRef>): void {
    restore(this.#state, rows, live);
  }

  /** Its own row, as it was last given to be stored. */
  get run(): WorkflowRun {
    return this.#state.run;
  }

  /** When it is to be told `due`; null when time alone changes nothing. */
  get dueMs(): number | null {
    const { phase, deadlineMs, pausedMs } = this.#state.run;
    if (phase.state !== "running") return null;
    const deadline = pausedMs === null ? (deadlineMs ?? Infinity) : Infinity;
    const dueMs = Math.min(deadline, firstDue(this.#state)?.key ?? Infinity);
    return dueMs === Infinity ? null : dueMs;
  }

  /** Runs that were started and whose end was not told yet, also those that were canceled. */
  get livePartCount(): number {
    return this.#state.live.size;
  }

  /**
   * Takes what has happened. The effects are to be stored together; a part may be told as ended more than once,
   * and long after it mattered. Throws a refusal before anything has changed.
   */
  take(input: WorkflowInput, nowMs: number): WorkflowEffects {
    const state = this.#state;
    state.open(nowMs);
    checkInput(state, input);
    apply(state, input);
    advance(state);
    conclude(state);
    return state.close();
  }

  /** The row of a step as it is now, also of one that has no row yet. Its output is read from storage. */
  rowOf(step: number): StepRow {
    const { table } = this.#state;
    const version = table.version[step] ?? 0;
    const stored = version === 0 ? undefined : this.#state.memory.row(step, -1);
    const now = {
      state: table.stateOf(step),
      revision: table.revision[step] ?? 1,
      startedMs: msOrNull(table.startedMs[step]),
    };
    return { ...(stored ?? { ...this.#state.blankRow(step, -1), version }), ...now };
  }

  /** Tasks or items of a step, and how many of them have ended in its revision; none where it has one run. */
  partsOf(step: number): { readonly total: number; readonly ended: number } {
    const { partsTotal, partsEnded } = this.#state.table;
    return { total: partsTotal[step] ?? 0, ended: partsEnded[step] ?? 0 };
  }
}

function apply(state: WorkflowState, input: WorkflowInput): void {
  switch (input.kind) {
    case "begin":
      return begin(state);
    case "part_ended":
      return end(state, input.end);
    case "due":
      return due(state);
    case "event":
      return takeEvent(state, input.name, input.data);
    case "pause":
      return pause(state, input);
    case "resume":
      return resume(state);
    case "cancel":
      return cancel(state, input);
    case "retry":
      return retryAsked(state, input);
    case "decide":
      return decide(state, input);
    default:
      return unreachable(input);
  }
}

function begin(state: WorkflowState): void {
  if (state.run.phase.state !== "waiting") return;
  const { nowMs, plan } = state;
  const deadlineMs = nowMs + plan.timeoutMs;
  state.changeRun({ phase: { state: "running" }, startedMs: nowMs, deadlineMs });
  lookAtAll(state);
}

/** An end that was told before changes nothing. */
function end(state: WorkflowState, part: PartEnd): void {
  if (!state.live.delete(part)) return;
  if (part.isCompensation) undoEnded(state, part);
  else partEnded(state, part);
}

/** What is due is done in its order; the deadline ends everything that is due at the same instant or later. */
function due(state: WorkflowState): void {
  while (state.run.phase.state === "running") {
    const { deadlineMs, pausedMs } = state.run;
    const endMs = pausedMs === null ? (deadlineMs ?? Infinity) : Infinity;
    const step = firstDue(state);
    const stepMs = step?.key ?? Infinity;
    if (Math.min(endMs, stepMs) > state.nowMs) return;
    if (step === undefined || endMs <= stepMs) return timeOut(state);
    endWait(state, state.plan.stepOf(step.place));
  }
}

function timeOut(state: WorkflowState): void {
  const message = `The workflow took longer than ${state.plan.workflow.spec.timeout}.`;
  const error = { message, code: "workflow.timed_out" };
  stopRun(state, { outcome: "timed_out", error, reason: "The workflow run timed out." });
}
