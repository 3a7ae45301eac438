import { deepEqual, equal } from "node:assert/strict";
import { LibsqlDirectory } from "../../src/adapters/libsql-directory.ts";
import { LibsqlExecutorRecords } from "../../src/adapters/libsql-executors.ts";
import type { Executor } from "../../src/ports/executors.ts";
import type { ExecutorRow } from "../../src/ports/executor-storage.ts";
import type { OpenedRecords } from "../support/open-records.ts";
import { refuses } from "../support/records-queries.ts";
import type { ContractCase } from "./contract-case.ts";

/** What the keepers of executors, and those who list them, may rely on. */
export const executorRecordsCases: readonly ContractCase<OpenedRecords>[] = [
  {
    name: "a keeper's row comes back as it was written, and only a newer one replaces it",
    async run({ database }) {
      const records = new LibsqlExecutorRecords(database);
      const second = aRow({ rowVersion: 2, executor: { name: "second", namespace: "other" } });

      equal(await records.executorRow("app"), null);
      equal(await records.putExecutor(aRow()), true);
      deepEqual(await records.executorRow("app"), aRow());
      equal(await records.putExecutor(second), true);
      equal(await records.putExecutor(aRow()), true);
      equal(await records.putExecutor(aRow({ rowVersion: 2 })), true);

      deepEqual(await records.executorRow("app"), second);
    },
  },
  {
    name: "a deleted executor is listed no more, and its row stays for its keeper",
    async run({ database }) {
      const records = new LibsqlExecutorRecords(database);
      const directory = new LibsqlDirectory(database);
      const deleted = aRow({ rowVersion: 2, isDeleted: true });
      await records.putExecutor(aRow());
      await records.putExecutor(deleted);

      deepEqual(await directory.executors("default", { limit: 10, afterAppKey: null }), []);
      deepEqual(await directory.executorVersions(10), []);
      deepEqual(await records.executorRow("app"), deleted);
    },
  },
  {
    name: "executors are listed by appKey, a page after another",
    async run({ database }) {
      const records = new LibsqlExecutorRecords(database);
      const directory = new LibsqlDirectory(database);
      const made = ["c", "a", "b"].map((appKey) => aRow({ executor: { appKey } }));
      await Promise.all(made.map((row) => records.putExecutor(row)));
      await records.putExecutor(aRow({ executor: { appKey: "aa", namespace: "other" } }));

      const keys = async (limit: number, afterAppKey: string | null) =>
        (await directory.executors("default", { limit, afterAppKey })).map(
          ({ executor }) => executor.appKey,
        );
      deepEqual(await keys(2, null), ["a", "b"]);
      deepEqual(await keys(2, "b"), ["c"]);
      deepEqual(await directory.executorVersions(3), [
        { namespace: "default", appKey: "a", version: 7 },
        { namespace: "default", appKey: "b", version: 7 },
        { namespace: "default", appKey: "c", version: 7 },
      ]);
    },
  },
  {
    name: "executors that cannot be reached are not kept, and are refused to be read",
    async run({ database, client }) {
      const records = new LibsqlExecutorRecords(database);
      client.close();

      equal(await records.putExecutor(aRow()), false);
      await refuses("records.unavailable", records.executorRow("app"));
    },
  },
];

function aRow(
  over: Partial<Omit<ExecutorRow, "executor">> & { readonly executor?: Partial<Executor> } = {},
): ExecutorRow {
  const { executor, ...more } = over;
  return {
    executor: {
      appKey: "app",
      namespace: "default",
      name: "App",
      registration: "auto",
      dialect: "native",
      concurrency: null,
      nodeConcurrency: 4,
      secrets: [{ id: "sec_1", sealed: "sealed", createdMs: 1, lastUsedMs: null }],
      version: 5,
      listVersion: 7,
      createdMs: 1,
      updatedMs: 2,
      ...executor,
    },
    nodes: [],
    isDeleted: false,
    rowVersion: 1,
    ...more,
  };
}
