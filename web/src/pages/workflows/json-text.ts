import type { Json } from "../../../../src/core/json.ts";

/** What a text of JSON says, or why it says nothing. */
export type JsonText =
  | { readonly isOk: true; readonly value: Json }
  | { readonly isOk: false; readonly why: string };

/** Reads what somebody typed. An empty text is null. */
export function jsonText(text: string): JsonText {
  if (text.trim() === "") return { isOk: true, value: null };
  try {
    const value: Json = JSON.parse(text);
    return { isOk: true, value };
  } catch (error) {
    return { isOk: false, why: error instanceof Error ? error.message : String(error) };
  }
}

export function prettyJson(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? "";
}
