import type { GraphStep } from "./graph-model.ts";

/** What is drawn as one: a step, or several that lie behind or beside each other. */
export interface GraphNode {
  readonly id: string;
  readonly steps: readonly GraphStep[];
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
}

export interface DrawnGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** With more than this, steps that are alike in their place are drawn together. */
export const COMFORT_NODES_MAX = 60;
const LIMITS = { rounds: 4, besideMin: 3, behindMin: 2 } as const;

interface Open {
  readonly groups: Map<string, readonly string[]>;
  readonly parents: Map<string, Set<string>>;
  readonly children: Map<string, Set<string>>;
}

/** Every step by itself. Names that there are not are left out. */
export function wholeGraph(steps: readonly GraphStep[]): DrawnGraph {
  return drawn(steps, opened(steps));
}

/**
 * The graph with chains and steps side by side drawn as one, until there are few enough. What `kept` says stays
 * by itself: failures, the critical path, what somebody has opened. The states of the others play no part, so
 * that nothing moves while a run goes on.
 */
export function collapsedGraph(steps: readonly GraphStep[], kept: ReadonlySet<string>): DrawnGraph {
  const open = opened(steps);
  for (let round = 0; round < LIMITS.rounds; round++) {
    const before = open.groups.size;
    if (before > COMFORT_NODES_MAX) mergeBehind(open, kept);
    if (open.groups.size > COMFORT_NODES_MAX) mergeBeside(open, kept);
    if (open.groups.size === before) break;
  }
  return drawn(steps, open);
}

function opened(steps: readonly GraphStep[]): Open {
  const names = new Set(steps.map(({ name }) => name));
  const children = new Map<string, Set<string>>([...names].map((name) => [name, new Set()]));
  const parents = new Map<string, Set<string>>();
  for (const { name, after } of steps) {
    const known = after.filter((parent) => names.has(parent) && parent !== name);
    parents.set(name, new Set(known));
    for (const parent of known) children.get(parent)?.add(name);
  }
  return { groups: new Map([...names].map((name) => [name, [name]])), parents, children };
}

/** Chains: each step has the one before it as its only parent, and that has no other child. */
function mergeBehind(open: Open, kept: ReadonlySet<string>): void {
  for (const start of open.groups.keys()) {
    if (kept.has(start) || chainParent(open, start, kept) !== null) continue;
    const chain = [start];
    let next = chainChild(open, start, kept);
    while (next !== null && !chain.includes(next)) {
      chain.push(next);
      next = chainChild(open, next, kept);
    }
    if (chain.length >= LIMITS.behindMin) merge(open, chain);
  }
}

function chainChild({ children, parents }: Open, id: string, kept: ReadonlySet<string>) {
  const [only, ...others] = children.get(id) ?? [];
  if (only === undefined || others.length > 0 || kept.has(only)) return null;
  return parents.get(only)?.size === 1 ? only : null;
}

function chainParent({ children, parents }: Open, id: string, kept: ReadonlySet<string>) {
  const [only, ...others] = parents.get(id) ?? [];
  if (only === undefined || others.length > 0 || kept.has(only)) return null;
  return children.get(only)?.size === 1 ? only : null;
}

/** Those with the same parents and the same children. */
function mergeBeside(open: Open, kept: ReadonlySet<string>): void {
  const alike = new Map<string, string[]>();
  for (const id of open.groups.keys()) {
    if (kept.has(id)) continue;
    const key = JSON.stringify([sorted(open.parents.get(id)), sorted(open.children.get(id))]);
    const found = alike.get(key);
    if (found === undefined) alike.set(key, [id]);
    else found.push(id);
  }
  for (const ids of alike.values()) if (ids.length >= LIMITS.besideMin) merge(open, ids);
}

function sorted(ids: ReadonlySet<string> | undefined): readonly string[] {
  return [...(ids ?? [])].toSorted();
}

/** The first one stands for all. */
function merge({ groups, parents, children }: Open, ids: readonly string[]): void {
  const [first = "", ...rest] = ids;
  const inside = new Set(ids);
  groups.set(
    first,
    ids.flatMap((id) => groups.get(id) ?? []),
  );
  for (const [ends, others] of [
    [parents, children],
    [children, parents],
  ] as const) {
    const outside = new Set(
      ids.flatMap((id) => [...(ends.get(id) ?? [])]).filter((id) => !inside.has(id)),
    );
    for (const id of outside) {
      const back = others.get(id);
      for (const gone of rest) back?.delete(gone);
      back?.add(first);
    }
    ends.set(first, outside);
  }
  for (const id of rest) {
    groups.delete(id);
    parents.delete(id);
    children.delete(id);
  }
}

function drawn(steps: readonly GraphStep[], { groups, children }: Open): DrawnGraph {
  const byName = new Map(steps.map((step) => [step.name, step]));
  return {
    nodes: [...groups].map(([id, names]) => ({
      id,
      steps: names.flatMap((name) => byName.get(name) ?? []),
    })),
    edges: [...children].flatMap(([from, tos]) => [...tos].map((to) => ({ from, to }))),
  };
}
