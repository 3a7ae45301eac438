/** A JSON pointer (RFC 6901) to something within what `base` points at. */
export function pointerTo(base: string, ...keys: readonly (string | number)[]): string {
  return keys.reduce<string>(
    (pointer, key) => `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`,
    base,
  );
}
