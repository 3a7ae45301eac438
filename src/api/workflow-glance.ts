import { Refusal } from "../core/refusal.ts";
import { WORKFLOW_LIMITS } from "../core/workflow.ts";

/**
 * Refuses a definition with more steps than a workflow may have before anything of it is walked: what is refused
 * for its size must cost next to nothing.
 */
export function refuseManySteps(body: unknown): void {
  if (typeof body !== "object" || body === null || !("steps" in body)) return;
  const { steps } = body;
  const { stepsMax } = WORKFLOW_LIMITS;
  if (!Array.isArray(steps) || steps.length <= stepsMax) return;
  throw new Refusal(
    "workflow.invalid",
    `The workflow has ${steps.length} steps, and ${stepsMax} is the most.`,
    {
      errors: [{ pointer: "/steps", message: `More than ${stepsMax} steps.` }],
      hint: "Let a step go over a list with map, or start another workflow.",
    },
  );
}
