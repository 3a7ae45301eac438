// oxlint-disable-next-line import/no-unassigned-import -- styles have no value
import "@xyflow/react/dist/base.css";
// oxlint-disable-next-line import/no-unassigned-import -- styles have no value
import "./graph.css";
import {
  MarkerType,
  Panel,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  type Edge,
} from "@xyflow/react";
import { Maximize, ZoomIn, ZoomOut } from "lucide-react";
import { useCallback, useEffect, useMemo } from "preact/compat";
import { useStrings } from "../../i18n/strings.ts";
import { IconButton } from "../../kit/button.tsx";
import type { DrawnGraph } from "./graph-collapse.ts";
import type { GraphMarks, GraphStep } from "./graph-model.ts";
import { NODE_SIZE, placesOf, type Places } from "./graph-layout.ts";
import { StepNodeView, type StepNode, type StepNodeData } from "./graph-node.tsx";
import { graphStrings } from "./graph-strings.ts";

const NODE_TYPES = { step: StepNodeView };
const ZOOM = { least: 0.05, most: 1.75, focus: 1, fitMost: 1.1 } as const;
/** With more nodes than this, only those in view are in the page. */
const ALL_RENDERED_MAX = 200;
const MOVE_MS = 200;

export interface FlowProps {
  readonly graph: DrawnGraph;
  readonly marks: GraphMarks;
  readonly selected: string | null;
  readonly onOpen: (steps: readonly GraphStep[]) => void;
}

/** The graph itself, to look at: pan, zoom, and a button for each step. */
export function GraphFlow(props: FlowProps) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  );
}

function Flow({ graph, marks, selected, onOpen }: FlowProps) {
  const say = useStrings(graphStrings);
  const structure = JSON.stringify([graph.nodes.map(({ id }) => id), graph.edges]);
  // Where nodes stand follows from the structure alone: a state that changes moves nothing.
  const places = useMemo(() => placesOf(graph), [structure]);
  const showsFocused = useShownOnFocus(places);
  const nodes = useMemo(
    () => nodesOf(graph, places, { marks, selected, onOpen, onFocus: showsFocused }),
    [graph, places, marks, selected, onOpen, showsFocused],
  );
  const edges = useMemo(() => edgesOf(graph, marks), [graph, marks]);
  return (
    <ReactFlow<StepNode>
      class="tw-graph"
      aria-label={say("graph")}
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      elementsSelectable={false}
      disableKeyboardA11y
      zoomOnDoubleClick={false}
      preventScrolling={false}
      zoomOnScroll={false}
      panOnScroll={false}
      minZoom={ZOOM.least}
      maxZoom={ZOOM.most}
      fitView
      fitViewOptions={{ maxZoom: ZOOM.fitMost, padding: 0.08 }}
      onlyRenderVisibleElements={nodes.length > ALL_RENDERED_MAX}
    >
      <Refit structure={structure} />
      <Controls />
    </ReactFlow>
  );
}

/** Shows the whole again when other nodes are drawn. */
function Refit({ structure }: { readonly structure: string }) {
  const { fitView } = useReactFlow();
  useEffect(() => {
    const timer = setTimeout(() => void fitView({ maxZoom: ZOOM.fitMost, padding: 0.08 }), 0);
    return () => clearTimeout(timer);
  }, [structure, fitView]);
  return null;
}

function Controls() {
  const say = useStrings(graphStrings);
  const { zoomIn, zoomOut, fitView } = useReactFlow();
  return (
    <Panel position="top-right" class="flex rounded-md border border-line bg-raised">
      <IconButton label={say("zoomIn")} onClick={() => void zoomIn({ duration: MOVE_MS })}>
        <ZoomIn size={16} />
      </IconButton>
      <IconButton label={say("zoomOut")} onClick={() => void zoomOut({ duration: MOVE_MS })}>
        <ZoomOut size={16} />
      </IconButton>
      <IconButton
        label={say("fit")}
        onClick={() => void fitView({ maxZoom: ZOOM.fitMost, padding: 0.08, duration: MOVE_MS })}
      >
        <Maximize size={16} />
      </IconButton>
    </Panel>
  );
}

/** What the keyboard goes to comes into view; with the pointer it is in view already. */
function useShownOnFocus(places: Places): (id: string) => void {
  const { setCenter, getZoom } = useReactFlow();
  return useCallback(
    (id: string) => {
      const place = places.get(id);
      const isByKeyboard = document.activeElement?.matches(":focus-visible") === true;
      if (place === undefined || !isByKeyboard) return;
      const zoom = Math.max(getZoom(), ZOOM.focus / 2);
      const [x, y] = [place.x + NODE_SIZE.width / 2, place.y + NODE_SIZE.height / 2];
      void setCenter(x, y, { zoom, duration: MOVE_MS });
    },
    [places, setCenter, getZoom],
  );
}

interface Looks extends Pick<FlowProps, "marks" | "selected" | "onOpen"> {
  readonly onFocus: StepNodeData["onFocus"];
}

function nodesOf(graph: DrawnGraph, places: Places, looks: Looks): StepNode[] {
  const path = new Set(looks.marks.path);
  const cycle = new Set(looks.marks.cycle);
  return graph.nodes.map(({ id, steps }) => ({
    id,
    type: "step" as const,
    position: places.get(id) ?? { x: 0, y: 0 },
    ...NODE_SIZE,
    sourcePosition: Position.Right,
    targetPosition: Position.Left,
    data: {
      steps,
      isOnPath: path.has(id),
      isInCycle: cycle.has(id),
      isSelected: steps.length === 1 && id === looks.selected,
      onOpen: looks.onOpen,
      onFocus: looks.onFocus,
    },
  }));
}

function edgesOf({ edges }: DrawnGraph, { path, cycle }: GraphMarks): Edge[] {
  const onPath = new Set(path.slice(1).map((name, at) => `${path[at]}\n${name}`));
  const inCycle = new Set(cycle.map((name, at) => `${cycle.at(at - 1)}\n${name}`));
  return edges.map(({ from, to }) => {
    const key = `${from}\n${to}`;
    const className = inCycle.has(key) ? "tw-edge-cycle" : onPath.has(key) ? "tw-edge-path" : "";
    return {
      id: key,
      source: from,
      target: to,
      className,
      markerEnd: { type: MarkerType.ArrowClosed, color: "var(--line-strong)" },
    };
  });
}
