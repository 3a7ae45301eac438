import { NO_ENTRIES, walkChain, type ChainHead, type ChainVerdict } from "../core/audit-chain.ts";
import type { AuditReader } from "../ports/audit.ts";
import { sha256Hex } from "./digest.ts";

const LIMITS = {
  /** Entries that one call hashes: a Worker may send 50 requests for one that it got. */
  entriesMax: 5_000,
  pageRows: 250,
} as const;

/** What a walk along a chain found. */
export interface ChainFound {
  readonly entries: number;
  readonly brokenAt: number | null;
  readonly head: ChainHead;
  /** Where to go on; null at the end of the chain. */
  readonly nextSeq: number | null;
}

/** Walks the chain of a namespace from `fromSeq`, which must follow from the entry before it, to its end or so far. */
export async function verifyChain(
  reader: AuditReader,
  namespace: string,
  fromSeq: number,
): Promise<ChainFound> {
  const before = await headBefore(reader, namespace, fromSeq);
  if (before === null)
    return { entries: 0, brokenAt: fromSeq - 1, head: NO_ENTRIES, nextSeq: null };
  let head: ChainHead = before;
  let entries = 0;
  while (entries < LIMITS.entriesMax) {
    const limit = Math.min(LIMITS.pageRows, LIMITS.entriesMax - entries);
    // oxlint-disable-next-line no-await-in-loop -- One page at a time is what bounds the memory.
    const links = await reader.chain(namespace, head.seq + 1, limit);
    const verdict: ChainVerdict = walkChain(head, links, sha256Hex);
    entries += verdict.count;
    head = verdict.head;
    const { brokenAt } = verdict;
    if (brokenAt !== null || links.length < limit)
      return { entries, brokenAt, head, nextSeq: null };
  }
  return { entries, brokenAt: null, head, nextSeq: head.seq + 1 };
}

/** Null when the entry before is missing or unreadable. */
async function headBefore(
  reader: AuditReader,
  namespace: string,
  fromSeq: number,
): Promise<ChainHead | null> {
  if (fromSeq === 1) return NO_ENTRIES;
  const entry = await reader.entry(namespace, fromSeq - 1);
  return entry === null ? null : { seq: entry.seq, hash: entry.hash };
}
