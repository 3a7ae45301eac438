import { eachBounded } from "../core/each-bounded.ts";
import type { TargetSpec } from "../core/job.ts";
import { pointerTo } from "../core/json-pointer.ts";
import { Refusal } from "../core/refusal.ts";
import { targetSpecOf } from "../core/workflow-defaults.ts";
import type { StepSpec, StepTarget, WorkflowSpec } from "../core/workflow.ts";
import type { DirectoryCopy } from "../ports/shard-storage.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { DirectoryCopies } from "./directory-copies.ts";

const LIMITS = {
  /** Executors that one workflow may use. */
  executorsMax: 200,
  /** Addresses that one workflow may call: each is judged when it is saved. */
  urlsMax: 10_000,
  keepersAtOnce: 4,
} as const;

/** What a step calls, and where in the definition it stands. */
interface Called {
  readonly target: TargetSpec;
  readonly pointer: string;
}

/** Refuses targets that no run may have: addresses that egress keeps away from, and headers that are ours to set. */
export function checkStepTargets(
  spec: WorkflowSpec,
  deps: Pick<ApiDeps, "egress" | "checkTarget">,
): void {
  const judged = new Map<string, string | null>();
  const checked = new Set<string>();
  for (const { target, pointer } of calledBy(spec)) {
    if (target.kind !== "webhook") continue;
    const { url } = target;
    const reason = judged.has(url) ? (judged.get(url) ?? null) : deps.egress.refuses(url);
    judged.set(url, reason);
    if (reason !== null) throw urlRefused(reason, pointerTo(pointer, "url"));
    if (judged.size > LIMITS.urlsMax) throw tooMany("addresses", LIMITS.urlsMax);
    const headers = JSON.stringify(target.headers);
    if (checked.has(headers)) continue;
    checked.add(headers);
    pointedAt(pointer, () => deps.checkTarget(target));
  }
}

/** What the shard must know of the directory to run the steps. Throws `executor.unknown`. */
export async function copiesForSteps(
  spec: WorkflowSpec,
  copies: DirectoryCopies,
  at: { readonly namespace: string; readonly shard: number; readonly nowMs: number },
): Promise<readonly DirectoryCopy[]> {
  const executors = new Map<string, string>();
  let hasWebhook = false;
  for (const { target, pointer } of calledBy(spec)) {
    hasWebhook ||= target.kind === "webhook";
    if (target.kind !== "executor" || executors.has(target.executor)) continue;
    executors.set(target.executor, pointerTo(pointer, "executor"));
    if (executors.size > LIMITS.executorsMax) throw tooMany("executors", LIMITS.executorsMax);
  }
  const found: DirectoryCopy[] = hasWebhook
    ? [await copies.ofNamespace(at.namespace, at.nowMs)]
    : [];
  const unknown: { readonly appKey: string; readonly pointer: string }[] = [];
  await eachBounded([...executors], LIMITS.keepersAtOnce, async ([appKey, pointer]) => {
    const copy = await copies.ofExecutor(at.namespace, appKey, at);
    if (copy === null) unknown.push({ appKey, pointer });
    else found.push(copy);
  });
  if (unknown.length > 0) throw executorsUnknown(unknown);
  return found;
}

function* calledBy({ steps }: WorkflowSpec): Generator<Called> {
  for (const [place, step] of steps.entries())
    yield* calledByStep(step, pointerTo("/steps", place));
}

function* calledByStep(step: StepSpec, pointer: string): Generator<Called> {
  const called = (target: StepTarget, ...keys: readonly (string | number)[]): Called => ({
    target: targetSpecOf(target),
    pointer: pointerTo(pointer, ...keys, "run"),
  });
  if (step.run !== undefined) yield called(step.run);
  for (const [index, task] of (step.tasks ?? []).entries()) yield called(task.run, "tasks", index);
  if (step.compensate !== undefined) yield called(step.compensate.run, "compensate");
}

/** Lets what is refused of a job's target point to where the target is here. */
function pointedAt(pointer: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, detail, errors = [], ...more } = error.data;
    const moved = errors.map(({ pointer: from, message }) => ({
      pointer: from.replace(/^\/target/, () => pointer),
      message,
    }));
    throw new Refusal(code, detail, { ...more, errors: moved });
  }
}

function urlRefused(reason: string, pointer: string): Refusal {
  return new Refusal("target.refused", `The URL of a step is refused: ${reason}`, {
    errors: [{ pointer, message: reason }],
    hint: "Use a public http or https address, or let the operator open it with EGRESS_ALLOW.",
  });
}

function executorsUnknown(
  unknown: readonly { readonly appKey: string; readonly pointer: string }[],
): Refusal {
  const names = unknown.map(({ appKey }) => appKey).toSorted();
  return new Refusal(
    "executor.unknown",
    `There is no executor with the appKey ${names.join(", ")}.`,
    {
      errors: unknown.map(({ pointer }) => ({ pointer, message: "No such executor." })),
      hint: "Create it first: POST /api/v1/executors.",
    },
  );
}

function tooMany(what: string, most: number): Refusal {
  return new Refusal("workflow.invalid", `The steps call more than ${most} different ${what}.`, {
    errors: [{ pointer: "/steps", message: `More than ${most} ${what}.` }],
    hint: "Let part of it be a workflow of its own.",
  });
}
