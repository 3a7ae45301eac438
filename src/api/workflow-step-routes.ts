import { createRoute, z } from "@hono/zod-openapi";
import { stepRunId } from "../core/placement.ts";
import { WORKFLOW_RUN_LIMITS, type StepRow } from "../core/workflow-run.ts";
import type { Api } from "./api-deps.ts";
import { namespaceOf } from "./request-of.ts";
import { jsonAnswer, pageQuery, problemAnswers, WIRE_LIMITS } from "./wire.ts";
import { ONE_WORKFLOW_RUN, workflowRunParam } from "./workflow-run-routes.ts";
import type { WorkflowRunStore } from "./workflow-run-store.ts";
import {
  SHOWN_OUTPUTS_CHARS_MAX,
  type Shown,
  standingJson,
  standingShape,
  stepJson,
  stepShape,
} from "./workflow-step-json.ts";
import { runsOfStep } from "./workflow-step-runs.ts";
import { stepName } from "./workflow-step-schema.ts";

export const ONE_STEP = `${ONE_WORKFLOW_RUN}/steps/{step}`;
export const stepParam = workflowRunParam.extend({
  step: stepName.openapi({ description: "Its name, percent-encoded." }),
});

const partOut = z
  .object({
    part: z.number().openapi({ description: "The task or item, from 0." }),
    run: z.string(),
    ...standingShape,
  })
  .openapi("StepPart");

const getStep = createRoute({
  method: "get",
  path: ONE_STEP,
  summary: "A step with its whole output, and its tasks or items",
  request: { params: stepParam, query: z.strictObject(pageQuery) },
  responses: {
    200: jsonAnswer(
      "The step, and one page of its tasks or items that have begun.",
      z
        .object({ ...stepShape, items: z.array(partOut), nextCursor: z.string().nullable() })
        .openapi("StepWithParts"),
    ),
    ...problemAnswers,
  },
});

/** One step of a workflow run by itself. */
export function addWorkflowStepRoute(api: Api, workflowRuns: WorkflowRunStore): void {
  api.openapi(getStep, async (c) => {
    const { workflowRun, step } = c.req.valid("param");
    const { limit = WIRE_LIMITS.pageItemsDefault, cursor } = c.req.valid("query");
    const wanted = { workflowRun, step, cursor, limit };
    const found = await workflowRuns.step(namespaceOf(c), wanted);
    const shard = workflowRuns.shardOf(workflowRun);
    const { outputCharsMax } = WORKFLOW_RUN_LIMITS;
    const whole = { charsMax: outputCharsMax, budget: { left: outputCharsMax } };
    const shown = { charsMax: outputCharsMax, budget: { left: SHOWN_OUTPUTS_CHARS_MAX } };
    const runs = runsOfStep(found.step, found.spec, shard);
    return c.json(
      {
        ...stepJson(found.step, runs, whole),
        items: found.parts.map((row) => partJson(row, shard, shown)),
        nextCursor: found.nextCursor,
      },
      200,
    );
  });
}

function partJson(row: StepRow, shard: number, shown: Shown): z.infer<typeof partOut> {
  const { step, part, revision } = row;
  const run = stepRunId(row.workflowRun, { step, part, revision, isCompensation: false }, shard);
  return { part, run, ...standingJson(row, shown) };
}
