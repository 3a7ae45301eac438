import { BoundedMap } from "../core/bounded-map.ts";

/** Lines that one executor may send at once, and that come back to it each second. */
const LINES_PER_SECOND = 3_000;
/** Executors remembered at once. One that is forgotten begins with a full budget. */
const EXECUTORS_MAX = 10_000;

/** Keeps one executor's flood of lines from everybody else's records, in the memory of this process. */
export class LineBudget {
  readonly #budgets = new BoundedMap<string, { readonly left: number; readonly atMs: number }>(
    EXECUTORS_MAX,
  );

  /** Takes so many lines, or none: then it says for how long to wait. 0 when they were taken. */
  take(appKey: string, lines: number, nowMs: number): number {
    const { left, atMs } = this.#budgets.get(appKey) ?? { left: LINES_PER_SECOND, atMs: nowMs };
    // A clock that stepped back gives nothing, and is the new base to count from.
    const given = (Math.max(0, nowMs - atMs) * LINES_PER_SECOND) / 1_000;
    const filled = Math.min(LINES_PER_SECOND, left + given);
    const isEnough = filled >= lines;
    this.#budgets.set(appKey, { left: isEnough ? filled - lines : filled, atMs: nowMs });
    return isEnough ? 0 : Math.ceil(((lines - filled) * 1_000) / LINES_PER_SECOND);
  }
}
