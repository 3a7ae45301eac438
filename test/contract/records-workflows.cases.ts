import { deepEqual, equal, notEqual } from "node:assert/strict";
import { LibsqlRecords } from "../../src/adapters/libsql-records.ts";
import { LibsqlRecordsReader } from "../../src/adapters/libsql-records-reader.ts";
import { idOf } from "../../src/core/placement.ts";
import type { Run } from "../../src/core/run.ts";
import type { WorkflowRun } from "../../src/core/workflow-run.ts";
import type {
  RecordsBatch,
  RunsQuery,
  WorkflowRunsQuery,
  WorkflowsQuery,
} from "../../src/ports/records.ts";
import type { OpenedRecords } from "../support/open-records.ts";
import {
  refuses,
  runsQuery,
  workflowRunsQuery,
  workflowsQuery,
} from "../support/records-queries.ts";
import { aBatch, anEndedRun, aRun, runId } from "../support/records-rows.ts";
import { aWorkflow, aWorkflowRun } from "../support/stored-workflows.ts";
import type { ContractCase } from "./contract-case.ts";

/** What the records tell of workflows, their runs, and the runs of their steps. */
export const recordsWorkflowCases: readonly ContractCase<OpenedRecords>[] = [
  {
    name: "workflows are listed by name in their newest version, and each filter narrows the list",
    async run(records) {
      const reader = await readerOf(records, { workflows: WORKFLOWS });
      const names = async (over: Partial<WorkflowsQuery>) =>
        (await reader.workflows(workflowsQuery(over))).items.map(
          ({ spec, version }) => `${spec.name}@${version}`,
        );

      deepEqual(await names({}), ["a@2", "b_c@1", "d@1"]);
      deepEqual(await names({ tag: "etl" }), ["a@2", "d@1"]);
      deepEqual(await names({ tag: "old" }), []);
      deepEqual(await names({ q: "_" }), ["b_c@1"]);
      deepEqual(await names({ q: "NIGHTLY" }), ["d@1"]);
      deepEqual(await names({ tag: "etl", q: "nightly" }), ["d@1"]);
      deepEqual(await names({ namespace: "other" }), ["a@1"]);
      deepEqual(await reader.workflowVersion(wfId(1), 1), WORKFLOWS[0]);
      deepEqual(await reader.workflowVersion(wfId(1), 2), WORKFLOWS[1]);
      equal(await reader.workflowVersion(wfId(1), 3), null);
    },
  },
  {
    name: "a deleted workflow is listed no more, whatever comes late, and its versions stay",
    async run(records) {
      const gone = { id: wfId(1), namespace: "default", name: "a", version: 3 };
      const reader = await readerOf(records, { workflows: WORKFLOWS, deletedWorkflows: [gone] });
      const successor = aWorkflow({ id: wfId(9), spec: { name: "a" } });
      const late = { workflows: [...WORKFLOWS, successor] };
      await new LibsqlRecords(records.database).write(aBatch(late));

      const { items } = await reader.workflows(workflowsQuery({ limit: 1 }));
      deepEqual(items, [successor]);
      deepEqual(await reader.workflowVersion(wfId(1), 2), WORKFLOWS[1]);
    },
  },
  {
    name: "pages of long definitions hold fewer, and none is left out",
    async run(records) {
      const description = "x".repeat(1_400_000);
      const workflows = [1, 2, 3, 4, 5].map((n) =>
        aWorkflow({
          id: wfId(n),
          spec: { name: `w${n}`, description: n === 3 ? "" : description },
        }),
      );
      const reader = await readerOf(records, { workflows });
      const seen: string[] = [];
      const counts: number[] = [];
      let cursor: string | null = null;
      do {
        // oxlint-disable-next-line no-await-in-loop -- A page names the next one.
        const page = await reader.workflows(workflowsQuery({ cursor }));
        seen.push(...page.items.map(({ spec }) => `${spec.name}:${spec.description.length}`));
        counts.push(page.items.length);
        cursor = page.nextCursor;
      } while (cursor !== null);

      const long = description.length;
      deepEqual(seen, [`w1:${long}`, `w2:${long}`, "w3:0", `w4:${long}`, `w5:${long}`]);
      deepEqual(counts, [3, 2]);
    },
  },
  {
    name: "workflow runs are listed newest first, and each filter narrows the list",
    async run(records) {
      const reader = await readerOf(records, { workflowRuns: WORKFLOW_RUNS });
      const times = async (over: Partial<WorkflowRunsQuery>) =>
        (await reader.workflowRuns(workflowRunsQuery(over))).items.map((run) => run.createdMs);

      deepEqual(await times({}), [5, 4, 3, 2, 1]);
      deepEqual(await times({ order: "oldest" }), [1, 2, 3, 4, 5]);
      deepEqual(await times({ workflow: "a" }), [4, 3, 1]);
      deepEqual(await times({ workflow: wfId(2) }), [5, 2]);
      deepEqual(await times({ workflow: wfId(2), namespace: "other" }), []);
      deepEqual(await times({ states: ["failed"] }), [4, 2]);
      deepEqual(await times({ states: ["failed", "running", "failed"] }), [5, 4, 2, 1]);
      deepEqual(await times({ states: ["failed", "running"], workflow: "a" }), [4, 1]);
      deepEqual(await times({ trigger: "event" }), [3]);
      deepEqual(await times({ trigger: "run" }), [2]);
      deepEqual(await times({ trigger: "api", workflow: wfId(1), states: ["failed"] }), [4]);
      deepEqual(await times({ fromMs: 2, toMs: 4 }), [3, 2]);
      deepEqual(await times({ namespace: "other" }), [6]);
      deepEqual(await reader.workflowRun("default", "wr_4"), WORKFLOW_RUNS[3]);
      equal(await reader.workflowRun("other", "wr_4"), null);
      equal(await reader.workflowRun("default", "wr_9"), null);
    },
  },
  {
    name: "pages of workflow runs follow each other, and only their own cursors lead on",
    async run(records) {
      const reader = await readerOf(records, { workflowRuns: WORKFLOW_RUNS });
      const page = (cursor: string | null, states: WorkflowRunsQuery["states"] = []) =>
        reader.workflowRuns(workflowRunsQuery({ limit: 2, cursor, states }));

      const first = await page(null);
      const second = await page(first.nextCursor);
      const last = await page(second.nextCursor);
      const all = [first, second, last].flatMap(({ items }) => items);
      const some = await page((await page(null, ["failed", "running"])).nextCursor, [
        "failed",
        "running",
      ]);

      deepEqual(
        all.map(({ createdMs }) => createdMs),
        [5, 4, 3, 2, 1],
      );
      equal(last.nextCursor, null);
      notEqual(first.nextCursor, null);
      deepEqual(
        some.items.map(({ createdMs }) => createdMs),
        [2, 1],
      );
      await refuses(
        "cursor.invalid",
        reader.workflows(workflowsQuery({ cursor: first.nextCursor })),
      );
      await refuses("cursor.invalid", page("e30"));
    },
  },
  {
    name: "pages of runs hold fewer where their results are long, and none is left out",
    async run(records) {
      const runs = [1, 2, 3, 4, 5, 6, 7].map((i) =>
        aRun({ id: runId(i), createdMs: i, result: i % 3 === 0 ? "s" : "l".repeat(1_200_000) }),
      );
      const reader = await readerOf(records, { runs });
      const pages: number[][] = [];
      let cursor: string | null = null;
      do {
        // oxlint-disable-next-line no-await-in-loop -- A page names the next one.
        const page = await reader.runs(runsQuery({ limit: 6, cursor }));
        pages.push(page.items.map(({ createdMs }) => createdMs));
        cursor = page.nextCursor;
      } while (cursor !== null);
      deepEqual(pages.flat(), [7, 6, 5, 4, 3, 2, 1]);
      deepEqual(
        pages.map(({ length }) => length),
        [5, 2],
      );
    },
  },
  {
    name: "runs of workflows are found by workflow, and not by a job of the same name",
    async run(records) {
      const reader = await readerOf(records, { runs: STEP_RUNS });
      const times = async (over: Partial<RunsQuery>) =>
        (await reader.runs(runsQuery(over))).items.map((run) => run.createdMs);

      deepEqual(await times({}), [4, 3, 2, 1]);
      deepEqual(await times({ job: "report" }), [1]);
      deepEqual(await times({ workflow: "report" }), [3, 2]);
      deepEqual(await times({ workflow: wfId(1) }), [3, 2]);
      deepEqual(await times({ workflow: "report", states: ["failed"] }), [3]);
      deepEqual(await times({ workflow: "other" }), [4]);
      deepEqual(await times({ trigger: "workflow" }), [4, 3, 2]);
      deepEqual(await times({ trigger: "workflow", job: "report" }), []);
      deepEqual(await times({ workflowRun: "wr_1" }), [3, 2]);
      deepEqual(await times({ workflowRun: "wr_1", order: "oldest" }), [2, 3]);
      deepEqual(await times({ workflowRun: "wr_1", workflow: "other" }), []);
      deepEqual(await times({ workflowRun: "wr_1", states: ["failed"], job: "report" }), []);
      deepEqual(await times({ workflowRun: "wr_1", namespace: "other" }), []);
      deepEqual(await times({ workflowRun: "wr_9" }), []);
    },
  },
  {
    name: "the run of a step is no dead letter: it is retried through its workflow run",
    async run(records) {
      const reader = await readerOf(records, {
        runs: [...STEP_RUNS, { ...FAILED, id: runId(9), trigger: { kind: "api" }, createdMs: 9 }],
      });
      const dead = async (over: Partial<RunsQuery>) =>
        (await reader.runs(runsQuery({ isDeadLetter: true, ...over }))).items.map(
          (run) => run.createdMs,
        );

      deepEqual(await dead({}), [9]);
      deepEqual(await dead({ job: "report" }), [9]);
      deepEqual(await dead({ workflow: "report" }), []);
    },
  },
  {
    name: "records that cannot be reached refuse to tell of workflows",
    async run(records) {
      const reader = await readerOf(records, {});
      records.client.close();

      await refuses("records.unavailable", reader.workflows(workflowsQuery({})));
      await refuses("records.unavailable", reader.workflowVersion("wf", 1));
      await refuses("records.unavailable", reader.workflowRuns(workflowRunsQuery({})));
      await refuses("records.unavailable", reader.workflowRun("default", "wr"));
    },
  },
];

