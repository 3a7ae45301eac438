import { pointerTo } from "./json-pointer.ts";
import { isJsonList, isJsonObject, type Json } from "./json.ts";

const CHANGES_MAX = 100;

/** JSON pointers (RFC 6901) to what differs between two values, in the order of keys: the first hundred. */
export function changedPointers(before: Json, after: Json): readonly string[] {
  const found: string[] = [];
  compare(before, after, "", found);
  return found;
}

function compare(before: Json, after: Json, pointer: string, found: string[]): void {
  if (found.length >= CHANGES_MAX || before === after) return;
  const keys = keysOf(before, after);
  if (keys === null) {
    found.push(pointer);
    return;
  }
  for (const key of keys) {
    if (found.length >= CHANGES_MAX) return;
    const [was, is] = [at(before, key), at(after, key)];
    const place = pointerTo(pointer, key);
    if (was !== undefined && is !== undefined) compare(was, is, place, found);
    else found.push(place);
  }
}

/** The keys of both, or all places of two lists; null where they cannot be compared piece by piece. */
function keysOf(before: Json, after: Json): readonly string[] | null {
  if (isJsonList(before) && isJsonList(after))
    return Array.from({ length: Math.max(before.length, after.length) }, (_, i) => String(i));
  if (!isJsonObject(before) || !isJsonObject(after)) return null;
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
}

function at(value: Json, key: string): Json | undefined {
  if (isJsonList(value)) return value[Number(key)];
  if (!isJsonObject(value)) return undefined;
  return Object.hasOwn(value, key) ? value[key] : undefined;
}
