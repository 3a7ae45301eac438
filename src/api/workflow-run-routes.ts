import { createRoute, z } from "@hono/zod-openapi";
import { isWorkflowEnded, type WorkflowPhase } from "../core/workflow-run.ts";
import type { WorkflowRunView } from "../ports/workflow-commands.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { idempotencyOf, markReplay } from "./idempotency.ts";
import { etagOf } from "./etag.ts";
import { namespaceOf, traceparentOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { callShard } from "./shard-call.ts";
import { workflowRunFullJson, workflowRunFullOut } from "./workflow-graph-json.ts";
import { ONE_WORKFLOW, workflowParam } from "./workflow-routes.ts";
import {
  listedWorkflowRunJson,
  WORKFLOW_RUN_STATES,
  WORKFLOW_TRIGGER_KINDS,
  workflowRunJson,
  workflowRunOut,
} from "./workflow-run-json.ts";
import type { WorkflowRunStore } from "./workflow-run-store.ts";
import type { WorkflowStore } from "./workflow-store.ts";
import {
  idempotencyHeader,
  instant,
  jsonAnswer,
  jsonObject,
  optionalJsonBody,
  pageOf,
  pageQuery,
  problemAnswers,
  sentInstantMs,
  WIRE_LIMITS,
  waitMsOf,
  waitQuery,
} from "./wire.ts";

export const WORKFLOW_RUNS = `${BASE_PATH}/workflow-runs`;
export const ONE_WORKFLOW_RUN = `${BASE_PATH}/workflow-runs/{workflowRun}`;
export const workflowRunParam = z.strictObject({ workflowRun: z.string().min(1).max(64) });

const startRun = createRoute({
  method: "post",
  path: `${ONE_WORKFLOW}/runs`,
  summary: "Run a workflow",
  request: {
    headers: idempotencyHeader,
    params: workflowParam,
    query: z.strictObject({ wait: waitQuery, overlap: z.literal("allow").optional() }),
    body: optionalJsonBody(
      z.strictObject({
        params: jsonObject
          .optional()
          .openapi({ description: "Laid over the workflow's own, key by key." }),
        version: z.int().min(1).optional().openapi({ description: "The newest when left out." }),
      }),
    ),
  },
  responses: {
    200: jsonAnswer("The workflow run, which has ended within the wait.", workflowRunOut),
    202: jsonAnswer("The new workflow run.", workflowRunOut),
    ...problemAnswers,
  },
});

/** One state, or several with commas between. */
const statesText = z
  .string()
  .max(200)
  .transform((text) => text.split(","))
  .refine((names) => names.every(isState), {
    message: `Not of ${WORKFLOW_RUN_STATES.join(", ")}.`,
  })
  .transform((names) => names.filter(isState))
  .openapi({ type: "string", example: "failed,timed_out" });

const listRuns = createRoute({
  method: "get",
  path: WORKFLOW_RUNS,
  summary: "List workflow runs, newest first",
  request: {
    query: z.strictObject({
      ...pageQuery,
      workflow: z
        .string()
        .min(1)
        .max(WIRE_LIMITS.nameChars)
        .optional()
        .openapi({ description: "Id or name." }),
      state: statesText.optional(),
      trigger: z.enum(WORKFLOW_TRIGGER_KINDS).optional(),
      from: instant.optional(),
      to: instant.optional(),
      order: z.enum(["newest", "oldest"]).default("newest"),
    }),
  },
  responses: {
    200: jsonAnswer("One page of workflow runs, up to a second behind.", pageOf(workflowRunOut)),
    ...problemAnswers,
  },
});

const getRun = createRoute({
  method: "get",
  path: ONE_WORKFLOW_RUN,
  summary: "A workflow run with its steps",
  request: { params: workflowRunParam, query: z.strictObject({ wait: waitQuery }) },
  responses: { 200: jsonAnswer("The workflow run.", workflowRunFullOut), ...problemAnswers },
});

/** What workflow runs there are, how they stand, and how one begins. */
export function addWorkflowRunRoutes(
  api: Api,
  deps: ApiDeps,
  stores: { readonly workflows: WorkflowStore; readonly workflowRuns: WorkflowRunStore },
): void {
  const { workflows, workflowRuns } = stores;
  api.openapi(startRun, async (c) => {
    const { params, version } = c.req.valid("json");
    const { wait, overlap } = c.req.valid("query");
    const { shard, ref } = workflows.placeOf(namespaceOf(c), c.req.valid("param").workflow);
    const input = {
      ref,
      version: version ?? null,
      params: params ?? null,
      trigger: { kind: "api" },
      nesting: 0,
      overlap: overlap ?? null,
      traceparent: traceparentOf(c),
    } as const;
    const idempotency = idempotencyOf(c);
    const order = { shard, kind: "workflow-run.create", input, idempotency } as const;
    const { value, isReplay } = await callShard(deps.shards, order);
    const run = await workflowRuns.waited(value.run, waitMsOf(wait));
    markReplay(c, isReplay);
    c.header("ETag", etagOf(run.version));
    c.header("Location", `${WORKFLOW_RUNS}/${run.id}`);
    return c.json(workflowRunJson(run), isWorkflowEnded(run.phase) ? 200 : 202);
  });

  api.openapi(listRuns, async (c) => {
    const { limit, cursor, workflow, state, trigger, from, to, order } = c.req.valid("query");
    const page = await deps.records.workflowRuns({
      namespace: namespaceOf(c),
      limit: limit ?? WIRE_LIMITS.pageItemsDefault,
      cursor: cursor ?? null,
      workflow: workflow ?? null,
      states: state ?? [],
      trigger: trigger ?? null,
      fromMs: sentInstantMs(from),
      toMs: sentInstantMs(to),
      order,
    });
    const items = page.items.map(listedWorkflowRunJson);
    return c.json({ items, nextCursor: page.nextCursor }, 200);
  });

  api.openapi(getRun, async (c) => {
    const { workflowRun } = c.req.valid("param");
    const namespace = namespaceOf(c);
    const waitMs = waitMsOf(c.req.valid("query").wait);
    // It is looked for first, so that nobody waits for what is not theirs.
    if (waitMs > 0)
      await workflowRuns.waited(await workflowRuns.get(namespace, workflowRun), waitMs);
    const view = await workflowRuns.view(namespace, workflowRun);
    c.header("ETag", tagOf(view));
    return c.json(workflowRunFullJson(view, workflowRuns.shardOf(workflowRun)), 200);
  });
}

/** Steps change while the run's own row does not: the tag covers both. */
function tagOf({ run, steps }: WorkflowRunView): string {
  const changes = steps.reduce((sum, { row, partsEnded }) => sum + row.version + partsEnded, 0);
  return `"${run.version}-${changes}"`;
}

function isState(text: string): text is WorkflowPhase["state"] {
  return WORKFLOW_RUN_STATES.some((state) => state === text);
}
