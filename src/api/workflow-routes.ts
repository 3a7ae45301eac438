import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { Refusal } from "../core/refusal.ts";
import type { Api, ApiDeps, ApiEnv } from "./api-deps.ts";
import { etagOf, ifMatchOf } from "./etag.ts";
import { idempotencyOf, markReplay } from "./idempotency.ts";
import { namespaceOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import {
  workflowFullJson,
  workflowFullOut,
  workflowJson,
  workflowListedJson,
  workflowListedOut,
  workflowOut,
} from "./workflow-json.ts";
import { workflowName } from "./workflow-name.ts";
import { workflowBody, workflowPutBody } from "./workflow-schema.ts";
import type { WorkflowStore, WorkflowWrite } from "./workflow-store.ts";
import {
  idempotencyHeader,
  ifMatchHeader,
  jsonAnswer,
  jsonBody,
  pageOf,
  pageQuery,
  problemAnswers,
  WIRE_LIMITS,
} from "./wire.ts";

export const WORKFLOWS = `${BASE_PATH}/workflows`;
export const ONE_WORKFLOW = `${BASE_PATH}/workflows/{workflow}`;

export const workflowParam = z.strictObject({
  workflow: z
    .string()
    .min(1)
    .max(WIRE_LIMITS.nameChars)
    .openapi({ description: "The id or the name." }),
});

const createWorkflow = createRoute({
  method: "post",
  path: WORKFLOWS,
  summary: "Create a workflow",
  request: { headers: idempotencyHeader, body: jsonBody(workflowBody) },
  responses: { 201: jsonAnswer("The new workflow.", workflowOut), ...problemAnswers },
});

const putWorkflow = createRoute({
  method: "put",
  path: `${BASE_PATH}/workflows/{name}`,
  summary: "Create a workflow, or add a version to it",
  description: "A definition that says the same as the newest version adds none.",
  request: {
    headers: ifMatchHeader,
    params: z.strictObject({ name: workflowName }),
    body: jsonBody(workflowPutBody),
  },
  responses: {
    200: jsonAnswer("The newest version.", workflowOut),
    201: jsonAnswer("The new workflow.", workflowOut),
    ...problemAnswers,
  },
});

const checkDefinition = createRoute({
  method: "post",
  path: `${WORKFLOWS}/check`,
  summary: "Check a definition without saving it",
  request: { headers: idempotencyHeader, body: jsonBody(workflowBody) },
  responses: {
    200: jsonAnswer(
      "It can be saved.",
      z.object({
        ok: z.literal(true),
        steps: z.number(),
        edges: z.number(),
        depth: z.number().openapi({ description: "Steps on the longest way through it." }),
        warnings: z.array(z.object({ pointer: z.string(), message: z.string() })).readonly(),
      }),
    ),
    ...problemAnswers,
  },
});

const listWorkflows = createRoute({
  method: "get",
  path: WORKFLOWS,
  summary: "List workflows by name",
  request: {
    query: z.strictObject({
      ...pageQuery,
      tag: z.string().min(1).max(WIRE_LIMITS.tagChars).optional(),
      q: z.string().min(1).max(WIRE_LIMITS.queryChars).optional(),
    }),
  },
  responses: {
    200: jsonAnswer("One page of workflows, up to a second behind.", pageOf(workflowListedOut)),
    ...problemAnswers,
  },
});

const getWorkflow = createRoute({
  method: "get",
  path: ONE_WORKFLOW,
  summary: "A workflow in its newest version",
  request: { params: workflowParam },
  responses: { 200: jsonAnswer("The workflow.", workflowFullOut), ...problemAnswers },
});

const deleteWorkflow = createRoute({
  method: "delete",
  path: ONE_WORKFLOW,
  summary: "Delete a workflow",
  request: {
    headers: ifMatchHeader,
    params: workflowParam,
    query: z.strictObject({ running: z.enum(["finish", "cancel"]).default("finish") }),
  },
  responses: { 204: { description: "The workflow is gone." }, ...problemAnswers },
});

/** The routes of workflows as resources. */
export function addWorkflowRoutes(api: Api, deps: ApiDeps, workflows: WorkflowStore): void {
  addWorkflowWrites(api, workflows);

  api.openapi(listWorkflows, async (c) => {
    const { limit, cursor, tag, q } = c.req.valid("query");
    const page = await deps.records.workflows({
      namespace: namespaceOf(c),
      limit: limit ?? WIRE_LIMITS.pageItemsDefault,
      cursor: cursor ?? null,
      tag: tag ?? null,
      q: q ?? null,
    });
    return c.json({ items: page.items.map(workflowListedJson), nextCursor: page.nextCursor }, 200);
  });

  api.openapi(getWorkflow, async (c) => {
    const { workflow } = c.req.valid("param");
    const found = await workflows.get(namespaceOf(c), workflow);
    c.header("ETag", etagOf(found.workflow.version));
    return c.json(workflowFullJson(found.workflow, found.liveRuns), 200);
  });

  api.openapi(deleteWorkflow, async (c) => {
    const { running } = c.req.valid("query");
    const ifMatch = ifMatchOf(c.req.header("If-Match"));
    const place = workflows.placeOf(namespaceOf(c), c.req.valid("param").workflow);
    await workflows.delete(place, { ifMatch, running, nowMs: c.get("nowMs") });
    return c.body(null, 204);
  });
}

function addWorkflowWrites(api: Api, workflows: WorkflowStore): void {
  api.openapi(createWorkflow, async (c) => {
    const { value, isReplay } = await workflows.create(c.req.valid("json"), writeOf(c));
    const { workflow } = value;
    markReplay(c, isReplay);
    c.header("ETag", etagOf(workflow.version));
    c.header("Location", `${WORKFLOWS}/${workflow.spec.name}`);
    return c.json(workflowJson(workflow), 201);
  });

  api.openapi(putWorkflow, async (c) => {
    const { name } = c.req.valid("param");
    const body = c.req.valid("json");
    if (body.name !== undefined && body.name !== name) throw otherName();
    const ifMatch = ifMatchOf(c.req.header("If-Match"));
    const write = { ...writeOf(c), idempotency: null };
    const { value } = await workflows.replace({ ...body, name }, ifMatch, write);
    c.header("ETag", etagOf(value.workflow.version));
    return c.json(workflowJson(value.workflow), value.isNew ? 201 : 200);
  });

  api.openapi(checkDefinition, async (c) => {
    const write = { ...writeOf(c), idempotency: null };
    const facts = await workflows.check(c.req.valid("json"), write);
    return c.json({ ok: true as const, ...facts }, 200);
  });
}

function writeOf(c: Context<ApiEnv>): WorkflowWrite {
  return { namespace: namespaceOf(c), nowMs: c.get("nowMs"), idempotency: idempotencyOf(c) };
}

function otherName(): Refusal {
  return new Refusal("request.invalid", "The name in the body is not the one in the path.", {
    errors: [{ pointer: "/name", message: "Leave it out, or repeat the name of the path." }],
    hint: "The name of a workflow never changes.",
  });
}
