import { NOTHING_YET, type Run } from "../core/run.ts";
import { rowText } from "./row-text.ts";

export interface JournalLimits {
  /** So many runs that are written in one transaction are one row of the journal; fewer are rows of their own. */
  readonly runsMin: number;
  /** Characters in one row of the journal, which so stays below the 2 MB of a Durable Object's row. */
  readonly charsPerBatch: number;
  /** Rows of the journal, and characters in all; beyond, what the oldest still tells is written where it belongs. */
  readonly batchesMax: number;
  readonly charsMax: number;
}

export const JOURNAL_LIMITS: JournalLimits = {
  runsMin: 8,
  charsPerBatch: 400_000,
  batchesMax: 256,
  charsMax: 16_000_000,
};

/** A run whose order has so many characters is not written anew for a change, however few change. */
const HEAVY_ORDER_CHARS = 32_768;

/** One row of the journal. */
export interface Batch {
  readonly seq: number;
  readonly ids: readonly string[];
  readonly chars: number;
  /** It only says which runs are gone. */
  readonly isOfGone: boolean;
  /** What only this batch tells: runs in their newest state, and runs as they were first written. */
  live: number;
}

/**
 * What changes in the life of a run, as the journal keeps it: what a run is told to do is two thirds of it and never
 * changes.
 */
export type RunChange = Pick<Run, "id" | "version" | "phase" | "attempts" | "startedMs"> &
  Partial<Pick<Run, keyof typeof NOTHING_YET>>;

// Its own keys are those of its type.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const OUTCOMES = Object.keys(NOTHING_YET) as readonly (keyof typeof NOTHING_YET)[];

/** A change as JSON. What the run has not come to is left out: most of it, most of the time. */
export function changeText(run: Run): string {
  const { id, version, phase, attempts, startedMs } = run;
  const change: Record<string, unknown> = { id, version, phase, attempts, startedMs };
  for (const outcome of OUTCOMES)
    if (run[outcome] !== NOTHING_YET[outcome]) change[outcome] = run[outcome];
  return JSON.stringify(change);
}

/** What one row of the journal tells. */
export function readBatch(body: string): {
  readonly runs: readonly (Run | RunChange)[];
  /** Runs that were deleted: nothing that was told before is true of them. */
  readonly gone: readonly string[];
} {
  // Written by `RunRows`.
  const told: readonly (Run | RunChange)[] | { readonly gone: readonly string[] } =
    JSON.parse(body);
  return "gone" in told ? { runs: [], gone: told.gone } : { runs: told, gone: [] };
}

/** The run as the journal tells it; undefined when it says nothing new, or only a change of what is not there. */
export function newerThan(run: Run | undefined, told: Run | RunChange): Run | undefined {
  if (run !== undefined && run.version >= told.version) return undefined;
  if ("order" in told) return told;
  return run === undefined ? undefined : { ...run, ...NOTHING_YET, ...told };
}

/** A sharded run holds all items, and changes with each slice that ends. */
export function isHeavy({ order }: Run): boolean {
  return rowText(order).length >= HEAVY_ORDER_CHARS;
}
