import { z } from "@hono/zod-openapi";
import { durationMs } from "../core/duration.ts";
import type { RunState } from "../core/run.ts";
import type { RunsQuery } from "../ports/records.ts";
import { RUN_STATES, TRIGGER_KINDS } from "./run-json.ts";
import { duration, instant, sentInstantMs, SPAN_MS, WIRE_LIMITS } from "./wire.ts";

/** One state, or several with commas between. */
export const statesText = z
  .string()
  .max(200)
  .transform((text) => text.split(","))
  .refine((names) => names.every(isRunState), {
    message: `Not of ${RUN_STATES.join(", ")}.`,
  })
  .transform((names) => names.filter(isRunState))
  .openapi({ type: "string", example: "failed,timed_out" });

/** What narrows a list of runs down, in the query of a list and in the filter of a bulk action. */
export const runFilter = {
  job: z
    .string()
    .min(1)
    .max(WIRE_LIMITS.nameChars)
    .optional()
    .openapi({ description: "Id or name." }),
  trigger: z
    .enum(TRIGGER_KINDS)
    .optional()
    .openapi({ description: "Runs of shards are left out unless this is `shard`." }),
  workflow: z
    .string()
    .min(1)
    .max(WIRE_LIMITS.nameChars)
    .optional()
    .openapi({ description: "Id or name of the workflow whose steps they are." }),
  workflowRun: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .openapi({ description: "The workflow run whose steps they are." }),
  node: z.string().min(1).max(2_048).optional().openapi({ description: "An address." }),
  from: instant.optional(),
  to: instant.optional(),
  q: z.string().min(1).max(WIRE_LIMITS.queryChars).optional(),
  slowerThan: duration({ msMin: 0, msMax: SPAN_MS.year }).optional(),
} as const;

type RunFilter = z.infer<z.ZodObject<typeof runFilter>>;

/** The part of a query that the filter says; what it does not name narrows nothing. */
export function queryOfFilter(
  { job, trigger, workflow, workflowRun, node, from, to, q, slowerThan }: RunFilter,
  states: readonly RunState[],
): Omit<RunsQuery, "namespace" | "limit" | "cursor"> {
  return {
    job: job ?? null,
    states,
    trigger: trigger ?? null,
    workflow: workflow ?? null,
    workflowRun: workflowRun ?? null,
    node: node ?? null,
    fromMs: sentInstantMs(from),
    toMs: sentInstantMs(to),
    q: q ?? null,
    parent: null,
    backfill: null,
    slowerThanMs: slowerThan === undefined ? null : (durationMs(slowerThan) ?? null),
    isDeadLetter: false,
    order: "newest",
  };
}

function isRunState(text: string): text is RunState {
  return RUN_STATES.some((state) => state === text);
}
