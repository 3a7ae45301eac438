import { isJsonObject, type Json } from "../../../src/core/json.ts";
import type { HistoryJson } from "../api/shapes.ts";
import { isSameJson, jsonChanges, type JsonChange } from "../kit/json-changes.ts";
import { jsonAt, type JsonObject } from "../kit/json-pointer.ts";
import type { RestorableObject } from "./restorable-object.ts";

type Entry = Pick<HistoryJson, "before" | "after" | "changed">;

/** What differs between the two sides of an entry. */
export interface EntryChanges {
  readonly changes: readonly JsonChange[];
  /** Where the log knows of a difference whose values it does not keep. */
  readonly hidden: readonly string[];
}

/** They are different after every change. */
const BOOKKEEPING: ReadonlySet<string> = new Set(["version", "updatedAt", "etag"]);

/** The differences of an entry, but for what is different after every change. */
export function allChanges(entry: Entry): EntryChanges {
  const changes =
    entry.before === null || entry.after === null ? [] : jsonChanges(entry.before, entry.after);
  return {
    changes: changes.filter(({ pointer }) => !isBookkeeping(pointer)),
    hidden: hiddenIn(entry).filter((pointer) => !isBookkeeping(pointer)),
  };
}

/** The differences between two definitions of an object: what time changes by itself is no difference. */
export function toldChanges(
  entry: Entry,
  { definition, told = definition, isWhole }: RestorableObject,
): EntryChanges {
  const [before, after] = [objectOf(entry.before), objectOf(entry.after)];
  if (before === null || after === null) return { changes: [], hidden: [] };
  const keys = new Set([...Object.keys(told(before)), ...Object.keys(told(after))]);
  const isTold = (pointer: string): boolean => keys.has(firstKey(pointer));
  const areWhole = isWhole(before) && isWhole(after);
  return areWhole
    ? { changes: jsonChanges(told(before), told(after)), hidden: hiddenIn(entry).filter(isTold) }
    : { changes: [], hidden: allChanges(entry).hidden };
}

/** The whole definitions that an entry holds, the older one first. */
export function wholeSides(
  entry: Pick<Entry, "before" | "after">,
  isWhole: (object: JsonObject) => boolean,
): readonly { readonly side: "before" | "after"; readonly object: JsonObject }[] {
  return (["before", "after"] as const).flatMap((side) => {
    const object = objectOf(entry[side]);
    return object !== null && isWhole(object) ? [{ side, object }] : [];
  });
}

/** Whether a side of an entry was too large for the log. */
export function isCut({ before, after }: Pick<Entry, "before" | "after">): boolean {
  return [before, after].some((side) => objectOf(side)?.["truncated"] === true);
}

function objectOf(json: Json): JsonObject | null {
  return isJsonObject(json) ? json : null;
}

/** What is secret looks the same on both sides, and what was too large stands on neither. */
function hiddenIn({ before, after, changed }: Entry): readonly string[] {
  return changed.filter((pointer) => isSameJson(jsonAt(before, pointer), jsonAt(after, pointer)));
}

function isBookkeeping(pointer: string): boolean {
  return BOOKKEEPING.has(firstKey(pointer));
}

function firstKey(pointer: string): string {
  return pointer.split("/")[1] ?? "";
}
