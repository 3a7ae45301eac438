import { and, asc, eq, gt, inArray, sql } from "drizzle-orm";
import type { Directory } from "../ports/directory.ts";
import type { ExecutorRecords, ExecutorRow } from "../ports/executor-storage.ts";
import { isUnreachable, reach } from "./libsql-failure.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { executors } from "./records-schema.ts";

/** The executors in libSQL, as their keepers write them and come back to them. */
export class LibsqlExecutorRecords implements ExecutorRecords {
  readonly #database: RecordsDatabase;

  constructor(database: RecordsDatabase) {
    this.#database = database;
  }

  async putExecutor(row: ExecutorRow): Promise<boolean> {
    const { appKey, namespace, listVersion } = row.executor;
    const values = {
      namespace,
      rowVersion: row.rowVersion,
      listVersion,
      deleted: row.isDeleted ? 1 : 0,
      body: row,
    };
    try {
      await this.#database
        .insert(executors)
        .values({ appKey, ...values })
        .onConflictDoUpdate({
          target: executors.appKey,
          set: values,
          setWhere: sql`excluded.row_version > ${executors.rowVersion}`,
        });
      return true;
    } catch (error) {
      if (isUnreachable(error)) return false;
      throw error;
    }
  }

  async executorRow(appKey: string): Promise<ExecutorRow | null> {
    const query = this.#database
      .select({ body: executors.body })
      .from(executors)
      .where(eq(executors.appKey, appKey));
    return (await reach(query))[0]?.body ?? null;
  }
}

type ExecutorLists = Pick<Directory, "executors" | "executorVersions">;

/** The executors in libSQL, as the directory lists them. */
export function libsqlExecutorLists(database: RecordsDatabase): ExecutorLists {
  return {
    async executors(namespace, { limit, afterAppKey, only }) {
      const query = database
        .select({ body: executors.body })
        .from(executors)
        .where(
          and(
            sql`deleted = 0`,
            eq(executors.namespace, namespace),
            afterAppKey === null ? undefined : gt(executors.appKey, afterAppKey),
            only === undefined ? undefined : inArray(executors.appKey, [...only]),
          ),
        )
        .orderBy(asc(executors.appKey))
        .limit(limit);
      return (await reach(query)).map(({ body }) => body);
    },

    executorVersions: (limit) =>
      reach(
        database
          .select({
            namespace: executors.namespace,
            appKey: executors.appKey,
            version: executors.listVersion,
          })
          .from(executors)
          .where(sql`deleted = 0`)
          .orderBy(asc(executors.namespace), asc(executors.appKey))
          .limit(limit),
      ),
  };
}
