import { z } from "@hono/zod-openapi";
import { isStepEnded, STEP_STATES, type StepDecision, type StepRow } from "../core/workflow-run.ts";
import type { StepView } from "../ports/workflow-commands.ts";
import { runError } from "./run-json.ts";
import { anyJson, instantOut, isoText, isoTextOrNull } from "./wire.ts";
import { shownOutput } from "./workflow-run-json.ts";

/** What the outputs of one graph or of one page of parts may take together, in characters of JSON. */
export const SHOWN_OUTPUTS_CHARS_MAX = 1_000_000;

/** What a step and each of its tasks or items has. */
export const standingShape = {
  state: z.enum(STEP_STATES),
  reason: z.string().nullable(),
  revision: z.number(),
  startedAt: instantOut.nullable(),
  endedAt: instantOut.nullable(),
  durationMs: z.number().nullable(),
  output: anyJson,
  outputCut: z.boolean().openapi({ description: "There is more than is shown here." }),
  error: runError.nullable(),
} as const;

export const stepShape = {
  name: z.string(),
  ...standingShape,
  decision: z
    .object({
      action: z.enum(["approve", "reject", "skip", "succeed"]),
      by: z.string().nullable(),
      note: z.string().nullable(),
      at: instantOut,
    })
    .nullable(),
  compensation: z
    .object({ state: z.enum(["running", "succeeded", "failed"]), error: runError.nullable() })
    .nullable(),
  parts: z.object({
    total: z.number().openapi({ description: "Tasks or items; 0 where it has one run or none." }),
    ended: z.number(),
  }),
  runs: z.array(z.string()).openapi({ description: "The first ten." }),
  dueAt: instantOut
    .nullable()
    .openapi({ description: "The end of a sleep, or the deadline of a wait." }),
} as const;

type StandingJson = z.infer<z.ZodObject<typeof standingShape>>;
export type StepJson = z.infer<z.ZodObject<typeof stepShape>>;

/** How much of outputs is shown. */
export interface Shown {
  /** Of one of them, in characters of JSON. */
  readonly charsMax: number;
  /** Of all of them together: what is still left. */
  readonly budget: { left: number };
}

export function stepJson(view: StepView, runs: string[], shown: Shown): StepJson {
  const { row, isOutputLong, parts, partsEnded } = view;
  return {
    name: row.name,
    ...standingJson(row, shown),
    ...(isOutputLong ? { output: null, outputCut: true } : {}),
    decision: row.decision === null ? null : decisionJson(row.decision),
    compensation: row.compensation,
    parts: { total: parts, ended: partsEnded },
    runs,
    dueAt: isStepEnded(row.state) ? null : isoTextOrNull(row.dueMs),
  };
}

export function standingJson(row: StepRow, shown: Shown): StandingJson {
  const { startedMs, endedMs } = row;
  return {
    state: row.state,
    reason: row.reason,
    revision: row.revision,
    startedAt: isoTextOrNull(startedMs),
    endedAt: isoTextOrNull(endedMs),
    durationMs: startedMs === null || endedMs === null ? null : Math.max(0, endedMs - startedMs),
    ...outputJson(row, shown),
    error: row.error,
  };
}

function outputJson(
  { output, outputTruncated }: StepRow,
  { charsMax, budget }: Shown,
): Pick<StepJson, "output" | "outputCut"> {
  if (output === null) return { output, outputCut: outputTruncated };
  const found = shownOutput(output, Math.min(charsMax, budget.left));
  budget.left -= found.chars;
  return { output: found.output, outputCut: found.outputCut || outputTruncated };
}

function decisionJson({ atMs, ...said }: StepDecision): NonNullable<StepJson["decision"]> {
  return { ...said, at: isoText(atMs) };
}
