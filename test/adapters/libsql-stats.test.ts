import type { Client, InStatement } from "@libsql/client";
import { drizzle } from "drizzle-orm/libsql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LibsqlRecords } from "../../src/adapters/libsql-records.ts";
import { LibsqlRecordsReader } from "../../src/adapters/libsql-records-reader.ts";
import { LibsqlStats } from "../../src/adapters/libsql-stats.ts";
import { PAGE_LIMITS } from "../../src/adapters/records-page.ts";
import {
  openHranaRecords,
  openMemoryRecords,
  type OpenedRecords,
} from "../support/open-records.ts";
import { jobsQuery, runsQuery } from "../support/records-queries.ts";
import { aBatch, aJob, anEndedRun, aRun, onExecutor, runId } from "../support/records-rows.ts";

const ALL = { namespace: "default", executors: null };
const NOW_MS = 10 * 86_400_000;

const OPENERS = { memory: openMemoryRecords, Hrana: openHranaRecords };

describe.each(Object.entries(OPENERS))("figures over libSQL by way of %s", (_, open) => {
  it("are those of the rows", async () => {
    const records = await open();
    const end = { node: "https://one.example.com", tookMs: 40 };
    const live = aRun({
      id: runId(4),
      createdMs: 4_000,
      startedMs: 4_500,
      phase: { state: "running", attempt: 1, send: 1, dueMs: 9_000_000 },
      progress: { percent: 62, message: "Half way.", atMs: 5_000 },
    });
    const runs = [anEndedRun(1, end), anEndedRun(2, { ...end, error: "x".repeat(900) }), live];
    await new LibsqlRecords(records.database).write(aBatch({ jobs: [aJob()], runs }));
    const stats = new LibsqlStats(records.database);

    const { counts, failingJobs, running } = await stats.overview(ALL, 3_600_000);
    const overTime = { namespace: "default", fromMs: 0, bucketMs: 86_400_000 };
    const counted = await stats.runsOverTime(overTime);
    const [job] = await stats.jobRuns(ALL, ["report"]);
    await records.close();

    expect(counts).toEqual({ jobsActive: 1, jobsPaused: 0, succeeded: 1, failed: 1 });
    expect(failingJobs).toMatchObject([
      { name: "report", run: runId(2), count: 1, sinceMs: 2_000 },
    ]);
    expect(failingJobs[0]?.message).toHaveLength(500);
    expect(running).toEqual([
      {
        kind: "run",
        id: runId(4),
        name: "report",
        startedMs: 4_500,
        progress: { percent: 62, message: "Half way." },
        expectedMs: 40,
      },
    ]);
    expect(counted.toSorted((a, b) => a.state.localeCompare(b.state))).toEqual([
      { atMs: 0, state: "failed", count: 1 },
      { atMs: 0, state: "succeeded", count: 1 },
    ]);
    expect(job?.runs.map(({ id }) => id)).toEqual([runId(4), runId(2), runId(1)]);
    expect(job?.runs[1]?.error).toHaveLength(200);
    expect(job?.active).toEqual({ id: runId(4), startedMs: 4_500 });
  });
});

describe("a job that fails each second", () => {
  it("does not hide one that fails once a day", async () => {
    const records = await openMemoryRecords();
    const end = { node: "https://one.example.com", tookMs: 1, error: "It broke." };
    const quiet = aJob({ id: "job_quiet", spec: { name: "quiet" } });
    const noisy = Array.from({ length: 300 }, (_, i) => anEndedRun(i + 2, end));
    const once = { ...anEndedRun(1, end), jobId: quiet.id, jobName: "quiet" };
    const batch = aBatch({ jobs: [aJob(), quiet], runs: [once, ...noisy] });
    await new LibsqlRecords(records.database).write(batch);

    const { failingJobs } = await new LibsqlStats(records.database).overview(ALL, 3_600_000);
    await records.close();

    expect(failingJobs).toMatchObject([
      { name: "report", count: 100 },
      { name: "quiet", count: 1 },
    ]);
  });
});

