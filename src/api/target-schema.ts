import { z } from "@hono/zod-openapi";
import { ROUTE_POLICIES } from "../core/job.ts";
import { anyJson, WIRE_LIMITS } from "./wire.ts";
import { workflowName } from "./workflow-name.ts";

export const APP_KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const HEADERS_MAX = 32;
const HEADER_CHARS_MAX = 4_096;
export const HANDLER = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/;

const EXPRESSION_CHARS_MAX = 512;
const PINNED_MAX = 100;
const TAGS_MAX = 16;

/** A node by its id or its address. */
const nodeName = z.string().min(1).max(2_048);

export const webhookHeaders = z
  .record(z.string().max(128), z.string().max(HEADER_CHARS_MAX))
  .refine((value) => Object.keys(value).length <= HEADERS_MAX, {
    message: `More than ${HEADERS_MAX} headers.`,
  });

export const webhookUrl = z
  .string()
  .min(1)
  .max(2_048)
  .openapi({ example: "https://example.com/hook" });
export const webhookMethod = z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]);
export const route = z.enum(ROUTE_POLICIES);
export const onNodeLost = z.enum(["resend", "fail", "wait"]);

/** The nodes among which a route chooses; null is any. */
export const pinnedNodes = z
  .union([nodeName, z.array(nodeName).min(1).max(PINNED_MAX).readonly()])
  .nullable();
/** Only nodes that have all of these. */
export const wantedTags = z
  .array(z.string().min(1).max(WIRE_LIMITS.tagChars))
  .max(TAGS_MAX)
  .readonly();

const webhook = z
  .strictObject({
    kind: z.literal("webhook"),
    url: webhookUrl,
    method: webhookMethod.default("POST"),
    headers: webhookHeaders.default({}),
    body: anyJson.default(null),
    mode: z.enum(["sync", "async"]).default("sync"),
  })
  .openapi("WebhookTarget");

const executor = z
  .strictObject({
    kind: z.literal("executor"),
    executor: z.string().regex(APP_KEY, "Not an appKey.").openapi({ example: "orders" }),
    handler: z.string().regex(HANDLER, "Not the name of a handler.").openapi({ example: "report" }),
    route: route.default("round_robin"),
    hashKey: z
      .string()
      .min(1)
      .max(EXPRESSION_CHARS_MAX)
      .nullable()
      .default(null)
      .openapi({ description: "CEL over job, params and nominalAt.", example: "params.customer" }),
    node: pinnedNodes.default(null),
    tags: wantedTags.default([]),
    onNodeLost: onNodeLost.default("resend"),
  })
  .openapi("ExecutorTarget");

const workflow = z
  .strictObject({
    kind: z.literal("workflow"),
    workflow: workflowName.openapi({ description: "The name of a workflow of the namespace." }),
  })
  .openapi("WorkflowTarget");

export const targetSchema = z
  .discriminatedUnion("kind", [webhook, executor, workflow])
  .openapi("Target");

export type TargetBody = z.infer<typeof targetSchema>;
