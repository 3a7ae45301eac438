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
  readonly address: string | null;
  readonly requestId: string;
}

/** A note in the chain of its namespace. */
export interface AuditEntry extends AuditNote {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Hash of the entry before; 64 zeros for the first. */
  readonly prevHash: string;
  /** SHA-256 over `prevHash` and the canonical JSON of everything else, hex. */
  readonly hash: string;
}

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
  entries(query: AuditQuery): Promise<readonly AuditEntry[]>;
  entry(namespace: string, seq: number): Promise<AuditEntry | null>;
  /** In the order of the chain. */
  chain(namespace: string, fromSeq: number, limit: number): Promise<readonly AuditEntry[]>;
}
