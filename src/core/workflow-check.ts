import { utf8Bytes } from "./utf8-bytes.ts";
import { nearestHint } from "./nearest-name.ts";
import { Refusal } from "./refusal.ts";
import { checkStepExpressions, StepExpressions, type KnownSteps } from "./step-expressions.ts";
import { checkEventName, checkStepShape } from "./step-shape.ts";
import { STEP_NAMES, TRIGGER_NAMES } from "./step-scope.ts";
import { isJsonObject } from "./json.ts";
import { Faults } from "./workflow-faults.ts";
import {
  ancestryOf,
  cycleOf,
  depthsOf,
  graphOf,
  ordered,
  type Ancestry,
  type WorkflowGraph,
} from "./workflow-graph.ts";
import { WORKFLOW_LIMITS, type StepSpec, type WorkflowSpec } from "./workflow.ts";

/** Steps that the sentence about a cycle names at most; the rest is counted. */
const CYCLE_SHOWN_MAX = 12;
const TIMEOUT_MS = { min: 1_000, max: WORKFLOW_LIMITS.timeoutMsMax } as const;

/**
 * Refuses a definition that cannot be run: `workflow.invalid`, `workflow.cycle` and `expression.invalid`, with
 * pointers into it. What is cheap comes first, so that a definition that is far too large costs nothing. Its
 * types were checked at the door; everything here is about what they cannot say.
 */
export function checkWorkflow(spec: WorkflowSpec): void {
  checkSize(spec);
  checkShape(spec);
  const graph = graphOf(spec.steps);
  const order = ordered(graph);
  checkCycle(spec.steps, graph, order);
  checkDepth(spec.steps, depthsOf(graph, order));
  checkExpressions(spec, graph, order);
}

function checkSize(spec: WorkflowSpec): void {
  const { stepsMax, edgesMax, specBytesMax, eventTriggersMax } = WORKFLOW_LIMITS;
  const { steps, on } = spec;
  if (steps.length < 1 || steps.length > stepsMax)
    throw invalid("/steps", `It has ${steps.length} steps, and 1 to ${stepsMax} are possible.`);
  if (on.length > eventTriggersMax)
    throw invalid("/on", `More than ${eventTriggersMax} events start it.`);
  const edges = steps.reduce((sum, { after }) => sum + (after?.length ?? 0), 0);
  if (edges > edgesMax)
    throw invalid(
      "/steps",
      `Its "after" name ${edges} steps in all, and ${edgesMax} are possible.`,
    );
  const bytes = utf8Bytes(JSON.stringify(spec));
  if (bytes > specBytesMax)
    throw invalid("", `It is ${bytes} bytes of JSON, and ${specBytesMax} are possible.`);
}

function invalid(pointer: string, message: string): Refusal {
  return new Refusal("workflow.invalid", `The workflow is not valid: ${message}`, {
    errors: [{ pointer, message }],
  });
}

function checkShape(spec: WorkflowSpec): void {
  const faults = new Faults();
  faults.checkDuration("/timeout", spec.timeout, TIMEOUT_MS);
  for (const [i, { event }] of spec.on.entries()) checkEventName(`/on/${i}/event`, event, faults);
  const places = new Map<string, number>();
  for (const [place, { name }] of spec.steps.entries()) {
    const other = places.get(name);
    if (other === undefined) places.set(name, place);
    else faults.add(pointerOf(place, "/name"), `Step ${other + 1} is called "${name}", too.`);
  }
  for (const [place, step] of spec.steps.entries()) {
    if (faults.isFull) break;
    checkStepShape(step, pointerOf(place), faults);
    checkAfter(step, { place, places }, faults);
  }
  faults.settle();
}

function checkAfter(
  { name, after = [] }: StepSpec,
  { place, places }: { readonly place: number; readonly places: ReadonlyMap<string, number> },
  faults: Faults,
): void {
  const seen = new Set<string>();
  for (const [i, parent] of after.entries()) {
    if (faults.isFull) return;
    const pointer = pointerOf(place, `/after/${i}`);
    if (seen.has(parent)) faults.add(pointer, `Step "${parent}" is named twice.`);
    seen.add(parent);
    if (places.has(parent)) continue;
    const message = `There is no step "${parent}", which "${name}" comes after.`;
    faults.add(pointer, message, () => nearestHint(parent, places.keys()));
  }
}

function pointerOf(place: number, within = ""): string {
  return `/steps/${place}${within}`;
}

function checkCycle(
  steps: readonly StepSpec[],
  graph: WorkflowGraph,
  order: readonly number[],
): void {
  const cycle = cycleOf(graph, order);
  if (cycle === undefined) return;
  const names = cycle.map((place) => steps[place]?.name ?? "");
  const [place = 0] = cycle;
  const [first = ""] = names;
  const at = steps[place]?.after?.indexOf(names.at(-1) ?? first);
  const message = `The steps wait for each other: ${cycleText(names, first)}.`;
  throw new Refusal("workflow.cycle", message, {
    errors: [{ pointer: pointerOf(place, `/after/${at}`), message }],
    hint: `Take a name out of one "after", such as that of "${first}".`,
  });
}

/** `a → b → a`. A long one is cut. */
function cycleText(names: readonly string[], first: string): string {
  const left = names.length - CYCLE_SHOWN_MAX;
  const shown = left > 0 ? [...names.slice(0, CYCLE_SHOWN_MAX), `(${left} more)`] : names;
  return [...shown, first].join(" → ");
}

function checkDepth(steps: readonly StepSpec[], depths: readonly number[]): void {
  const { depthMax } = WORKFLOW_LIMITS;
  const place = depths.findIndex((depth) => depth > depthMax);
  if (place === -1) return;
  const name = steps[place]?.name ?? "";
  throw invalid(
    pointerOf(place),
    `More than ${depthMax} steps lie one after the other up to "${name}".`,
  );
}

function checkExpressions(
  spec: WorkflowSpec,
  graph: WorkflowGraph,
  order: readonly number[],
): void {
  const known = knownSteps(spec.steps, graph, order);
  for (const [place, step] of spec.steps.entries())
    checkStepExpressions(step, pointerOf(place), { steps: known, place });
  const all = new StepExpressions(known, null);
  all.template(spec.output, STEP_NAMES, "/output");
  for (const [i, { when, params }] of spec.on.entries()) {
    if (when !== null) all.condition(when, TRIGGER_NAMES, `/on/${i}/when`);
    const isExpression = all.template(params, TRIGGER_NAMES, `/on/${i}/params`);
    if (params !== null && !isExpression && !isJsonObject(params))
      throw invalid(`/on/${i}/params`, "Not an object, nor one ${…} that gives one.");
  }
}

function knownSteps(
  steps: readonly StepSpec[],
  graph: WorkflowGraph,
  order: readonly number[],
): KnownSteps {
  let ancestry: Ancestry | undefined;
  return {
    places: graph.places,
    nameOf: (place) => steps[place]?.name ?? "",
    isBefore(place, later) {
      // Most expressions speak of what comes right before; only for the others all ways are laid out.
      if (graph.parents[later]?.includes(place) === true) return true;
      ancestry ??= ancestryOf(graph, order);
      return ancestry.isBefore(place, later);
    },
  };
}
