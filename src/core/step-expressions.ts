import { compileExpression, type References } from "./expression.ts";
import { HASH_KEY_NAMES } from "./hash-key.ts";
import type { Json } from "./json.ts";
import { nearestHint } from "./nearest-name.ts";
import { Refusal } from "./refusal.ts";
import { ITEM_NAMES, MATCH_NAMES, STEP_BOUNDS, STEP_NAMES } from "./step-scope.ts";
import { compileTemplate } from "./template.ts";
import type { StepSpec, StepTarget, Template } from "./workflow.ts";

/** What is known of the steps when their expressions are checked. */
export interface KnownSteps {
  readonly places: ReadonlyMap<string, number>;
  nameOf(place: number): string;
  /** Whether the later step comes after the other, however far. */
  isBefore(place: number, later: number): boolean;
}

/** Checks the expressions of one place in a definition: that they are sound, and speak of steps that they may. */
export class StepExpressions {
  readonly #steps: KnownSteps;
  /** The step whose ancestors may be spoken of; null may speak of every step. */
  readonly #place: number | null;

  constructor(steps: KnownSteps, place: number | null) {
    this.#steps = steps;
    this.#place = place;
  }

  condition(text: string, names: readonly string[], pointer: string): void {
    const { references } = compileExpression(text, { names, bounds: STEP_BOUNDS, pointer });
    this.#checkReferences(references, pointer);
  }

  /** Answers whether it is one `${…}` and nothing else. */
  template(json: Json, names: readonly string[], pointer: string): boolean {
    const check = (references: References, at: string) => this.#checkReferences(references, at);
    return compileTemplate(json, { names, pointer, check }).isExpression;
  }

  params(
    params: Readonly<Record<string, Template>> | undefined,
    names: readonly string[],
    pointer: string,
  ): void {
    if (params !== undefined) this.template(params, names, pointer);
  }

  target(target: StepTarget, names: readonly string[], pointer: string): void {
    if ("url" in target) {
      if (target.body !== undefined) this.template(target.body, names, `${pointer}/body`);
    } else if (target.hashKey !== undefined && target.hashKey !== null) {
      const at = `${pointer}/hashKey`;
      compileExpression(target.hashKey, { names: HASH_KEY_NAMES, pointer: at });
    }
  }

  #checkReferences({ steps }: References, pointer: string): void {
    for (const name of steps) this.#checkReference(name, pointer);
  }

  #checkReference(name: string, pointer: string): void {
    const place = this.#steps.places.get(name);
    if (place === undefined) {
      const hint = nearestHint(name, this.#steps.places.keys());
      throw refused(`There is no step "${name}".`, pointer, hint);
    }
    const own = this.#place;
    if (own === null || this.#steps.isBefore(place, own)) return;
    if (place === own) throw refused("A step cannot speak of itself.", pointer);
    const ownName = this.#steps.nameOf(own);
    if (this.#steps.isBefore(own, place))
      throw refused(`Step "${name}" comes after "${ownName}".`, pointer);
    throw refused(
      `Step "${name}" does not come before "${ownName}".`,
      pointer,
      `Add "${name}" to the "after" of "${ownName}".`,
    );
  }
}

function refused(message: string, pointer: string, hint?: string): Refusal {
  return new Refusal("expression.invalid", `The expression is not valid: ${message}`, {
    errors: [{ pointer, message }],
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Every expression of a step. Throws `expression.invalid`, or `workflow.invalid` for a map over a mere text. */
export function checkStepExpressions(
  step: StepSpec,
  pointer: string,
  at: {
    readonly steps: KnownSteps;
    readonly place: number;
  },
): void {
  const own = new StepExpressions(at.steps, at.place);
  const { when, map, waitFor, run, tasks, params, compensate } = step;
  if (when !== undefined) own.condition(when, STEP_NAMES, `${pointer}/when`);
  if (waitFor?.match !== undefined)
    own.condition(waitFor.match, MATCH_NAMES, `${pointer}/waitFor/match`);
  if (map !== undefined) checkOver(map.over, own, `${pointer}/map/over`);
  const names = map === undefined ? STEP_NAMES : ITEM_NAMES;
  own.params(params, names, `${pointer}/params`);
  if (run !== undefined) own.target(run, names, `${pointer}/run`);
  for (const [i, task] of (tasks ?? []).entries()) {
    own.params(task.params, names, `${pointer}/tasks/${i}/params`);
    own.target(task.run, names, `${pointer}/tasks/${i}/run`);
  }
  if (compensate === undefined) return;
  // When steps are undone, all that will ever succeed have.
  const undoing = new StepExpressions(at.steps, null);
  undoing.params(compensate.params, STEP_NAMES, `${pointer}/compensate/params`);
  undoing.target(compensate.run, STEP_NAMES, `${pointer}/compensate/run`);
}

function checkOver(over: string, own: StepExpressions, pointer: string): void {
  if (own.template(over, STEP_NAMES, pointer)) return;
  const message = "Not one ${…} that gives a list.";
  throw new Refusal("workflow.invalid", `The workflow is not valid: ${message}`, {
    errors: [{ pointer, message }],
    hint: 'Write it as "${steps.list.output.files}".',
  });
}
