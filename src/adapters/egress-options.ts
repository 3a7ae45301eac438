import { lookup } from "node:dns";
import type { EgressPolicy } from "./egress-policy.ts";
import type { ConnectionBounds } from "./origin-clients.ts";

export interface EgressLimits {
  /** Of the decompressed answer; beyond it the connection is closed. */
  readonly readBytesMax: number;
  /** Of the decompressed answer, kept as text. */
  readonly keepBytesMax: number;
  readonly headerBytesMax: number;
  readonly headersMax: number;
  /** For a name to be resolved and a connection (with TLS) to stand. */
  readonly connectTimeoutMs: number;
  /** Between two pieces of an answer's body. */
  readonly idleTimeoutMs: number;
  /** How long an unused connection is kept. */
  readonly keepAliveMs: number;
  /** Origins whose connections are kept; the one unused for longest is closed. */
  readonly originsMax: number;
}

export const EGRESS_LIMITS: EgressLimits = {
  readBytesMax: 1_048_576,
  keepBytesMax: 65_536,
  headerBytesMax: 16_384,
  headersMax: 128,
  connectTimeoutMs: 10_000,
  idleTimeoutMs: 30_000,
  keepAliveMs: 4_000,
  originsMax: 256,
};

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Finds all addresses of a name, and calls back once: with an error when there is none. */
export type Resolve = (
  hostname: string,
  callback: (error: Error | null, addresses: readonly ResolvedAddress[]) => void,
) => void;

export interface EgressOptions {
  readonly policy: EgressPolicy;
  /** Requests beyond them wait for a free one. Where the client cannot open more later, there are the first only. */
  readonly connectionsPerOrigin: ConnectionBounds;
  readonly limits: EgressLimits;
  /** The system's resolver unless a test brings its own. */
  readonly resolve?: Resolve;
}

export const systemResolve: Resolve = (hostname, callback) =>
  lookup(hostname, { all: true }, (error, addresses) => callback(error, addresses ?? []));

/** What our reader understands. Each adapter sends it; a user cannot set it. */
export const ACCEPT_ENCODING = "gzip, br, deflate";
