import { MarkerType, Position, type Edge } from "@xyflow/react";
import type { DrawnGraph, GraphNode } from "./graph-collapse.ts";
import { NODE_SIZE, type Places } from "./graph-layout.ts";
import type { GraphMarks } from "./graph-model.ts";
import type { StepNode, StepNodeData } from "./graph-node.tsx";

const EDGE_COLORS = {
  plain: "var(--line-strong)",
  path: "var(--accent)",
  cycle: "var(--bad)",
} as const;
const ARROW = {
  type: MarkerType.ArrowClosed,
  markerUnits: "userSpaceOnUse",
  width: 18,
  height: 18,
} as const;

interface Looks extends Pick<StepNodeData, "onOpen" | "onFocus"> {
  readonly marks: GraphMarks;
  readonly selected: string | null;
}

/** Nodes as they were made last, by id, with all that their look follows from. */
export type KeptNodes = Map<string, { readonly key: readonly unknown[]; readonly node: StepNode }>;

/** What is drawn of each node. One that looks as before is the same object, so that it is not drawn again. */
export function nodesOf(
  graph: DrawnGraph,
  places: Places,
  looks: Looks,
  kept: { readonly current: KeptNodes },
): StepNode[] {
  const path = new Set(looks.marks.path);
  const cycle = new Set(looks.marks.cycle);
  return graph.nodes.map(({ id, steps }) => {
    const isOnPath = steps.some(({ name }) => path.has(name));
    const isSelected = steps.length === 1 && id === looks.selected;
    const isInCycle = cycle.has(id);
    const place = places.get(id) ?? { x: 0, y: 0 };
    const { onOpen, onFocus } = looks;
    const key = [textOf(steps), place, isOnPath, isSelected, isInCycle, onOpen, onFocus];
    const last = kept.current.get(id);
    if (last?.key.every((part, at) => part === key[at]) === true) return last.node;
    const data = { steps, isOnPath, isInCycle, isSelected, onOpen, onFocus };
    const node = nodeOf(id, place, data);
    kept.current.set(id, { key, node });
    return node;
  });
}

function nodeOf(id: string, place: { x: number; y: number }, data: StepNodeData): StepNode {
  return {
    id,
    type: "step",
    position: place,
    ...NODE_SIZE,
    sourcePosition: Position.Right,
    targetPosition: Position.Left,
    data,
  };
}

function textOf(steps: GraphNode["steps"]): string {
  return steps.map(({ name, state, note }) => `${name} ${state ?? ""} ${note}`).join();
}

/** What is drawn of each edge: those of the critical path and those of a cycle stand out. */
export function edgesOf({ nodes, edges }: DrawnGraph, { path, cycle }: GraphMarks): Edge[] {
  const idOf = new Map(nodes.flatMap(({ id, steps }) => steps.map(({ name }) => [name, id])));
  const between = (from: string | undefined, to: string): string =>
    `${idOf.get(from ?? "") ?? ""}\n${idOf.get(to) ?? ""}`;
  const onPath = new Set(path.slice(1).map((name, at) => between(path[at], name)));
  const inCycle = new Set(cycle.map((name, at) => between(cycle.at(at - 1), name)));
  return edges.map(({ from, to }) => {
    const id = `${from}\n${to}`;
    const look = inCycle.has(id) ? "cycle" : onPath.has(id) ? "path" : "plain";
    return {
      id,
      source: from,
      target: to,
      className: `tw-edge-${look}`,
      markerEnd: { ...ARROW, color: EDGE_COLORS[look] },
    };
  });
}
