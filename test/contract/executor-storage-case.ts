import type { ExecutorStorage } from "../../src/ports/executor-storage.ts";

/** One promise, tried on an empty storage. It knows no test framework: workerd runs it too. */
export interface ExecutorStorageCase {
  readonly name: string;
  /** Throws when the promise is broken. */
  run(storage: ExecutorStorage): void;
  /** What must still hold once the storage was closed and opened again. */
  afterReopen?(storage: ExecutorStorage): void;
}
