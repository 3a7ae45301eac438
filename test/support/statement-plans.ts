import { drizzle } from "drizzle-orm/libsql";
import type { RecordsDatabase } from "../../src/adapters/libsql-database.ts";
import type { OpenedRecords } from "./open-records.ts";

/** A statement as it went to the driver. */
interface Logged {
  readonly sql: string;
  readonly args: readonly (string | number | null)[];
}

/** How SQLite goes about each statement that `use` sends, one line for each table it opens. */
export async function statementPlans(
  { client }: OpenedRecords,
  use: (database: RecordsDatabase) => Promise<unknown>,
): Promise<readonly string[]> {
  const sent: Logged[] = [];
  const recording = new Proxy(client, {
    get(target, name) {
      if (name === "execute") {
        return (statement: Logged) => {
          sent.push(statement);
          return target.execute({ sql: statement.sql, args: [...statement.args] });
        };
      }
      if (name === "batch") {
        return (statements: readonly Logged[]) => {
          sent.push(...statements);
          return target.batch(statements.map(({ sql, args }) => ({ sql, args: [...args] })));
        };
      }
      const value: unknown = Reflect.get(target, name);
      return value;
    },
  });
  await use(drizzle(recording));
  const plans = await Promise.all(
    sent.map(({ sql, args }) =>
      client.execute({ sql: `explain query plan ${sql}`, args: [...args] }),
    ),
  );
  return plans.flatMap(({ rows }) =>
    rows.map(({ detail }) => (typeof detail === "string" ? detail : "")),
  );
}
