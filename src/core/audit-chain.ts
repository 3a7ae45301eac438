import { canonicalFields, canonicalJson } from "./canonical-json.ts";

/** SHA-256 of a text in UTF-8, as lower-case hex. The host hands it in: this layer knows no cryptography. */
export type Sha256 = (text: string) => string;

/** Where a chain ends: what the next entry is hung on. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** What makes a note an entry of a chain. */
export interface ChainLink {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Hash of the entry before; 64 zeros for the first. */
  readonly prevHash: string;
  /** SHA-256 over `prevHash` and the canonical JSON of the entry without its hash. */
  readonly hash: string;
}

/** The head of a chain that has no entry yet. */
export const NO_ENTRIES: ChainHead = { seq: 0, hash: "0".repeat(64) };

/** A note as an entry of a chain, and its canonical JSON. */
export interface Chained<N extends object> {
  readonly entry: N & ChainLink;
  readonly text: string;
}

/** Hangs a note on a chain. */
export function chained<N extends object>(note: N, head: ChainHead, sha256: Sha256): Chained<N> {
  const open = { ...note, seq: head.seq + 1, prevHash: head.hash };
  const fields = canonicalFields(open);
  const hash = sha256(`${head.hash}{${fields.map(([, text]) => text).join(",")}}`);
  // The text is made once: of the hash only its own field is new, in its place.
  const place = fields.findIndex(([key]) => key > "hash");
  const own = ["hash", `"hash":"${hash}"`] as const;
  const whole = fields.toSpliced(place < 0 ? fields.length : place, 0, own);
  const text = `{${whole.map(([, field]) => field).join(",")}}`;
  return { entry: { ...open, hash }, text };
}

/** The next link of a chain as it was stored; null when nothing readable stands there. */
export interface StoredLink<E extends ChainLink> {
  readonly seq: number;
  readonly entry: E | null;
}

export interface ChainVerdict {
  /** The last entry that fits. */
  readonly head: ChainHead;
  /** The first seq that does not: missing, unreadable, or changed. */
  readonly brokenAt: number | null;
  /** Entries that fit. */
  readonly count: number;
}

/** Walks on from `head` over stored links in their order, up to the first that does not fit. */
export function walkChain<E extends ChainLink>(
  head: ChainHead,
  links: readonly StoredLink<E>[],
  sha256: Sha256,
): ChainVerdict {
  let at = head;
  for (const [count, { seq, entry }] of links.entries()) {
    const isNext = entry !== null && seq === at.seq + 1 && entry.seq === seq;
    if (!isNext || entry.prevHash !== at.hash || entry.hash !== hashOf(entry, sha256))
      return { head: at, brokenAt: at.seq + 1, count };
    at = { seq, hash: entry.hash };
  }
  return { head: at, brokenAt: null, count: links.length };
}

function hashOf(
  entry: { readonly prevHash: string; readonly hash?: string },
  sha256: Sha256,
): string {
  const { hash: _, ...rest } = entry;
  return sha256(entry.prevHash + canonicalJson(rest));
}
