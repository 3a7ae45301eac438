import { z } from "@hono/zod-openapi";
import type { Json } from "../core/json.ts";
import {
  isWorkflowEnded,
  type Revision,
  type WorkflowRun,
  type WorkflowTrigger,
} from "../core/workflow-run.ts";
import { runError } from "./run-json.ts";
import { anyJson, instantOut, isoText, isoTextOrNull, jsonObjectOut } from "./wire.ts";

export const WORKFLOW_RUN_STATES = [
  "waiting",
  "running",
  "ending",
  "compensating",
  "succeeded",
  "failed",
  "timed_out",
  "canceled",
] as const;

export const WORKFLOW_TRIGGER_KINDS = ["api", "run", "event", "rerun"] as const;

/** Of an output that is shown among others, this much JSON text is shown. */
export const SHOWN_OUTPUT_CHARS_MAX = 1_024;

const revision = z
  .object({
    revision: z.number(),
    at: instantOut,
    action: z.enum(["retry", "skip", "succeed"]),
    step: z
      .string()
      .nullable()
      .openapi({ description: "Null is every step that had not succeeded." }),
    by: z.string().nullable(),
  })
  .openapi("WorkflowRevision");

export const workflowRunShape = {
  id: z.string(),
  namespace: z.string(),
  workflow: z.string(),
  workflowId: z.string(),
  workflowVersion: z.number(),
  state: z.enum(WORKFLOW_RUN_STATES),
  trigger: z.object({
    kind: z.enum(WORKFLOW_TRIGGER_KINDS),
    run: z.string().optional().openapi({ description: "The run whose target is the workflow." }),
    event: z.string().optional(),
    eventId: z.string().optional(),
    origin: z.string().optional().openapi({ description: "The workflow run that was done again." }),
  }),
  params: jsonObjectOut,
  context: jsonObjectOut,
  pausedAt: instantOut.nullable(),
  pauseReason: z.string().nullable(),
  deadlineAt: instantOut.nullable(),
  revision: z.number(),
  revisions: z.array(revision).openapi({ description: "The newest hundred, oldest first." }),
  nesting: z.number().openapi({ description: "0 unless another workflow started it." }),
  output: anyJson,
  outputCut: z.boolean().openapi({ description: "It is too long for a list: read the one run." }),
  error: runError.nullable(),
  cancelReason: z.string().nullable(),
  counts: z.object({
    total: z.number(),
    succeeded: z.number(),
    failed: z.number(),
    skipped: z.number(),
    canceled: z.number(),
  }),
  createdAt: instantOut,
  startedAt: instantOut.nullable(),
  endedAt: instantOut.nullable(),
  version: z.number(),
} as const;

/** A workflow run without its steps. */
export const workflowRunOut = z.object(workflowRunShape).openapi("WorkflowRun");

export type WorkflowRunJson = z.infer<typeof workflowRunOut>;

export function workflowRunJson(run: WorkflowRun): WorkflowRunJson {
  const { phase } = run;
  return {
    id: run.id,
    namespace: run.namespace,
    workflow: run.workflowName,
    workflowId: run.workflowId,
    workflowVersion: run.workflowVersion,
    state: phase.state,
    trigger: triggerJson(run.trigger),
    params: run.params,
    context: run.context,
    pausedAt: isoTextOrNull(run.pausedMs),
    pauseReason: run.pauseReason,
    deadlineAt: isoTextOrNull(run.deadlineMs),
    revision: run.revision,
    revisions: run.revisions.map(revisionJson),
    nesting: run.nesting,
    output: run.output,
    outputCut: false,
    error: run.error,
    cancelReason: run.cancelReason,
    counts: run.counts,
    createdAt: isoText(run.createdMs),
    startedAt: isoTextOrNull(run.startedMs),
    endedAt: isWorkflowEnded(phase) ? isoText(phase.endedMs) : null,
    version: run.version,
  };
}

/** A workflow run in a list, where a long output would crowd out the others. */
export function listedWorkflowRunJson(run: WorkflowRun): WorkflowRunJson {
  const { output, outputCut } = shownOutput(run.output, SHOWN_OUTPUT_CHARS_MAX);
  return { ...workflowRunJson(run), output, outputCut };
}

/** Whether an output is short enough to be shown among others. */
export function isShown(output: Json): boolean {
  return JSON.stringify(output).length <= SHOWN_OUTPUT_CHARS_MAX;
}

/** An output if its text is not too long, else a mark that there is one. */
export function shownOutput(
  output: Json,
  charsMax: number,
): { readonly output: Json; readonly outputCut: boolean; readonly chars: number } {
  const chars = JSON.stringify(output).length;
  return chars <= charsMax
    ? { output, outputCut: false, chars }
    : { output: null, outputCut: true, chars: 0 };
}

function triggerJson(trigger: WorkflowTrigger): WorkflowRunJson["trigger"] {
  switch (trigger.kind) {
    case "run":
      return { kind: "run", run: trigger.run };
    case "event":
      return { kind: "event", event: trigger.event, eventId: trigger.id };
    case "api":
    case "rerun":
    default:
      return trigger;
  }
}

function revisionJson({ atMs, ...said }: Revision): WorkflowRunJson["revisions"][number] {
  return { ...said, at: isoText(atMs) };
}
