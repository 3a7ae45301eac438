import type { Json } from "./json.ts";
import type { RunError } from "./run.ts";

export const WORKFLOW_RUN_LIMITS = {
  /** Characters of one output as JSON: of a run's result as of any run, and of what several make together. */
  outputCharsMax: 1_000_000,
  /**
   * Of what a workflow run gives, as JSON in UTF-8: it becomes the result of the run that started it, beside that
   * run's params in one row, and a row of a Durable Object holds two million bytes.
   */
  runOutputBytesMax: 1_000_000,
  /** Of the shared context as JSON. */
  contextCharsMax: 65_536,
  /** Of the params of a step, or of its body, once evaluated. */
  paramsCharsMax: 262_144,
  /** Of the data of an event as JSON. */
  eventCharsMax: 65_536,
  /** Events of one run that are kept for steps that will wait for them. */
  eventsMax: 100,
  /** Changes by people that a run remembers: the newest. */
  revisionsKeptMax: 100,
  revisionsMax: 10_000,
} as const;

/** Why a step waits that a person must approve or reject: by it such steps are found. */
export const APPROVAL_REASON = "Waits for an approval.";

/** What brought a workflow run into being. */
export type WorkflowTrigger =
  | { readonly kind: "api" }
  /** A run whose target is the workflow: of a job, or of a step of another workflow. It is told the end. */
  | { readonly kind: "run"; readonly run: string; readonly attempt: number; readonly shard: number }
  | { readonly kind: "event"; readonly event: string; readonly id: string }
  /** Done again with the same or other params. */
  | { readonly kind: "rerun"; readonly origin: string };

export type EndedWorkflowState = "succeeded" | "failed" | "timed_out" | "canceled";

/**
 * Where a workflow run stands. `waiting`: others of its workflow are in its way. `running`. `ending`: its
 * outcome is certain, nothing starts any more, and runs that were canceled have not ended yet. `compensating`:
 * what had succeeded is undone, one step after the other. Then one of four ends, which only a retry leaves.
 */
export type WorkflowPhase =
  | { readonly state: "waiting" | "running" }
  | { readonly state: "ending" | "compensating"; readonly outcome: EndedWorkflowState }
  | { readonly state: EndedWorkflowState; readonly endedMs: number };

/** Something that a person did after which steps went another way; from 2 on each has its number. */
export interface Revision {
  readonly revision: number;
  readonly atMs: number;
  readonly action: "retry" | "skip" | "succeed";
  /** The step that was named; null is every step that had not succeeded. */
  readonly step: string | null;
  readonly by: string | null;
}

/** One occasion of doing a workflow, as its shard stores it, without its steps. */
export interface WorkflowRun {
  readonly id: string;
  readonly namespace: string;
  readonly workflowId: string;
  readonly workflowName: string;
  /** The definition that it is pinned to. */
  readonly workflowVersion: number;
  readonly trigger: WorkflowTrigger;
  readonly params: { readonly [key: string]: Json };
  /** Shared by its steps: any of them may lay something over it with its answer. */
  readonly context: { readonly [key: string]: Json };
  readonly phase: WorkflowPhase;
  /** Since when nothing new starts; null when it is not paused. */
  readonly pausedMs: number | null;
  readonly pauseReason: string | null;
  /** When it has timed out; null before it starts. Pauses put it off. */
  readonly deadlineMs: number | null;
  /** From 1. */
  readonly revision: number;
  readonly revisions: readonly Revision[];
  /** How deep it is: 0 unless another workflow started it. */
  readonly nesting: number;
  readonly output: Json;
  readonly error: RunError | null;
  readonly cancelReason: string | null;
  readonly traceparent: string | null;
  /** Its steps by their state, as of the last write of this row. */
  readonly counts: StepCounts;
  readonly createdMs: number;
  readonly startedMs: number | null;
  /** Counts every change of the row, from 1: the records keep the highest. */
  readonly version: number;
}

export interface StepCounts {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  readonly canceled: number;
}

/**
 * `pending`: not its turn yet. `running`: its runs are at work. `waiting`: it sleeps, waits for an event or for
 * a person. Then one of four ends.
 */
export const STEP_STATES = [
  "pending",
  "running",
  "waiting",
  "succeeded",
  "failed",
  "skipped",
  "canceled",
] as const;

export type StepState = (typeof STEP_STATES)[number];
export type EndedStepState = "succeeded" | "failed" | "skipped" | "canceled";

/**
 * One step of a workflow run, or with `part` from 0 on one task or item of it. A row is stored when it has ended,
 * when it begins to wait, when a map has its items, and when a retry makes it pending again. What runs without a
 * row is known by its run, whose id follows from all this (`stepRunId`).
 */
export interface StepRow {
  readonly workflowRun: string;
  /** Its place in the definition, from 0. */
  readonly step: number;
  /** -1 is the step itself. */
  readonly part: number;
  readonly name: string;
  /** The revision in which it last began, or was made pending. */
  readonly revision: number;
  readonly state: StepState;
  /** Why it is skipped, canceled, or waits: for people. */
  readonly reason: string | null;
  /** Skipped by a person: what comes after it goes on as if it had succeeded. */
  readonly isPassed: boolean;
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  /**
   * Counts the ends of the run's steps, from 1; 0 before. Compensation goes backwards by it. Of a task or item it
   * counts those of its step that were counted; 0 is one that was left to finish after the step's end.
   */
  readonly order: number;
  readonly output: Json;
  readonly outputTruncated: boolean;
  readonly error: RunError | null;
  /** When it is looked at again: the end of a sleep, the deadline of a wait; null when it never is. */
  readonly dueMs: number | null;
  /** What a map goes over: fixed when it begins. */
  readonly items: readonly Json[] | null;
  /** Who approved, rejected, skipped or marked it, and what they said. */
  readonly decision: StepDecision | null;
  /** What became of undoing it; null when it was not undone. */
  readonly compensation: {
    readonly state: "running" | "succeeded" | "failed";
    readonly error: RunError | null;
  } | null;
  /** Counts every change, from 1, over all revisions. */
  readonly version: number;
}

export interface StepDecision {
  readonly action: "approve" | "reject" | "skip" | "succeed";
  readonly by: string | null;
  readonly note: string | null;
  readonly atMs: number;
}

/** An event that a workflow run was sent, kept for steps that will wait for it. */
export interface WorkflowEvent {
  readonly workflowRun: string;
  /** From 1, in the order they came. */
  readonly seq: number;
  readonly name: string;
  readonly data: Json;
  readonly atMs: number;
}

const ENDED: ReadonlySet<string> = new Set(["succeeded", "failed", "timed_out", "canceled"]);
const STEP_ENDED: ReadonlySet<string> = new Set(["succeeded", "failed", "skipped", "canceled"]);

export function isWorkflowEnded(
  phase: WorkflowPhase,
): phase is Extract<WorkflowPhase, { readonly endedMs: number }> {
  return ENDED.has(phase.state);
}

export function isStepEnded(state: StepState): state is EndedStepState {
  return STEP_ENDED.has(state);
}

/** The row of a step, or of a part of it, before anything has happened to it: nothing of it is stored. */
export function blankStep(
  of: Pick<StepRow, "workflowRun" | "step" | "part" | "name" | "revision">,
): StepRow {
  return {
    ...of,
    state: "pending",
    reason: null,
    isPassed: false,
    startedMs: null,
    endedMs: null,
    order: 0,
    output: null,
    outputTruncated: false,
    error: null,
    dueMs: null,
    items: null,
    decision: null,
    compensation: null,
    version: 0,
  };
}
