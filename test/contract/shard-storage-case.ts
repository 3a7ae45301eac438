import type { ShardStorage } from "../../src/ports/shard-storage.ts";

/** One promise, tried on an empty storage. It knows no test framework: Bun, Deno and workerd run it too. */
export interface ShardStorageCase {
  readonly name: string;
  /** Throws when the promise is broken. */
  run(storage: ShardStorage): void;
  /** What must still hold once the storage was closed and opened again. */
  afterReopen?(storage: ShardStorage): void;
}
