import { assert } from "./assert.ts";
import { durationMs, type DurationText } from "./duration.ts";
import type { References } from "./expression.ts";
import { isJsonObject, type Json } from "./json.ts";
import type { RetrySpec, TargetSpec } from "./job.ts";
import type { PlannedPart, PreparedPart, StepValues } from "./planned-step.ts";
import type { RetryPolicy } from "./run.ts";
import { readTemplate, type CompiledTemplate } from "./template.ts";
import { targetSpecOf, WORKFLOW_DEFAULTS } from "./workflow-defaults.ts";
import { WORKFLOW_RUN_LIMITS } from "./workflow-run.ts";
import type { StepSpec, TaskSpec, Template } from "./workflow.ts";

/** Params as they were said. */
type Templates = Readonly<Record<string, Template>>;

/** What one run of a step is to do, as it was said. */
interface PartSpec {
  readonly target: TargetSpec;
  readonly params: Templates;
  readonly names: readonly string[];
  readonly timeout: DurationText;
  readonly retry: RetrySpec;
}

/** The only run of a step with `run` or `workflow`, or the one for each item of its map. */
export function planPart(step: StepSpec, names: readonly string[]): PlannedPart {
  return partOf({
    target: targetOfStep(step),
    params: step.params ?? {},
    names,
    timeout: step.timeout ?? timeoutOf(step),
    retry: retryOf(step, step.retry),
  });
}

/** One of the tasks of a step, which says what they have in common. */
export function planTask(step: StepSpec, task: TaskSpec, names: readonly string[]): PlannedPart {
  return partOf({
    target: targetSpecOf(task.run),
    params: { ...step.params, ...task.params },
    names,
    timeout: task.timeout ?? step.timeout ?? WORKFLOW_DEFAULTS.stepTimeout,
    retry: retryOf(step, { ...step.retry, ...task.retry }),
  });
}

/**
 * What undoes a step. It has the params of the step under its own, except those of a map, which are for one item
 * each; how long it takes and how it tries again are its own affair.
 */
export function planCompensation(
  step: StepSpec,
  task: TaskSpec,
  names: readonly string[],
): PlannedPart {
  const own = task.params ?? {};
  return partOf({
    target: targetSpecOf(task.run),
    params: step.map === undefined ? { ...step.params, ...own } : own,
    names,
    timeout: task.timeout ?? WORKFLOW_DEFAULTS.stepTimeout,
    retry: { ...WORKFLOW_DEFAULTS.retry, ...task.retry },
  });
}

function targetOfStep({ run, workflow }: StepSpec): TargetSpec {
  if (run !== undefined) return targetSpecOf(run);
  assert(workflow !== undefined, "only what runs has parts");
  return { kind: "workflow", workflow };
}

function timeoutOf({ workflow }: StepSpec): DurationText {
  return workflow === undefined ? WORKFLOW_DEFAULTS.stepTimeout : WORKFLOW_DEFAULTS.nestedTimeout;
}

function retryOf({ workflow }: StepSpec, retry: Partial<RetrySpec> | undefined): RetrySpec {
  const { retry: usual, nestedRetriesMax } = WORKFLOW_DEFAULTS;
  const max = workflow !== undefined && retry === undefined ? nestedRetriesMax : usual.max;
  return { ...usual, max, ...retry, backoff: { ...usual.backoff, ...retry?.backoff } };
}

function partOf({ target, params, names, timeout, retry }: PartSpec): PlannedPart {
  const paramsOf = readTemplate(params, names);
  const bodyOf = readTemplate(target.kind === "webhook" ? target.body : null, names);
  return {
    timeoutMs: checkedMs(timeout),
    retry: retryPolicyOf(retry),
    references: bothOf(paramsOf.references, bodyOf.references),
    prepare: (values) => prepare({ target, paramsOf, bodyOf }, values),
  };
}

function prepare(
  part: {
    readonly target: TargetSpec;
    readonly paramsOf: CompiledTemplate;
    readonly bodyOf: CompiledTemplate;
  },
  values: StepValues,
): PreparedPart {
  const params = part.paramsOf.evaluate(values);
  if (params.kind === "error") return failed("expression.failed", params.message);
  const body = part.bodyOf.evaluate(values);
  if (body.kind === "error") return failed("expression.failed", body.message);
  if (isLong(params.value)) return failed("params.too_large", `Its params are ${TOO_LONG}`);
  if (isLong(body.value)) return failed("params.too_large", `Its body is ${TOO_LONG}`);
  assert(isJsonObject(params.value), "a template of an object gives an object");
  const { target } = part;
  return {
    kind: "ready",
    target: target.kind === "webhook" ? { ...target, body: body.value } : target,
    params: params.value,
  };
}

const TOO_LONG = `over ${WORKFLOW_RUN_LIMITS.paramsCharsMax} characters as JSON.`;

function isLong(value: Json): boolean {
  return JSON.stringify(value).length > WORKFLOW_RUN_LIMITS.paramsCharsMax;
}

function failed(code: string, message: string): PreparedPart {
  return { kind: "error", error: { code, message } };
}

function bothOf(one: References, other: References): References {
  if (other.names.length === 0) return one;
  return {
    names: [...new Set([...one.names, ...other.names])],
    steps: [...new Set([...one.steps, ...other.steps])],
  };
}

function retryPolicyOf({ max, backoff, jitter }: RetrySpec): RetryPolicy {
  return {
    attemptsMax: max + 1,
    baseMs: checkedMs(backoff.base),
    factor: backoff.factor,
    delayMsMax: checkedMs(backoff.max),
    jitter,
    beforeMs: null,
  };
}

/** Milliseconds of a duration of a definition that was accepted. */
export function checkedMs(text: DurationText): number {
  const ms = durationMs(text);
  assert(ms !== undefined, "durations are checked before a workflow is stored");
  return ms;
}
