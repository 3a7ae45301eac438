import { z } from "@hono/zod-openapi";
import { eachBounded } from "../core/each-bounded.ts";
import { Refusal } from "../core/refusal.ts";
import type { RunStore } from "./run-store.ts";
import { anyJson } from "./wire.ts";
import { shownOutput } from "./workflow-run-json.ts";
import type { Shown } from "./workflow-step-json.ts";

const RUNS_AT_ONCE = 8;

/** What a step, or one task or item of it, was given. */
export const inputShape = {
  input: anyJson.openapi({ description: "The params of its run, evaluated; null without one." }),
  inputCut: z.boolean().openapi({ description: "There is more than is shown here." }),
} as const;

export type InputJson = z.infer<z.ZodObject<typeof inputShape>>;

/**
 * What runs of steps were given, by their ids: as long as the runs themselves are kept. Those that have not been
 * made, or are not kept any more, are left out.
 */
export async function inputsOf(
  runs: RunStore,
  namespace: string,
  runIds: readonly string[],
  { charsMax, budget }: Shown,
): Promise<ReadonlyMap<string, InputJson>> {
  const inputs = new Map<string, InputJson>();
  await eachBounded(runIds, RUNS_AT_ONCE, async (runId) => {
    try {
      const { order } = await runs.get(namespace, runId);
      const { output, outputCut, chars } = shownOutput(
        order.params,
        Math.min(charsMax, budget.left),
      );
      budget.left -= chars;
      inputs.set(runId, { input: output, inputCut: outputCut });
    } catch (error) {
      if (!(error instanceof Refusal) || error.data.code !== "run.unknown") throw error;
    }
  });
  return inputs;
}

export const NO_INPUT: InputJson = { input: null, inputCut: false };
