import type { NodeCopy } from "./directory.ts";

/** What routing remembers between two deliveries to one executor. The shard keeps it in memory. */
export interface RouteState {
  readonly position: number;
}

export const ROUTE_START: RouteState = { position: 0 };

/**
 * Chooses the node of a delivery: the one that was named, else the next in turn. Undefined when the
 * executor has no node, or not the named one (by id or address).
 */
export function route(
  nodes: readonly NodeCopy[],
  wanted: string | null,
  state: RouteState,
): { readonly node: NodeCopy | undefined; readonly state: RouteState } {
  if (wanted !== null)
    return { node: nodes.find((node) => node.id === wanted || node.address === wanted), state };
  if (nodes.length === 0) return { node: undefined, state };
  const position = state.position % nodes.length;
  return { node: nodes[position], state: { position: position + 1 } };
}
