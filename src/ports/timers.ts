/** Short waits within a process. They are lost with it: nothing that must happen hangs on one alone. */
export interface Timers {
  /** Calls `work` once, not before `ms` milliseconds. Returns how to call it off. */
  after(ms: number, work: () => void): () => void;
}

/** The one wake-up of a shard that outlives the process where the platform can do that. */
export interface Alarm {
  /**
   * Asks to be woken at this instant, or as soon as can be when it has passed; replaces the earlier wish.
   * Null asks for none. `lastingMs` is when to be woken though the process has died meanwhile: no earlier
   * than `atMs`. A host without such an alarm needs only the first.
   */
  set(atMs: number | null, lastingMs: number | null): void;
  /** The instant that is set; null when there is none. */
  readonly armedMs: number | null;
}
