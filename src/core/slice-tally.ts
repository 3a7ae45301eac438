import type { Json } from "./json.ts";
import type { EndedState, RunTally } from "./run.ts";

/** Of the slices that did not succeed, so many are named. */
export const FAILED_SLICES_MAX = 100;

export function newTally(total: number): RunTally {
  return { total, succeeded: 0, failed: 0, canceled: 0, failedSlices: [] };
}

/** How many slices have ended. */
export function endedOf({ succeeded, failed, canceled }: RunTally): number {
  return succeeded + failed + canceled;
}

/** The tally after one more end. */
export function countSlice(
  tally: RunTally,
  { index, state }: { readonly index: number; readonly state: EndedState },
): RunTally {
  if (state === "succeeded") return { ...tally, succeeded: tally.succeeded + 1 };
  if (state === "canceled") return { ...tally, canceled: tally.canceled + 1 };
  const failedSlices =
    tally.failedSlices.length < FAILED_SLICES_MAX
      ? [...tally.failedSlices, index].toSorted((a, b) => a - b)
      : tally.failedSlices;
  return { ...tally, failed: tally.failed + 1, failedSlices };
}

/** The tally of a run that ends before all of its slices have: the rest is canceled with it. */
export function closeTally(tally: RunTally): RunTally {
  const canceled = tally.canceled + tally.total - endedOf(tally);
  return canceled === tally.canceled ? tally : { ...tally, canceled };
}

/** What a split run carries as its result, in the words of the wire. */
export function resultOf({ total, succeeded, failed, canceled, failedSlices }: RunTally): Json {
  return { total, succeeded, failed, canceled, failedShards: failedSlices };
}
