import type { OpenAPIHono } from "@hono/zod-openapi";
import type { CalendarDate } from "../core/calendar.ts";
import type { TargetSpec } from "../core/job.ts";
import type { Json } from "../core/json.ts";
import type { AuditReader, AuditTrail } from "../ports/audit.ts";
import type { Cipher } from "../ports/cipher.ts";
import type { Clock } from "../ports/clock.ts";
import type { Deployment, Directory } from "../ports/directory.ts";
import type { Egress } from "../ports/egress.ts";
import type { ExecTokens } from "../ports/exec-tokens.ts";
import type { Executors } from "../ports/executors.ts";
import type { UsedToken } from "../ports/executor-commands.ts";
import type { LiveDoor } from "./live-door.ts";
import type { LiveTicket, LiveTickets } from "../ports/live-tickets.ts";
import type { Passwords } from "../ports/passwords.ts";
import type { People } from "../ports/people.ts";
import type { Quotas } from "../ports/quotas.ts";
import type { Ids } from "../ports/random.ts";
import type { RecordsReader } from "../ports/records.ts";
import type { RunLogs } from "../ports/run-logs.ts";
import type { Shards } from "../ports/shard-client.ts";
import type { Stats } from "../ports/stats.ts";
import type { Principal } from "./principal.ts";
import type { Login } from "./session-store.ts";

/** Everything the API knows of the world. A host makes it once and hands it to `createApi`. */
export interface ApiDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  /** Unpredictable bytes from the host's cryptographic generator. */
  readonly secretBytes: (count: number) => Uint8Array;
  readonly shards: Shards;
  readonly records: RecordsReader;
  /** Where it is written down who changed what, and where that is read. */
  readonly audit: AuditTrail;
  readonly auditReader: AuditReader;
  /** Figures over the history. */
  readonly stats: Stats;
  /** What handlers wrote. */
  readonly logs: RunLogs;
  readonly directory: Directory;
  /** What counts the objects of namespaces that have quotas. */
  readonly quotaBooks: Quotas;
  readonly people: People;
  readonly passwords: Passwords;
  /** The keepers of the executors. */
  readonly executors: Executors;
  readonly execTokens: ExecTokens;
  /** The hubs of those who watch, and their tickets. */
  readonly live: LiveDoor;
  readonly liveTickets: LiveTickets;
  readonly cipher: Cipher;
  readonly egress: Pick<Egress, "refuses">;
  readonly deployment: Deployment;
  readonly settings: ApiSettings;
  readonly log: LogSink;
  /** Throws a `Refusal` for headers that a user may not set on a webhook. */
  readonly checkTarget: (target: TargetSpec) => void;
  /** The days of an iCalendar text; throws `calendar.invalid`, with the line, for what it cannot read. */
  readonly icsDates: (text: string) => readonly CalendarDate[];
  /** What a callback token stands for; null when it is forged, foreign or too old. */
  readonly verifyCallbackToken: (token: string, nowMs: number) => Promise<CallbackClaim | null>;
  /** The text of a namespace's webhook signing secret, `whsec_…`. */
  readonly webhookSecret: (namespace: string, generation: number) => string;
  /**
   * A file that the host serves beside the API, such as `docs/rapidoc-min.js`; null when it has
   * none.
   */
  readonly asset: (path: string) => Promise<Response | null>;
  /** Who is at the other end of the connection; null when the host cannot tell. */
  readonly clientAddress: (request: Request, env: unknown) => string | null;
  /** Keeps the host awake until the work is done. The work never rejects. */
  readonly waitUntil: (work: Promise<void>) => void;
}

interface ApiSettings {
  readonly version: string;
  readonly host: "standalone" | "workers";
  /** What the process runs on, for whoever looks after it. */
  readonly runtime: string;
  /** SHA-256 of the bootstrap token, hex; null when there is none. */
  readonly bootstrapTokenHash: string | null;
  /** SHA-256 of the token with which the first user is made, hex; null where nobody comes with one. */
  readonly setupTokenHash: string | null;
  readonly ratePerMinute: number;
  readonly bootstrapRatePerMinute: number;
}

/** What a callback token is bound to. */
export interface CallbackClaim {
  readonly shard: number;
  readonly run: string;
  readonly attempt: number;
}

/** An executor that calls us with a token of its own: verified, and its one use not taken yet. */
export interface ExecCaller {
  readonly namespace: string;
  readonly appKey: string;
  readonly token: UsedToken;
}

/** Where the API writes its log: one entry a line, plain data. */
export interface LogSink {
  write(entry: LogEntry): void;
}

export interface LogEntry {
  readonly level: "info" | "warn" | "error";
  readonly event: string;
  readonly fields: { readonly [field: string]: Json };
}

/** What the middleware leaves for the handlers of one request. */
export interface ApiEnv {
  readonly Variables: {
    requestId: string;
    /** The one reading of the clock for this request. */
    nowMs: number;
    principal: Principal | null;
    /** The session that the principal stands for, and its user; null for tokens. */
    login: Login | null;
    /** The executor that sent the request, on routes that only executors call. */
    execCaller: ExecCaller | null;
    /** The ticket that the request came with, on routes that take one. */
    ticket: LiveTicket | null;
    /** The raw text of the body; empty when there was none. */
    bodyText: string;
    /** A Bearer token that is not ours to check here: a callback's. */
    bearer: string | null;
  };
}

export type Api = OpenAPIHono<ApiEnv>;
