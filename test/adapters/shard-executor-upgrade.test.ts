import { join } from "node:path";
import { expect, test } from "vitest";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { SqlShardStorage } from "../../src/adapters/sql-shard-storage.ts";
import type { Job, TargetSpec } from "../../src/core/job.ts";
import type { Run } from "../../src/core/run.ts";
import type { Sql } from "../../src/ports/shard-storage.ts";
import { scratchFolder } from "../support/scratch-folder.ts";
import { SECOND_SHARD_SCHEMA } from "../support/second-shard-schema.ts";
import { EXECUTOR_DEFAULTS } from "../support/specs.ts";
import { aStoredJob, aStoredRun } from "../support/stored-rows.ts";

const EXECUTOR: TargetSpec = {
  kind: "executor",
  executor: "billing",
  handler: "report",
  ...EXECUTOR_DEFAULTS,
};

const { target: WEBHOOK } = aStoredJob().spec;
const TARGETS = [EXECUTOR, WEBHOOK] as const;

function aJob(target: TargetSpec): Job {
  const job = aStoredJob({ id: `job_${target.kind}`, name: target.kind });
  return { ...job, spec: { ...job.spec, target } };
}

function aRun(target: TargetSpec, more: Partial<Run> = {}): Run {
  const run = aStoredRun({ id: `run_${target.kind}`, ...more });
  return { ...run, order: { ...run.order, target } };
}

/** What the second version knew of a target. */
function secondTarget(target: TargetSpec): object {
  if (target.kind !== "executor") return target;
  const { hashKey: _key, node: _node, tags: _tags, onNodeLost: _lost, ...rest } = target;
  return rest;
}

function secondJob(job: Job): object {
  const { sharding: _sharding, target, ...spec } = job.spec;
  return { ...job, spec: { ...spec, target: secondTarget(target) } };
}

function secondRun(run: Run): object {
  const {
    cancelRequestedMs: _since,
    progress: _progress,
    slice: _slice,
    tally: _tally,
    ...rest
  } = run;
  const { sharding: _sharding, slices: _slices, target, ...order } = run.order;
  return { ...rest, order: { ...order, target: secondTarget(target) } };
}

/** What the second version wrote into its journal of a run. */
function secondChange({ id, version, phase, attempts, startedMs, ...run }: Run): object {
  const { result, resultTruncated, error, cancelReason } = run;
  const outcome = { result, resultTruncated, error, cancelReason };
  return { id, version, phase, attempts, startedMs, ...outcome };
}

const ENDED = {
  version: 2,
  phase: { state: "succeeded", attempt: 1, endedMs: 9 },
  result: "done",
} as const;

/** A file of the second version with rows of each kind, as it wrote them. */
function aSecondFile(): Sql {
  const sql = openNodeSqlite(join(scratchFolder(), "shard.db"));
  for (const statement of SECOND_SHARD_SCHEMA) sql.run(statement);
  for (const target of TARGETS) {
    const job = aJob(target);
    const body = JSON.stringify(secondJob(job));
    const row = [job.id, job.namespace, job.spec.name, job.version, job.state, body] as const;
    sql.run("insert into jobs values (?, ?, ?, ?, ?, ?, null)", ...row);
    const run = JSON.stringify(secondRun(aRun(target)));
    sql.run("insert into runs values (?, ?)", `run_${target.kind}`, run);
  }
  const journal = JSON.stringify([secondChange(aRun(EXECUTOR, ENDED))]);
  sql.run("insert into run_journal values (?, ?)", 1, journal);
  for (const [key, reply] of Object.entries(replies()))
    sql.run("insert into idempotency values (?, ?, ?, ?)", key, "hash", reply, 9);
  return sql;
}

function replies(): Readonly<Record<string, string>> {
  const runs = TARGETS.map((target) => secondRun(aRun(target)));
  const view = { job: secondJob(aJob(EXECUTOR)), nextTickMs: 1, runs };
  return {
    claimed: "",
    job: JSON.stringify({ view, isNew: true }),
    none: JSON.stringify({ view: { ...view, runs: [] }, isNew: true }),
    run: JSON.stringify({ run: secondRun(aRun(EXECUTOR)) }),
    other: JSON.stringify({ jobId: "job_x" }),
  };
}

test("rows of the second version have what executors and long runs need", () => {
  const storage = new SqlShardStorage(aSecondFile());

  for (const target of TARGETS) expect(storage.getJob(`job_${target.kind}`)).toEqual(aJob(target));
  expect(storage.getRun("run_webhook")).toEqual(aRun(WEBHOOK));
});

test("so has a run whose newest state the journal tells", () => {
  const storage = new SqlShardStorage(aSecondFile());

  expect(storage.runsAfter("", 9)).toEqual([aRun(EXECUTOR, ENDED), aRun(WEBHOOK)]);
});

test("so have first answers that are still to be repeated, in the order of their runs", () => {
  const storage = new SqlShardStorage(aSecondFile());
  const replyOf = (key: string): unknown =>
    JSON.parse(storage.getIdempotency(key)?.reply || "null");
  const view = { job: aJob(EXECUTOR), nextTickMs: 1 };

  expect(replyOf("claimed")).toBeNull();
  expect(replyOf("other")).toEqual({ jobId: "job_x" });
  expect(replyOf("run")).toEqual({ run: aRun(EXECUTOR) });
  expect(replyOf("none")).toEqual({ view: { ...view, runs: [] }, isNew: true });
  const runs = TARGETS.map((target) => aRun(target));
  expect(replyOf("job")).toEqual({ view: { ...view, runs }, isNew: true });
});
