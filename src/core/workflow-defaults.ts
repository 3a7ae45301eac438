import type { RetrySpec, TargetSpec } from "./job.ts";
import type { StepTarget } from "./workflow.ts";

/** What holds where a workflow or a step does not say. The same as for a job, where a job has it too. */
export const WORKFLOW_DEFAULTS = {
  timeout: "7d",
  /** Of one attempt of an executor's handler or a webhook. */
  stepTimeout: "60s",
  /** Of a step that is a workflow. */
  nestedTimeout: "30d",
  retry: {
    max: 3,
    backoff: { kind: "exponential", base: "10s", factor: 3, max: "1d" },
    jitter: "full",
    untilNextTick: false,
  },
  /**
   * Of a step that is a workflow: its own steps have been tried again already, and workflows within each other
   * would multiply their retries.
   */
  nestedRetriesMax: 0,
  itemsAtOnce: 10,
} as const satisfies { readonly retry: RetrySpec; readonly [name: string]: unknown };

const WEBHOOK = { method: "POST", headers: {}, body: null, mode: "sync" } as const;
const EXECUTOR = {
  route: "round_robin",
  hashKey: null,
  node: null,
  tags: [],
  onNodeLost: "resend",
} as const;

/** What a step calls, in the words of a job. */
export function targetSpecOf(target: StepTarget): TargetSpec {
  return "url" in target
    ? { kind: "webhook", ...WEBHOOK, ...target }
    : { kind: "executor", ...EXECUTOR, ...target };
}
