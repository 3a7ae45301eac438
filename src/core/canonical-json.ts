/**
 * One text for one meaning: keys sorted, no spaces, so that it can be hashed and compared. What it is given came from
 * `JSON.parse` or is data of that kind, of bounded depth; fields that are undefined are left out.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  return `{${canonicalFields(value)
    .map(([, text]) => text)
    .join(",")}}`;
}

/** The fields of an object in their order, each with its key and as the text that it is in the whole. */
export function canonicalFields(object: object): readonly (readonly [string, string])[] {
  const fields: readonly (readonly [string, unknown])[] = Object.entries(object);
  return fields
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => [key, `${JSON.stringify(key)}:${canonicalJson(field)}`]);
}
