import { deepEqual, equal } from "node:assert/strict";
import { LibsqlRecords } from "../../src/adapters/libsql-records.ts";
import { LibsqlRecordsReader } from "../../src/adapters/libsql-records-reader.ts";
import type { StepRow } from "../../src/core/workflow-run.ts";
import type { StepsQuery } from "../../src/ports/records.ts";
import type { OpenedRecords } from "../support/open-records.ts";
import { refuses, stepsQuery } from "../support/records-queries.ts";
import { aBatch } from "../support/records-rows.ts";
import { aStepRow } from "../support/stored-workflows.ts";
import type { ContractCase } from "./contract-case.ts";

/** What the records tell of the steps of a workflow run. */
export const recordsStepCases: readonly ContractCase<OpenedRecords>[] = [
  {
    name: "the steps of a workflow run come by their place, and so do the parts of one",
    async run(records) {
      const reader = await readerOf(records, ROWS);
      const places = async (over: Partial<StepsQuery>) =>
        (await reader.steps(stepsQuery(over))).items.map(placeOf);

      deepEqual(await places({}), ["0.-1", "1.-1", "10.-1"]);
      deepEqual(await places({ step: 1 }), ["1.0", "1.2", "1.10"]);
      deepEqual(await places({ step: 0 }), []);
      deepEqual(await places({ step: "all" }), ["0.-1", "1.-1", "1.0", "1.2", "1.10", "10.-1"]);
      deepEqual(await places({ workflowRun: "wfr_x" }), []);
      deepEqual(await reader.step("wfr_a", 10), aStepRow({ step: 10 }));
      equal(await reader.step("wfr_a", 2), null);
    },
  },
  {
    name: "parts that have ended are counted by the place of their step",
    async run(records) {
      const reader = await readerOf(records, ROWS);

      deepEqual([...(await reader.partsEnded("wfr_a"))], [[1, 2]]);
      deepEqual([...(await reader.partsEnded("wfr_x"))], []);
    },
  },
  {
    name: "the row of a step is its newest version, whichever comes first",
    async run(records) {
      const newest = aStepRow({ version: 3, state: "failed", revision: 2 });
      const reader = await readerOf(records, [newest]);
      const writer = new LibsqlRecords(records.database);
      await writer.write(aBatch({ steps: [aStepRow({ version: 2 }), aStepRow({ version: 3 })] }));

      deepEqual(await reader.step("wfr_a", 0), newest);
    },
  },
  {
    name: "pages of steps follow each other, though rows are a megabyte long",
    async run(records) {
      const rows = [0, 1, 2, 3, 4, 5, 6].flatMap((step) => [
        aStepRow({ step, output: step % 2 === 0 ? `${step}`.repeat(1_000_000) : "short" }),
        aStepRow({ step, part: 0 }),
      ]);
      const reader = await readerOf(records, rows);

      for (const step of [null, "all"] as const) {
        const seen: StepRow[] = [];
        let cursor: string | null = null;
        do {
          // oxlint-disable-next-line no-await-in-loop -- A page names the next one.
          const page = await reader.steps(stepsQuery({ limit: 5, step, cursor }));
          seen.push(...page.items);
          cursor = page.nextCursor;
        } while (cursor !== null);
        deepEqual(
          seen,
          rows.filter(({ part }) => step === "all" || part === -1),
        );
      }
      await refuses("cursor.invalid", reader.steps(stepsQuery({ cursor: "e30" })));
    },
  },
];

const ROWS: readonly StepRow[] = [
  aStepRow({ step: 10 }),
  aStepRow({ step: 1, part: 10 }),
  aStepRow({ step: 1, part: 2, state: "pending" }),
  aStepRow({ step: 1, part: 0, state: "failed" }),
  aStepRow({ step: 1, state: "running" }),
  aStepRow({ step: 0 }),
  aStepRow({ workflowRun: "wfr_b", part: 0 }),
];

function placeOf({ step, part }: StepRow): string {
  return `${step}.${part}`;
}

async function readerOf(
  { database }: OpenedRecords,
  steps: readonly StepRow[],
): Promise<LibsqlRecordsReader> {
  equal(await new LibsqlRecords(database).write(aBatch({ steps })), true);
  return new LibsqlRecordsReader(database);
}
