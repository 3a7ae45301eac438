import { createRoute, z } from "@hono/zod-openapi";
import type { Api } from "./api-deps.ts";
import { etagOf } from "./etag.ts";
import { afterOf, cursorOf } from "./page-cursor.ts";
import { namespaceOf } from "./request-of.ts";
import { workflowJson, workflowListedOut, workflowOut } from "./workflow-json.ts";
import { ONE_WORKFLOW, workflowParam } from "./workflow-routes.ts";
import type { WorkflowStore } from "./workflow-store.ts";
import { jsonAnswer, pageOf, pageQuery, problemAnswers, WIRE_LIMITS } from "./wire.ts";

const LIST = "workflow versions";

const listVersions = createRoute({
  method: "get",
  path: `${ONE_WORKFLOW}/versions`,
  summary: "The versions of a workflow that its shard keeps, newest first",
  request: { params: workflowParam, query: z.strictObject(pageQuery) },
  responses: {
    200: jsonAnswer("One page of versions, without their steps.", pageOf(workflowListedOut)),
    ...problemAnswers,
  },
});

const getVersion = createRoute({
  method: "get",
  path: `${ONE_WORKFLOW}/versions/{version}`,
  summary: "One version of a workflow",
  description: "By the id of the workflow also when it was deleted.",
  request: {
    params: workflowParam.extend({
      version: z
        .string()
        .regex(/^[1-9]\d{0,8}$/, "Not the number of a version.")
        .transform(Number)
        .openapi({ type: "integer", minimum: 1 }),
    }),
  },
  responses: { 200: jsonAnswer("The version.", workflowOut), ...problemAnswers },
});

/** What a workflow was, version by version. */
export function addWorkflowVersionRoutes(api: Api, workflows: WorkflowStore): void {
  api.openapi(listVersions, async (c) => {
    const { limit = WIRE_LIMITS.pageItemsDefault, cursor } = c.req.valid("query");
    const place = workflows.placeOf(namespaceOf(c), c.req.valid("param").workflow);
    const beforeVersion = Number(afterOf(LIST, cursor) ?? 0);
    const items = await workflows.versions(place, { beforeVersion, limit });
    const last = items.at(-1);
    const hasMore = items.length === limit && last !== undefined && last.version > 1;
    const nextCursor = hasMore ? cursorOf(LIST, String(last.version)) : null;
    return c.json({ items: [...items], nextCursor }, 200);
  });

  api.openapi(getVersion, async (c) => {
    const { workflow, version } = c.req.valid("param");
    const found = await workflows.version(namespaceOf(c), workflow, version);
    c.header("ETag", etagOf(found.version));
    return c.json(workflowJson(found), 200);
  });
}
