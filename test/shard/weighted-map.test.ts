import { expect, it } from "vitest";
import { WeightedMap } from "../../src/shard/weighted-map.ts";

it("forgets what was used longest ago when the weights are too much", () => {
  const map = new WeightedMap<string, number>(10);
  map.set("a", 1, 4);
  map.set("b", 2, 4);
  expect(map.get("a")).toBe(1);
  map.set("c", 3, 4);
  expect([map.get("a"), map.get("b"), map.get("c")]).toEqual([1, undefined, 3]);
});

it("keeps the newest though it is heavier than all that it may hold", () => {
  const map = new WeightedMap<string, number>(10);
  map.set("a", 1, 1);
  map.set("b", 2, 50);
  expect([map.get("a"), map.get("b")]).toEqual([undefined, 2]);
  map.set("c", 3, 1);
  expect([map.get("b"), map.get("c")]).toEqual([undefined, 3]);
});

it("counts a weight once, however often the same is set", () => {
  const map = new WeightedMap<string, number>(10);
  map.set("a", 1, 5);
  for (let i = 0; i < 5; i++) map.set("b", i, 5);
  expect([map.get("a"), map.get("b")]).toEqual([1, 4]);
});
