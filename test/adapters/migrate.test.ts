import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import type { Client, InStatement } from "@libsql/client";
import { afterEach, beforeEach, expect, test } from "vitest";
import { migrate } from "../../src/adapters/migrate.ts";
import type { Migration } from "../../src/adapters/migrate.ts";
import { openRecords } from "../../src/standalone/libsql-client.ts";
import { readMigrations } from "../../src/standalone/migrations.ts";
import { openFolder } from "../support/open-records.ts";

const STEPS: readonly Migration[] = [
  {
    tag: "0000_a",
    sql: "create table a (x);\n--> statement-breakpoint\ninsert into a values (1);",
  },
  { tag: "0001_b", sql: "create table b (x);--> statement-breakpoint\ninsert into b values (2);" },
  { tag: "0002_c", sql: "insert into a select x from b" },
];

let folder: Awaited<ReturnType<typeof openFolder>>;
let file: string;
beforeEach(async () => {
  folder = await openFolder();
  file = join(folder.path, "records.db");
});
afterEach(() => folder.remove());

async function withClient<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const client = await openRecords({ kind: "file", path: file });
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

/** The values that the steps leave behind: each must have run once. */
const valuesOf = (client: Client) =>
  client.execute("select x from a order by x").then(({ rows }) => rows.map((row) => row["x"]));

test("every migration is applied once, in order, and then nothing is left to do", async () => {
  await withClient(async (client) => {
    expect(await migrate(client, STEPS.slice(0, 2))).toEqual({ ok: true, applied: 2 });
    expect(await migrate(client, STEPS)).toEqual({ ok: true, applied: 1 });
    expect(await migrate(client, STEPS)).toEqual({ ok: true, applied: 0 });

    expect(await valuesOf(client)).toEqual([1, 2]);
  });
});

test("the migrations of this repository apply to an empty database", async () => {
  const migrations = await readMigrations();
  const outcome = await withClient((client) => migrate(client, migrations));

  expect(outcome).toEqual({ ok: true, applied: migrations.length });
});

test("a call that dies before any request or statement is finished by the next call", async () => {
  // Requests: the journal, a look at it, and for each step a batch of at most three statements.
  for (let deaths = 0; deaths < 30; deaths++) {
    file = join(folder.path, `${deaths}.db`);
    // oxlint-disable-next-line no-await-in-loop -- `withClient` opens the one file of the test.
    const left = await withClient(async (client) => {
      await migrate(dyingClient(client, deaths), STEPS).catch(() => null);
      const outcome = await migrate(client, STEPS);
      return { outcome, values: await valuesOf(client) };
    });

    expect(left).toMatchObject({ outcome: { ok: true }, values: [1, 2] });
  }
});

/** A client whose process dies after so many statements: an open transaction is never committed. */
function dyingClient(client: Client, statementsLeft: number): Pick<Client, "batch" | "execute"> {
  let left = statementsLeft;
  return {
    execute: async (statement: InStatement) => {
      if (left-- <= 0) throw new Error("died");
      return client.execute(statement);
    },
    batch: async (statements) => {
      const transaction = await client.transaction("write");
      try {
        const results = [];
        for (const statement of statements) {
          if (left-- <= 0) throw new Error("died");
          const isPair = Array.isArray(statement);
          // oxlint-disable-next-line no-await-in-loop -- Statements run in their order.
          results.push(await transaction.execute(isPair ? statement[0] : statement));
        }
        if (left-- <= 0) throw new Error("died");
        await transaction.commit();
        return results;
      } finally {
        transaction.close();
      }
    },
  };
}

test("a database of a later version is refused in one line and left alone", async () => {
  await withClient(async (client) => {
    await migrate(client, STEPS);
    const outcome = await migrate(client, STEPS.slice(0, 2));

    expect(outcome).toEqual({ ok: false, reason: expect.stringMatching(/^[^\n]*0002_c[^\n]*$/) });
    expect(await migrate(client, [{ tag: "0000_z", sql: "drop table a" }])).toMatchObject({
      ok: false,
    });
    expect(await valuesOf(client)).toEqual([1, 2]);
  });
});

test("a migration that fails is rolled back whole and its failure is thrown", async () => {
  const broken: Migration = {
    tag: "0001_b",
    sql: "insert into a values (9);--> statement-breakpoint\nno",
  };
  await withClient(async (client) => {
    await expect(migrate(client, [...STEPS.slice(0, 1), broken])).rejects.toThrow(/syntax/);

    expect(await valuesOf(client)).toEqual([1]);
    expect(await migrate(client, STEPS)).toEqual({ ok: true, applied: 2 });
  });
});

test("callers at once in one process share the steps between them", async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, () => withClient((client) => migrate(client, STEPS))),
  );

  const applied = outcomes.map((outcome) => (outcome.ok ? outcome.applied : Number.NaN));
  expect(applied.reduce((a, b) => a + b)).toBe(3);
  expect(await withClient(valuesOf)).toEqual([1, 2]);
});

test("two processes at once share the steps between them", async () => {
  const script = join(import.meta.dirname, "../support/migrate.main.ts");
  const children = [1, 2].map(() => fork(script, [file], { stdio: "inherit", execArgv: [] }));
  try {
    await Promise.all(children.map((child) => once(child, "message")));
    const answers = children.map((child) => once(child, "message"));
    for (const child of children) child.send("go");

    const outcomes = (await Promise.all(answers)).map(([message]) => message);
    const steps = (await readMigrations()).length;
    expect(outcomes).toEqual([
      { ok: true, applied: expect.any(Number) },
      { ok: true, applied: expect.any(Number) },
    ]);
    expect(outcomes.reduce((sum: number, { applied }) => sum + applied, 0)).toBe(steps);
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
});

test("a path with a space and a percent sign names that very file", async () => {
  file = join(folder.path, "50% of #1.db");
  await withClient((client) => migrate(client, STEPS));

  const plain = createClient({ url: `file:${encodeURI(file).replaceAll("#", "%23")}` });
  expect(await valuesOf(plain)).toEqual([1, 2]);
  plain.close();
});
