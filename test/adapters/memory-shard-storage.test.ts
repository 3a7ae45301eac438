import { expect, it } from "vitest";
import { MemoryShardStorage } from "../../src/adapters/memory-shard-storage.ts";
import { shardStorageContract } from "../contract/shard-storage.contract.ts";
import { aStoredJob } from "../support/stored-rows.ts";

shardStorageContract("memory", () => {
  const storage = new MemoryShardStorage();
  return { storage, reopen: () => storage.clone(), close: () => undefined };
});

it("a clone and its origin do not see each other's writes", () => {
  const origin = new MemoryShardStorage();
  origin.putMeta("side", "both");
  const clone = origin.clone();

  origin.putMeta("side", "origin");
  clone.putJob(aStoredJob());

  expect(clone.getMeta("side")).toBe("both");
  expect(origin.countJobs()).toBe(0);
});

it("a storage is not cloned in the middle of a transaction", () => {
  const storage = new MemoryShardStorage();

  expect(() => storage.transaction(() => storage.clone())).toThrow(/between transactions/);
});

it("a job that changes its name is a bug", () => {
  const storage = new MemoryShardStorage();
  storage.putJob(aStoredJob());

  expect(() => {
    storage.putJob(aStoredJob({ name: "another" }));
  }).toThrow(/keeps its namespace and name/);
});
