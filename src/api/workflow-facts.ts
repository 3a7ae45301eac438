import { eachBounded } from "../core/each-bounded.ts";
import { pointerTo } from "../core/json-pointer.ts";
import { depthsOf, graphOf, ordered } from "../core/workflow-graph.ts";
import type { WorkflowSpec } from "../core/workflow.ts";

const LIMITS = { namesMax: 100, namesAtOnce: 4 } as const;

export interface WorkflowSize {
  readonly steps: number;
  readonly edges: number;
  /** Steps on the longest way through it. */
  readonly depth: number;
}

/** What a sound definition amounts to. */
export interface WorkflowFacts extends WorkflowSize {
  /** What may be meant so, but will fail unless something else is done. */
  readonly warnings: { readonly pointer: string; readonly message: string }[];
}

export function sizeOf({ steps }: WorkflowSpec): WorkflowSize {
  const graph = graphOf(steps);
  const depths = depthsOf(graph, ordered(graph));
  return {
    steps: steps.length,
    edges: graph.parents.reduce((sum, parents) => sum + parents.length, 0),
    depth: depths.reduce((most, depth) => Math.max(most, depth), 0),
  };
}

/** Workflows that steps name and that there are not yet: the first hundred names are looked up. */
export async function warningsOf(
  { name: own, steps }: WorkflowSpec,
  doesExist: (name: string) => Promise<boolean>,
): Promise<WorkflowFacts["warnings"]> {
  const places = new Map<string, number>();
  for (const [place, { workflow }] of steps.entries())
    if (workflow !== undefined && workflow !== own && !places.has(workflow))
      places.set(workflow, place);
  const missing: { readonly name: string; readonly place: number }[] = [];
  const looked = [...places].slice(0, LIMITS.namesMax);
  await eachBounded(looked, LIMITS.namesAtOnce, async ([name, place]) => {
    if (!(await doesExist(name))) missing.push({ name, place });
  });
  return missing
    .toSorted((a, b) => a.place - b.place)
    .map(({ name, place }) => ({
      pointer: pointerTo("/steps", place, "workflow"),
      message: `There is no workflow "${name}" yet.`,
    }));
}
