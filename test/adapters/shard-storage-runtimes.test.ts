import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { SHARD_STORAGE_CASES } from "../contract/shard-storage.cases.ts";

const MAIN = new URL("../contract/shard-storage.main.ts", import.meta.url).pathname;
const BIN = new URL("../../node_modules/.bin/", import.meta.url).pathname;

it.each([
  ["Node", process.execPath, []],
  ["Bun", `${BIN}bun`, []],
  ["Deno", `${BIN}deno`, ["run", "-A", "--node-modules-dir=manual"]],
])("the SQLite of %s keeps every promise of a shard's storage", async (_name, program, args) => {
  const { stdout } = await promisify(execFile)(program, [...args, MAIN], { timeout: 25_000 });

  expect(JSON.parse(stdout)).toEqual({ tried: SHARD_STORAGE_CASES.length, faults: [] });
});