describe("statements over many rows", () => {
  let records: OpenedRecords;
  const rows = PAGE_LIMITS.lookedAtMax + 100;
  beforeAll(async () => {
    records = await openMemoryRecords();
    const runs = [{ ...anEndedRun(0, { node: "n", tookMs: 1 }), id: "run_z" }];
    const job = aJob({ id: "job_z", spec: { name: "z", ...onExecutor("app") } });
    await new LibsqlRecords(records.database).write(aBatch({ jobs: [job], runs }));
    const counting = `with recursive one(i) as (
      select 1 union all select i + 1 from one where i < ${rows})`;
    await records.client.execute(`insert into runs ${counting}
      select printf('run_%06d', i), namespace, job_id, job_name, version, state, "trigger",
        nominal_ms, i, duration_ms, node, error_message, body, null from runs, one`);
    await records.client.execute(`insert into jobs ${counting}
      select printf('job_%06d', i), namespace, printf('a-%06d', i), 1, 0, state, executor,
        description, body from jobs, one`);
  });
  afterAll(() => records.close());

  it("hand back what they have found of a text, and where to go on", async () => {
    const reader = new LibsqlRecordsReader(records.database);
    const first = await reader.runs(runsQuery({ q: "run_000007" }));
    const second = await reader.runs(runsQuery({ q: "run_000007", cursor: first.nextCursor }));
    const plain = await reader.runs(runsQuery({ limit: 2 }));

    expect(first.items).toEqual([]);
    expect(first.nextCursor).not.toBeNull();
    expect(second).toMatchObject({ items: [{}], nextCursor: null });
    expect(plain.items).toHaveLength(2);
  });

  it("find every run of several states, page by page", async () => {
    const reader = new LibsqlRecordsReader(records.database);
    const query = runsQuery({ states: ["succeeded", "failed"], q: "report", limit: 1_000 });
    let found = 0;
    let cursor: string | null = null;
    do {
      // oxlint-disable-next-line no-await-in-loop -- A page names the next one.
      const page: Awaited<ReturnType<typeof reader.runs>> = await reader.runs({ ...query, cursor });
      found += page.items.length;
      cursor = page.nextCursor;
    } while (cursor !== null);

    expect(found).toBe(rows + 1);
  });

  it.each([{ q: "z" }, { q: "z", executor: "app" }, { q: "z", state: "active" as const }])(
    "look at so many jobs for %j, and go on behind them",
    async (narrow) => {
      const reader = new LibsqlRecordsReader(records.database);
      const first = await reader.jobs(jobsQuery(narrow));
      const cursor = first.nextCursor;
      const second = await reader.jobs(jobsQuery({ ...narrow, cursor }));

      expect(first.items).toEqual([]);
      expect(second.items).toMatchObject([{ spec: { name: "z" } }]);
      expect(second.nextCursor).toBeNull();
    },
  );
});

it.each([null, ["app"]])(
  "no figure reads a whole table, of the executors %j",
  async (executors) => {
    const records = await openMemoryRecords();
    const scope = { namespace: "default", executors };
    const plan = await plansOf(records, async (stats) => {
      await stats.overview(scope, NOW_MS);
      await stats.jobRuns(scope, ["report"]);
      await stats.runsOverTime({ namespace: "default", fromMs: 1, bucketMs: 3_600_000 });
    });
    await records.close();

    const tables = /^SCAN (runs|jobs|workflow_runs|workflow_steps|executors|run_counts)\b/;
    expect(plan.length).toBeGreaterThan(20);
    expect(plan.filter((line) => tables.test(line))).toEqual([]);
  },
);

/** How SQLite goes about each statement that `use` sends, one line for each table it opens. */
async function plansOf(
  records: OpenedRecords,
  use: (stats: LibsqlStats) => Promise<void>,
): Promise<readonly string[]> {
  const sent: InStatement[] = [];
  const recording = new Proxy<Client>(records.client, {
    get(client, name) {
      if (name === "execute" || name === "batch")
        return (asked: InStatement | InStatement[]) => {
          sent.push(...(Array.isArray(asked) ? asked : [asked]));
          return Array.isArray(asked) ? client.batch(asked) : client.execute(asked);
        };
      const value: unknown = Reflect.get(client, name);
      return value;
    },
  });
  // One failing job and one live run, so that what is asked about those is asked as well.
  const failed = anEndedRun(1, { node: "n", tookMs: 1, error: "It broke." });
  const live = aRun({ id: runId(2), phase: { state: "running", attempt: 1, send: 1, dueMs: 9 } });
  const job = aJob({ spec: onExecutor("app") });
  await new LibsqlRecords(records.database).write(aBatch({ jobs: [job], runs: [failed, live] }));
  await use(new LibsqlStats(drizzle(recording)));
  const plans = await Promise.all(
    sent.map((statement) => {
      const { sql, args = [] } = typeof statement === "string" ? { sql: statement } : statement;
      return records.client.execute({ sql: `explain query plan ${sql}`, args });
    }),
  );
  return plans.flatMap(({ rows }) =>
    rows.map(({ detail }) => (typeof detail === "string" ? detail : "")),
  );
}
