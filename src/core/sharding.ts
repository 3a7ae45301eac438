import type { NodeCopy } from "./directory.ts";
import type { Json } from "./json.ts";
import type { ShardingSpec, SuccessRule } from "./job.ts";
import type { RunState, Slice, SliceTally } from "./run.ts";

export const SHARDING_LIMITS = {
  /** Items of one sharded run. */
  itemsMax: 10_000,
  /** Slices of one sharded run. */
  slicesMax: 1_000,
} as const;

/**
 * Cuts a sharded run into its slices. `nodes` are those that may get work now (`mayGetWork`), in their order.
 * None of them is empty, and without a node `items` and `broadcast` give none: such a run cannot start.
 * `again` are the slices of a retry: they stay as they were cut.
 */
export function splitRun(
  sharding: ShardingSpec,
  nodes: readonly Pick<NodeCopy, "id" | "weight">[],
  again: readonly Slice[] | null,
): readonly Slice[] {
  if (again !== null) return again;
  const reached = nodes.slice(0, SHARDING_LIMITS.slicesMax);
  if (sharding.mode === "items") return shareOut(sharding.items, reached, sharding.by);
  const total = sharding.mode === "count" ? sharding.total : reached.length;
  return Array.from({ length: total }, (_, index) => ({
    index,
    total,
    items: null,
    node: sharding.mode === "count" ? null : (reached[index]?.id ?? null),
  }));
}

/** Each node gets the next stretch of the items. */
function shareOut(
  items: readonly Json[],
  nodes: readonly Pick<NodeCopy, "id" | "weight">[],
  by: "weight" | "even",
): readonly Slice[] {
  const shares = sharesOf(
    items.length,
    nodes.map(({ weight }) => (by === "weight" ? weight : 1)),
  );
  const total = shares.filter((share) => share > 0).length;
  const slices: Slice[] = [];
  let from = 0;
  for (const [i, { id }] of nodes.entries()) {
    const share = shares[i] ?? 0;
    if (share === 0) continue;
    slices.push({ index: slices.length, total, items: items.slice(from, from + share), node: id });
    from += share;
  }
  return slices;
}

/**
 * Divides a whole number by weights with the largest remainders (Hamilton's method): each share lies within
 * one of its exact quota, and they add up. Whole numbers only, so nothing is lost to rounding; of equal
 * remainders the earlier wins.
 */
function sharesOf(count: number, weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((before, weight) => before + weight, 0);
  if (sum === 0) return weights.map(() => 0);
  const shares = weights.map((weight) => Math.floor((count * weight) / sum));
  const given = shares.reduce((before, share) => before + share, 0);
  const byRemainder = weights
    .map((weight, i) => ({ i, remainder: (count * weight) % sum }))
    .toSorted((a, b) => b.remainder - a.remainder);
  for (const { i } of byRemainder.slice(0, count - given)) shares[i] = (shares[i] ?? 0) + 1;
  return shares;
}

/** How slices stand, counted anew: for a check, and for a run that was just split. */
export function tallyOf(states: readonly RunState[]): SliceTally {
  const count = (...wanted: readonly RunState[]): number =>
    states.filter((state) => wanted.includes(state)).length;
  return {
    total: states.length,
    succeeded: count("succeeded"),
    failed: count("failed", "timed_out", "lost"),
    canceled: count("canceled"),
  };
}

/**
 * What the slices say of the whole. `succeeded` as soon as enough have, whatever the others do; `failed` only
 * when all have ended, though it may have become impossible before (`isWinnable`); else `open`.
 */
export function decide(rule: SuccessRule, tally: SliceTally): "succeeded" | "failed" | "open" {
  if (tally.succeeded >= neededOf(rule, tally.total)) return "succeeded";
  return openOf(tally) === 0 ? "failed" : "open";
}

/** Whether those that have not ended can still bring enough successes. */
export function isWinnable(rule: SuccessRule, tally: SliceTally): boolean {
  return tally.succeeded + openOf(tally) >= neededOf(rule, tally.total);
}

/** The rule for a retry of the slices that did not succeed: what succeeded before counts. */
export function ruleForRetry(rule: SuccessRule, { succeeded }: SliceTally): SuccessRule {
  if (rule.mode !== "count") return rule;
  return { mode: "count", count: Math.max(1, rule.count - succeeded) };
}

function openOf({ total, succeeded, failed, canceled }: SliceTally): number {
  return total - succeeded - failed - canceled;
}

/** With fewer slices than must succeed, the whole cannot: a rule is never weakened by missing nodes. */
function neededOf(rule: SuccessRule, total: number): number {
  if (rule.mode === "count") return rule.count;
  return rule.mode === "any" ? 1 : total;
}
