import type { NodeJson } from "../../api/shapes.ts";

/** Whether a node gets deliveries. */
export function isUp({ state }: NodeJson): boolean {
  return state === "online" || state === "suspect";
}

/** The newest beat of all; null when none has come. */
export function lastBeatOf(nodes: readonly NodeJson[]): string | null {
  const beats = nodes.flatMap(({ lastBeatAt }) => (lastBeatAt === null ? [] : [lastBeatAt]));
  return beats.toSorted().at(-1) ?? null;
}

/** A sum over the nodes that tell it; a dash when none does. */
export function sumOf(
  nodes: readonly NodeJson[],
  of: (node: NodeJson) => number | null,
): number | string {
  const told = nodes.flatMap((node) => of(node) ?? []);
  return told.length === 0 ? "–" : told.reduce((sum, value) => sum + value, 0);
}
