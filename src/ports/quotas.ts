import type { QuotaKind, QuotaOutcome } from "../core/quota-entry.ts";

/** What a namespace says of one kind, as whoever asks knows it. */
export interface QuotaRule {
  /** The version of the namespace; null when the records are away, and the last rule that was told counts. */
  readonly version: number | null;
  /** How many there may be; null is no bound. */
  readonly limit: number | null;
}

/** One name of one kind: of a job, a workflow, or the appKey of an executor. */
export interface QuotaName {
  readonly kind: QuotaKind;
  readonly name: string;
}

/** A name that counts though nobody is sure that its object is there. */
export interface DoubtfulName {
  readonly name: string;
  readonly seq: number;
}

/** `free`: nothing is counted. `unfilled`: the names of the records are wanted first. */
export type QuotaAnswer =
  | { readonly state: "free" | "unfilled" | "held" }
  | { readonly state: "full"; readonly limit: number; readonly doubtful: readonly DoubtfulName[] };

/** Names that the records have. */
export interface FoundNames {
  readonly kind: QuotaKind;
  readonly version: number;
  readonly names: readonly string[];
  /** No more of them come. */
  readonly isLast: boolean;
}

/**
 * Counts the objects of one namespace by their names, one caller after the other. Whoever creates or deletes one
 * says so before and after it; what it was told survives a crash. A method rejects when it cannot be reached.
 */
export interface QuotaBook {
  /** Begins a creation: `held` counts the name from now on, until `end` says what came of it. */
  begin(name: QuotaName, rule: QuotaRule, nowMs: number): Promise<QuotaAnswer>;
  /** Begins a deletion, which no limit stops. False when nothing is counted. */
  beginDeletion(name: QuotaName, rule: QuotaRule, nowMs: number): Promise<boolean>;
  end(name: QuotaName, outcome: QuotaOutcome): Promise<void>;
  /** Adds what the records know. */
  addFound(found: FoundNames, nowMs: number): Promise<void>;
  /** Says whether the object of a doubtful name is there. Nothing changes once somebody has begun anew. */
  looked(name: QuotaName & DoubtfulName, isThere: boolean): Promise<void>;
  /** Forgets everything: the namespace is gone. */
  clear(): Promise<void>;
}

/** The books of all namespaces. */
export interface Quotas {
  of(namespace: string): QuotaBook;
}
