import fc from "fast-check";
import { expect, test } from "vitest";
import { WeightedMap } from "../../src/core/weighted-map.ts";

const WEIGHT_MAX = 20;

test("gives what was set last, or nothing; and never holds more than it may", () => {
  const aSet = fc.record({ key: fc.nat(9), weight: fc.nat(12) });
  fc.assert(
    fc.property(fc.array(aSet), (sets) => {
      const map = new WeightedMap<number, number>(WEIGHT_MAX);
      const all = new Map<number, { readonly value: number; readonly weight: number }>();
      for (const [value, { key, weight }] of sets.entries()) {
        if (weight > WEIGHT_MAX / 2) continue;
        map.set(key, value, weight);
        all.set(key, { value, weight });
        expect(map.get(key)).toBe(value);
      }
      const held = [...all].filter(([key]) => map.get(key) !== undefined);
      for (const [key, { value }] of held) expect([value, undefined]).toContain(map.get(key));
    }),
  );
});

test("what is read stays while others come and go", () => {
  const map = new WeightedMap<string, number>(WEIGHT_MAX);
  map.set("read", 1, 3);
  for (let i = 0; i < 100; i++) {
    map.set(`other ${i}`, i, 3);
    expect(map.get("read")).toBe(1);
  }
  const others = Array.from({ length: 100 }, (_, i) => map.get(`other ${i}`));

  expect(others.filter((value) => value !== undefined).length).toBeLessThanOrEqual(6);
  expect(map.get("other 99")).toBe(99);
});

test("what is too heavy is not kept, and what it replaces is forgotten", () => {
  const map = new WeightedMap<string, number>(WEIGHT_MAX);
  map.set("heavy", 0, 1);
  map.set("heavy", 1, WEIGHT_MAX);

  expect(map.get("heavy")).toBeUndefined();
});
