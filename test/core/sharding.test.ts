import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ShardingSpec, SuccessRule } from "../../src/core/job.ts";
import type { RunState } from "../../src/core/run.ts";
import {
  decide,
  isWinnable,
  ruleForRetry,
  SHARDING_LIMITS,
  splitRun,
  tallyOf,
} from "../../src/core/sharding.ts";

const ALL: SuccessRule = { mode: "all" };
const nodesOf = (...weights: readonly number[]) =>
  weights.map((weight, i) => ({ id: `node_${i}`, weight }));
const tally = (...states: readonly RunState[]) => tallyOf(states);
const itemsOf = (count: number, by: "weight" | "even" = "weight"): ShardingSpec => ({
  mode: "items",
  items: Array.from({ length: count }, (_, i) => i),
  by,
  success: ALL,
});
const sizesOf = (sharding: ShardingSpec, ...weights: readonly number[]): readonly number[] =>
  splitRun(sharding, nodesOf(...weights), null).map(({ items }) => items?.length ?? -1);

describe("splitting", () => {
  test("items go by weight, the rest to the largest remainders", () => {
    expect(sizesOf(itemsOf(10), 1, 1, 1)).toEqual([4, 3, 3]);
    expect(sizesOf(itemsOf(10), 3, 1, 1)).toEqual([6, 2, 2]);
    expect(sizesOf(itemsOf(10, "even"), 3, 1, 1)).toEqual([4, 3, 3]);
  });

  test("a node without items has no slice", () => {
    expect(splitRun(itemsOf(2), nodesOf(1, 100, 1, 100), null)).toEqual([
      { index: 0, total: 2, items: [0], node: "node_1" },
      { index: 1, total: 2, items: [1], node: "node_3" },
    ]);
  });

  test("a count makes so many slices whatever the nodes", () => {
    expect(splitRun({ mode: "count", total: 2, success: ALL }, [], null)).toEqual([
      { index: 0, total: 2, items: null, node: null },
      { index: 1, total: 2, items: null, node: null },
    ]);
  });

  test("a broadcast makes one for each node", () => {
    expect(splitRun({ mode: "broadcast", success: ALL }, nodesOf(5, 1), null)).toEqual([
      { index: 0, total: 2, items: null, node: "node_0" },
      { index: 1, total: 2, items: null, node: "node_1" },
    ]);
  });

  test("without a node items and broadcasts have nowhere to go", () => {
    expect(splitRun(itemsOf(3), [], null)).toEqual([]);
    expect(splitRun({ mode: "broadcast", success: ALL }, [], null)).toEqual([]);
  });

  test("a retry keeps its slices as they were cut", () => {
    const again = splitRun(itemsOf(9), nodesOf(1, 1, 1), null).slice(1, 2);

    expect(splitRun(itemsOf(9), nodesOf(1, 1), again)).toBe(again);
  });

  test("there are never more slices than one run may have", () => {
    const many = nodesOf(...Array.from({ length: SHARDING_LIMITS.slicesMax + 5 }, () => 1));

    expect(splitRun({ mode: "broadcast", success: ALL }, many, null)).toHaveLength(
      SHARDING_LIMITS.slicesMax,
    );
  });

  test("every item is in exactly one slice, in order, and shares keep to their quota", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 40 }),
        fc.constantFrom("weight", "even"),
        (count, weights, by) => {
          const nodes = nodesOf(...weights);
          const sharding = itemsOf(count, by);
          const slices = splitRun(sharding, nodes, null);
          const sum = by === "weight" ? weights.reduce((a, b) => a + b, 0) : weights.length;

          expect(slices.flatMap(({ items }) => items ?? [])).toEqual(
            sharding.mode === "items" ? sharding.items : [],
          );
          expect(slices.map(({ index }) => index)).toEqual(slices.map((_, i) => i));
          for (const { id, weight } of nodes) {
            const share = slices.find(({ node }) => node === id)?.items?.length ?? 0;
            const quota = (count * (by === "weight" ? weight : 1)) / sum;
            expect(Math.abs(share - quota)).toBeLessThan(1);
          }
          for (const { items, total } of slices) {
            expect(items?.length).toBeGreaterThan(0);
            expect(total).toBe(slices.length);
          }
        },
      ),
      { numRuns: 10_000 },
    );
  });
});

describe("the success rule", () => {
  const ANY: SuccessRule = { mode: "any" };
  const TWO: SuccessRule = { mode: "count", count: 2 };

  test("all: each must succeed, and it fails when the last has ended", () => {
    expect(decide(ALL, tally("succeeded", "running"))).toBe("open");
    expect(decide(ALL, tally("succeeded", "succeeded"))).toBe("succeeded");
    expect(decide(ALL, tally("lost", "running"))).toBe("open");
    expect(isWinnable(ALL, tally("lost", "running"))).toBe(false);
    expect(decide(ALL, tally("lost", "canceled"))).toBe("failed");
  });

  test("any and count: as soon as enough have, whatever the rest does", () => {
    expect(decide(ANY, tally("failed", "succeeded", "waiting"))).toBe("succeeded");
    expect(decide(TWO, tally("failed", "succeeded", "waiting"))).toBe("open");
    expect(isWinnable(TWO, tally("failed", "succeeded", "waiting"))).toBe(true);
    expect(decide(TWO, tally("failed", "succeeded", "succeeded"))).toBe("succeeded");
    expect(decide(TWO, tally("timed_out", "succeeded", "failed"))).toBe("failed");
  });

  test("fewer slices than must succeed cannot succeed", () => {
    expect(decide(TWO, tally("succeeded"))).toBe("failed");
  });

  test("a retry of what failed needs only what is missing", () => {
    const origin = tally("succeeded", "failed", "failed", "failed");

    expect(ruleForRetry({ mode: "count", count: 3 }, origin)).toEqual({ mode: "count", count: 2 });
    expect(ruleForRetry(ALL, origin)).toEqual(ALL);
  });

  test("success is decided exactly while it is winnable or won", () => {
    const aState = fc.constantFrom<RunState>("waiting", "succeeded", "failed", "canceled");
    const aRule = fc.oneof(
      fc.constant(ALL),
      fc.constant(ANY),
      fc.integer({ min: 1, max: 6 }).map((count): SuccessRule => ({ mode: "count", count })),
    );
    fc.assert(
      fc.property(fc.array(aState, { minLength: 1, maxLength: 6 }), aRule, (states, rule) => {
        const best = states.map((state) => (state === "waiting" ? "succeeded" : state));
        const worst = states.map((state) => (state === "waiting" ? "failed" : state));

        expect(isWinnable(rule, tallyOf(states))).toBe(decide(rule, tallyOf(best)) === "succeeded");
        expect(decide(rule, tallyOf(states)) === "succeeded").toBe(
          decide(rule, tallyOf(worst)) === "succeeded",
        );
      }),
    );
  });
});
