import { z } from "@hono/zod-openapi";
import { criticalPath } from "../core/critical-path.ts";
import { graphOf } from "../core/workflow-graph.ts";
import type { StepCounts } from "../core/workflow-run.ts";
import type { StepView, WorkflowRunView } from "../ports/workflow-commands.ts";
import { SHOWN_OUTPUT_CHARS_MAX, workflowRunJson, workflowRunShape } from "./workflow-run-json.ts";
import { SHOWN_OUTPUTS_CHARS_MAX, stepJson, stepShape } from "./workflow-step-json.ts";
import { runsOfStep, STEP_KINDS, stepKindOf } from "./workflow-step-runs.ts";

const graphStep = z
  .object({
    ...stepShape,
    kind: z.enum(STEP_KINDS),
    after: z.array(z.string()).readonly(),
  })
  .openapi("GraphStep");

/** A workflow run with its steps. */
export const workflowRunFullOut = z
  .object({
    ...workflowRunShape,
    graph: z.object({
      steps: z.array(graphStep),
      criticalPath: z
        .array(z.string())
        .openapi({ description: "The steps that the whole has waited for, in their order." }),
    }),
  })
  .openapi("WorkflowRunWithGraph");

/** Long outputs are left out, and so are others once all of them together are long. */
export function workflowRunFullJson(
  { run, workflow, steps: views }: WorkflowRunView,
  shard: number,
): z.infer<typeof workflowRunFullOut> {
  const shown = { charsMax: SHOWN_OUTPUT_CHARS_MAX, budget: { left: SHOWN_OUTPUTS_CHARS_MAX } };
  const specs = workflow.spec.steps;
  const steps = views.map((view): z.infer<typeof graphStep> => {
    const spec = specs[view.row.step] ?? { name: view.row.name };
    const common = stepJson(view, runsOfStep(view, spec, shard), shown);
    return { ...common, kind: stepKindOf(spec), after: spec.after ?? [] };
  });
  const times = views.map(({ row }) => row);
  const path = criticalPath(graphOf(specs).parents, times);
  return {
    ...workflowRunJson(run),
    counts: countsOf(views),
    graph: { steps, criticalPath: path.flatMap((place) => specs[place]?.name ?? []) },
  };
}

/** As the steps are now: the run's own row may be older than they are. */
function countsOf(steps: readonly StepView[]): StepCounts {
  const count = (state: string): number =>
    steps.reduce((sum, { row }) => sum + Number(row.state === state), 0);
  return {
    total: steps.length,
    succeeded: count("succeeded"),
    failed: count("failed"),
    skipped: count("skipped"),
    canceled: count("canceled"),
  };
}
