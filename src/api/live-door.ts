/** A WebSocket that is to be opened, by somebody who may watch this namespace. */
export interface LiveOpening {
  readonly namespace: string;
  /** What it is subscribed to from the first moment; may be none. */
  readonly topics: readonly string[];
  /** Goes on behind this number; null begins with what comes. */
  readonly after: number | null;
  /** Until when it may watch. */
  readonly untilMs: number;
  /** The id of the session or token that it is opened by, and ends with; null for one that never ends. */
  readonly credential: string | null;
  /** The ticket that it came with, which is used up by it; null when it came with a token. */
  readonly ticket: { readonly id: string; readonly expMs: number } | null;
}

/** The way to the hub of a namespace. */
export interface LiveDoor {
  /** Where pages of ours come from, such as `https://tick.example.com`. */
  readonly origin: string;
  /**
   * Opens the socket that the request asks for, once no row can be missed any more. Throws a `Refusal` for a
   * ticket that was used, and when there is no room or a shard cannot be reached. What it returns is for the
   * host's own server. `env` is what that server handed along with the request.
   */
  open(
    opening: LiveOpening,
    upgrade: { readonly request: Request; readonly env: unknown },
  ): Promise<Response>;
}
