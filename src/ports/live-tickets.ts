/** What a ticket lets its bearer do: watch one namespace, once. */
export interface LiveTicket {
  readonly namespace: string;
  /** Whose token it was given for. */
  readonly principal: string;
  /** The id of the session or token that it was given for: it stands no longer than that. Null stands always. */
  readonly credential: string | null;
  /** Names it: whoever takes it remembers that until `expMs`. */
  readonly id: string;
  readonly expMs: number;
}

/**
 * Signs and verifies the tickets with which a page opens a WebSocket: a browser can send no header with it,
 * and a token in an address would be logged.
 */
export interface LiveTickets {
  issue(ticket: LiveTicket): string;
  /** Null when it is not ours, has ended, or is malformed. Whether it was used is not known here. */
  verify(text: string, nowMs: number): LiveTicket | null;
}
