import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { assert } from "../../src/core/assert.ts";
import type { ExecutorClient, ExecutorView } from "../../src/ports/executors.ts";
import type { ExecutorInput } from "../../src/ports/executor-commands.ts";
import type { ExecutorRecords, ExecutorRow } from "../../src/ports/executor-storage.ts";
import type { Shards } from "../../src/ports/shard-client.ts";
import { LocalExecutors } from "../../src/standalone/local-executors.ts";
import { eventually } from "../support/eventually.ts";
import { NO_PROBE_ANSWER } from "../support/open-executors.ts";
import { NOBODY_WATCHES } from "../support/nobody-watches.ts";
import { scratchFolder } from "../support/scratch-folder.ts";

const NAMESPACE = "default";

/** Records that outlive every start of the host. */
class KeptRecords implements ExecutorRecords {
  readonly rows = new Map<string, ExecutorRow>();

  putExecutor(row: ExecutorRow): Promise<boolean> {
    this.rows.set(row.executor.appKey, row);
    return Promise.resolve(true);
  }

  executorRow(appKey: string): Promise<ExecutorRow | null> {
    return Promise.resolve(this.rows.get(appKey) ?? null);
  }

  executorVersions() {
    const rows = [...this.rows.values()];
    return Promise.resolve(
      rows.map(({ executor: { namespace, appKey, listVersion: version } }) => ({
        namespace,
        appKey,
        version,
      })),
    );
  }
}

const NO_SHARDS: Shards = {
  count: 1,
  at: () => {
    throw new Error("no shard holds a copy here");
  },
};
const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

function start(folder: string, records: ExecutorRecords): LocalExecutors {
  const executors = new LocalExecutors({
    path: join(folder, "executors.sqlite"),
    records,
    shards: NO_SHARDS,
    probe: { probe: () => Promise.resolve(NO_PROBE_ANSWER) },
    live: NOBODY_WATCHES,
    log: SILENT,
    clock: { nowMs: () => Date.now() },
  });
  executors.start();
  return executors;
}

async function stop(executors: LocalExecutors): Promise<void> {
  await executors.stop(1_000);
  executors.close();
}

function aCreation(appKey: string): ExecutorInput<"executor.create"> {
  return {
    executor: {
      appKey,
      namespace: NAMESPACE,
      name: appKey,
      registration: "manual",
      dialect: "native",
      concurrency: null,
      nodeConcurrency: null,
    },
    sealedSecret: "sealed",
    nodes: [{ address: "https://a.example", weight: 1, tags: [], concurrency: null }],
  };
}

async function create(executors: LocalExecutors, appKey: string): Promise<ExecutorView> {
  const reply = await executors.of(appKey).call("executor.create", aCreation(appKey));
  assert(reply.ok, "the appKey is free");
  return reply.value;
}

async function codeOf(reply: ReturnType<ExecutorClient["call"]>): Promise<string> {
  const answer = await reply;
  return answer.ok ? "ok" : answer.refusal.code;
}

it("keeps executors over a restart", async () => {
  const folder = scratchFolder();
  const records = new KeptRecords();
  const before = start(folder, records);
  const created = await create(before, "billing");
  await create(before, "search");
  await stop(before);

  const after = start(folder, records);
  onTestFinished(() => stop(after));

  const reply = await after.of("billing").call("executor.get", { namespace: NAMESPACE });
  expect(reply).toMatchObject({ ok: true, value: { executor: created.executor } });
  expect(await codeOf(after.of("search").call("executor.secrets", {}))).toBe("ok");
});

it("takes over from the records what its file has lost", async () => {
  const folder = scratchFolder();
  const records = new KeptRecords();
  const before = start(folder, records);
  const created = await create(before, "billing");
  await eventually("the row is in the records", () => records.rows.get("billing"));
  await stop(before);
  for (const end of ["", "-wal", "-shm"])
    rmSync(join(folder, `executors.sqlite${end}`), { force: true });

  const after = start(folder, records);
  onTestFinished(() => stop(after));
  const lost = await codeOf(after.of("billing").call("executor.secrets", {}));
  await after.restore(records);

  const reply = await after.of("billing").call("executor.secrets", {});
  expect(lost).toBe("executor.unknown");
  expect(reply).toMatchObject({
    ok: true,
    value: { secrets: created.executor.secrets.map(({ id }) => ({ id })) },
  });
});

it("forgets an appKey that nobody has", async () => {
  const executors = start(scratchFolder(), new KeptRecords());
  onTestFinished(() => stop(executors));
  await create(executors, "billing");

  const codes = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      codeOf(executors.of(`guess-${i}`).call("executor.get", { namespace: NAMESPACE })),
    ),
  );

  expect(new Set(codes)).toEqual(new Set(["executor.unknown"]));
  expect(executors.size).toBe(1);
});

it("makes one executor of two creations at once", async () => {
  const executors = start(scratchFolder(), new KeptRecords());
  onTestFinished(() => stop(executors));

  const codes = await Promise.all(
    [1, 2].map(() => codeOf(executors.of("twice").call("executor.create", aCreation("twice")))),
  );

  expect(codes.toSorted()).toEqual(["name.taken", "ok"]);
});
