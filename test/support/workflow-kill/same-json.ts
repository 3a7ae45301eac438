/** Equal for values that are equal, in whatever order their fields are. */
export function textOf(value: unknown): string {
  return JSON.stringify(value ?? null, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Whether two values are the same JSON. Nothing is the same as what is missing. */
export function isSame(a: unknown, b: unknown): boolean {
  return a !== undefined && textOf(a) === textOf(b);
}
