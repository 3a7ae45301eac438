import { expect, test } from "vitest";
import { MapItems } from "../../src/core/map-items.ts";

const list = (chars: number): readonly string[] => ["i".repeat(chars)];

test("keeps what was used last, as far as it fits, and always the newest", () => {
  const items = new MapItems();
  items.keep(1, list(900_000));
  items.keep(2, list(900_000));
  expect(items.get(1)).toEqual(list(900_000));
  items.keep(3, list(900_000));
  expect([items.get(1), items.get(2), items.get(3)].map((kept) => kept !== undefined)).toEqual([
    true,
    false,
    true,
  ]);

  items.keep(4, list(3_000_000));
  expect([items.get(1), items.get(3)]).toEqual([undefined, undefined]);
  expect(items.get(4)).toEqual(list(3_000_000));
  items.delete(4);
  items.keep(5, list(1_900_000));
  expect(items.get(5)).toBeDefined();
});
