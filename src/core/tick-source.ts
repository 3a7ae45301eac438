/** The ticks strictly after one instant, up to and including another. */
export interface TickRange {
  readonly afterMs: number;
  readonly untilMs: number;
}

/**
 * A rising row of nominal times, in milliseconds since the epoch. It may end, and need not begin
 * anywhere. Each answer depends on the question alone; what a source remembers is only a cache.
 */
export interface TickSource {
  /** The first tick strictly after an instant; null when there is none. */
  nextAfter(afterMs: number): number | null;
  /** The last tick strictly before an instant; null when there is none. */
  lastBefore(beforeMs: number): number | null;
  count(range: TickRange): number;
}
