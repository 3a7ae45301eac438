/** When a step began and ended, in milliseconds since the epoch; null where it did not. */
export interface StepTimes {
  readonly startedMs: number | null;
  readonly endedMs: number | null;
}

/**
 * The chain of steps that decided when a workflow run ended, by place, first to last: from the step that ended
 * last back to the parent that ended last, until one without a parent that ran. Of steps that ended at the same
 * time the first by place counts. A step that never started is on no path; one that has not ended is behind none.
 * `parents` is by place and has no cycle.
 */
export function criticalPath(
  parents: readonly (readonly number[])[],
  times: readonly StepTimes[],
): readonly number[] {
  const path: number[] = [];
  let at = lastToEnd(times.keys(), times);
  while (at !== undefined) {
    path.push(at);
    at = lastToEnd(parents[at] ?? [], times);
  }
  return path.toReversed();
}

/** Of those that started and ended, the one that ended last. */
function lastToEnd(places: Iterable<number>, times: readonly StepTimes[]): number | undefined {
  let last: number | undefined;
  let lastMs = -Infinity;
  for (const place of places) {
    const time = times[place];
    if (time?.startedMs == null || time.endedMs === null) continue;
    const isTie = time.endedMs === lastMs && place < (last ?? place);
    if (time.endedMs <= lastMs && !isTie) continue;
    last = place;
    lastMs = time.endedMs;
  }
  return last;
}