function wfId(number: number): string {
  return idOf("wf", number.toString(16).padStart(32, "0"), 0);
}

const WORKFLOWS: RecordsBatch["workflows"] = [
  aWorkflow({ id: wfId(1), spec: { name: "a", tags: ["old"] } }),
  aWorkflow({ id: wfId(1), version: 2, spec: { name: "a", tags: ["etl", "x"] } }),
  aWorkflow({ id: wfId(2), spec: { name: "b_c", tags: [] } }),
  aWorkflow({ id: wfId(3), spec: { name: "d", tags: ["etl"], description: "Nightly" } }),
  aWorkflow({ id: wfId(4), namespace: "other", spec: { name: "a", tags: ["etl"] } }),
];

function aListed(number: number, more: Partial<WorkflowRun>): WorkflowRun {
  const of = { workflowId: wfId(1), workflowName: "a" };
  return aWorkflowRun({ id: `wr_${number}`, createdMs: number, ...of, ...more });
}

const OF_B = { workflowId: wfId(2), workflowName: "b" };
const BY_RUN = { kind: "run", run: "run_1", attempt: 1, shard: 0 } as const;
const BY_EVENT = { kind: "event", event: "paid", id: "1" } as const;
const WORKFLOW_RUNS: readonly WorkflowRun[] = [
  aListed(1, {}),
  aListed(2, { ...OF_B, phase: { state: "failed", endedMs: 9 }, trigger: BY_RUN }),
  aListed(3, { phase: { state: "succeeded", endedMs: 9 }, trigger: BY_EVENT }),
  aListed(4, { phase: { state: "failed", endedMs: 9 } }),
  aListed(5, OF_B),
  aListed(6, { namespace: "other" }),
];

function aStepRun(number: number, workflowRun: string, more: Partial<Run> = {}): Run {
  return aRun({
    id: runId(number),
    jobId: wfId(1),
    createdMs: number,
    trigger: {
      kind: "workflow",
      workflowRun,
      stepName: "fetch",
      step: 0,
      part: -1,
      revision: 1,
      isCompensation: false,
    },
    ...more,
  });
}

const FAILED = anEndedRun(3, { node: "http://n1", tookMs: 5, error: "broken" });
const STEP_RUNS: readonly Run[] = [
  aRun({ id: runId(1), createdMs: 1 }),
  aStepRun(2, "wr_1"),
  { ...FAILED, ...aStepRun(3, "wr_1"), phase: FAILED.phase, error: FAILED.error },
  aStepRun(4, "wr_2", { jobId: wfId(2), jobName: "other" }),
];

async function readerOf(
  { database }: OpenedRecords,
  batch: Partial<RecordsBatch>,
): Promise<LibsqlRecordsReader> {
  equal(await new LibsqlRecords(database).write(aBatch(batch)), true);
  return new LibsqlRecordsReader(database);
}
