import {
  calledBy,
  childrenOf,
  choiceOf,
  loopOf,
  type CelNode,
  type Loop,
} from "./expression-walk.ts";
import { isJsonList, type Json } from "./json.ts";

export const LOOP_LIMITS = {
  /** Items of the list that a loop goes through. */
  itemsMax: 10_000,
  /** Values and characters of what a loop reads beside its item: it reads that for every item. */
  outsideSizeMax: 1_000,
} as const;

/** `steps`, `a`, `output`: where in the values something stands. */
type Path = readonly (string | number)[];

/** What an expression's loops go through, and what they read beside it. */
interface LoopBounds {
  readonly lists: readonly Path[];
  readonly outside: readonly Path[];
}

/** Tells, of the values of one evaluation, why its loops would be too much work; undefined when they would not. */
export type LoopGuard = (values: { readonly [name: string]: Json }) => string | undefined;

/**
 * The bound of the work of an expression's loops, or the sentence that refuses them. There are few; none is
 * within another; each goes through a list that is written out or stands in the values (or through a filter of
 * one), whose length is looked at before; and what it reads beside its item stands in the values, too, and is
 * small. So the work is at most that of the text, times the items, times what may be read for each. `map` comes
 * once, since several could double what they make again and again.
 */
export function guardLoops(
  root: CelNode,
  { names, loopsMax }: { readonly names: readonly string[]; readonly loopsMax: number },
): LoopGuard | string {
  const loops: Loop[] = [];
  collectLoops(root, loops);
  if (loops.length === 0) return () => undefined;
  if (loops.length > loopsMax) return `It has more than ${loopsMax} loops.`;
  if (loops.filter(({ kind }) => kind === "map").length > 1) return "It has map() more than once.";
  const lists: Path[] = [];
  const outside: Path[] = [];
  for (const loop of loops) {
    const fault = readLoop(loop, new Set(names), { lists, outside });
    if (fault !== undefined) return fault;
  }
  return (values) => excessOf({ lists, outside }, values);
}

function collectLoops(node: CelNode, into: Loop[]): void {
  const loop = loopOf(node);
  if (loop !== undefined) into.push(loop);
  for (const child of childrenOf(node)) collectLoops(child, into);
}

function readLoop(
  { kind, list, variable, bodies }: Loop,
  names: ReadonlySet<string>,
  into: { readonly lists: Path[]; readonly outside: Path[] },
): string | undefined {
  const name = variable.args;
  if (variable.op !== "id" || typeof name !== "string") return `${kind}() needs a name first.`;
  if (names.has(name)) return `${kind}() cannot call its item ${name}: that has a meaning already.`;
  const path = pathOf(list);
  if (isNamed(path, names)) into.lists.push(path);
  else if (list.op !== "list" && loopOf(list)?.kind !== "filter")
    return `${kind}() is for a list that is named, such as steps.a.output.files, or a filter() of one.`;
  for (const body of bodies) {
    const fault = readBody(body, { kind, names, outside: into.outside });
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function isNamed(path: Path | undefined, names: ReadonlySet<string>): path is Path {
  return path !== undefined && names.has(String(path[0]));
}

interface Body {
  readonly kind: string;
  readonly names: ReadonlySet<string>;
  readonly outside: Path[];
}

function readBody(node: CelNode, body: Body): string | undefined {
  if (loopOf(node) !== undefined) return `${calledBy(node)}() cannot be within ${body.kind}().`;
  const path = pathOf(node);
  if (isNamed(path, body.names)) {
    body.outside.push(path);
    return undefined;
  }
  for (const child of childrenOf(node)) {
    const fault = readBody(child, body);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** `a.b["c"][0]`; undefined for whatever is not said by the text alone. */
function pathOf(node: CelNode): Path | undefined {
  const path: (string | number)[] = [];
  let at = node;
  for (let chosen = choiceOf(at); chosen !== undefined; chosen = choiceOf(at)) {
    if (chosen.key === undefined) return undefined;
    path.unshift(typeof chosen.key === "bigint" ? Number(chosen.key) : chosen.key);
    at = chosen.of;
  }
  if (at.op !== "id" || typeof at.args !== "string") return undefined;
  return [at.args, ...path];
}

function excessOf(
  { lists, outside }: LoopBounds,
  values: { readonly [name: string]: Json },
): string | undefined {
  const { itemsMax, outsideSizeMax } = LOOP_LIMITS;
  if (lists.some((path) => lengthOf(valueAt(values, path)) > itemsMax))
    return `A list that it goes through has more than ${itemsMax} items.`;
  if (outside.some((path) => sizeOf(valueAt(values, path), outsideSizeMax) > outsideSizeMax))
    return "What it reads for every item is too large: only the item itself may be.";
  return undefined;
}

/** Undefined where there is nothing: then the evaluation says so in its own words. */
function valueAt(values: { readonly [name: string]: Json }, path: Path): Json | undefined {
  let at: Json | undefined = values;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = isJsonList(at) ? at[Number(key)] : at[key];
  }
  return at;
}

function lengthOf(value: Json | undefined): number {
  if (typeof value !== "object" || value === null) return 0;
  return Array.isArray(value) ? value.length : Object.keys(value).length;
}

/** Values and characters, counted only until there are more than `max`. */
function sizeOf(value: Json | undefined, max: number): number {
  const pending: Json[] = value === undefined ? [] : [value];
  let size = 0;
  for (let next = pending.pop(); next !== undefined && size <= max; next = pending.pop()) {
    size += typeof next === "string" ? 1 + next.length : 1;
    if (typeof next !== "object" || next === null) continue;
    if (lengthOf(next) > max) return max + 1;
    for (const [key, inner] of Object.entries(next)) {
      size += Array.isArray(next) ? 0 : key.length;
      pending.push(inner);
    }
  }
  return size;
}
