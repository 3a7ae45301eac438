import { isJsonObject, type Json } from "../../../src/core/json.ts";
import { pointerBelow, withJsonAt, type JsonObject } from "./json-pointer.ts";

/** One place where two values differ; undefined is not there. */
export interface JsonChange {
  readonly pointer: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** One place where two changes of one base differ from it, or from each other. */
export interface JsonFork {
  readonly pointer: string;
  readonly base: Json | undefined;
  readonly mine: Json | undefined;
  readonly theirs: Json | undefined;
}

/** Keys that say what else an object may have: two of different kinds are compared as a whole. */
const KINDS = ["kind", "mode", "type"] as const;

/** The same value, whatever the order of the keys. */
export function isSameJson(a: Json | undefined, b: Json | undefined): boolean {
  return a === b || canonicalText(a) === canonicalText(b);
}

/** Where two values differ, down to the smallest part. Lists are compared as a whole. */
export function jsonChanges(
  before: Json | undefined,
  after: Json | undefined,
  pointer = "",
): readonly JsonChange[] {
  if (isSameJson(before, after)) return [];
  if (!areComparable([before, after])) return [{ pointer, before, after }];
  return keysOf([before, after]).flatMap((key) =>
    jsonChanges(keyOf(before, key), keyOf(after, key), pointerBelow(pointer, key)),
  );
}

/** Where two changed versions of one object differ from it. No place of the answer lies within another. */
export function jsonForks(
  base: Json | undefined,
  mine: Json | undefined,
  theirs: Json | undefined,
  pointer = "",
): readonly JsonFork[] {
  if (isSameJson(mine, theirs)) return [];
  if (!areComparable([base, mine, theirs])) return [{ pointer, base, mine, theirs }];
  return keysOf([base, mine, theirs]).flatMap((key) =>
    jsonForks(keyOf(base, key), keyOf(mine, key), keyOf(theirs, key), pointerBelow(pointer, key)),
  );
}

/** Their version with mine at the chosen places. */
export function mergedForks(
  theirs: JsonObject,
  forks: readonly JsonFork[],
  isMine: (pointer: string) => boolean,
): JsonObject {
  return forks.reduce(
    (merged, fork) => (isMine(fork.pointer) ? withJsonAt(merged, fork.pointer, fork.mine) : merged),
    theirs,
  );
}

/** A value as people read it in a comparison. */
export function jsonText(json: Json | undefined): string {
  if (json === undefined) return "–";
  return typeof json === "string" ? json : JSON.stringify(json, null, 2);
}

function areComparable(values: readonly (Json | undefined)[]): boolean {
  const objects = values.filter((value) => value !== undefined && isJsonObject(value));
  if (objects.length !== values.length) return false;
  return KINDS.every((kind) => new Set(values.map((value) => keyOf(value, kind))).size === 1);
}

function keysOf(values: readonly (Json | undefined)[]): readonly string[] {
  const keys = values.flatMap((value) =>
    value !== undefined && isJsonObject(value) ? Object.keys(value) : [],
  );
  return [...new Set(keys)];
}

function keyOf(value: Json | undefined, key: string): Json | undefined {
  return value !== undefined && isJsonObject(value) ? value[key] : undefined;
}

function canonicalText(json: Json | undefined): string | undefined {
  return JSON.stringify(json, (_key, value: Json) =>
    isJsonObject(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
