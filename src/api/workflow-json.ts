import { z } from "@hono/zod-openapi";
import type { Workflow } from "../core/workflow.ts";
import { instantOut, isoText } from "./wire.ts";
import { workflowHead } from "./workflow-schema.ts";
import { stepSchema } from "./workflow-step-schema.ts";

const head = {
  id: z.string(),
  name: z.string(),
  namespace: z.string(),
  version: z.number().openapi({ description: "Counts the definitions; a run is pinned to one." }),
  ...workflowHead,
  timeout: z.string(),
} as const;

const times = {
  createdAt: instantOut.openapi({ description: "When the workflow was first saved." }),
  updatedAt: instantOut.openapi({ description: "When this version was." }),
} as const;

/** A version of a workflow, with its steps as they were said. */
export const workflowOut = z
  .object({ ...head, steps: z.array(stepSchema).readonly(), ...times })
  .openapi("Workflow");

/** The newest version, with what only its shard knows. */
export const workflowFullOut = z
  .object({
    ...head,
    steps: z.array(stepSchema).readonly(),
    liveRuns: z.number().openapi({ description: "Runs of any version that have not ended." }),
    ...times,
  })
  .openapi("WorkflowWithRuns");

/** A workflow as lists show it: a page of definitions with ten thousand steps each would be no page. */
export const workflowListedOut = z
  .object({ ...head, stepCount: z.number(), ...times })
  .openapi("WorkflowListed");

export function workflowJson(workflow: Workflow): z.infer<typeof workflowOut> {
  const { steps, ...spec } = workflow.spec;
  return { ...idsOf(workflow), ...spec, steps, ...timesOf(workflow) };
}

export function workflowFullJson(
  workflow: Workflow,
  liveRuns: number,
): z.infer<typeof workflowFullOut> {
  return { ...workflowJson(workflow), liveRuns };
}

export function workflowListedJson(workflow: Workflow): z.infer<typeof workflowListedOut> {
  const { steps, ...spec } = workflow.spec;
  return { ...idsOf(workflow), ...spec, stepCount: steps.length, ...timesOf(workflow) };
}

function idsOf({
  id,
  namespace,
  version,
}: Workflow): Pick<Workflow, "id" | "namespace" | "version"> {
  return { id, namespace, version };
}

function timesOf(workflow: Workflow): { createdAt: string; updatedAt: string } {
  return { createdAt: isoText(workflow.createdMs), updatedAt: isoText(workflow.updatedMs) };
}
