import type { Timers } from "../ports/timers.ts";

/** What the promise brings, or null when it takes longer than it may; then nobody hears of it any more. */
export function withDeadline<T>(
  promise: Promise<T>,
  waitMs: number,
  timers: Timers,
): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const cancel = timers.after(waitMs, () => resolve(null));
    promise.finally(cancel).then(resolve, reject);
  });
}
