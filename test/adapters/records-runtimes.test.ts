import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { directoryContract } from "../contract/directory.contract.ts";
import { peopleContract } from "../contract/people.contract.ts";
import { recordsReaderContract } from "../contract/records-reader.contract.ts";
import { recordsWriterContract } from "../contract/records-writer.contract.ts";
import { runLogsContract } from "../contract/run-logs.contract.ts";

const MAIN = new URL("../contract/records.main.ts", import.meta.url).pathname;
const BIN = new URL("../../node_modules/.bin/", import.meta.url).pathname;
const CLAIMS = [
  ...recordsWriterContract,
  ...recordsReaderContract,
  ...directoryContract,
  ...peopleContract,
  ...runLogsContract,
].length;

it.each([
  ["Bun", `${BIN}bun`, []],
  ["Deno", `${BIN}deno`, ["run", "-A", "--node-modules-dir=manual"]],
])("the embedded libSQL of %s keeps the contract of the records", async (_, program, args) => {
  const { stdout } = await promisify(execFile)(program, [...args, MAIN], { timeout: 25_000 });

  expect(JSON.parse(stdout)).toEqual({ tried: CLAIMS, faults: [] });
});
