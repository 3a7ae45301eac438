import type { Sql } from "../ports/shard-storage.ts";
import { upgradeSchema } from "./schema-steps.ts";

/**
 * The tables of quota books, as steps that only go forward: a step that has landed never changes, a new wish is
 * a new step. Every table begins with the namespace: one file holds all books of a process, a Durable Object just
 * one.
 */
const STEPS: readonly (readonly string[])[] = [
  [
    // `names` is how many rows of the other table there are: a count of them would read them all.
    `create table quota_rules (
      namespace text not null, kind text not null, version integer not null, most integer,
      since_ms integer not null, filled_ms integer, names integer not null,
      primary key (namespace, kind)
    ) without rowid`,
    `create table quota_names (
      namespace text not null, kind text not null, name text not null, sure_of integer not null,
      before text not null, holders integer not null, said text not null, seq integer not null,
      at_ms integer not null, primary key (namespace, kind, name)
    ) without rowid`,
    "create index quota_names_by_doubt on quota_names (namespace, kind, sure_of, at_ms)",
  ],
];

/** Brings the tables up to what this code knows. Throws when the data was written by newer code. */
export function upgradeQuotaSchema(sql: Sql): void {
  const words = { subject: "the quotas have", object: "them" } as const;
  upgradeSchema(sql, { table: "quota_schema", ...words, steps: STEPS });
}
