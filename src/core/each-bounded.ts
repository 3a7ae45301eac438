/** Does the work for each item, at most `atOnce` at the same time. The work must not reject. */
export async function eachBounded<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const lane = async (): Promise<void> => {
    // Each lane takes the next item as it gets free: waiting in turn is the point.
    // oxlint-disable-next-line no-await-in-loop
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
}
