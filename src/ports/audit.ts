import type { Chained, ChainHead, ChainLink, StoredLink } from "../core/audit-chain.ts";
import type { Json } from "../core/json.ts";

/** What happened, as it is handed to the audit log. */
export interface AuditNote {
  readonly atMs: number;
  readonly namespace: string;
  readonly actor: {
    readonly kind: "bootstrap" | "token" | "user" | "setup";
    readonly id: string;
    readonly name: string;
  };
  /** The kind of object and the verb, such as `job.patch` or `run.cancel`. */
  readonly action: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly object: { readonly kind: string; readonly id: string };
  /** The object before and after, secrets redacted; null where there was none or it is too large. */
  readonly before: Json;
  readonly after: Json;
  /** JSON pointers to what differs, at most 100: also where the values themselves are redacted or too large. */
  readonly changed: readonly string[];
  readonly address: string | null;
  readonly requestId: string;
}

/** A note in the chain of its namespace. */
export type AuditEntry = AuditNote & ChainLink;

/** An entry and its canonical JSON, which is what is stored. */
export type AuditText = Chained<AuditNote>;

export interface AuditQuery {
  readonly namespace: string;
  readonly objectKind: string | null;
  readonly object: string | null;
  readonly actor: string | null;
  readonly action: string | null;
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly limit: number;
  /** Entries below this seq, newest first; null begins with the newest. */
  readonly beforeSeq: number | null;
}

/** The single writer of the audit log. */
export interface AuditTrail {
  /** Resolves once the note is stored so that a crash does not lose it. */
  append(note: AuditNote): Promise<void>;
}

/** The audit log as the records have it. Throws `Refusal("records.unavailable")`. */
export interface AuditReader {
  /** Newest first. Entries that are unreadable or contradict their own row are left out: `chain` tells of them. */
  entries(query: AuditQuery): Promise<readonly AuditEntry[]>;
  entry(namespace: string, seq: number): Promise<AuditEntry | null>;
  /** In the order of the chain, from this seq on. An entry that was not stored as it is now is null. */
  chain(
    namespace: string,
    fromSeq: number,
    limit: number,
  ): Promise<readonly StoredLink<AuditEntry>[]>;
}

/** The first place in which the records hold another entry of a namespace; they have all before it. */
export interface AuditFork {
  readonly namespace: string;
  readonly seq: number;
}

/** What the writer of the audit log does to the records. */
export interface AuditRecords {
  /**
   * Adds entries that are not there yet. Null when the records could not be reached; otherwise where another entry
   * stands in the place of one of these: of such a namespace nothing was added.
   */
  add(entries: readonly AuditText[]): Promise<readonly AuditFork[] | null>;
  /** The newest entry of a namespace; null without one. Throws `records.unavailable`. */
  head(namespace: string): Promise<ChainHead | null>;
}

/** A note that waits for the head of its chain. */
export interface WaitingNote {
  readonly id: number;
  readonly note: AuditNote;
}

/** What the writer of the audit log remembers across restarts. Every method is synchronous. */
export interface AuditStorage {
  /** Runs `work` so that either all its writes are kept or none is. Not nestable. */
  transaction<T>(work: () => T): T;
  /** Resolves once what was written survives a power cut; where that is so by itself, at once. */
  settled(): Promise<void>;
  /** Those that have entries here. */
  namespaces(): readonly string[];
  /** Those that have waiting notes here. */
  waitingNamespaces(): readonly string[];
  /** The newest entry of a namespace here; null without one. */
  head(namespace: string): ChainHead | null;
  /** (1) */
  addEntry(chained: AuditText): void;
  /** In the order of the chain: at least one if there is any, and fewer than `limit` where they are long. */
  entriesAfter(namespace: string, seq: number, limit: number): readonly AuditText[];
  /** Deletes entries from `fromSeq` on and below `belowSeq`. (1 for each) */
  deleteEntries(namespace: string, fromSeq: number, belowSeq: number): void;
  /** (1) */
  addNote(note: AuditNote): void;
  /** Oldest first. */
  notes(namespace: string, limit: number): readonly WaitingNote[];
  /** Deletes the notes of a namespace up to this id. (1 for each) */
  deleteNotes(namespace: string, upToId: number): void;
}
