import type { Run, Slice } from "./run.ts";

/**
 * What a retry of a sharded run does again: the slices whose runs did not succeed, as they were cut, in their
 * order. Null when all of them did: then the whole is done again, cut anew. `runs` are the runs of its slices.
 */
export function slicesToRetry(runs: readonly Run[]): readonly Slice[] | null {
  const slices = runs
    .filter(({ phase }) => phase.state !== "succeeded")
    .flatMap(({ slice }) => (slice === null ? [] : [slice]))
    .toSorted((a, b) => a.index - b.index);
  return slices.length === 0 ? null : slices;
}
