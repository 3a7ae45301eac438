import { assert } from "./assert.ts";

/**
 * The value that a share of all is not above, by the nearest rank: 0.5 is the median. Null of nothing. The
 * values may come in any order.
 */
export function quantile(values: readonly number[], share: number): number | null {
  assert(share > 0 && share <= 1, "a share lies between 0 and 1");
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? null;
}
