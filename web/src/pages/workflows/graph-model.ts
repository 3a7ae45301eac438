import type { GraphStepJson, StepSpecJson } from "./workflow-shapes.ts";

/** A step as the graph draws it, of a definition or of a run. */
export interface GraphStep {
  readonly name: string;
  readonly kind: string;
  readonly after: readonly string[];
  /** Null in a definition. */
  readonly state: string | null;
  /** A few characters more, such as `3/10`; empty for nothing. */
  readonly note: string;
}

/** What of the graph stands out. */
export interface GraphMarks {
  /** The steps that the whole has waited for, in their order. */
  readonly path: readonly string[];
  /** Steps that wait for each other, in their order; the first comes after the last. */
  readonly cycle: readonly string[];
}

export const NO_MARKS: GraphMarks = { path: [], cycle: [] };

const KINDS = ["map", "run", "tasks", "workflow", "sleep", "waitFor", "approval"] as const;

/** What a step of a definition does, in the word by which it says it. */
export function kindOf(spec: { readonly [K in (typeof KINDS)[number]]?: unknown }): string {
  return KINDS.find((kind) => spec[kind] !== undefined) ?? "gate";
}

/** What a step of a definition calls, waits for or starts, in a few characters. */
function detailOf(spec: StepSpecJson): string {
  if (spec.run !== undefined) return targetText(spec.run);
  if (spec.tasks !== undefined) return `×${spec.tasks.length}`;
  return spec.workflow ?? spec.sleep ?? spec.waitFor?.event ?? "";
}

function targetText(run: NonNullable<StepSpecJson["run"]>): string {
  if ("executor" in run) return `${run.executor}/${run.handler}`;
  return URL.canParse(run.url) ? new URL(run.url).host : run.url;
}

export function specGraph(steps: readonly StepSpecJson[]): readonly GraphStep[] {
  return steps.map((spec) => ({
    name: spec.name,
    kind: kindOf(spec),
    after: spec.after ?? [],
    state: null,
    note: detailOf(spec),
  }));
}

const WAITS: Readonly<Record<string, string>> = {
  approval: "approving",
  waitFor: "listening",
  sleep: "sleeping",
};

/** A state as it is shown: a step that waits says what it waits for. */
export function shownState(kind: string, state: string): string {
  return state === "waiting" ? (WAITS[kind] ?? state) : state;
}

export function runGraph(steps: readonly GraphStepJson[]): readonly GraphStep[] {
  return steps.map(({ name, kind, after, state, parts }) => ({
    name,
    kind,
    after,
    state: shownState(kind, state),
    note: parts.total === 0 ? "" : `${parts.ended}/${parts.total}`,
  }));
}
