import { z } from "@hono/zod-openapi";
import { WORKFLOW_LIMITS } from "../core/workflow.ts";
import {
  APP_KEY,
  webhookMethod,
  HANDLER,
  onNodeLost,
  pinnedNodes,
  route,
  wantedTags,
  webhookHeaders,
  webhookUrl,
} from "./target-schema.ts";
import { anyJson, duration, jsonObject, SPAN_MS, WIRE_LIMITS } from "./wire.ts";
import { workflowName } from "./workflow-name.ts";

const RETRIES_MAX = 50;
const TEXT_CHARS_MAX = 4_096;

/** Which characters it may hold is found out when the whole definition is read. */
export const stepName = z
  .string()
  .min(1)
  .max(WIRE_LIMITS.nameChars)
  .openapi({ example: "extract" });

export const eventName = z.string().min(1).max(WIRE_LIMITS.nameChars).openapi({ example: "paid" });

/** CEL, or text with `${…}`: whether it is sound is found out when the whole definition is read. */
const expression = z.string().min(1).max(TEXT_CHARS_MAX);

const wait = duration({ msMin: 0, msMax: WORKFLOW_LIMITS.timeoutMsMax });
const timeout = duration({ msMin: SPAN_MS.second, msMax: WORKFLOW_LIMITS.timeoutMsMax });

const executorTarget = z
  .strictObject({
    executor: z.string().regex(APP_KEY, "Not an appKey.").openapi({ example: "orders" }),
    handler: z.string().regex(HANDLER, "Not the name of a handler.").openapi({ example: "report" }),
    route: route.optional(),
    hashKey: z.string().min(1).max(WIRE_LIMITS.textChars).nullable().optional(),
    node: pinnedNodes.optional(),
    tags: wantedTags.optional(),
    onNodeLost: onNodeLost.optional(),
  })
  .openapi("StepExecutorTarget");

const webhookTarget = z
  .strictObject({
    url: webhookUrl.refine((url) => !url.includes("${"), {
      message: "Only the body may hold ${…}: an address must be known when it is saved.",
    }),
    method: webhookMethod.optional(),
    headers: webhookHeaders
      .refine((headers) => !Object.values(headers).some((value) => value.includes("${")), {
        message: "Only the body may hold ${…}.",
      })
      .optional(),
    body: anyJson.optional(),
    mode: z.enum(["sync", "async"]).optional(),
  })
  .openapi("StepWebhookTarget");

const stepTarget = z.union([executorTarget, webhookTarget]).openapi("StepTarget");

const retry = z
  .strictObject({
    max: z.int().min(0).max(RETRIES_MAX).optional(),
    backoff: z
      .strictObject({
        kind: z.literal("exponential").default("exponential"),
        base: duration({ msMin: 1, msMax: SPAN_MS.day }).default("10s"),
        factor: z.number().min(1).max(100).default(3),
        max: duration({ msMin: 1, msMax: 7 * SPAN_MS.day }).default("1d"),
      })
      .optional(),
    jitter: z.enum(["full", "none"]).optional(),
  })
  .openapi("StepRetry");

const task = z
  .strictObject({
    run: stepTarget,
    params: jsonObject.optional(),
    retry: retry.optional(),
    timeout: timeout.optional(),
  })
  .openapi("StepTask");

const rest = z
  .enum(["cancel", "finish"])
  .optional()
  .openapi({ description: "What becomes of the others once enough have succeeded." });

const complete = z
  .discriminatedUnion("mode", [
    z.strictObject({ mode: z.literal("all"), rest }),
    z.strictObject({ mode: z.literal("any"), rest }),
    z.strictObject({
      mode: z.literal("count"),
      count: z.int().min(1).max(WORKFLOW_LIMITS.itemsMax),
      rest,
    }),
  ])
  .openapi("StepCompletion");

const join = z
  .union([
    z.enum(["all", "any", "all_done"]),
    z.strictObject({ count: z.int().min(1).max(WORKFLOW_LIMITS.stepsMax) }),
  ])
  .openapi({ description: "When it starts, given how those it comes after have ended." });

/** A step as it was said: nothing is filled in, so that ten thousand of them stay small. */
export const stepSchema = z
  .strictObject({
    name: stepName,
    after: z.array(stepName).max(WORKFLOW_LIMITS.stepsMax).readonly().optional(),
    join: join.optional(),
    when: expression.optional().openapi({ example: "steps.clean.output.rows > 0.0" }),
    run: stepTarget.optional(),
    tasks: z.array(task).min(1).max(WORKFLOW_LIMITS.tasksMax).readonly().optional(),
    map: z
      .strictObject({
        over: expression.openapi({ example: "${steps.extract.output.files}" }),
        concurrencyMax: z.int().min(1).max(WORKFLOW_LIMITS.partsLiveMax).optional(),
      })
      .optional(),
    sleep: wait.optional(),
    waitFor: z
      .strictObject({
        event: eventName,
        timeout: wait.optional(),
        match: expression.optional(),
        lookBack: wait.optional(),
      })
      .optional(),
    approval: z
      .strictObject({
        timeout: wait.optional(),
        onTimeout: z.enum(["reject", "approve"]).optional(),
      })
      .optional(),
    workflow: workflowName.optional(),
    complete: complete.optional(),
    params: jsonObject.optional(),
    retry: retry.optional(),
    timeout: timeout.optional(),
    compensate: task.optional(),
  })
  .openapi("Step");
