/** Whether this is Node itself: Bun and Deno know most of it, but not all. */
export const isNode =
  process.versions["bun"] === undefined && process.versions["deno"] === undefined;
