import type { Expression, References } from "./expression.ts";
import type { Json } from "./json.ts";
import type { TargetSpec } from "./job.ts";
import type { RetryPolicy, RunError } from "./run.ts";
import type { CompiledTemplate } from "./template.ts";
import type { JoinRule } from "./workflow.ts";

/**
 * What the expressions of a step may speak of, by name: `params`, `context`, `run`, and `steps`, an object by
 * name in which only the steps of `references` need to be. Parts of a map have `item` and `index` besides, and
 * the `match` of a wait has `event` (`{name, data, atMs}`).
 */
export interface StepValues {
  readonly [name: string]: Json;
}

/** A step made computable: everything read, every default filled in, durations in milliseconds. */
export interface PlannedStep {
  readonly place: number;
  readonly name: string;
  readonly join: JoinRule;
  /** Null is always true. What it gives may be no boolean: the machine looks. */
  readonly when: Expression | null;
  readonly work: PlannedWork;
  /** What undoes it; null when nothing does. */
  readonly compensate: PlannedPart | null;
}

/** What a step does once it starts. A step with `workflow` is a `run` (or `map`) whose target is a workflow. */
export type PlannedWork =
  | { readonly kind: "gate" }
  | { readonly kind: "run"; readonly part: PlannedPart }
  | {
      readonly kind: "tasks";
      /** One for each task, by its index. */
      readonly parts: readonly PlannedPart[];
      readonly complete: Completion;
    }
  | {
      readonly kind: "map";
      /** Gives the items; the machine looks whether it is a list. */
      readonly over: CompiledTemplate;
      readonly concurrencyMax: number;
      /** The same for every item; `prepare` is given `item` and `index`. */
      readonly part: PlannedPart;
      readonly complete: Completion;
    }
  | { readonly kind: "sleep"; readonly durationMs: number }
  | {
      readonly kind: "wait";
      readonly event: string;
      /** Null: until the run's own deadline. */
      readonly timeoutMs: number | null;
      /** Null takes every event of the name. */
      readonly match: Expression | null;
      /** Null takes an event of any age. */
      readonly lookBackMs: number | null;
    }
  | {
      readonly kind: "approval";
      /** Null: until the run's own deadline. */
      readonly timeoutMs: number | null;
      readonly onTimeout: "reject" | "approve";
    };

/** When a step of several parts has succeeded, and what becomes of the rest then. */
export interface Completion {
  readonly mode: "all" | "any" | "count";
  /** How many of `total` must succeed; of a map it may be more than there are. */
  needed(total: number): number;
  readonly rest: "cancel" | "finish";
}

/** One run of a step, as it is to be made. */
export interface PlannedPart {
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  /** Everything that its params and its target speak of. */
  readonly references: References;
  /** Never throws: what cannot be evaluated, or gives too much, is an error value. */
  prepare(values: StepValues): PreparedPart;
}

export type PreparedPart =
  | {
      readonly kind: "ready";
      readonly target: TargetSpec;
      readonly params: { readonly [key: string]: Json };
    }
  /** Its code is `expression.failed` or `params.too_large`. */
  | { readonly kind: "error"; readonly error: RunError };
