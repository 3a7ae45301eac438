import { createRoute, z } from "@hono/zod-openapi";
import { stepRunId } from "../core/placement.ts";
import { WORKFLOW_RUN_LIMITS, type StepRow } from "../core/workflow-run.ts";
import type { Api } from "./api-deps.ts";
import { namespaceOf } from "./request-of.ts";
import type { RunStore } from "./run-store.ts";
import { jsonAnswer, pageQuery, problemAnswers, WIRE_LIMITS } from "./wire.ts";
import { inputShape, inputsOf, NO_INPUT, type InputJson } from "./workflow-inputs.ts";
import { ONE_WORKFLOW_RUN, workflowRunParam } from "./workflow-run-routes.ts";
import type { WorkflowRunStore } from "./workflow-run-store.ts";
import {
  SHOWN_OUTPUTS_CHARS_MAX,
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
    ...inputShape,
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
        .object({
          ...stepShape,
          ...inputShape,
          items: z.array(partOut),
          nextCursor: z.string().nullable(),
        })
        .openapi("StepWithParts"),
    ),
    ...problemAnswers,
  },
});

/** One step of a workflow run by itself. */
export function addWorkflowStepRoute(
  api: Api,
  workflowRuns: WorkflowRunStore,
  runStore: RunStore,
): void {
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
    const single = found.step.parts === 0 ? runs.slice(0, 1) : [];
    const ids = [...single, ...found.parts.map((row) => runOfPart(row, shard))];
    const inputs = await inputsOf(runStore, namespaceOf(c), ids, shown);
    const inputOf = (run: string): InputJson => inputs.get(run) ?? NO_INPUT;
    return c.json(
      {
        ...stepJson(found.step, runs, whole),
        ...inputOf(single[0] ?? ""),
        items: found.parts.map((row) => {
          const run = runOfPart(row, shard);
          return { part: row.part, run, ...inputOf(run), ...standingJson(row, shown) };
        }),
        nextCursor: found.nextCursor,
      },
      200,
    );
  });
}

function runOfPart({ workflowRun, step, part, revision }: StepRow, shard: number): string {
  return stepRunId(workflowRun, { step, part, revision, isCompensation: false }, shard);
}
