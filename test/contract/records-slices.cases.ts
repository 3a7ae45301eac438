import { deepEqual } from "node:assert/strict";
import { LibsqlRecords } from "../../src/adapters/libsql-records.ts";
import { LibsqlRecordsReader } from "../../src/adapters/libsql-records-reader.ts";
import type { Run } from "../../src/core/run.ts";
import type { RunsQuery, SlicesQuery } from "../../src/ports/records.ts";
import type { OpenedRecords } from "../support/open-records.ts";
import { refuses, runsQuery } from "../support/records-queries.ts";
import { aBatch, anEndedRun, aRun, jobId, runId } from "../support/records-rows.ts";
import type { ContractCase } from "./contract-case.ts";

/** How the records tell the slices of sharded runs from the other runs. */
export const recordsSliceCases: readonly ContractCase<OpenedRecords>[] = [
  {
    name: "slices are in no list of runs unless they are asked for",
    async run(records) {
      const reader = await readerOf(records);
      const times = async (over: Partial<RunsQuery>) =>
        (await reader.runs(runsQuery(over))).items.map((run) => run.createdMs);

      const asked: readonly Partial<RunsQuery>[] = [
        {},
        { job: "report" },
        { job: jobId(1) },
        { states: ["waiting"] },
        { states: ["waiting", "failed"] },
        { isDeadLetter: true },
        { node: "http://n1" },
        { trigger: "api" },
      ];
      for (const over of asked) {
        // oxlint-disable-next-line no-await-in-loop -- One connection.
        const { items } = await reader.runs(runsQuery(over));
        deepEqual(
          items.filter((run) => run.trigger.kind === "shard"),
          [],
        );
      }
      deepEqual(await times({ trigger: "shard" }), [11, 10, 10, 10, 10]);
      deepEqual(await times({ trigger: "shard", states: ["failed"], job: "report" }), [10]);
      deepEqual(await times({ parent: runId(1) }), [10, 10, 10, 10]);
      deepEqual(await times({ parent: runId(1), trigger: "shard", states: ["failed"] }), [10]);
      deepEqual(await times({ parent: runId(1), namespace: "other" }), []);
      deepEqual(await times({ parent: runId(9) }), []);
    },
  },
  {
    name: "the slices of a run come by their index, a page after another",
    async run(records) {
      const reader = await readerOf(records);
      const slices = (over: Partial<SlicesQuery>) =>
        reader.slices({
          namespace: "default",
          parent: runId(1),
          states: [],
          limit: 50,
          cursor: null,
          ...over,
        });
      deepEqual(indexes((await slices({})).items), [0, 1, 2, 10]);
      deepEqual(indexes((await slices({ states: ["failed"] })).items), [2]);
      deepEqual(indexes((await slices({ parent: runId(2) })).items), [0]);
      deepEqual((await slices({ namespace: "other" })).items, []);
      const head = await slices({ limit: 3 });
      deepEqual(indexes(head.items), [0, 1, 2]);
      deepEqual(indexes((await slices({ cursor: head.nextCursor })).items), [10]);
      await refuses("cursor.invalid", slices({ cursor: "e30" }));
      await refuses("cursor.invalid", reader.runs(runsQuery({ cursor: head.nextCursor })));
    },
  },
];

function indexes(runs: readonly Run[]): readonly (number | null)[] {
  return runs.map(({ trigger }) => (trigger.kind === "shard" ? trigger.index : null));
}

function aSlice(number: number, of: { readonly parent: number; readonly index: number }): Run {
  return aRun({
    id: runId(number),
    trigger: { kind: "shard", parent: runId(of.parent), index: of.index },
    slice: { index: of.index, total: 11, items: null, node: null },
    createdMs: 9 + of.parent,
  });
}

const FAILED: Run = {
  ...anEndedRun(3, { node: "http://n1", tookMs: 5, error: "broken" }),
  trigger: { kind: "shard", parent: runId(1), index: 2 },
  createdMs: 10,
  nominalMs: 10,
};

const RUNS: readonly Run[] = [
  aRun({ id: runId(1), createdMs: 1 }),
  aRun({ id: runId(2), createdMs: 2 }),
  aSlice(8, { parent: 1, index: 0 }),
  aSlice(4, { parent: 1, index: 10 }),
  aSlice(7, { parent: 1, index: 1 }),
  aSlice(6, { parent: 2, index: 0 }),
  FAILED,
];

async function readerOf({ database }: OpenedRecords): Promise<LibsqlRecordsReader> {
  await new LibsqlRecords(database).write(aBatch({ runs: RUNS }));
  return new LibsqlRecordsReader(database);
}
