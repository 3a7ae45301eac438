import type { Client } from "@libsql/client";
import { drizzle } from "drizzle-orm/libsql";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LibsqlExecutorRecords } from "../../src/adapters/libsql-executors.ts";
import { migrate } from "../../src/adapters/migrate.ts";
import type { Job, TargetSpec } from "../../src/core/job.ts";
import type { Run } from "../../src/core/run.ts";
import { openRecords } from "../../src/standalone/libsql-client.ts";
import { readMigrations } from "../../src/standalone/migrations.ts";
import { aJob, aRun, jobId, onExecutor, runId } from "../support/records-rows.ts";

const MIGRATIONS_THEN = 3;
let client: Client;

beforeEach(async () => {
  client = await openRecords({ kind: "file", path: ":memory:" });
  await migrate(client, (await readMigrations()).slice(0, MIGRATIONS_THEN));
});
afterEach(() => client.close());

async function migrateFully(): Promise<void> {
  expect(await migrate(client, await readMigrations())).toMatchObject({ ok: true });
}

/** A target's body as the former version wrote it. */
function targetThen(target: TargetSpec): object {
  if (target.kind !== "executor") return target;
  const { hashKey: _key, node: _node, tags: _tags, onNodeLost: _lost, ...then } = target;
  return then;
}

function jobThen(job: Job): object {
  const { sharding: _sharding, ...spec } = job.spec;
  return { ...job, spec: { ...spec, target: targetThen(spec.target) } };
}

function runThen(run: Run): object {
  const {
    cancelRequestedMs: _since,
    progress: _progress,
    slice: _slice,
    tally: _tally,
    ...rest
  } = run;
  const { sharding: _sharding, slices: _slices, ...order } = run.order;
  return { ...rest, order: { ...order, target: targetThen(order.target) } };
}

async function bodiesOf(table: string): Promise<readonly unknown[]> {
  const { rows } = await client.execute(`select body from ${table} order by rowid`);
  return rows.map(({ body }) => (typeof body === "string" ? JSON.parse(body) : body));
}

/** An executor as the former version kept it. */
async function putExecutorThen(
  executor: { readonly namespace: string; readonly createdMs: number },
  nodes: readonly object[],
): Promise<void> {
  const appKey = "orders";
  const body = {
    appKey,
    name: "Orders",
    registration: "manual",
    dialect: "native",
    nodes,
    sealedSecret: `sealed for ${executor.namespace}`,
    version: 70,
    updatedMs: 90,
    ...executor,
  };
  await client.execute({
    sql: "insert into executors values (?, ?, 70, ?)",
    args: [executor.namespace, appKey, JSON.stringify(body)],
  });
}

test("jobs and runs of the former version get every field that this one reads", async () => {
  const { target } = onExecutor("orders");
  const jobs = [aJob(), aJob({ id: jobId(2), spec: { target } })];
  const order = { ...aRun().order, target };
  const runs = [aRun(), aRun({ id: runId(2), order })];
  for (const job of jobs)
    await client.execute({
      sql: "insert into jobs values (?, 'default', 'report', 1, 0, 'active', null, '', ?)",
      args: [job.id, JSON.stringify(jobThen(job))],
    });
  await client.execute(
    "insert into jobs values ('gone', 'default', 'old', 2, 1, null, null, null, null)",
  );
  for (const run of runs)
    await client.execute({
      sql: "insert into runs values (?, 'default', 'j', 'n', 1, 's', 't', 1, 1, null, null, null, ?)",
      args: [run.id, JSON.stringify(runThen(run))],
    });

  await migrateFully();

  expect(await bodiesOf("jobs")).toEqual([...jobs, null]);
  expect(await bodiesOf("runs")).toEqual(runs);
});

test("an executor of the former version becomes a row from which its keeper can begin", async () => {
  const node = { id: "n1", address: "http://10.0.0.1:8080", weight: 3 };
  await putExecutorThen({ namespace: "default", createdMs: 80 }, [node]);

  await migrateFully();

  expect(await new LibsqlExecutorRecords(drizzle(client)).executorRow("orders")).toEqual({
    executor: {
      appKey: "orders",
      namespace: "default",
      name: "Orders",
      registration: "manual",
      dialect: "native",
      concurrency: null,
      nodeConcurrency: null,
      secrets: [{ id: "sec_first", sealed: "sealed for default", createdMs: 80, lastUsedMs: null }],
      version: 70,
      listVersion: 70,
      createdMs: 80,
      updatedMs: 90,
    },
    nodes: [
      {
        ...node,
        source: "listed",
        tags: [],
        isWeightSet: false,
        areTagsSet: false,
        handlers: null,
        version: null,
        concurrency: null,
        wish: "enabled",
        health: "online",
        healthSinceMs: 90,
        healthReason: null,
        lostMs: null,
        registeredMs: 80,
        lastBeatMs: null,
        inFlight: null,
        secretId: null,
      },
    ],
    isDeleted: false,
    rowVersion: 1,
  });
});

test("of executors that shared an appKey in two namespaces the oldest keeps it", async () => {
  await putExecutorThen({ namespace: "a", createdMs: 81 }, []);
  await putExecutorThen({ namespace: "b", createdMs: 80 }, []);

  await migrateFully();

  const row = await new LibsqlExecutorRecords(drizzle(client)).executorRow("orders");
  expect(row).toMatchObject({ executor: { namespace: "b" }, nodes: [] });
  expect(await bodiesOf("executors")).toHaveLength(1);
});
