import type { DurationText } from "./duration.ts";
import type { OverlapPolicy, RetrySpec, RoutePolicy, NodeLostPolicy, SuccessRule } from "./job.ts";
import type { Json } from "./json.ts";

export const WORKFLOW_LIMITS = {
  stepsMax: 10_000,
  edgesMax: 50_000,
  /** Steps on the longest way from a first step to a last one. */
  depthMax: 1_000,
  tasksMax: 100,
  /** Items of one map. */
  itemsMax: 10_000,
  /** Runs of one workflow run that may live at once; more wait for their turn. */
  partsLiveMax: 1_000,
  /** Of the whole definition as JSON in UTF-8: a row of a Durable Object holds two million bytes. */
  specBytesMax: 1_500_000,
  timeoutMsMax: 30 * 86_400_000,
  /** How deep workflows may start each other. */
  nestingMax: 8,
  eventTriggersMax: 20,
  /** Versions of a workflow that its shard keeps, beside those that live runs use. */
  versionsKeptMax: 100,
} as const;

/** Text with `${…}`: CEL over `params`, `context`, `steps`, `run` and, where there is one, `item` and `index`. */
export type Template = Json;

/**
 * Everything that a person says about a workflow. The top is complete, every default filled in; steps are kept
 * as they were said, because ten thousand of them with every default would not fit into a row. What a step leaves
 * out is filled in by `workflow-plan.ts`.
 */
export interface WorkflowSpec {
  readonly name: string;
  readonly description: string;
  readonly owner: string;
  readonly tags: readonly string[];
  /** Defaults, under what a run is given. */
  readonly params: { readonly [key: string]: Json };
  /** How long a run may take, not counting the time that it is paused. */
  readonly timeout: DurationText;
  /**
   * `fail_fast`: the first step that fails ends the run, and what runs is canceled. `finish_branches`: what does
   * not depend on it goes on, and the run fails at the end.
   */
  readonly onFailure: "fail_fast" | "finish_branches";
  /** What becomes of a new run when there are as many as `concurrency` says. */
  readonly overlap: OverlapPolicy;
  /** Runs of this workflow at once; null is one, or no bound with `allow`. */
  readonly concurrency: number | null;
  readonly priority: number;
  /** Events that start a run. */
  readonly on: readonly EventTrigger[];
  /** What the run gives; null gives the output of its last step, or of its last steps by their names. */
  readonly output: Template;
  readonly steps: readonly StepSpec[];
}

export interface EventTrigger {
  readonly event: string;
  /** CEL over `event` (`name`, `data`, `id`); null takes every event of the name. */
  readonly when: string | null;
  /** Over `event`; null gives the run `{event: data}`. */
  readonly params: Template;
}

/** When a step starts, given how those that it comes after have ended. */
export type JoinRule = "all" | "any" | "all_done" | { readonly count: number };

/**
 * One step. It has at most one of `run`, `tasks`, `sleep`, `waitFor`, `approval` and `workflow`; `map` goes with
 * `run` or `workflow`. A step with none of them is a gate: it does nothing but hold or let through.
 */
export interface StepSpec {
  readonly name: string;
  readonly after?: readonly string[];
  /** `all` when left out. */
  readonly join?: JoinRule;
  /** CEL that gives a boolean; false skips the step. */
  readonly when?: string;
  readonly run?: StepTarget;
  readonly tasks?: readonly TaskSpec[];
  readonly map?: MapSpec;
  readonly sleep?: DurationText;
  readonly waitFor?: WaitSpec;
  readonly approval?: ApprovalSpec;
  /** The name of another workflow of the namespace. */
  readonly workflow?: string;
  /** For `tasks` and `map`: when the step has succeeded, and what becomes of the rest then. `all` when left out. */
  readonly complete?: SuccessRule & { readonly rest?: "cancel" | "finish" };
  readonly params?: { readonly [key: string]: Template };
  readonly retry?: Partial<RetrySpec>;
  /** Of one attempt; of a workflow, of the whole. */
  readonly timeout?: DurationText;
  /** Undoes the step: run in reverse order when the workflow fails after the step has succeeded. */
  readonly compensate?: TaskSpec;
}

/** An executor's handler, or a webhook. What is left out is as for a job's target. */
export type StepTarget =
  | {
      readonly executor: string;
      readonly handler: string;
      readonly route?: RoutePolicy;
      readonly hashKey?: string | null;
      readonly node?: string | readonly string[] | null;
      readonly tags?: readonly string[];
      readonly onNodeLost?: NodeLostPolicy;
    }
  | {
      readonly url: string;
      readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: Template;
      readonly mode?: "sync" | "async";
    };

/** One of several tasks of a step, or what undoes a step. Its own `params` are laid over those of the step. */
export interface TaskSpec {
  readonly run: StepTarget;
  readonly params?: { readonly [key: string]: Template };
  readonly retry?: Partial<RetrySpec>;
  readonly timeout?: DurationText;
}

export interface MapSpec {
  /** `${…}` that gives a list: a run for each item, whose `params` may use `item` and `index`. */
  readonly over: string;
  /** Items at work at once; 10 when left out. */
  readonly concurrencyMax?: number;
}

export interface WaitSpec {
  readonly event: string;
  /** How long it waits at most; then the step has failed. As long as the workflow may take when left out. */
  readonly timeout?: DurationText;
  /** CEL over the step's names and `event` (`name`, `data`, `atMs`); left out, every event of the name will do. */
  readonly match?: string;
  /** How old an event that came before may be when the step begins to wait; left out, any of this run will do. */
  readonly lookBack?: DurationText;
}

export interface ApprovalSpec {
  /** As long as the workflow may take when left out. */
  readonly timeout?: DurationText;
  /** What silence means; `reject` when left out. */
  readonly onTimeout?: "reject" | "approve";
}

/** One saved version of a workflow. It never changes: a change is a new version. */
export interface Workflow {
  readonly id: string;
  readonly namespace: string;
  /** Counts the definitions, from 1. It is the ETag, and the fence of the records. */
  readonly version: number;
  readonly spec: WorkflowSpec;
  /** When the workflow was first saved. */
  readonly createdMs: number;
  /** When this version was. */
  readonly updatedMs: number;
}
