import { describe, expect, it } from "vitest";
import { directoryContract } from "../contract/directory.contract.ts";
import { peopleContract } from "../contract/people.contract.ts";
import { recordsReaderContract } from "../contract/records-reader.contract.ts";
import { recordsWriterContract } from "../contract/records-writer.contract.ts";
import { runLogsContract } from "../contract/run-logs.contract.ts";
import { openFileRecords, openHranaRecords, openMemoryRecords } from "../support/open-records.ts";

const OPENERS = {
  "libSQL in memory": openMemoryRecords,
  "a libSQL file": openFileRecords,
  "libSQL over Hrana": openHranaRecords,
};

const CONTRACT = [
  ...recordsWriterContract,
  ...recordsReaderContract,
  ...directoryContract,
  ...peopleContract,
  ...runLogsContract,
];

describe.each(Object.entries(OPENERS))("records in %s", (_, open) => {
  it.each(CONTRACT)("$name", async (claim) => {
    const records = await open();
    try {
      await expect(claim.run(records)).resolves.toBeUndefined();
    } finally {
      await records.close();
    }
  });
});
