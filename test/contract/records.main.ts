import { openFileRecords, openMemoryRecords } from "../support/open-records.ts";
import { directoryContract } from "./directory.contract.ts";
import { recordsReaderContract } from "./records-reader.contract.ts";
import { recordsWriterContract } from "./records-writer.contract.ts";

/**
 * Runs the contract of the records on the embedded libSQL of the runtime that runs this file, without
 * a test framework. Prints one JSON object: how many claims were tried, and which did not hold.
 */
async function main(): Promise<void> {
  const contract = [...recordsWriterContract, ...recordsReaderContract, ...directoryContract];
  const faults: string[] = [];
  for (const open of [openMemoryRecords, openFileRecords]) {
    for (const { name, run } of contract) {
      const records = await open();
      try {
        await run(records);
      } catch (error) {
        faults.push(`${name}: ${String(error)}`);
      } finally {
        await records.close();
      }
    }
  }
  console.log(JSON.stringify({ tried: contract.length, faults }));
}

await main();
