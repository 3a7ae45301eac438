import type { Client } from "@libsql/client";
import { isConstraintFailure } from "./libsql-failure.ts";

/** One file of `migrations/`, as drizzle-kit wrote it. */
export interface Migration {
  /** The file's name without `.sql`: it begins with its number. */
  readonly tag: string;
  readonly sql: string;
}

/** What became of a migration: how many steps this call made, or one line that says why not. */
export type MigrateOutcome =
  | { readonly ok: true; readonly applied: number }
  | { readonly ok: false; readonly reason: string };

const BREAKPOINT = "--> statement-breakpoint";

/**
 * Brings the database to the last of the migrations, which are given in order. A migration and its
 * line in the journal are one transaction, so it may be killed anywhere and called again, and
 * several processes may call it at once: the one that loses the race sees the journal's key taken
 * and looks again. A database that a later version of the code has migrated is left alone. Failures
 * to reach the database throw what the client throws.
 */
export async function migrate(
  client: Pick<Client, "batch" | "execute">,
  migrations: readonly Migration[],
): Promise<MigrateOutcome> {
  await client.execute(
    "create table if not exists migrations (position integer primary key, tag text not null)",
  );
  let applied = 0;
  // Each turn ends the loop, or finds at least one more line in the journal than the turn before.
  for (let turn = 0; turn <= migrations.length; turn++) {
    // Migrations build on each other, so there is nothing to do side by side.
    // oxlint-disable-next-line no-await-in-loop
    const stored = await storedTags(client);
    const stranger = stored.findIndex((tag, i) => tag !== migrations[i]?.tag);
    if (stranger !== -1) return { ok: false, reason: newerThanCode(stored[stranger] ?? "") };
    const next = migrations[stored.length];
    if (next === undefined) return { ok: true, applied };
    // oxlint-disable-next-line no-await-in-loop -- As above.
    if (await apply(client, { migration: next, position: stored.length })) applied += 1;
  }
  return { ok: false, reason: "the records' journal of migrations does not keep what is written" };
}

async function storedTags(client: Pick<Client, "execute">): Promise<readonly string[]> {
  const { rows } = await client.execute("select tag from migrations order by position");
  return rows.map(({ tag }) => (typeof tag === "string" ? tag : ""));
}

/** False when another process has made this step meanwhile. */
async function apply(
  client: Pick<Client, "batch">,
  step: { readonly migration: Migration; readonly position: number },
): Promise<boolean> {
  const { tag, sql } = step.migration;
  const statements = sql
    .split(BREAKPOINT)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
  try {
    // The journal comes first: whoever lost the race fails there, before any `create table`.
    await client.batch(
      [
        {
          sql: "insert into migrations (position, tag) values (?, ?)",
          args: [step.position, tag],
        },
        ...statements,
      ],
      "write",
    );
    return true;
  } catch (error) {
    if (isConstraintFailure(error)) return false;
    throw error;
  }
}

function newerThanCode(tag: string): string {
  return (
    `the records were migrated to ${tag}, which this version of Tickwheel does not know: ` +
    "start the version that did it, or a later one"
  );
}
