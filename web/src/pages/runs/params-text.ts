/** The parameters that a text holds, or what is wrong with it. */
export type ParsedParams =
  | { readonly kind: "params"; readonly params: Readonly<Record<string, unknown>> }
  | { readonly kind: "no_json"; readonly why: string }
  | { readonly kind: "no_object" };

/** Reads the parameters of a run from the text that somebody edits. */
export function paramsOf(text: string): ParsedParams {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? { kind: "params", params: value } : { kind: "no_object" };
  } catch (error) {
    return { kind: "no_json", why: error instanceof Error ? error.message : String(error) };
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
