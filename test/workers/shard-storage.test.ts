import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { durableObjectSql } from "../../src/adapters/durable-object-sql.ts";
import { SqlShardStorage } from "../../src/adapters/sql-shard-storage.ts";
import { SHARD_STORAGE_CASES } from "../contract/shard-storage.cases.ts";

describe("the storage of a shard: a Durable Object", () => {
  for (const promise of SHARD_STORAGE_CASES) {
    // The name is text, and the case asserts by itself, on any runtime.
    // oxlint-disable-next-line vitest/expect-expect, vitest/valid-title -- see above
    it(promise.name, async () => {
      const stub = env.STORAGE_HOST.get(env.STORAGE_HOST.newUniqueId());

      await runInDurableObject(stub, (_object, { storage }) => {
        promise.run(new SqlShardStorage(durableObjectSql(storage)));
      });
      await evictDurableObject(stub);

      await runInDurableObject(stub, (_object, { storage }) => {
        promise.afterReopen?.(new SqlShardStorage(durableObjectSql(storage)));
      });
    });
  }
});

it("an array of any length is one parameter, so the limit of 100 is not met", async () => {
  const stub = env.STORAGE_HOST.get(env.STORAGE_HOST.newUniqueId());
  const ids = Array.from({ length: 5_000 }, (_, i) => `run_${i}`);

  const found = await runInDurableObject(stub, (_object, { storage }) =>
    new SqlShardStorage(durableObjectSql(storage)).getRuns(ids),
  );

  expect(found).toEqual([]);
});
