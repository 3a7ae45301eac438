/** A request to a user-given address, complete: nothing is added to it but what HTTP/1.1 demands. */
export interface EgressRequest {
  readonly method: string;
  readonly url: string;
  /** Lower-case names. Already free of reserved headers where they come from a user. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** For the whole exchange, from connecting to the last byte of the answer. */
  readonly timeoutMs: number;
  /**
   * Gives up as `unreachable` when no connection stands by then, where the client can tell; absent, the
   * client's own limit holds. It never lengthens that.
   */
  readonly connectTimeoutMs?: number;
}

export type EgressAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      /** Lower-case names; the last of doubled headers. */
      readonly headers: Readonly<Record<string, string>>;
      /** The decompressed body as UTF-8 text, cut at the limit. */
      readonly body: string;
      readonly truncated: boolean;
      readonly phases: { readonly [phase: string]: number };
    }
  | {
      readonly ok: false;
      /**
       * `refused`: our guard forbids the address · `unreachable`: no connection, so nothing was sent ·
       * `timed_out` · `cut`: the connection broke after the request had begun to leave · `invalid`: the
       * answer breaks HTTP or a limit.
       */
      readonly reason: "refused" | "unreachable" | "timed_out" | "cut" | "invalid";
      readonly message: string;
      /** False when it is certain that no byte of the request reached the target. */
      readonly delivered: boolean;
    };

/**
 * How the sender of a request breaks it off. Whoever carries it sets `onBreak`, and then answers `cut`, or
 * `unreachable` when no byte had left; the sender sets `isBroken` and calls `onBreak`.
 */
export interface BreakOff {
  isBroken: boolean;
  onBreak: (() => void) | null;
}

/** The one way out to user-given addresses. It never follows redirects and never rejects. */
export interface Egress {
  send(request: EgressRequest, breakOff?: BreakOff): Promise<EgressAnswer>;
  /** Why the guard would refuse this URL before any name is resolved; null when it would not. */
  refuses(url: string): string | null;
  close(): Promise<void>;
}
