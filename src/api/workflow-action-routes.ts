import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { isWorkflowEnded, type WorkflowRun } from "../core/workflow-run.ts";
import type { WorkflowAction } from "../ports/workflow-commands.ts";
import type { Api, ApiDeps, ApiEnv } from "./api-deps.ts";
import { etagOf } from "./etag.ts";
import { idempotencyOf, markReplay } from "./idempotency.ts";
import { namespaceOf, principalOf, traceparentOf } from "./request-of.ts";
import { callShard, type ShardAnswer } from "./shard-call.ts";
import { workflowRunJson, workflowRunOut } from "./workflow-run-json.ts";
import { ONE_WORKFLOW_RUN, WORKFLOW_RUNS, workflowRunParam } from "./workflow-run-routes.ts";
import type { WorkflowRunStore } from "./workflow-run-store.ts";
import { eventName, stepName } from "./workflow-step-schema.ts";
import type { WorkflowStore } from "./workflow-store.ts";
import {
  anyJson,
  idempotencyHeader,
  jsonAnswer,
  jsonBody,
  jsonObject,
  optionalJsonBody,
  problemAnswers,
  WIRE_LIMITS,
} from "./wire.ts";

const reason = z.string().max(WIRE_LIMITS.textChars).nullable().optional();
const runAnswer = jsonAnswer("The workflow run as it is now.", workflowRunOut);

const pauseRun = createRoute({
  method: "post",
  path: `${ONE_WORKFLOW_RUN}/pause`,
  summary: "Start nothing new",
  description: "What runs may finish. The deadline stands still until it is resumed.",
  request: {
    headers: idempotencyHeader,
    params: workflowRunParam,
    body: optionalJsonBody(z.strictObject({ reason })),
  },
  responses: { 200: runAnswer, ...problemAnswers },
});

const resumeRun = createRoute({
  method: "post",
  path: `${ONE_WORKFLOW_RUN}/resume`,
  summary: "End a pause",
  request: {
    headers: idempotencyHeader,
    params: workflowRunParam,
    body: optionalJsonBody(z.strictObject({})),
  },
  responses: { 200: runAnswer, ...problemAnswers },
});

const cancelRun = createRoute({
  method: "post",
  path: `${ONE_WORKFLOW_RUN}/cancel`,
  summary: "Cancel a workflow run and everything that it has started",
  request: {
    headers: idempotencyHeader,
    params: workflowRunParam,
    body: optionalJsonBody(z.strictObject({ reason })),
  },
  responses: {
    200: jsonAnswer("The workflow run has ended.", workflowRunOut),
    202: jsonAnswer("Its runs have been asked to stop.", workflowRunOut),
    ...problemAnswers,
  },
});

const retryRun = createRoute({
  method: "post",
  path: `${ONE_WORKFLOW_RUN}/retry`,
  summary: "Do steps again, as a new revision of the same workflow run",
  description: "Every step that did not succeed; or one step with everything after it.",
  request: {
    headers: idempotencyHeader,
    params: workflowRunParam,
    body: optionalJsonBody(z.strictObject({ from: stepName.optional() })),
  },
  responses: { 200: runAnswer, ...problemAnswers },
});

const rerun = createRoute({
  method: "post",
  path: `${ONE_WORKFLOW_RUN}/rerun`,
  summary: "Do the whole again, as a new workflow run that names its origin",
  request: {
    headers: idempotencyHeader,
    params: workflowRunParam,
    query: z.strictObject({ overlap: z.literal("allow").optional() }),
    body: optionalJsonBody(
      z.strictObject({
        params: jsonObject
          .optional()
          .openapi({ description: "Laid over those of the first one, key by key." }),
        version: z.enum(["same", "newest"]).default("same"),
      }),
    ),
  },
  responses: { 202: jsonAnswer("The new workflow run.", workflowRunOut), ...problemAnswers },
});

