import { NOTHING_YET, type Attempt, type Run } from "../core/run.ts";
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
export type RunChange = Pick<Run, "id" | "version" | "phase" | "attempts" | "startedMs"> & Outcomes;
type Outcomes = Partial<Pick<Run, keyof typeof NOTHING_YET>>;

/** A change as JSON: values by their places, for names would be half of it. */
type ChangeRow = readonly [
  Run["id"],
  Run["version"],
  Run["phase"],
  Run["startedMs"],
  readonly AttemptRow[],
  Outcomes,
];
type AttemptRow = ReturnType<typeof attemptRow>;

// Its own keys are those of its type.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const OUTCOMES = Object.keys(NOTHING_YET) as readonly (keyof typeof NOTHING_YET)[];

/** What changed of a run, for `readBatch`. What the run has not come to is left out: most of it, most of the time. */
export function changeText(run: Run): string {
  const { id, version, phase, startedMs, attempts } = run;
  const outcomes: Record<string, unknown> = {};
  for (const outcome of OUTCOMES)
    if (run[outcome] !== NOTHING_YET[outcome]) outcomes[outcome] = run[outcome];
  const row: ChangeRow = [id, version, phase, startedMs, attempts.map(attemptRow), outcomes];
  return JSON.stringify(row);
}

function attemptRow(a: Attempt) {
  return [
    a.attempt,
    a.send,
    a.node,
    a.sentMs,
    a.answeredMs,
    a.outcome,
    a.status,
    a.error,
    a.phases,
    a.callbackDigest,
    a.late,
  ] as const;
}

function changeOf([id, version, phase, startedMs, rows, outcomes]: ChangeRow): RunChange {
  return { id, version, phase, startedMs, attempts: rows.map(attemptOf), ...outcomes };
}

function attemptOf(row: AttemptRow): Attempt {
  const [attempt, send, node, sentMs, answeredMs, outcome, ...more] = row;
  const [status, error, phases, callbackDigest, late] = more;
  const sending = { attempt, send, node, sentMs };
  return { ...sending, answeredMs, outcome, status, error, phases, callbackDigest, late };
}

/** What one row of the journal tells. */
export function readBatch(body: string): {
  readonly runs: readonly (Run | RunChange)[];
  /** Runs that were deleted: nothing that was told before is true of them. */
  readonly gone: readonly string[];
} {
  // Written by `RunRows`; before version 0.1.0 a change had names.
  const told: readonly (Run | RunChange | ChangeRow)[] | { readonly gone: readonly string[] } =
    JSON.parse(body);
  if ("gone" in told) return { runs: [], gone: told.gone };
  return { runs: told.map((row) => ("id" in row ? row : changeOf(row))), gone: [] };
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
