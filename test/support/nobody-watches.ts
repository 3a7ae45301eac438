import type { LiveFeed } from "../../src/ports/live-feed.ts";

/** Where nobody watches, nothing is told. */
export const NOBODY_WATCHES: LiveFeed = {
  isWatched: () => false,
  publish: () => {
    throw new Error("nobody watches, and something was told all the same");
  },
};
