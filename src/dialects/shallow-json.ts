import type { Json } from "../core/json.ts";

/** As deep as a request to our own API may be. */
export const JSON_DEPTH_MAX = 32;

/**
 * The JSON value that a hostile text holds; undefined when it holds none, or one so deeply nested
 * that walking it again (to store it, to print it) could exhaust the stack.
 */
export function parseShallowJson(text: string): Json | undefined {
  if (depthOf(text) > JSON_DEPTH_MAX) return undefined;
  try {
    const json: Json = JSON.parse(text);
    return json;
  } catch {
    return undefined;
  }
}

/** A field of its own in a JSON object; undefined where there is none. */
export function fieldOf(json: Json | undefined, name: string): Json | undefined {
  return isObject(json) && Object.hasOwn(json, name) ? json[name] : undefined;
}

function isObject(json: Json | undefined): json is { readonly [key: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (isInString) {
      if (char === "\\") i++;
      else if (char === '"') isInString = false;
    } else if (char === '"') isInString = true;
    else if (char === "{" || char === "[") deepest = Math.max(deepest, ++depth);
    else if (char === "}" || char === "]") depth--;
  }
  return deepest;
}
