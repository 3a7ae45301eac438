import type { Json } from "./json.ts";
import type { TargetSpec } from "./job.ts";
import type { EndedState, RetryPolicy, RunError } from "./run.ts";
import type { StepRow, WorkflowEvent, WorkflowRun } from "./workflow-run.ts";

/** One run of a workflow run, by its place: the id of the run follows from it. */
export interface PartRef {
  readonly step: number;
  /** The task or item, from 0; -1 where the step has one run. */
  readonly part: number;
  readonly revision: number;
  readonly isCompensation: boolean;
}

/** A run that is to be made, due now. Everything in it is evaluated. */
export interface PartStart extends PartRef {
  readonly stepName: string;
  readonly target: TargetSpec;
  readonly params: { readonly [key: string]: Json };
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
}

/** What the shard does for a workflow run, in the transaction in which it was decided. */
export interface WorkflowEffects {
  readonly starts: readonly PartStart[];
  /** Live runs that are to be canceled; each will be told as ended, once it has. */
  readonly cancels: readonly (PartRef & { readonly reason: string })[];
  /** Rows to store. */
  readonly rows: readonly StepRow[];
  /** An event to store, when one was taken. */
  readonly events: readonly WorkflowEvent[];
  /** The run's own row, when it has changed. */
  readonly run: WorkflowRun | null;
}

/** How a run of the workflow run came to its end. */
export interface PartEnd extends PartRef {
  readonly state: EndedState;
  readonly output: Json;
  readonly outputTruncated: boolean;
  readonly error: RunError | null;
  readonly startedMs: number | null;
  /** What its answer lays over the shared context; null changes nothing. */
  readonly context: { readonly [key: string]: Json } | null;
}

/** Everything that can happen to a workflow run. What a person asks for may be refused: then nothing has changed. */
export type WorkflowInput =
  /** Its turn has come. */
  | { readonly kind: "begin" }
  | { readonly kind: "part_ended"; readonly end: PartEnd }
  /** The time of `dueMs` has come: of the run, or of steps that wait. */
  | { readonly kind: "due" }
  | { readonly kind: "event"; readonly name: string; readonly data: Json }
  | { readonly kind: "pause"; readonly reason: string | null }
  | { readonly kind: "resume" }
  | { readonly kind: "cancel"; readonly reason: string | null }
  /** Null is every step that did not succeed; else that step and everything after it, too. */
  | { readonly kind: "retry"; readonly step: string | null; readonly by: string | null }
  | {
      readonly kind: "decide";
      readonly action: "approve" | "reject" | "skip" | "succeed";
      readonly step: string;
      /** The output of a step that is marked as succeeded, or what an approval adds. */
      readonly result: Json;
      readonly note: string | null;
      readonly by: string | null;
    };

/** What the machine reads of what was stored, and does not hold in memory. */
export interface WorkflowMemory {
  /** The row of a step (part -1), task or item; undefined when none was stored. */
  row(step: number, part: number): StepRow | undefined;
  /** Every event that was kept, oldest first. */
  events(): readonly WorkflowEvent[];
}
