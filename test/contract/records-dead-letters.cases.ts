import { deepEqual } from "node:assert/strict";
import { LibsqlRecords } from "../../src/adapters/libsql-records.ts";
import { LibsqlRecordsReader } from "../../src/adapters/libsql-records-reader.ts";
import type { EndedState, Run } from "../../src/core/run.ts";
import type { RunsQuery } from "../../src/ports/records.ts";
import type { OpenedRecords } from "../support/open-records.ts";
import { refuses, runsQuery } from "../support/records-queries.ts";
import { aBatch, anEndedRun, aRun, jobId, runId } from "../support/records-rows.ts";
import type { ContractCase } from "./contract-case.ts";

/** Which runs are dead letters, and in which order runs may be asked for. */
export const deadLetterCases: readonly ContractCase<OpenedRecords>[] = [
  {
    name: "a run that ended badly is a dead letter until another run retries it",
    async run({ database }) {
      const writer = new LibsqlRecords(database);
      const reader = new LibsqlRecordsReader(database);
      const dead = async (over: Partial<RunsQuery> = {}) =>
        (await reader.runs(runsQuery({ isDeadLetter: true, ...over }))).items.map(
          (run) => run.createdMs / 1_000,
        );
      // A retry may come to the records before the end of what it retries.
      await writer.write(aBatch({ runs: [aRetry(10, 3)] }));
      await writer.write(aBatch({ runs: ENDED }));

      deepEqual(await dead(), [6, 5, 2]);
      deepEqual(await dead({ order: "oldest" }), [2, 5, 6]);
      deepEqual(await dead({ job: "report" }), [6, 5, 2]);
      deepEqual(await dead({ job: jobId(1), states: ["lost", "timed_out"] }), [6, 5]);
      deepEqual(await dead({ job: jobId(2) }), []);
      deepEqual(await dead({ namespace: "other" }), [7]);
      deepEqual(await dead({ fromMs: 3_000, toMs: 6_000 }), [5]);
      deepEqual(await dead({ node: "http://n2", trigger: "api", q: "refused" }), [6, 5, 2]);

      await writer.write(aBatch({ runs: [aRetry(11, 5)] }));
      deepEqual(await dead(), [6, 2]);
    },
  },
  {
    name: "runs can be asked for oldest first, a page after another",
    async run({ database }) {
      await new LibsqlRecords(database).write(aBatch({ runs: ENDED }));
      const reader = new LibsqlRecordsReader(database);
      const states: RunsQuery["states"] = ["failed", "lost"];
      const page = (cursor: string | null) =>
        reader.runs(runsQuery({ order: "oldest", states, limit: 2, cursor }));

      const head = await page(null);
      const tail = await page(head.nextCursor);

      deepEqual(
        [...head.items, ...tail.items].map((run) => run.createdMs),
        [2_000, 3_000, 6_000],
      );
      await refuses("cursor.invalid", reader.runs(runsQuery({ cursor: head.nextCursor })));
    },
  },
];

function anEnd(number: number, state: EndedState, over: Partial<Run> = {}): Run {
  const run = anEndedRun(number, { node: "http://n2", tookMs: 5, error: "refused" });
  return { ...run, phase: { state, attempt: 1, endedMs: number * 1_000 + 5 }, ...over };
}

function aRetry(number: number, origin: number): Run {
  return aRun({
    id: runId(number),
    createdMs: number * 1_000,
    trigger: { kind: "retry", origin: runId(origin) },
  });
}

const ENDED: readonly Run[] = [
  anEnd(1, "succeeded"),
  anEnd(2, "failed"),
  anEnd(3, "failed"),
  anEnd(4, "canceled"),
  anEnd(5, "timed_out"),
  anEnd(6, "lost"),
  anEnd(7, "failed", { namespace: "other" }),
  anEnd(8, "failed", { trigger: { kind: "shard", parent: runId(2), index: 0 } }),
];
