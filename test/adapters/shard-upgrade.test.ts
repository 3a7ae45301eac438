import { join } from "node:path";
import { expect, test } from "vitest";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { SqlShardStorage } from "../../src/adapters/sql-shard-storage.ts";
import { createIds } from "../../src/adapters/uuid-ids.ts";
import { unreachable } from "../../src/core/assert.ts";
import type { Job, ScheduleSpec } from "../../src/core/job.ts";
import type { Run } from "../../src/core/run.ts";
import type { Sql } from "../../src/ports/shard-storage.ts";
import { SHARD_LIMITS } from "../../src/shard/limits.ts";
import { Shard } from "../../src/shard/shard.ts";
import { aSpec, MINUTE, T0 } from "../support/a-shard.ts";
import { FIRST_SHARD_SCHEMA } from "../support/first-shard-schema.ts";
import { scratchFolder } from "../support/scratch-folder.ts";
import { CRON_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";
import { aStoredJob, aStoredRun, aStoredTick } from "../support/stored-rows.ts";

const EVERY: ScheduleSpec = {
  kind: "every",
  every: "1m",
  anchor: new Date(T0).toISOString(),
  ...EVERY_DEFAULTS,
};
const CRON: ScheduleSpec = {
  kind: "cron",
  cron: "0 3 * * *",
  dialect: "quartz",
  timezone: "Europe/Stockholm",
  ...CRON_DEFAULTS,
};
const SCHEDULES: readonly ScheduleSpec[] = [
  EVERY,
  CRON,
  { kind: "at", at: new Date(T0 + MINUTE).toISOString() },
  { kind: "manual" },
];

function aJob(schedule: ScheduleSpec): Job {
  const id = `job_${schedule.kind}`;
  return { ...aStoredJob({ id }), spec: aSpec({ name: schedule.kind, schedule }) };
}

/** What the first version knew of a job. */
function firstJob(job: Job): object {
  const { ticksDone: _ticks, spec, ...rest } = job;
  const { priority: _priority, concurrency: _concurrency, schedule, ...said } = spec;
  return { ...rest, spec: { ...said, schedule: firstSchedule(schedule) } };
}

function firstSchedule(schedule: ScheduleSpec): object {
  switch (schedule.kind) {
    case "every":
    case "cron": {
      const { startAt: _from, endAt: _to, ticksMax: _max, calendar: _calendar, ...rest } = schedule;
      if (rest.kind === "every") {
        const { timezone: _zone, ...every } = rest;
        return every;
      }
      const { dst: _dst, ...cron } = rest;
      return cron;
    }
    case "after":
    case "at":
    case "manual":
      return schedule;
    default:
      return unreachable(schedule);
  }
}

function firstRun(run: Run): object {
  const { priority: _priority, ...order } = run.order;
  return { ...run, order };
}

/** A file of the first version with one row of each kind, as it wrote them. */
function aFirstFile(): Sql {
  const sql = openNodeSqlite(join(scratchFolder(), "shard.db"));
  for (const statement of FIRST_SHARD_SCHEMA) sql.run(statement);
  for (const schedule of SCHEDULES) {
    const job = aJob(schedule);
    const body = JSON.stringify(firstJob(job));
    const row = [job.id, job.namespace, job.spec.name, job.version, job.state, body] as const;
    sql.run("insert into jobs values (?, ?, ?, ?, ?, ?)", ...row);
  }
  sql.run("insert into due values (?, ?, ?)", T0 + MINUTE, "job_every", T0);
  sql.run("insert into runs values (?, ?)", "run_a", JSON.stringify(firstRun(aStoredRun())));
  const { evidence: _evidence, ...tick } = aStoredTick();
  const tickRow = [tick.jobId, tick.nominalMs, JSON.stringify(tick)] as const;
  sql.run("insert into ticks values (?, ?, ?)", ...tickRow);
  const view = { job: firstJob(aJob(CRON)), nextTickMs: 1, runs: [] };
  for (const [key, reply] of Object.entries({
    claimed: "",
    job: JSON.stringify({ view, isNew: true }),
    run: JSON.stringify({ run: firstRun(aStoredRun()) }),
    other: JSON.stringify({ jobId: "job_x" }),
  }))
    sql.run("insert into idempotency values (?, ?, ?, ?)", key, "hash", reply, 9);
  return sql;
}

test("rows of the first version have what later code expects of them", () => {
  const storage = new SqlShardStorage(aFirstFile());

  for (const schedule of SCHEDULES)
    expect(storage.getJob(`job_${schedule.kind}`)).toEqual(aJob(schedule));
  expect(storage.runsAfter("", 9)).toEqual([aStoredRun()]);
  const all = { jobId: "", nominalMs: 0, onlyThisJob: false, limit: 9 };
  expect(storage.ticksAfter(all)).toEqual([aStoredTick()]);
  expect(storage.scanDue("job_every")).toEqual({
    dueMs: T0 + MINUTE,
    jobId: "job_every",
    cursorMs: T0,
    priority: 0,
  });
});

test("first answers that are still to be repeated have it, too", () => {
  const storage = new SqlShardStorage(aFirstFile());
  const replyOf = (key: string): unknown =>
    JSON.parse(storage.getIdempotency(key)?.reply || "null");

  expect(replyOf("claimed")).toBeNull();
  expect(replyOf("other")).toEqual({ jobId: "job_x" });
  expect(replyOf("run")).toEqual({ run: aStoredRun() });
  expect(replyOf("job")).toMatchObject({ view: { job: aJob(CRON) } });
});

test("a shard goes on with a file of the first version, and its jobs are as they were", () => {
  const [limits, ids] = [SHARD_LIMITS, createIds()];
  const storage = new SqlShardStorage(aFirstFile());
  const shard = new Shard({ shard: 0, storage, random: { next: () => 0.5 }, ids, limits });
  shard.wake(T0 + 1_000);
  const input = { namespace: "default", mode: "upsert", ifVersion: null, copies: [] } as const;
  const spec = aSpec({ name: "every", schedule: EVERY });
  const at = { nowMs: T0 + 2_000, idempotency: null };

  expect(shard.command("job.put", { ...input, spec }, at)).toMatchObject({
    value: { isNew: false, view: { job: { version: 1 }, nextTickMs: T0 + MINUTE } },
  });
});
