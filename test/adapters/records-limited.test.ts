import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LibsqlDirectory } from "../../src/adapters/libsql-directory.ts";
import { LibsqlRecords } from "../../src/adapters/libsql-records.ts";
import { LibsqlRecordsReader } from "../../src/adapters/libsql-records-reader.ts";
import type { JobsQuery, RunsQuery } from "../../src/ports/records.ts";
import { openMemoryRecords, type OpenedRecords } from "../support/open-records.ts";
import { jobsQuery, runsQuery } from "../support/records-queries.ts";
import { aBatch, aJob, aRun, jobId, runId } from "../support/records-rows.ts";
import { EXECUTOR_DEFAULTS } from "../support/specs.ts";
import { statementPlans } from "../support/statement-plans.ts";

const JOBS = 6;
const RUNS_OF_EACH = 5;
const RUN_IDS = Array.from({ length: JOBS }, (_, job) =>
  Array.from({ length: RUNS_OF_EACH }, (__, n) => runId(job * 100 + n)),
);
let records: OpenedRecords;

function targetOf(executor: string) {
  return { ...EXECUTOR_DEFAULTS, kind: "executor", executor, handler: "h" } as const;
}

/** Jobs of the executors a, b and c in turn, each with runs that lie between those of the others. */
async function fill(database: OpenedRecords["database"]): Promise<void> {
  const jobs = Array.from({ length: JOBS }, (_, i) =>
    aJob({
      id: jobId(i),
      spec: { name: `job-${i}`, target: targetOf(["a", "b", "c"][i % 3] ?? "") },
    }),
  );
  const runs = jobs.flatMap((job, i) =>
    (RUN_IDS[i] ?? []).map((id, n) =>
      aRun({
        id,
        jobId: job.id,
        jobName: job.spec.name,
        createdMs: 1_000 + n * 10 + i,
        phase: { state: "failed", attempt: 1, endedMs: 2 },
      }),
    ),
  );
  await new LibsqlRecords(database).write(aBatch({ jobs, runs }));
}

beforeAll(async () => {
  records = await openMemoryRecords();
  await fill(records.database);
});
afterAll(() => records.close());

async function jobNames(over: Partial<JobsQuery>): Promise<readonly string[]> {
  const page = await new LibsqlRecordsReader(records.database).jobs(jobsQuery(over));
  return page.items.map(({ spec }) => spec.name);
}

