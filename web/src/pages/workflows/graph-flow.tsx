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
import { toneOf } from "../../kit/status.tsx";
import type { DrawnGraph } from "./graph-collapse.ts";
import type { GraphMarks, GraphStep } from "./graph-model.ts";
import { NODE_SIZE, placesOf, type Places } from "./graph-layout.ts";
import { StepNodeView, type StepNode, type StepNodeData } from "./graph-node.tsx";
import { graphStrings } from "./graph-strings.ts";

const NODE_TYPES = { step: StepNodeView };
const ZOOM = {
  least: 0.05,
  most: 1.75,
  focus: 1,
  fitMost: 1.1,
  readable: 0.45,
  unfit: 0.7,
} as const;
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
      className="tw-graph"
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
      <Refit structure={structure} graph={graph} places={places} selected={selected} />
      <Controls />
    </ReactFlow>
  );
}

/**
 * Shows the whole when other nodes are drawn; or where that would be too small to read, what matters most: a step
 * that was chosen or has failed, else the beginning.
 */
function Refit(props: {
  readonly structure: string;
  readonly graph: DrawnGraph;
  readonly places: Places;
  readonly selected: string | null;
}) {
  const { fitView, getZoom, setCenter } = useReactFlow();
  const { structure, graph, places, selected } = props;
  useEffect(() => {
    const show = async (): Promise<void> => {
      await fitView({ maxZoom: ZOOM.fitMost, padding: 0.08 });
      const center = getZoom() < ZOOM.readable ? centerOf(graph, places, selected) : null;
      if (center !== null) await setCenter(center.x, center.y, { zoom: ZOOM.unfit });
    };
    const timer = setTimeout(() => void show(), 0);
    return () => clearTimeout(timer);
  }, [structure]);
  return null;
}

function centerOf({ nodes }: DrawnGraph, places: Places, selected: string | null) {
  const [first] = nodes.toSorted((a, b) => (places.get(a.id)?.x ?? 0) - (places.get(b.id)?.x ?? 0));
  const chosen = nodes.find(({ id }) => id === selected);
  const failed = nodes.find(({ steps }) => toneOf(steps[0]?.state ?? "") === "bad");
  const place = places.get((chosen ?? failed ?? first)?.id ?? "");
  if (place === undefined) return null;
  return { x: place.x + NODE_SIZE.width / 2, y: place.y + NODE_SIZE.height / 2 };
}

function Controls() {
  const say = useStrings(graphStrings);
  const { zoomIn, zoomOut, fitView } = useReactFlow();
  return (
    <Panel position="top-right" className="flex rounded-md border border-line bg-raised">
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
