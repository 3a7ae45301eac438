import type { CalendarRules } from "../core/calendar.ts";
import type { QuotaKind } from "../core/quota-entry.ts";
import type { ExecutorRow } from "./executor-storage.ts";

/** What must never change in the life of a deployment. */
export interface Deployment {
  /** `iss` of the tokens we sign, `aud` of those that executors sign. */
  readonly id: string;
  readonly shards: number;
  /** A known text sealed under the master key: a start with another key is found out by it. */
  readonly keyCheck: string;
  readonly createdMs: number;
}

export interface ApiToken {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  /** SHA-256 of the token, hex. The token itself is never stored. */
  readonly hash: string;
  /** The first characters, to recognise it by. */
  readonly prefix: string;
  readonly scopes: readonly TokenScope[];
  readonly createdMs: number;
  readonly expiresMs: number | null;
  readonly lastUsedMs: number | null;
  readonly revokedMs: number | null;
  /** The appKeys that the token is limited to; null is no limit. */
  readonly executors: readonly string[] | null;
  /** The username or the name of the token that made it; null where nobody in particular did. */
  readonly createdBy: string | null;
}

/**
 * `read` sees, `operate` also starts and stops, `write` also defines jobs, workflows and executors, `admin`
 * also handles tokens, secrets and people.
 */
export const TOKEN_SCOPES = ["read", "operate", "write", "admin"] as const;

export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** A token that expired and was revoked is revoked. */
export const TOKEN_STATES = ["active", "expired", "revoked"] as const;

export type TokenState = (typeof TOKEN_STATES)[number];

export interface Namespace {
  readonly name: string;
  readonly version: number;
  /** Generations of the webhook signing secret that sign: the current one first, at most two. */
  readonly signingGenerations: readonly number[];
  readonly description: string;
  /** Null for one that came to be by its first use. */
  readonly createdMs: number | null;
  readonly quotas: Quotas;
}

/** How many of each there may be in a namespace; null is no bound. */
export type Quotas = { readonly [kind in QuotaKind]: number | null };

/** How many of each the records have, up to a second behind. */
export type NamespaceUsage = { readonly [kind in QuotaKind]: number };

export const NO_QUOTAS: Quotas = { jobs: null, workflows: null, executors: null };

export interface StoredCalendar {
  readonly namespace: string;
  readonly name: string;
  readonly description: string;
  readonly version: number;
  readonly rules: CalendarRules;
  /** Every calendar that it names, directly or not. */
  readonly parts: readonly string[];
  readonly createdMs: number;
  readonly updatedMs: number;
}

/** All calendars of a namespace at one moment. */
export interface CalendarSet {
  /** Counts the changes of the set, from 0: the fence of the next one. */
  readonly revision: number;
  /** No new calendar gets a version up to here: a deleted one of its name may have had it. */
  readonly versionFloor: number;
  /** By name, ascending. */
  readonly calendars: readonly StoredCalendar[];
}

/** One change of a namespace's calendars: written as a whole, or not at all. */
export interface CalendarChange {
  readonly namespace: string;
  /** The revision of the set that the change was computed from. */
  readonly revision: number;
  readonly versionFloor: number;
  readonly puts: readonly StoredCalendar[];
  readonly deletes: readonly string[];
}

/** A first answer that the API itself wrote (not a shard), sealed because it may hold a secret. */
export interface ApiIdempotency {
  readonly key: string;
  readonly bodyHash: string;
  readonly sealedReply: string;
  readonly expiresMs: number;
}

/**
 * What the API itself writes: tokens, calendars, namespaces. Each write is one atomic batch, with the
 * idempotency entry in it where there is one. All methods throw `Refusal("records.unavailable")` when the
 * records cannot be reached.
 */
export interface Directory {
  deployment(): Promise<Deployment | null>;
  /** Writes it unless there is one; returns what is stored then. */
  createDeployment(deployment: Deployment): Promise<Deployment>;

