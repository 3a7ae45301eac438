/** A value that JSON can carry. Everything that crosses a boundary is made of these. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

export function isJsonList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

export function isJsonObject(json: Json): json is { readonly [key: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
