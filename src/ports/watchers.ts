/** Tells which of those that watch over a WebSocket may still do so. */
export interface Watchers {
  /**
   * Of these sessions and tokens, by their ids, the ones that have not ended at `nowMs`. Sessions must have been
   * seen after `seenAfterMs`. Throws `Refusal("records.unavailable")` when the records cannot be reached.
   */
  standing(
    credentials: readonly string[],
    at: { readonly nowMs: number; readonly seenAfterMs: number },
  ): Promise<ReadonlySet<string>>;
}
