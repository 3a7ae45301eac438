import type { Json } from "../core/json.ts";
import type { WorkflowInput } from "../core/workflow-effect.ts";
import type { StepRow, WorkflowRun, WorkflowTrigger } from "../core/workflow-run.ts";
import type { StepSpec, Workflow, WorkflowSpec } from "../core/workflow.ts";
import type { DirectoryCopy } from "./shard-storage.ts";

/** A workflow by its id, or by its name within a namespace. One of another namespace is unknown. */
export interface WorkflowRef {
  readonly namespace: string;
  readonly workflow: string;
}

export interface WorkflowRunRef {
  readonly namespace: string;
  readonly workflowRun: string;
}

/** A workflow run as its shard holds it, with every step: of those that have no row yet, what memory knows. */
export interface WorkflowRunView {
  readonly run: WorkflowRun;
  /** The version that it is pinned to. */
  readonly workflow: Workflow;
  /** In the order of the definition; without tasks and items, and with long outputs left out. */
  readonly steps: readonly StepView[];
}

export interface StepView {
  /** `output` is null where `isOutputLong`. */
  readonly row: StepRow;
  readonly isOutputLong: boolean;
  /** Tasks or items; 0 where the step has one run or none, or its items are not known yet. */
  readonly parts: number;
  readonly partsEnded: number;
}

/** A workflow run that has left its shard, as the API read it from the records: a retry brings it back. */
export interface WorkflowRunOrigin {
  readonly run: WorkflowRun;
  readonly workflow: Workflow;
  readonly steps: readonly StepRow[];
}

/** What people and other runs may ask of a workflow run. */
export type WorkflowAction = Extract<
  WorkflowInput,
  { readonly kind: "pause" | "resume" | "cancel" | "retry" | "decide" | "event" }
>;

/** The commands of a shard that are about workflows. */
export interface WorkflowCommands {
  "workflow.put": {
    readonly input: {
      readonly namespace: string;
      readonly spec: WorkflowSpec;
      readonly mode: "create" | "upsert";
      /** Refused unless the newest version is this one; null does not ask. */
      readonly ifVersion: number | null;
      /** What the steps need from the directory. */
      readonly copies: readonly DirectoryCopy[];
    };
    /** `isChanged` is false when the newest version says the same: then it stays. */
    readonly output: {
      readonly workflow: Workflow;
      readonly isNew: boolean;
      readonly isChanged: boolean;
    };
  };
  "workflow.get": {
    readonly input: { readonly ref: WorkflowRef };
    readonly output: { readonly workflow: Workflow; readonly liveRuns: number };
  };
  "workflow.versions": {
    readonly input: {
      readonly ref: WorkflowRef;
      /** Those before it; 0 begins with the newest. */
      readonly beforeVersion: number;
      readonly limit: number;
    };
    readonly output: { readonly versions: readonly Workflow[] };
  };
  "workflow.delete": {
    readonly input: {
      readonly ref: WorkflowRef;
      readonly ifVersion: number | null;
      readonly running: "finish" | "cancel";
    };
    readonly output: { readonly workflowId: string };
  };
  "workflow-run.create": {
    readonly input: {
      readonly ref: WorkflowRef;
      /** Null is the newest. */
      readonly version: number | null;
      readonly params: { readonly [key: string]: Json } | null;
      readonly trigger: WorkflowTrigger;
      readonly nesting: number;
      /** `allow` starts it beside live runs whatever the workflow's policy; `concurrency` still holds. */
      readonly overlap: "allow" | null;
      readonly traceparent: string | null;
    };
    /** One with a trigger of kind `run` is made once for each attempt: repeating it gives the same. */
    readonly output: { readonly run: WorkflowRun };
  };
  /** Refused with `workflow_run.unknown` once it has left for the records. */
  "workflow-run.get": {
    readonly input: { readonly ref: WorkflowRunRef };
    readonly output: { readonly view: WorkflowRunView };
  };
  /** One step with its whole output, and a page of its tasks or items. */
  "workflow-run.step": {
    readonly input: {
      readonly ref: WorkflowRunRef;
      readonly step: string;
      /** Parts behind this one; -1 begins with the first. */
      readonly afterPart: number;
      readonly limit: number;
    };
    readonly output: {
      readonly step: StepView;
      /** What the pinned version says of it. */
      readonly spec: StepSpec;
      readonly parts: readonly StepRow[];
    };
  };
  "workflow-run.act": {
    readonly input: {
      readonly ref: WorkflowRunRef;
      /** When it has left the shard and the action brings it back; null when the API did not find it. */
      readonly origin: WorkflowRunOrigin | null;
      readonly action: WorkflowAction;
    };
    readonly output: { readonly run: WorkflowRun };
  };
  /** The run that started it is over: it is canceled, or if it has not come yet, it will not start. */
  "workflow-run.stop": {
    readonly input: {
      readonly namespace: string;
      readonly workflow: string;
      readonly run: string;
      readonly attempt: number;
      readonly reason: string;
    };
    readonly output: { readonly stopped: boolean };
  };
  /** Starts every workflow of this shard that waits for such an event. Repeating it starts nothing anew. */
  "event.put": {
    readonly input: {
      readonly namespace: string;
      readonly name: string;
      readonly data: Json;
      /** Names the event: the same one is taken once. */
      readonly id: string;
      readonly traceparent: string | null;
    };
    /** What it started, the first time: many runs may have its data each, so no more is told of them. */
    readonly output: { readonly runs: readonly Pick<WorkflowRun, "id" | "workflowName">[] };
  };
}
