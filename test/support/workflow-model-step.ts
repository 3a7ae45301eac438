/** What one step does, for the model: when it may start, how it begins, when its parts have decided. */
import { durationMs } from "../../src/core/duration.ts";
import type { Json } from "../../src/core/json.ts";
import type { PartEnd } from "../../src/core/workflow-effect.ts";
import type { StepState, WorkflowEvent } from "../../src/core/workflow-run.ts";
import type { StepSpec, WaitSpec } from "../../src/core/workflow.ts";

export interface ModelStep extends StepLife {
  readonly place: number;
  readonly spec: StepSpec;
}

/** What a retry makes anew. */
export interface StepLife {
  state: StepState;
  revision: number;
  isPassed: boolean;
  reason: string | null;
  output: Json;
  outputs: Json;
  /** Undefined without an error; null is an error without a code. */
  code: string | null | undefined;
  order: number;
  dueMs: number | null;
  items: readonly Json[];
  /** Those that have ended and count. */
  parts: Map<number, { readonly isOk: boolean; readonly output: Json }>;
  nextPart: number;
  decision: string | null;
  undo: null | "running" | "succeeded" | "failed";
  /** It has ended, and its children have not been looked at since. */
  isFresh: boolean;
}

/** What an expression may read; `event` only in a match, `item` and `index` only in a map. */
export interface Scope {
  readonly params: { readonly [key: string]: Json };
  readonly context: { readonly [key: string]: Json };
  readonly steps: { readonly [name: string]: { readonly output: Json; readonly outputs: Json } };
  readonly item?: Json;
  readonly index?: number;
  readonly event?: WorkflowEvent;
}

/** What each CEL text of a case means: a function that throws, or gives nothing, where CEL has an error. */
export type Meanings = ReadonlyMap<string, (scope: Scope) => Json | undefined>;
export type Verdict = "holds" | "open" | "cancel" | "skip";
export interface Ending {
  readonly kind: "end";
  readonly state: StepState;
  readonly more: Partial<StepLife>;
}
export type Beginning =
  | Ending
  | { readonly kind: "wait"; readonly dueMs: number | null }
  | { readonly kind: "run"; readonly params: Json }
  | { readonly kind: "parts"; readonly items: readonly Json[] };
export interface CountedEnd {
  readonly part: number;
  readonly isOk: boolean;
  readonly output: Json;
  readonly code: string | null;
  readonly context: { readonly [key: string]: Json } | null;
}
/** What a run is given with its definition. */
export interface Given {
  readonly params: { readonly [key: string]: Json };
  readonly context: { readonly [key: string]: Json };
  readonly revision: number;
  readonly meanings: Meanings;
}
export interface World {
  readonly meanings: Meanings;
  readonly scope: Scope;
  readonly nowMs: number;
  readonly events: readonly WorkflowEvent[];
}

const CHARS = { output: 1_000_000, context: 65_536, params: 262_144, event: 65_536 } as const;
const MAP_CONCURRENCY = 10;
const ITEMS_MAX = 10_000;

export const isOver = (what: keyof typeof CHARS, value: Json): boolean =>
  JSON.stringify(value).length > CHARS[what];
export const hasEnded = ({ state }: ModelStep): boolean =>
  !["pending", "running", "waiting"].includes(state);
export const isBad = ({ state }: ModelStep): boolean => state === "failed" || state === "canceled";
const isOk = (step: ModelStep): boolean =>
  step.state === "succeeded" || (step.state === "skipped" && step.isPassed);
export const ms = (text: string | undefined): number => durationMs(text ?? "0s") ?? Number.NaN;

export function blank(revision: number): StepLife {
  return {
    state: "pending",
    revision,
    isPassed: false,
    reason: null,
    output: null,
    outputs: null,
    code: undefined,
    order: 0,
    dueMs: null,
    items: [],
    parts: new Map(),
    nextPart: 0,
    decision: null,
    undo: null,
    isFresh: false,
  };
}

