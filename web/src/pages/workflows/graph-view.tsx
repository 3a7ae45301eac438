import { lazy, Suspense, useCallback, useMemo, useState } from "preact/compat";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Checkbox } from "../../kit/field.tsx";
import { toneOf } from "../../kit/status.tsx";
import {
  collapsedGraph,
  COMFORT_NODES_MAX,
  wholeGraph,
  type DrawnGraph,
} from "./graph-collapse.ts";
import { layersOf } from "./graph-layers.ts";
import { NO_MARKS, type GraphMarks, type GraphStep } from "./graph-model.ts";
import { graphStrings } from "./graph-strings.ts";

const DRAWN_NODES_MAX = 300;
const ROW_PX = 70;
const MARGINS_PX = 100;
const UNDER_WAY: ReadonlySet<string> = new Set([
  "pending",
  "running",
  "waiting",
  "approving",
  "listening",
  "sleeping",
]);

// The library that draws comes with the first graph that is shown.
const GraphFlow = lazy(async () => ({ default: (await import("./graph-flow.tsx")).GraphFlow }));

interface GraphViewProps {
  readonly steps: readonly GraphStep[];
  readonly marks?: GraphMarks;
  readonly selected?: string | null;
  readonly onSelect?: (step: string) => void;
  /** Where all steps are when there are too many to draw. */
  readonly onTable?: () => void;
}

/** The steps as a graph. Many that are alike are drawn as one, failures never. */
export function GraphView(props: GraphViewProps) {
  const say = useStrings(graphStrings);
  const { steps, marks = NO_MARKS, selected = null, onSelect, onTable } = props;
  const [isTogether, setTogether] = useState(true);
  const [openedNames, setOpened] = useState<ReadonlySet<string>>(new Set());
  const graph = useMemo(() => {
    if (!isTogether || steps.length <= COMFORT_NODES_MAX) return wholeGraph(steps);
    return collapsedGraph(steps, keptNames(steps, marks, [...openedNames, selected ?? ""]));
  }, [steps, marks, isTogether, openedNames, selected]);
  const onOpen = useCallback(
    (chosen: readonly GraphStep[]) => {
      const [first] = chosen;
      if (chosen.length === 1 && first !== undefined) return onSelect?.(first.name);
      return setOpened((old) => new Set([...old, ...chosen.map(({ name }) => name)]));
    },
    [onSelect],
  );
  if (steps.length === 0) return <p class="py-6 text-center text-muted">{say("noSteps")}</p>;
  return (
    <div>
      <div class="mb-1 flex flex-wrap items-center gap-x-4 text-xs text-muted">
        <span>{say("graphOf", { count: steps.length })}</span>
        {marks.path.length > 0 && (
          <span>
            <span aria-hidden="true" class="text-accent">
              ◆
            </span>{" "}
            {say("legendPath")}
          </span>
        )}
        {steps.length > COMFORT_NODES_MAX && (
          <Checkbox label={say("together")} isChecked={isTogether} onChange={setTogether} />
        )}
        {isTogether && openedNames.size > 0 && (
          <Button look="quiet" onClick={() => setOpened(new Set())}>
            {say("togetherAgain")}
          </Button>
        )}
      </div>
      {graph.nodes.length > DRAWN_NODES_MAX ? (
        <div class="flex flex-col items-center gap-2 py-8 text-muted">
          <p>{say("tooMany", { count: steps.length, nodes: graph.nodes.length })}</p>
          {onTable !== undefined && <Button onClick={onTable}>{say("toTable")}</Button>}
        </div>
      ) : (
        <div
          class="max-h-[60vh] min-h-56 overflow-hidden rounded-md border border-line bg-ground"
          style={{ height: heightOf(graph) }}
        >
          <Suspense fallback={null}>
            <GraphFlow graph={graph} marks={marks} selected={selected} onOpen={onOpen} />
          </Suspense>
        </div>
      )}
    </div>
  );
}

/** In pixels: enough for the column with the most nodes. */
function heightOf(graph: DrawnGraph): number {
  const rows = layersOf(graph).reduce((most, { ids }) => Math.max(most, ids.length), 0);
  return rows * ROW_PX + MARGINS_PX;
}

function keptNames(
  steps: readonly GraphStep[],
  marks: GraphMarks,
  more: readonly string[],
): ReadonlySet<string> {
  const failed = steps.filter(({ state }) => state !== null && toneOf(state) === "bad");
  // While it goes on, the critical path changes with every step that ends: it would move what is drawn.
  const isOver = !steps.some(({ state }) => state !== null && UNDER_WAY.has(state));
  return new Set([
    ...failed.map(({ name }) => name),
    ...(isOver && marks.path.length <= COMFORT_NODES_MAX ? marks.path : []),
    ...marks.cycle,
    ...more,
  ]);
}
