import { useMemo } from "preact/compat";
import { isJsonList, isJsonObject, type Json } from "../../../../src/core/json.ts";
import { cycleOf, graphOf, ordered } from "../../../../src/core/workflow-graph.ts";
import { kindOf, type GraphStep } from "./graph-model.ts";
import { GraphView } from "./graph-view.tsx";

/** The graph of a definition as far as it is written, with a cycle marked. */
export function PreviewGraph(props: {
  readonly value: { readonly [key: string]: Json };
  readonly onSelect: (place: number) => void;
}) {
  const { value, onSelect } = props;
  const steps = useMemo(() => stepsIn(value["steps"] ?? null), [value]);
  const cycle = useMemo(() => {
    const graph = graphOf(steps);
    const found = cycleOf(graph, ordered(graph)) ?? [];
    return found.flatMap((place) => steps[place]?.name ?? []);
  }, [steps]);
  const marks = useMemo(() => ({ path: [], cycle }), [cycle]);
  return (
    <GraphView
      steps={steps}
      marks={marks}
      onSelect={(name) => onSelect(steps.findIndex((step) => step.name === name))}
    />
  );
}

/** What of the steps can be drawn already; a name that comes twice is drawn once. */
function stepsIn(steps: Json): readonly GraphStep[] {
  if (!isJsonList(steps)) return [];
  const seen = new Set<string>();
  return steps.flatMap((step): GraphStep[] => {
    if (!isJsonObject(step)) return [];
    const { name = null, after = null } = step;
    if (typeof name !== "string" || seen.has(name)) return [];
    seen.add(name);
    const parents = isJsonList(after) ? after.filter((one) => typeof one === "string") : [];
    return [{ name, kind: kindOf(step), after: parents, state: null, note: "" }];
  });
}
