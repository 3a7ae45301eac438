import { chained, NO_ENTRIES, type ChainHead, type Sha256 } from "../core/audit-chain.ts";
import type { AuditEntry, AuditFork, AuditNote, AuditStorage, AuditText } from "../ports/audit.ts";

const LIMITS = {
  /** Rows that are read at once while notes get their places, or lose them. */
  pageRows: 500,
  /** Characters after which no further namespace joins a write to the records: one alone gives 1 MiB at most. */
  writeChars: 524_288,
} as const;

/**
 * The audit log of any number of namespaces as its one writer decides it: every note gets the next place in the chain
 * of its namespace, and is kept until the records have it. The newest entry stays, so that the chain goes on after a
 * restart without asking anybody. Notes of a namespace whose head nobody here knows wait, as durable as entries are.
 */
export class AuditKeeper {
  readonly #storage: AuditStorage;
  readonly #sha256: Sha256;
  /** As far as they are known here. */
  readonly #heads = new Map<string, ChainHead>();
  /** Namespaces with entries that the records may lack, and the last seq that they are known to have. */
  readonly #behind = new Map<string, number>();
  /** Namespaces whose notes wait for the head of their chain. */
  readonly #headless: Set<string>;

  constructor(storage: AuditStorage, sha256: Sha256) {
    this.#storage = storage;
    this.#sha256 = sha256;
    // What was confirmed is not stored: the newest entry of each may be sent once more, and is ignored.
    for (const namespace of storage.namespaces()) this.#behind.set(namespace, 0);
    this.#headless = new Set(storage.waitingNamespaces());
  }

  /** Namespaces whose head the records must tell. */
  get headless(): readonly string[] {
    return [...this.#headless];
  }

  /** The records have all. */
  get isSettled(): boolean {
    return this.#behind.size === 0 && this.#headless.size === 0;
  }

  /** Stores notes in their order, all or none. */
  add(notes: readonly AuditNote[]): void {
    const heads = new Map<string, ChainHead>();
    const headless = new Set<string>();
    this.#storage.transaction(() => {
      for (const note of notes) {
        const { namespace } = note;
        const head = heads.get(namespace) ?? this.#headOf(namespace);
        if (head === null) {
          this.#storage.addNote(note);
          headless.add(namespace);
        } else heads.set(namespace, this.#hang(note, head));
      }
    });
    for (const namespace of headless) this.#headless.add(namespace);
    for (const [namespace, head] of heads) this.#moved(namespace, head);
  }

  /** Gives waiting notes their places behind the head that the records told; null when they have no entry. */
  begin(namespace: string, told: ChainHead | null): void {
    if (!this.#headless.has(namespace)) return;
    const first = told ?? NO_ENTRIES;
    const last = this.#storage.transaction(() => {
      let head = first;
      for (;;) {
        const page = this.#storage.notes(namespace, LIMITS.pageRows);
        for (const { note } of page) head = this.#hang(note, head);
        const lastId = page.at(-1)?.id;
        if (lastId === undefined) return head;
        this.#storage.deleteNotes(namespace, lastId);
      }
    });
    this.#headless.delete(namespace);
    this.#heads.set(namespace, first);
    this.#moved(namespace, last);
  }

  /** Entries that the records may lack, of one namespace after the other, each in the order of its chain. */
  pending(limit: number): readonly AuditText[] {
    const found: AuditText[] = [];
    let chars = 0;
    for (const [namespace, seq] of this.#behind) {
      if (found.length >= limit || chars >= LIMITS.writeChars) break;
      const entries = this.#storage.entriesAfter(namespace, seq, limit - found.length);
      if (entries.length === 0) this.#behind.delete(namespace);
      found.push(...entries);
      chars += entries.reduce((sum, { text }) => sum + text.length, 0);
    }
    return found;
  }

  /** The records have these. */
  confirm(told: readonly AuditText[]): void {
    const last = new Map(told.map(({ entry }) => [entry.namespace, entry.seq]));
    this.#storage.transaction(() => {
      for (const [namespace, seq] of last) this.#storage.deleteEntries(namespace, 1, seq);
    });
    for (const [namespace, seq] of last) {
      if (this.#headOf(namespace)?.seq === seq) this.#behind.delete(namespace);
      else this.#behind.set(namespace, seq);
    }
  }

  /**
   * The records hold another chain from this place on: what they lack goes back to waiting, and gets places behind
   * their head.
   */
  fork({ namespace, seq }: AuditFork): void {
    this.#storage.transaction(() => {
      let afterSeq = seq - 1;
      for (;;) {
        const page = this.#storage.entriesAfter(namespace, afterSeq, LIMITS.pageRows);
        for (const { entry } of page) this.#storage.addNote(noteOf(entry));
        const last = page.at(-1);
        if (last === undefined) break;
        afterSeq = last.entry.seq;
      }
      this.#storage.deleteEntries(namespace, 1, Number.MAX_SAFE_INTEGER);
    });
    this.#heads.delete(namespace);
    this.#behind.delete(namespace);
    this.#headless.add(namespace);
  }

  #hang(note: AuditNote, head: ChainHead): ChainHead {
    const hung = chained(note, head, this.#sha256);
    this.#storage.addEntry(hung);
    return hung.entry;
  }

  /** The chain has grown to this head. */
  #moved(namespace: string, { seq, hash }: ChainHead): void {
    const before = this.#headOf(namespace)?.seq ?? 0;
    if (!this.#behind.has(namespace) && seq > before) this.#behind.set(namespace, before);
    this.#heads.set(namespace, { seq, hash });
  }

  /** Null where the records must be asked. */
  #headOf(namespace: string): ChainHead | null {
    if (this.#headless.has(namespace)) return null;
    const known = this.#heads.get(namespace) ?? this.#storage.head(namespace);
    if (known !== null) this.#heads.set(namespace, known);
    return known;
  }
}

function noteOf(entry: AuditEntry): AuditNote {
  const { seq: _seq, prevHash: _prevHash, hash: _hash, ...note } = entry;
  return note;
}
