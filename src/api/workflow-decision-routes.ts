import { createRoute, z } from "@hono/zod-openapi";
import type { Api } from "./api-deps.ts";
import { idempotencyOf } from "./idempotency.ts";
import { principalOf } from "./request-of.ts";
import { answered, atOf } from "./workflow-action-routes.ts";
import { workflowRunJson, workflowRunOut } from "./workflow-run-json.ts";
import type { WorkflowRunStore } from "./workflow-run-store.ts";
import { ONE_STEP, stepParam } from "./workflow-step-routes.ts";
import {
  anyJson,
  idempotencyHeader,
  jsonAnswer,
  optionalJsonBody,
  problemAnswers,
  WIRE_LIMITS,
} from "./wire.ts";

const note = z.string().max(WIRE_LIMITS.textChars).nullable().optional();
const responses = {
  200: jsonAnswer("The workflow run as it is now.", workflowRunOut),
  ...problemAnswers,
} as const;

const retryStep = createRoute({
  method: "post",
  path: `${ONE_STEP}/retry`,
  summary: "Do a step again, and everything after it, as a new revision",
  request: {
    headers: idempotencyHeader,
    params: stepParam,
    body: optionalJsonBody(z.strictObject({})),
  },
  responses,
});

/** With a result: what a step that is marked as succeeded gives, or what an approval adds. */
const GIVING = {
  succeed: "Mark a step as succeeded",
  approve: "Approve what a step waits for",
} as const;

const PLAIN = {
  skip: "Skip a step: what comes after it goes on as if it had succeeded",
  reject: "Reject what a step waits for",
} as const;

const request = { headers: idempotencyHeader, params: stepParam } as const;

function givingRoute(action: keyof typeof GIVING) {
  const body = optionalJsonBody(z.strictObject({ result: anyJson.optional(), note }));
  const path = `${ONE_STEP}/${action}`;
  return createRoute({
    method: "post",
    path,
    summary: GIVING[action],
    request: { ...request, body },
    responses,
  });
}

function plainRoute(action: keyof typeof PLAIN) {
  const body = optionalJsonBody(z.strictObject({ note }));
  const path = `${ONE_STEP}/${action}`;
  return createRoute({
    method: "post",
    path,
    summary: PLAIN[action],
    request: { ...request, body },
    responses,
  });
}

/** What people decide about single steps. */
export function addWorkflowDecisionRoutes(api: Api, workflowRuns: WorkflowRunStore): void {
  api.openapi(retryStep, async (c) => {
    const { workflowRun, step } = c.req.valid("param");
    const action = { kind: "retry", step, by: principalOf(c).id } as const;
    const answer = await workflowRuns.act(atOf(c, workflowRun), action, idempotencyOf(c));
    return c.json(workflowRunJson(answered(c, answer)), 200);
  });

  for (const action of ["succeed", "approve"] as const)
    api.openapi(givingRoute(action), async (c) => {
      const { workflowRun, step } = c.req.valid("param");
      const { result = null, note: said = null } = c.req.valid("json");
      const by = principalOf(c).id;
      const decision = { kind: "decide", action, step, result, note: said, by } as const;
      const answer = await workflowRuns.act(atOf(c, workflowRun), decision, idempotencyOf(c));
      return c.json(workflowRunJson(answered(c, answer)), 200);
    });

  for (const action of ["skip", "reject"] as const)
    api.openapi(plainRoute(action), async (c) => {
      const { workflowRun, step } = c.req.valid("param");
      const said = c.req.valid("json").note ?? null;
      const by = principalOf(c).id;
      const decision = { kind: "decide", action, step, result: null, note: said, by } as const;
      const answer = await workflowRuns.act(atOf(c, workflowRun), decision, idempotencyOf(c));
      return c.json(workflowRunJson(answered(c, answer)), 200);
    });
}
