import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { durableObjectSql } from "../../src/adapters/durable-object-sql.ts";
import { SqlExecutorStorage } from "../../src/adapters/sql-executor-storage.ts";
import { EXECUTOR_STORAGE_CASES } from "../contract/executor-storage.cases.ts";

describe("the storage of a keeper: a Durable Object", () => {
  for (const promise of EXECUTOR_STORAGE_CASES) {
    // The name is text, and the case asserts by itself, on any runtime.
    // oxlint-disable-next-line vitest/expect-expect, vitest/valid-title -- see above
    it(promise.name, async () => {
      const stub = env.STORAGE_HOST.get(env.STORAGE_HOST.newUniqueId());

      await runInDurableObject(stub, (_object, { storage }) => {
        promise.run(new SqlExecutorStorage(durableObjectSql(storage), "app"));
      });
      await evictDurableObject(stub);

      await runInDurableObject(stub, (_object, { storage }) => {
        promise.afterReopen?.(new SqlExecutorStorage(durableObjectSql(storage), "app"));
      });
    });
  }
});
