import type { DrawnGraph } from "./graph-collapse.ts";

export interface Layer {
  /** Ids from top to bottom. */
  readonly ids: readonly string[];
}

/**
 * The nodes in columns: each behind the last of its parents, and beside where its parents stand. It takes one
 * pass over nodes and edges, for graphs on which a finer layout would keep the page waiting. What lies on a
 * cycle comes into the last column.
 */
export function layersOf({ nodes, edges }: DrawnGraph): readonly Layer[] {
  const children = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  const parents = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { from, to } of edges) {
    children.get(from)?.push(to);
    parents.get(to)?.push(from);
  }
  const depths = depthsOf(children, parents);
  const columns: string[][] = [];
  const last = Math.max(0, ...new Set(depths.values())) + 1;
  for (const { id } of nodes) (columns[depths.get(id) ?? last] ??= []).push(id);
  const rows = new Map<string, number>();
  return columns
    .filter((ids) => ids.length > 0)
    .map((ids) => {
      const wish = new Map(ids.map((id, row) => [id, meanRow(parents.get(id) ?? [], rows) ?? row]));
      const placed = ids.toSorted((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0));
      for (const [row, id] of placed.entries()) rows.set(id, row);
      return { ids: placed };
    });
}

type Neighbours = ReadonlyMap<string, readonly string[]>;

function depthsOf(children: Neighbours, parents: Neighbours): ReadonlyMap<string, number> {
  const open = new Map([...parents].map(([id, list]) => [id, list.length]));
  const depths = new Map<string, number>();
  const order = [...open].flatMap(([id, count]) => (count === 0 ? [id] : []));
  for (const id of order) {
    const above = (parents.get(id) ?? []).map((parent) => depths.get(parent) ?? 0);
    depths.set(
      id,
      above.reduce((most, depth) => Math.max(most, depth + 1), 0),
    );
    for (const child of children.get(id) ?? []) {
      const left = (open.get(child) ?? 0) - 1;
      open.set(child, left);
      if (left === 0) order.push(child);
    }
  }
  return depths;
}

function meanRow(ids: readonly string[], rows: ReadonlyMap<string, number>): number | undefined {
  if (ids.length === 0) return undefined;
  return ids.reduce((sum, id) => sum + (rows.get(id) ?? 0), 0) / ids.length;
}