async function allRuns(over: Partial<RunsQuery>, limit: number): Promise<readonly string[]> {
  const reader = new LibsqlRecordsReader(records.database);
  const found: string[] = [];
  let cursor: string | null = null;
  do {
    // oxlint-disable-next-line no-await-in-loop -- A page names the next one.
    const page = await reader.runs(runsQuery({ ...over, limit, cursor }));
    found.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found;
}

describe("a list for somebody who is limited to executors", () => {
  it("has only their jobs, by name", async () => {
    expect(await jobNames({ executors: ["c", "a"] })).toEqual(["job-0", "job-2", "job-3", "job-5"]);
    expect(await jobNames({ executors: ["a"], state: "paused" })).toEqual([]);
    expect(await jobNames({ executors: ["a"], q: "3" })).toEqual(["job-3"]);
    expect(await jobNames({ executors: ["a"], executor: "b" })).toEqual([]);
    expect(await jobNames({ executors: ["a", "b"], executor: "b" })).toEqual(["job-1", "job-4"]);
    expect(await jobNames({ executors: [] })).toEqual([]);
    expect(await jobNames({ executors: ["a"], tag: "none" })).toEqual([]);
  });

  it.each([1, 3, 50])(
    "has only runs of their jobs, newest first, in pages of %i",
    async (limit) => {
      const all = await allRuns({}, 50);
      const wanted = [...(RUN_IDS[0] ?? []), ...(RUN_IDS[3] ?? [])];
      const own = await allRuns({ executors: ["a"] }, limit);

      expect(own.toSorted()).toEqual(wanted.toSorted());
      expect(own).toEqual(all.filter((id) => own.includes(id)));
    },
  );

  it.each<Partial<RunsQuery>>([
    { isDeadLetter: true },
    { order: "oldest" },
    { states: ["failed"] },
    { trigger: "api" },
    { q: "job" },
    { fromMs: 0 },
  ])("narrows %j as well", async (over) => {
    const own = await allRuns({ ...over, executors: ["b", "c"] }, 3);
    const all = await allRuns(over, 50);

    expect(own).toHaveLength(20);
    expect(own).toEqual(all.filter((id) => own.includes(id)));
  });

  it("has no runs of a job of another executor, by whatever it is asked for", async () => {
    const foreign = await allRuns({ executors: ["a"], job: jobId(1) }, 3);
    const byName = await allRuns({ executors: ["a"], job: "job-1" }, 3);
    const own = await allRuns({ executors: ["a"], job: jobId(3) }, 3);

    expect([foreign, byName]).toEqual([[], []]);
    expect(own).toHaveLength(5);
  });
});

const CURSOR = "WyJydW5zIiwxLCJhIl0";

describe("the plan of such a list", () => {
  it.each<Partial<JobsQuery>>([
    { executors: ["a", "b"] },
    { executors: ["a", "b"], q: "x", state: "paused" },
    { executors: ["a", "b"], cursor: "WyJqb2JzIiwiYSIsImIiXQ" },
  ])("of jobs %j walks each executor's index", async (over) => {
    const plan = await statementPlans(records, (database) =>
      new LibsqlRecordsReader(database).jobs(jobsQuery(over)),
    );

    const walks = plan.filter((line) =>
      line.includes("jobs_by_executor (namespace=? AND executor=?"),
    );
    expect(walks).toHaveLength(2);
    expect(plan.filter((line) => /SCAN (?!\(subquery)/.test(line))).toEqual([]);
  });

  it.each<[Partial<RunsQuery>, string]>([
    [{}, "runs_by_job (job_id=?)"],
    [{ cursor: CURSOR }, "runs_by_job (job_id=? AND (created_ms,id)<(?,?))"],
    [{ order: "oldest" }, "runs_by_job (job_id=?)"],
    [{ isDeadLetter: true }, "runs_failed_by_job (job_id=?)"],
    [{ states: ["failed"] }, "runs_by_state (namespace=? AND state=?)"],
    [{ job: jobId(1) }, "runs_by_job (job_id=?)"],
    [{ q: "x" }, "runs_by_created (namespace=?)"],
  ])("of runs %j goes by the jobs, or by the index of what else is asked", async (over, index) => {
    const plan = await statementPlans(records, (database) =>
      new LibsqlRecordsReader(database).runs(runsQuery({ ...over, executors: ["a", "b"] })),
    );

    expect(plan.join("\n")).toContain(index);
    expect(plan.join("\n")).toContain("jobs_by_executor (namespace=? AND executor=?)");
    expect(plan.filter((line) => /SCAN (?!\(subquery)/.test(line))).toEqual([]);
  });

  it("of namespaces and their objects reads no table through", async () => {
    const plan = await statementPlans(records, async (database) => {
      const directory = new LibsqlDirectory(database);
      await directory.usages([{ namespace: "default", executors: null }], 10);
      await directory.usages([{ namespace: "default", executors: ["a"] }], 10);
      await directory.namespacesNamed(["default", "other"]);
      await directory.objectNames("default", "jobs", { limit: 10, afterName: "a" });
      await directory.objectNames("default", "workflows", { limit: 10, afterName: null });
      await directory.objectNames("default", "executors", { limit: 10, afterName: "a" });
      await directory.hasHistory("default");
      await directory.namespaces(10, "a");
      await directory.executors("default", { limit: 10, afterAppKey: "a", only: ["a"] });
      await directory.tokens("default", {
        limit: 10,
        afterId: "a",
        only: { state: "active", nowMs: 1 },
      });
    });

    const read = plan.filter((line) => /SCAN (?!\(subquery|CONSTANT)|TEMP B-TREE/.test(line));
    expect(read).toEqual([]);
  });

  it("of the end of a namespace reads through nothing but the users and their memberships", async () => {
    const plan = await statementPlans(records, (database) =>
      new LibsqlDirectory(database).deleteNamespace("gone", 1, { nowMs: 1, by: "usr_1" }),
    );

    const read = plan.filter((line) => /SCAN (?!CONSTANT)|TEMP B-TREE/.test(line));
    expect(read.filter((line) => !/SCAN users$|SCAN m VIRTUAL/.test(line))).toEqual([]);
  });
});
