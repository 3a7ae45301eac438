/** Whether two specs say the same; rows that were upgraded have their fields in another order. */
export function isEqual(one: object, other: object): boolean {
  return sortedText(one) === sortedText(other);
}

function sortedText(value: object): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
