import { openFileRecords, openMemoryRecords } from "../support/open-records.ts";
import type { OpenedRecords } from "../support/open-records.ts";
import type { ContractCase } from "./contract-case.ts";
import { directoryContract } from "./directory.contract.ts";
import { peopleContract } from "./people.contract.ts";
import { recordsReaderContract } from "./records-reader.contract.ts";
import { recordsWriterContract } from "./records-writer.contract.ts";
import { runLogsContract } from "./run-logs.contract.ts";

/**
 * Runs the contract of the records on the embedded libSQL of the runtime that runs this file,
 * without a test framework. Prints one JSON object: how many claims were tried, and which did not
 * hold.
 */
async function main(): Promise<void> {
  const contract = [
    ...recordsWriterContract,
    ...recordsReaderContract,
    ...directoryContract,
    ...peopleContract,
    ...runLogsContract,
  ];
  const faults: string[] = [];
  for (const open of [openMemoryRecords, openFileRecords]) {
    for (const claim of contract) {
      // oxlint-disable-next-line no-await-in-loop -- One at a time: a claim may hold the file.
      const fault = await faultOf(claim, open);
      if (fault !== null) faults.push(fault);
    }
  }
  // oxlint-disable-next-line no-console -- The answer to the test that started this.
  console.log(JSON.stringify({ tried: contract.length, faults }));
}

async function faultOf(
  claim: ContractCase<OpenedRecords>,
  open: () => Promise<OpenedRecords>,
): Promise<string | null> {
  const records = await open();
  try {
    await claim.run(records);
    return null;
  } catch (error) {
    return `${claim.name}: ${String(error)}`;
  } finally {
    await records.close();
  }
}

await main();