function meaningOf({ meanings }: World, text: string, scope: Scope): Json {
  const value = meanings.get(text)?.(scope);
  if (value === undefined) throw new Error(`${text} has no value`);
  return value;
}

/** A template with every `${…}` in it replaced; a text that is only one gives its value. */
export function render(world: World, template: Json, scope: Scope): Json {
  if (typeof template === "string") {
    const whole = /^\$\{([^}]*)\}$/.exec(template)?.[1];
    if (whole !== undefined) return meaningOf(world, whole, scope);
    return template.replaceAll(/\$\{([^}]*)\}/g, (_, text: string) => {
      const value = meaningOf(world, text, scope);
      return typeof value === "string" ? value : JSON.stringify(value);
    });
  }
  if (typeof template !== "object" || template === null) return template;
  if (Array.isArray(template)) return template.map((each: Json) => render(world, each, scope));
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) => [key, render(world, value, scope)]),
  );
}

/** The steps given and all that come after them. */
export function downstreamOf(
  from: readonly ModelStep[],
  steps: readonly ModelStep[],
): ReadonlySet<ModelStep> {
  const found = new Set(from);
  for (let size = -1; size < found.size;) {
    size = found.size;
    const names = new Set([...found].map(({ spec }) => spec.name));
    for (const step of steps)
      if (step.spec.after?.some((name) => names.has(name)) === true) found.add(step);
  }
  return found;
}

/** What the ends of the parents say about a step. */
export function joinOf({ spec }: ModelStep, parents: readonly ModelStep[]): Verdict {
  const join = spec.join ?? "all";
  const open = parents.filter((parent) => !hasEnded(parent)).length;
  if (parents.length === 0) return "holds";
  if (join === "all_done") return open === 0 ? "holds" : "open";
  if (join === "all") return joinOfAll(parents, open);
  const needed = join === "any" ? 1 : join.count;
  const ok = parents.filter(isOk).length;
  if (ok >= needed) return "holds";
  if (ok + open >= needed) return "open";
  return parents.some(isBad) ? "cancel" : "skip";
}

function joinOfAll(parents: readonly ModelStep[], open: number): Verdict {
  if (parents.some(isBad)) return "cancel";
  if (open > 0) return "open";
  return parents.some(isOk) ? "holds" : "skip";
}

/** How a step begins whose join holds. */
export function beginningOf(step: ModelStep, world: World): Beginning {
  try {
    const { when } = step.spec;
    const holds = when === undefined || meaningOf(world, when, world.scope);
    if (typeof holds !== "boolean") return failed("expression.failed");
    if (!holds) return { kind: "end", state: "skipped", more: { reason: "by its condition" } };
    return workOf(step, world);
  } catch {
    return failed("expression.failed");
  }
}

function workOf({ spec }: ModelStep, world: World): Beginning {
  const { sleep, waitFor, approval, map, tasks } = spec;
  if (sleep !== undefined) return waitUntil(world, sleep);
  if (approval !== undefined) return waitUntil(world, approval.timeout);
  if (waitFor !== undefined) return waitOf(spec, waitFor, world);
  if (tasks !== undefined) return { kind: "parts", items: tasks.map(() => null) };
  if (map !== undefined) return mapOf(render(world, map.over, world.scope));
  if (spec.run === undefined && spec.workflow === undefined) return succeeded(null);
  const params = render(world, spec.params ?? {}, world.scope);
  return isOver("params", params) ? failed("params.too_large") : { kind: "run", params };
}

function waitOf(spec: StepSpec, { lookBack, timeout }: WaitSpec, world: World): Beginning {
  const sinceMs = lookBack === undefined ? 0 : world.nowMs - ms(lookBack);
  const kept = world.events.find((event) => event.atMs >= sinceMs && matches(spec, world, event));
  return kept === undefined ? waitUntil(world, timeout) : succeeded(kept.data);
}

