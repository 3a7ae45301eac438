export const SHARDING_LIMITS = {
  /** Items of one sharded run. */
  itemsMax: 10_000,
  /** Slices of one sharded run. */
  slicesMax: 1_000,
} as const;