  /** The namespace's executors as their keepers last told, by appKey. Deleted ones are left out. */
  executors(
    namespace: string,
    page: {
      readonly limit: number;
      readonly afterAppKey: string | null;
      /** Only these. */
      readonly only?: readonly string[];
    },
  ): Promise<readonly ExecutorRow[]>;
  /** The `listVersion` of all executors, for shards that doubt their copies; at most `limit`. */
  executorVersions(
    limit: number,
  ): Promise<
    readonly { readonly namespace: string; readonly appKey: string; readonly version: number }[]
  >;

  createToken(token: ApiToken, idempotency: ApiIdempotency | null): Promise<void>;
  tokenByHash(hash: string): Promise<ApiToken | null>;
  token(namespace: string, id: string): Promise<ApiToken | null>;
  tokens(
    namespace: string,
    page: {
      readonly limit: number;
      readonly afterId: string | null;
      /** Only those in this state at this instant. */
      readonly only?: { readonly state: TokenState; readonly nowMs: number };
    },
  ): Promise<readonly ApiToken[]>;
  /** False when there is no such token, or it is revoked already. */
  revokeToken(namespace: string, id: string, nowMs: number): Promise<boolean>;
  touchToken(id: string, nowMs: number): Promise<void>;

  calendar(namespace: string, name: string): Promise<StoredCalendar | null>;
  /** By name. */
  calendars(
    namespace: string,
    page: { readonly limit: number; readonly afterName: string | null },
  ): Promise<readonly StoredCalendar[]>;
  /** A calendar with all that it names, as they are at one moment; nothing when there is none. */
  calendarWithParts(namespace: string, name: string): Promise<readonly StoredCalendar[]>;
  calendarSet(namespace: string): Promise<CalendarSet>;
  /** False when the set has changed since the revision that the change names. */
  changeCalendars(change: CalendarChange, idempotency: ApiIdempotency | null): Promise<boolean>;
  /** Versions of all calendars, for shards that doubt their copies; at most `limit`. */
  calendarVersions(
    limit: number,
  ): Promise<
    readonly { readonly namespace: string; readonly name: string; readonly version: number }[]
  >;

  namespace(name: string): Promise<Namespace | null>;
  /** By name. */
  namespaces(limit: number, afterName?: string | null): Promise<readonly Namespace[]>;
  /** Those of these names that there are, in no order. */
  namespacesNamed(names: readonly string[]): Promise<readonly Namespace[]>;
  /** Writes a namespace whose stored version is `namespace.version - 1` (0: absent); false otherwise. */
  putNamespace(namespace: Namespace, idempotency: ApiIdempotency | null): Promise<boolean>;
  /**
   * Deletes a namespace of this version in which the records have no job, workflow, executor or calendar; false
   * otherwise. In the same batch its tokens are revoked, and its members are members no more: their sessions end,
   * but those of the user `by` go on.
   */
  deleteNamespace(
    name: string,
    version: number,
    at: { readonly nowMs: number; readonly by: string },
  ): Promise<boolean>;
  /** Whether runs, tokens or audit entries are kept of a namespace of this name, though it may be gone. */
  hasHistory(name: string): Promise<boolean>;
  /**
   * What is in some namespaces, in their order. At most `max` of each are counted; with `executors` only what
   * belongs to these.
   */
  usages(
    of: readonly { readonly namespace: string; readonly executors: readonly string[] | null }[],
    max: number,
  ): Promise<readonly NamespaceUsage[]>;
  /** The names of the objects of one kind, in their order. */
  objectNames(
    namespace: string,
    kind: QuotaKind,
    page: { readonly limit: number; readonly afterName: string | null },
  ): Promise<readonly string[]>;

  idempotency(key: string): Promise<ApiIdempotency | null>;
  /** Stores a reply that belongs to no write of the directory; the one that is there stays until it expires. */
  putIdempotency(reply: ApiIdempotency, nowMs: number): Promise<void>;
  /** Deletes at most `limit` expired entries. */
  purgeIdempotency(nowMs: number, limit: number): Promise<void>;
}
