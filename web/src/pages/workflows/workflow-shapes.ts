import type { z } from "zod";
import type { InputJson, inputShape } from "../../../../src/api/workflow-inputs.ts";
import type { workflowOut } from "../../../../src/api/workflow-json.ts";
import type { standingShape, stepShape } from "../../../../src/api/workflow-step-json.ts";
import type { WorkflowRunFullJson } from "../../api/shapes.ts";

// Shapes of answers that only these pages read.
export type WorkflowJson = z.infer<typeof workflowOut>;
export type StepSpecJson = WorkflowJson["steps"][number];
export type GraphStepJson = WorkflowRunFullJson["graph"]["steps"][number];
export type StepPartJson = { readonly part: number; readonly run: string } & z.infer<
  z.ZodObject<typeof inputShape>
> &
  z.infer<z.ZodObject<typeof standingShape>>;
export type StepFullJson = z.infer<z.ZodObject<typeof stepShape>> &
  InputJson & { readonly items: readonly StepPartJson[]; readonly nextCursor: string | null };
