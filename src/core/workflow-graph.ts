import type { StepSpec } from "./workflow.ts";

/** Who comes after whom, by place in the definition. */
export interface WorkflowGraph {
  /** Place by name. */
  readonly places: ReadonlyMap<string, number>;
  /** In the order in which `after` names them; names that there are not are left out. */
  readonly parents: readonly (readonly number[])[];
  /** Ascending. */
  readonly children: readonly (readonly number[])[];
}

/** Steps without a parent or child share one list: in a wide workflow most have none. */
const NONE: readonly number[] = [];

/** The graph of a definition in which no name comes twice. */
export function graphOf(steps: readonly StepSpec[]): WorkflowGraph {
  const places = new Map(steps.map(({ name }, place) => [name, place] as const));
  const children: number[][] = [];
  const parents = steps.map(({ after = [] }, place) => {
    const found = after.flatMap((name) => places.get(name) ?? []);
    for (const parent of found) (children[parent] ??= []).push(place);
    return found.length === 0 ? NONE : found;
  });
  return { places, parents, children: steps.map((_, place) => children[place] ?? NONE) };
}

/** The steps, each after its parents. Those of a cycle are missing, and what is behind it. */
export function ordered({ parents, children }: WorkflowGraph): readonly number[] {
  const open = parents.map((list) => list.length);
  const order = open.flatMap((count, place) => (count === 0 ? [place] : []));
  // What is added while the list is gone through is gone through, too.
  for (const place of order)
    for (const child of children[place] ?? NONE) {
      const left = (open[child] ?? 0) - 1;
      open[child] = left;
      if (left === 0) order.push(child);
    }
  return order;
}

/**
 * A cycle, in the direction of time, beginning with the first of its steps in the definition; undefined when
 * `order` has every step. Each step that is missing there has a parent that is missing, too, so going from
 * parent to parent ends in a cycle.
 */
export function cycleOf(
  { parents }: WorkflowGraph,
  order: readonly number[],
): readonly number[] | undefined {
  const ended = new Set(order);
  const backwards: number[] = [];
  const seenAt = new Map<number, number>();
  let at = parents.findIndex((_, place) => !ended.has(place));
  if (at === -1) return undefined;
  while (!seenAt.has(at)) {
    seenAt.set(at, backwards.length);
    backwards.push(at);
    at = parents[at]?.find((parent) => !ended.has(parent)) ?? at;
  }
  const cycle = backwards.slice(seenAt.get(at)).toReversed();
  const first = cycle.indexOf(cycle.reduce((least, place) => Math.min(least, place)));
  return [...cycle.slice(first), ...cycle.slice(0, first)];
}

/** How many steps lie on the longest way to each, itself included, by place. */
export function depthsOf({ parents }: WorkflowGraph, order: readonly number[]): readonly number[] {
  const depths = parents.map(() => 0);
  for (const place of order) {
    let depth = 0;
    for (const parent of parents[place] ?? NONE) depth = Math.max(depth, depths[parent] ?? 0);
    depths[place] = depth + 1;
  }
  return depths;
}

/** Answers whether one step comes before another, however far. */
export interface Ancestry {
  isBefore(place: number, later: number): boolean;
}

/** A bit for each pair of steps: 12.5 MB for ten thousand, so it is made only where it is asked for. */
export function ancestryOf({ parents }: WorkflowGraph, order: readonly number[]): Ancestry {
  const words = Math.ceil(parents.length / 32);
  const bits = new Uint32Array(parents.length * words);
  for (const place of order) {
    const own = bits.subarray(place * words, (place + 1) * words);
    for (const parent of parents[place] ?? NONE) {
      const before = bits.subarray(parent * words, (parent + 1) * words);
      for (let i = 0; i < words; i++) own[i] = (own[i] ?? 0) | (before[i] ?? 0);
      own[parent >>> 5] = (own[parent >>> 5] ?? 0) | (1 << (parent & 31));
    }
  }
  return {
    isBefore: (place, later) =>
      (((bits[later * words + (place >>> 5)] ?? 0) >>> (place & 31)) & 1) === 1,
  };
}
