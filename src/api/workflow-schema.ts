import { z } from "@hono/zod-openapi";
import { WORKFLOW_DEFAULTS } from "../core/workflow-defaults.ts";
import { WORKFLOW_LIMITS, type StepSpec, type WorkflowSpec } from "../core/workflow.ts";
import { anyJson, duration, jsonObject, SPAN_MS, WIRE_LIMITS } from "./wire.ts";
import { workflowName } from "./workflow-name.ts";
import { eventName, stepSchema } from "./workflow-step-schema.ts";

const PRIORITY_MAX = 100;
const CONCURRENCY_MAX = 10_000;
const EXPRESSION_CHARS_MAX = 4_096;

const eventTrigger = z
  .strictObject({
    event: eventName,
    when: z
      .string()
      .min(1)
      .max(EXPRESSION_CHARS_MAX)
      .nullable()
      .default(null)
      .openapi({ description: "CEL over event (name, data, id).", example: "event.data.paid" }),
    params: anyJson.default(null).openapi({
      description: "May hold ${…} over event; null gives the run {event: data}.",
    }),
  })
  .openapi("EventTrigger");

/** Everything at the top of a definition but its name and its steps. */
export const workflowHead = {
  description: z.string().max(WIRE_LIMITS.textChars).default(""),
  owner: z.string().max(WIRE_LIMITS.nameChars).default(""),
  tags: z
    .array(z.string().min(1).max(WIRE_LIMITS.tagChars))
    .max(WIRE_LIMITS.tags)
    .readonly()
    .default([]),
  params: jsonObject.default({}),
  timeout: duration({ msMin: SPAN_MS.second, msMax: WORKFLOW_LIMITS.timeoutMsMax })
    .default(WORKFLOW_DEFAULTS.timeout)
    .openapi({ description: "Not counting the time that a run is paused." }),
  onFailure: z.enum(["fail_fast", "finish_branches"]).default("fail_fast"),
  overlap: z.enum(["skip", "buffer_one", "buffer_all", "cancel_other", "allow"]).default("allow"),
  concurrency: z.int().min(1).max(CONCURRENCY_MAX).nullable().default(null),
  priority: z.int().min(-PRIORITY_MAX).max(PRIORITY_MAX).default(0),
  on: z
    .array(eventTrigger)
    .max(WORKFLOW_LIMITS.eventTriggersMax)
    .readonly()
    .default([])
    .openapi({ description: "Events that start a run." }),
  output: anyJson.default(null).openapi({
    description:
      "May hold ${…}; null gives the output of its last step, or of the last ones by name.",
  }),
} as const;

/** Their number was looked at before the body was walked. */
export const workflowSteps = z.array(stepSchema).min(1).max(WORKFLOW_LIMITS.stepsMax).readonly();

/** The body of POST /workflows. */
export const workflowBody = z
  .strictObject({ name: workflowName, ...workflowHead, steps: workflowSteps })
  .openapi("WorkflowBody");

/** The body of PUT /workflows/{name}: the name is in the path, and may be repeated. */
export const workflowPutBody = z
  .strictObject({ name: workflowName.optional(), ...workflowHead, steps: workflowSteps })
  .openapi("WorkflowPutBody");

export type WorkflowBody = z.infer<typeof workflowBody>;

/** What a caller said, as it is stored. */
export function workflowSpecOf({ steps, ...head }: WorkflowBody): WorkflowSpec {
  // Zod says of a field that may be left out that it may be undefined, which nothing that was JSON ever is.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { ...head, steps: steps as readonly StepSpec[] };
}
