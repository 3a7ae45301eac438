import { isJsonObject, type Json } from "../../../src/core/json.ts";

export type JsonObject = { readonly [key: string]: Json };

/** The value at a JSON pointer (RFC 6901); undefined where there is none. */
export function jsonAt(json: Json | undefined, pointer: string): Json | undefined {
  let at = json;
  for (const key of keysOf(pointer)) {
    if (at === undefined) return undefined;
    if (Array.isArray(at)) at = at[Number(key)];
    else if (isJsonObject(at)) at = Object.hasOwn(at, key) ? at[key] : undefined;
    else return undefined;
  }
  return at;
}

/**
 * The object with another value at a pointer; undefined takes the key away. Objects on the way are made where
 * they lack. For keys of objects only: lists are replaced as a whole.
 */
export function withJsonAt(json: JsonObject, pointer: string, value: Json | undefined): JsonObject {
  const [key, ...rest] = keysOf(pointer);
  if (key === undefined) return value !== undefined && isJsonObject(value) ? value : json;
  if (rest.length === 0) return withKey(json, key, value);
  const below = json[key];
  const object = below !== undefined && isJsonObject(below) ? below : {};
  return withKey(json, key, withJsonAt(object, pointerOf(rest), value));
}

/** One more key behind a pointer. */
export function pointerBelow(pointer: string, key: string): string {
  return pointer + pointerOf([key]);
}

function withKey(json: JsonObject, key: string, value: Json | undefined): JsonObject {
  const kept = Object.entries(json).filter(([other]) => other !== key);
  if (value === undefined) return Object.fromEntries(kept);
  // A key that is there stays at its place.
  if (!Object.hasOwn(json, key)) return Object.fromEntries([...kept, [key, value]]);
  return Object.fromEntries(
    Object.entries(json).map(([other, old]) => [other, other === key ? value : old]),
  );
}

function keysOf(pointer: string): readonly string[] {
  const parts = pointer.split("/").slice(1);
  return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function pointerOf(keys: readonly string[]): string {
  return keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
