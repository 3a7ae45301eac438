import type { Sql } from "../ports/shard-storage.ts";

/** The tables of one kind of data, as steps that only go forward. */
export interface SchemaSteps {
  /** Where the version is kept: a name of ours, never one from outside. */
  readonly table: "keeper_schema" | "quota_schema" | "audit_schema";
  /** As the error says it: `the executors have`. */
  readonly subject: string;
  /** `them` or `it`. */
  readonly object: "them" | "it";
  readonly steps: readonly (readonly string[])[];
}

/**
 * Brings the tables up to what this code knows, each step in its own transaction. Throws when the data was
 * written by newer code: going back could lose what the older code does not know.
 */
export function upgradeSchema(sql: Sql, { table, subject, object, steps }: SchemaSteps): void {
  sql.run(`create table if not exists ${table} (
    id integer primary key check (id = 1), version integer not null
  )`);
  const stored = Number(sql.all(`select version from ${table}`)[0]?.["version"] ?? 0);
  if (stored > steps.length)
    throw new Error(
      `${subject} schema version ${stored}, and this program knows at most ` +
        `${steps.length}: run the newer program that wrote ${object}, or restore a backup`,
    );
  for (const [index, statements] of steps.entries()) {
    if (index < stored) continue;
    sql.transaction(() => {
      for (const statement of statements) sql.run(statement);
      sql.run(
        `insert into ${table} (id, version) values (1, ?)
          on conflict (id) do update set version = excluded.version`,
        index + 1,
      );
    });
  }
}
