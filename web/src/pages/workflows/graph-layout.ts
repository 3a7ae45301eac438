import { graphlib, layout } from "@dagrejs/dagre";
import type { DrawnGraph } from "./graph-collapse.ts";
import { layersOf } from "./graph-layers.ts";

export const NODE_SIZE = { width: 184, height: 52 } as const;
const GAPS = { beside: 18, behind: 56 } as const;
/** Nodes and edges together that are laid out finely: about a quarter of a second. */
const FINE_PARTS_MAX = 450;

interface Place {
  readonly x: number;
  readonly y: number;
}

export type Places = ReadonlyMap<string, Place>;

/** Where each node stands, from left to right in the order of time: its upper left corner. */
export function placesOf(graph: DrawnGraph): Places {
  const isFine = graph.nodes.length + graph.edges.length <= FINE_PARTS_MAX;
  return isFine ? finePlaces(graph) : columnPlaces(graph);
}

function finePlaces({ nodes, edges }: DrawnGraph): Places {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: GAPS.beside, ranksep: GAPS.behind });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of nodes) graph.setNode(id, { ...NODE_SIZE });
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  return new Map(
    nodes.map(({ id }) => {
      const { x = 0, y = 0 } = graph.node(id);
      return [id, { x: x - NODE_SIZE.width / 2, y: y - NODE_SIZE.height / 2 }];
    }),
  );
}

function columnPlaces(graph: DrawnGraph): Places {
  const places = new Map<string, Place>();
  for (const [column, { ids }] of layersOf(graph).entries())
    for (const [row, id] of ids.entries())
      places.set(id, {
        x: column * (NODE_SIZE.width + GAPS.behind),
        y: (row - ids.length / 2) * (NODE_SIZE.height + GAPS.beside),
      });
  return places;
}