function mapOf(items: Json): Beginning {
  if (!Array.isArray(items)) return failed("map.not_a_list");
  if (items.length > ITEMS_MAX) return failed("map.too_large");
  return items.length === 0 ? succeeded([]) : { kind: "parts", items };
}

export const failed = (code: string): Ending => ({ kind: "end", state: "failed", more: { code } });
export const succeeded = (output: Json): Ending => ({
  kind: "end",
  state: "succeeded",
  more: { output, outputs: output },
});
export const canceled = (reason: string): Ending => ({
  kind: "end",
  state: "canceled",
  more: { reason },
});
const waitUntil = ({ nowMs }: World, length: string | undefined): Beginning => ({
  kind: "wait",
  dueMs: length === undefined ? null : nowMs + ms(length),
});

export function matches({ waitFor }: StepSpec, world: World, event: WorkflowEvent): boolean {
  if (waitFor?.event !== event.name) return false;
  const { match } = waitFor;
  try {
    return match === undefined || meaningOf(world, match, { ...world.scope, event }) === true;
  } catch {
    return false;
  }
}

/** The steps in the order in which they are due, without those that are not due before `untilMs`. */
export function byDue(steps: readonly ModelStep[], untilMs: number | null): readonly ModelStep[] {
  const dueOf = ({ dueMs }: ModelStep): number => dueMs ?? Infinity;
  return steps
    .filter((step) => untilMs === null || dueOf(step) < untilMs)
    .toSorted((a, b) => (dueOf(a) < dueOf(b) ? -1 : Number(dueOf(a) > dueOf(b))));
}

export function countedEnd({ part, state, output, error, context }: PartEnd): CountedEnd {
  return { part, isOk: state === "succeeded", output, code: error?.code ?? null, context };
}

/** How many parts of a step may be at work at once. */
export function roomOf({ spec: { map, tasks } }: ModelStep): number {
  return map === undefined ? (tasks?.length ?? 0) : (map.concurrencyMax ?? MAP_CONCURRENCY);
}

export function unknownStep(place: number): never {
  throw new Error(`There is no step ${place}.`);
}

/** The params of a task or an item, and the code of what is wrong with them. */
export function partParams(step: ModelStep, part: number, world: World): Params {
  const more = step.spec.map === undefined ? {} : { item: step.items[part] ?? null, index: part };
  const scope = { ...world.scope, ...more };
  return paramsOf({ ...step.spec.params, ...step.spec.tasks?.[part]?.params }, { ...world, scope });
}

/** The params of what undoes a step; those of a map are for one item each. */
export function undoParams({ spec }: ModelStep, world: World): Params {
  const under = spec.map === undefined ? spec.params : {};
  return paramsOf({ ...under, ...spec.compensate?.params }, world);
}

function paramsOf(template: { readonly [key: string]: Json }, world: World): Params {
  try {
    const params = render(world, template, world.scope);
    return { params, code: isOver("params", params) ? "params.too_large" : null };
  } catch {
    return { params: null, code: "expression.failed" };
  }
}

interface Params {
  readonly params: Json;
  readonly code: string | null;
}

/** How several parts have decided about their step, with what it gives then. */
export function decisionOf({ spec, parts, items }: ModelStep): Ending | null {
  const rule = spec.complete ?? { mode: "all" };
  const needed = { all: items.length, any: 1, count: rule.mode === "count" ? rule.count : 0 }[
    rule.mode
  ];
  const ok = [...parts.values()].filter((part) => part.isOk).length;
  if (ok + items.length - parts.size < needed) return failed("of a part");
  if (ok < needed) return null;
  const outputs = items.map((_, part) => parts.get(part)?.output ?? null);
  const objects = outputs.filter(
    (output) => typeof output === "object" && output !== null && !Array.isArray(output),
  );
  const output: Json = spec.map === undefined ? Object.assign({}, ...objects) : outputs;
  if (isOver("output", output)) return failed("output.too_large");
  return { kind: "end", state: "succeeded", more: { output, outputs } };
}
