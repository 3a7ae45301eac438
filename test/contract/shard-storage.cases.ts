import { SHARD_STORAGE_ROW_CASES } from "./shard-storage-rows.cases.ts";
import { SHARD_STORAGE_TIME_CASES } from "./shard-storage-time.cases.ts";
import { SHARD_STORAGE_TRANSACTION_CASES } from "./shard-storage-transaction.cases.ts";
import { SHARD_STORAGE_WORKFLOW_CASES } from "./shard-storage-workflows.cases.ts";
import type { ShardStorageCase } from "./shard-storage-case.ts";

/** What every storage of a shard promises. */
export const SHARD_STORAGE_CASES: readonly ShardStorageCase[] = [
  ...SHARD_STORAGE_ROW_CASES,
  ...SHARD_STORAGE_TIME_CASES,
  ...SHARD_STORAGE_TRANSACTION_CASES,
  ...SHARD_STORAGE_WORKFLOW_CASES,
];
