import { expect, it } from "vitest";
import { FreshCache } from "../../src/api/fresh-cache.ts";
import { Refusal } from "../../src/core/refusal.ts";

const FRESHNESS = { entriesMax: 10, freshMs: 5_000, staleMs: 60_000 } as const;

const away = () => Promise.reject(new Refusal("records.unavailable", "away"));

/** A read that ends when the test says so. */
function slow<T>(): { readonly load: () => Promise<T>; readonly end: (value: T) => void } {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { load: () => promise, end: resolve };
}

it("keeps nothing of a read that began before its row was forgotten", async () => {
  const cache = new FreshCache<string>(FRESHNESS);
  const { load, end } = slow<string>();
  const early = cache.read("token", 1_000, load);
  cache.forget("token");
  end("valid");

  expect(await early).toBe("valid");
  expect(cache.isFresh("token", 1_000)).toBe(false);
  expect(await cache.read("token", 1_001, () => Promise.resolve("revoked"))).toBe("revoked");
});

it("keeps a read that began after another row was forgotten", async () => {
  const cache = new FreshCache<string>(FRESHNESS);
  cache.forget("other");
  await cache.read("token", 1_000, () => Promise.resolve("valid"));

  expect(cache.isFresh("token", 1_000)).toBe(true);
});

it("tells an old row only while whoever keeps it is away", async () => {
  const cache = new FreshCache<string>(FRESHNESS);
  await cache.read("token", 1_000, () => Promise.resolve("valid"));

  expect(await cache.read("token", 10_000, away)).toBe("valid");
  expect(await cache.read("token", 10_000, () => Promise.resolve(null))).toBeNull();
  await expect(cache.read("token", 10_001, away)).rejects.toThrow("away");
});
