import { describe, it } from "vitest";
import type { ExecutorStorage } from "../../src/ports/executor-storage.ts";
import { EXECUTOR_STORAGE_CASES } from "./executor-storage.cases.ts";

/** A storage under test, and how to come back to what it keeps. */
export interface OpenExecutorStorage {
  readonly storage: ExecutorStorage;
  /** Closes it and opens what it has kept; undefined where nothing outlives a close. */
  readonly reopen?: () => ExecutorStorage;
  close(): void;
}

/** Declares one test for each promise of a keeper's storage; `open` gives an empty one each time. */
export function executorStorageContract(name: string, open: () => OpenExecutorStorage): void {
  describe(`the storage of an executor's keeper: ${name}`, () => {
    for (const promise of EXECUTOR_STORAGE_CASES) {
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
