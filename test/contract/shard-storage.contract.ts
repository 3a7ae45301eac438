import { describe, it } from "vitest";
import type { ShardStorage } from "../../src/ports/shard-storage.ts";
import { SHARD_STORAGE_CASES } from "./shard-storage.cases.ts";

/** A storage under test, and how to come back to what it keeps. */
export interface OpenShardStorage {
  readonly storage: ShardStorage;
  /** Closes it and opens what it has kept; undefined where nothing outlives a close. */
  readonly reopen?: () => ShardStorage;
  close(): void;
}

/** Declares one test for each promise of a shard's storage; `open` gives an empty one each time. */
export function shardStorageContract(name: string, open: () => OpenShardStorage): void {
  describe(`the storage of a shard: ${name}`, () => {
    for (const promise of SHARD_STORAGE_CASES) {
      // The name is text, and the case asserts by itself, on any runtime.
      // oxlint-disable-next-line vitest/expect-expect, vitest/valid-title -- see above
      it(promise.name, () => {
        const opened = open();
        try {
          promise.run(opened.storage);
          if (opened.reopen !== undefined) promise.afterReopen?.(opened.reopen());
        } finally {
          opened.close();
        }
      });
    }
  });
}