const sendEvent = createRoute({
  method: "post",
  path: `${ONE_WORKFLOW_RUN}/events`,
  summary: "Send an event to the steps that wait for it, or will",
  request: {
    headers: idempotencyHeader,
    params: workflowRunParam,
    body: jsonBody(z.strictObject({ name: eventName, data: anyJson.default(null) })),
  },
  responses: { 200: runAnswer, ...problemAnswers },
});

/** What can be done to a workflow run as a whole. */
export function addWorkflowActionRoutes(api: Api, workflowRuns: WorkflowRunStore): void {
  const act = async (c: Context<ApiEnv>, workflowRun: string, action: WorkflowAction) =>
    answered(c, await workflowRuns.act(atOf(c, workflowRun), action, idempotencyOf(c)));

  api.openapi(pauseRun, async (c) => {
    const action = { kind: "pause", reason: c.req.valid("json").reason ?? null } as const;
    const run = await act(c, c.req.valid("param").workflowRun, action);
    return c.json(workflowRunJson(run), 200);
  });

  api.openapi(resumeRun, async (c) => {
    const run = await act(c, c.req.valid("param").workflowRun, { kind: "resume" });
    return c.json(workflowRunJson(run), 200);
  });

  api.openapi(cancelRun, async (c) => {
    const action = { kind: "cancel", reason: c.req.valid("json").reason ?? null } as const;
    const run = await act(c, c.req.valid("param").workflowRun, action);
    return c.json(workflowRunJson(run), isWorkflowEnded(run.phase) ? 200 : 202);
  });

  api.openapi(retryRun, async (c) => {
    const step = c.req.valid("json").from ?? null;
    const action = { kind: "retry", step, by: principalOf(c).id } as const;
    const run = await act(c, c.req.valid("param").workflowRun, action);
    return c.json(workflowRunJson(run), 200);
  });

  api.openapi(sendEvent, async (c) => {
    const { name, data } = c.req.valid("json");
    const run = await act(c, c.req.valid("param").workflowRun, { kind: "event", name, data });
    return c.json(workflowRunJson(run), 200);
  });
}

/** Rerun makes a new workflow run, where its workflow is. */
export function addWorkflowRerunRoute(
  api: Api,
  deps: ApiDeps,
  stores: { readonly workflows: WorkflowStore; readonly workflowRuns: WorkflowRunStore },
): void {
  api.openapi(rerun, async (c) => {
    const { params, version } = c.req.valid("json");
    const namespace = namespaceOf(c);
    const origin = await stores.workflowRuns.get(namespace, c.req.valid("param").workflowRun);
    const { shard, ref } = stores.workflows.placeOf(namespace, origin.workflowId);
    const input = {
      ref,
      version: version === "same" ? origin.workflowVersion : null,
      params: { ...origin.params, ...params },
      trigger: { kind: "rerun", origin: origin.id },
      nesting: 0,
      overlap: c.req.valid("query").overlap ?? null,
      traceparent: traceparentOf(c),
    } as const;
    const idempotency = idempotencyOf(c);
    const order = { shard, kind: "workflow-run.create", input, idempotency } as const;
    const run = answered(c, await callShard(deps.shards, order));
    c.header("Location", `${WORKFLOW_RUNS}/${run.id}`);
    return c.json(workflowRunJson(run), 202);
  });
}

/** The workflow run that an order names, for the one who sent it. */
export function atOf(
  c: Context<ApiEnv>,
  workflowRun: string,
): { readonly namespace: string; readonly workflowRun: string } {
  return { namespace: namespaceOf(c), workflowRun };
}

/** The workflow run of an answer, with the headers that go with it. */
export function answered(
  c: Context<ApiEnv>,
  { value, isReplay }: ShardAnswer<"workflow-run.act" | "workflow-run.create">,
): WorkflowRun {
  markReplay(c, isReplay);
  c.header("ETag", etagOf(value.run.version));
  return value.run;
}
