/** Wall time. It may step in either direction; the core is built to bear that. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
}
