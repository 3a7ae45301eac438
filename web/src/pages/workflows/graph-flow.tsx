// oxlint-disable-next-line import/no-unassigned-import -- styles have no value
import "@xyflow/react/dist/base.css";
// oxlint-disable-next-line import/no-unassigned-import -- styles have no value
import "./graph.css";
import { Panel, ReactFlow, ReactFlowProvider, useReactFlow, useStore } from "@xyflow/react";
import { Maximize, ZoomIn, ZoomOut } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef } from "preact/compat";
import { useStrings } from "../../i18n/strings.ts";
import { IconButton } from "../../kit/button.tsx";
import { toneOf } from "../../kit/status.tsx";
import type { DrawnGraph } from "./graph-collapse.ts";
import type { GraphMarks, GraphStep } from "./graph-model.ts";
import { NODE_SIZE, placesOf, type Places } from "./graph-layout.ts";
import { edgesOf, nodesOf, type KeptNodes } from "./graph-elements.ts";
import { StepNodeView, type StepNode } from "./graph-node.tsx";
import { graphStrings } from "./graph-strings.ts";

const NODE_TYPES = { step: StepNodeView };
const ZOOM = {
  least: 0.05,
  most: 1.75,
  focus: 1,
  fitMost: 1.1,
  readable: 0.55,
  unfit: 0.7,
} as const;
/** With more nodes than this, only those in view are in the page. */
const ALL_RENDERED_MAX = 200;
const MOVE_MS = 200;
/** How far from the left the beginning is shown. */
const BEGINNING_PX = 24;

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
  const kept = useRef<KeptNodes>(new Map());
  const nodes = useMemo(() => {
    const looks = { marks, selected, onOpen, onFocus: showsFocused };
    return nodesOf(graph, places, looks, kept);
  }, [graph, places, marks, selected, onOpen, showsFocused]);
  const pathKey = JSON.stringify([marks.path, marks.cycle]);
  const edges = useMemo(() => edgesOf(graph, marks), [structure, pathKey]);
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
      <Kept selected={selected} places={places} />
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
  const { fitView, getZoom, setCenter, getViewport, setViewport } = useReactFlow();
  const { structure, graph, places, selected } = props;
  useEffect(() => {
    const show = async (): Promise<void> => {
      await fitView({ maxZoom: ZOOM.fitMost, padding: 0.08 });
      const center = getZoom() < ZOOM.readable ? centerOf(graph, places, selected) : null;
      if (center === null) return;
      await setCenter(center.x, center.y, { zoom: ZOOM.unfit });
      if (!center.isBeginning) return;
      const left = center.x - NODE_SIZE.width / 2;
      await setViewport({ ...getViewport(), x: BEGINNING_PX - left * ZOOM.unfit });
    };
    const timer = setTimeout(() => void show(), 0);
    return () => clearTimeout(timer);
  }, [structure]);
  return null;
}

/** Keeps what was chosen in view when the graph gets narrower, as when a panel opens beside it. */
function Kept(props: { readonly selected: string | null; readonly places: Places }) {
  const { setCenter, getViewport } = useReactFlow();
  const width = useStore(({ width: now }) => now);
  const { selected, places } = props;
  useEffect(() => {
    const place = places.get(selected ?? "");
    if (place === undefined || width === 0) return;
    const { x, zoom } = getViewport();
    const left = place.x * zoom + x;
    const isInView = left >= 0 && left + NODE_SIZE.width * zoom <= width;
    const center = { x: place.x + NODE_SIZE.width / 2, y: place.y + NODE_SIZE.height / 2 };
    if (!isInView) void setCenter(center.x, center.y, { zoom, duration: MOVE_MS });
  }, [selected, width]);
  return null;
}

function centerOf({ nodes }: DrawnGraph, places: Places, selected: string | null) {
  const [first] = nodes.toSorted((a, b) => (places.get(a.id)?.x ?? 0) - (places.get(b.id)?.x ?? 0));
  const chosen = nodes.find(({ id }) => id === selected);
  const failed = nodes.find(({ steps }) => toneOf(steps[0]?.state ?? "") === "bad");
  const place = places.get((chosen ?? failed ?? first)?.id ?? "");
  if (place === undefined) return null;
  const isBeginning = chosen === undefined && failed === undefined;
  return { x: place.x + NODE_SIZE.width / 2, y: place.y + NODE_SIZE.height / 2, isBeginning };
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
