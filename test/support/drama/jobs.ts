/** The jobs of the drama: sixty, of every kind of work and by every kind of route. */

export const ITEMS = Array.from({ length: 40 }, (_, i) => i);

const RETRY = {
  max: 8,
  backoff: { kind: "exponential", base: "200ms", factor: 2, max: "2s" },
  jitter: "full",
} as const;

const ROUTES = [
  { route: "round_robin" },
  { route: "weighted_round_robin" },
  { route: "random" },
  { route: "weighted_random" },
  { route: "consistent_hash", hashKey: "params.customer" },
  { route: "least_in_flight" },
  { route: "least_recently_used" },
  { route: "first" },
  { route: "last" },
] as const;

const KINDS = [
  { kind: "prompt", count: 24, handler: "prompt", every: 1_000 },
  { kind: "slow", count: 16, handler: "slow", every: 2_000 },
  { kind: "long", count: 10, handler: "long", every: 10_000 },
  {
    kind: "items",
    count: 6,
    handler: "share",
    every: 5_000,
    sharding: { mode: "items", items: ITEMS },
  },
  {
    kind: "broadcast",
    count: 2,
    handler: "share",
    every: 5_000,
    sharding: { mode: "broadcast", success: { mode: "any" } },
  },
  {
    kind: "count",
    count: 2,
    handler: "share",
    every: 5_000,
    sharding: { mode: "count", total: 5 },
  },
] as const;

/** The bodies of the jobs, their nominal times spread over their intervals. */
export function dramaJobs(
  executor: string,
  startMs: number,
): readonly Readonly<Record<string, unknown>>[] {
  return KINDS.flatMap(({ kind, count, handler, every, ...more }) =>
    Array.from({ length: count }, (_, i) => ({
      name: `${kind}-${String(i).padStart(2, "0")}`,
      schedule: {
        kind: "every",
        every: `${every}ms`,
        anchor: new Date(startMs + Math.floor((i * every) / count)).toISOString(),
      },
      target: { kind: "executor", executor, handler, ...ROUTES[i % ROUTES.length] },
      params: { customer: i },
      overlap: "allow",
      timeout: "5s",
      retry: RETRY,
      ...more,
    })),
  );
}
