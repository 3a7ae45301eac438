/** What has a quota in a namespace. */
export const QUOTA_KINDS = ["jobs", "workflows", "executors"] as const;

export type QuotaKind = (typeof QUOTA_KINDS)[number];

/**
 * What came of a creation or a deletion: the object is there, it is not, nothing changed, or nobody can tell
 * because the answer was lost.
 */
export type QuotaOutcome = "exists" | "absent" | "unchanged" | "unknown";

/**
 * One name that counts towards a quota. It counts from before its object is created until after it is deleted,
 * so that the count is never below what there is.
 */
export interface QuotaEntry {
  /** The version of the namespace under which the object was last known to be there; 0 is in doubt. */
  readonly sureOf: number;
  /** How it stood before those began who are at it now. */
  readonly before: "new" | "doubtful" | "sure";
  /** Creations and deletions of this name that have begun and not ended. */
  readonly holders: number;
  /** What those said who have ended since somebody is at it. */
  readonly said: QuotaOutcome;
  /** Counts the beginnings. */
  readonly seq: number;
  /** The last beginning. */
  readonly atMs: number;
}

/** A name that the records have: its object may have been deleted since they were told. */
export function foundEntry(): QuotaEntry {
  return { sureOf: 0, before: "doubtful", holders: 0, said: "unchanged", seq: 0, atMs: 0 };
}

/** The entry once somebody begins to create or delete its object. */
export function begunEntry(entry: QuotaEntry | null, version: number, nowMs: number): QuotaEntry {
  if (entry === null)
    return { sureOf: 0, before: "new", holders: 1, said: "unchanged", seq: 1, atMs: nowMs };
  const { holders, seq } = entry;
  if (holders > 0) return { ...entry, holders: holders + 1, seq: seq + 1, atMs: nowMs };
  const before = entry.sureOf === version ? "sure" : "doubtful";
  return { sureOf: 0, before, holders: 1, said: "unchanged", seq: seq + 1, atMs: nowMs };
}

/**
 * The entry once one of those who began has ended; null when its object is not there. Nobody knows in which
 * order those ended who were at it together: only when they do not contradict each other is it sure.
 */
export function endedEntry(
  entry: QuotaEntry | null,
  outcome: QuotaOutcome,
  version: number,
): QuotaEntry | null {
  // It was taken for a dead one, and tells of its end late.
  if (entry === null) return outcome === "exists" ? foundEntry() : null;
  if (entry.holders === 0) return outcome === "unchanged" ? entry : { ...entry, sureOf: 0 };
  const said = together(entry.said, outcome);
  const holders = entry.holders - 1;
  return holders > 0 ? { ...entry, holders, said } : settledEntry(entry, said, version);
}

/** What is known once nobody is at it any more. */
function settledEntry(entry: QuotaEntry, said: QuotaOutcome, version: number): QuotaEntry | null {
  const { before } = entry;
  if (said === "absent" || (said === "unchanged" && before === "new")) return null;
  const isSure = said === "exists" || (said === "unchanged" && before === "sure");
  return { ...entry, holders: 0, said: "unchanged", sureOf: isSure ? version : 0 };
}

/** The entry once somebody has looked whether its object is there; null when it is not. */
export function lookedEntry(
  entry: QuotaEntry,
  isThere: boolean,
  version: number,
): QuotaEntry | null {
  return isThere ? { ...entry, holders: 0, said: "unchanged", sureOf: version } : null;
}

function together(a: QuotaOutcome, b: QuotaOutcome): QuotaOutcome {
  if (a === "unchanged" || a === b) return b;
  return b === "unchanged" ? a : "unknown";
}
