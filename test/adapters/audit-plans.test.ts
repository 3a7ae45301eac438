import { drizzle } from "drizzle-orm/libsql";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LibsqlAudit } from "../../src/adapters/libsql-audit.ts";
import { LibsqlAuditReader } from "../../src/adapters/libsql-audit-reader.ts";
import { chained, NO_ENTRIES } from "../../src/core/audit-chain.ts";
import type { AuditQuery } from "../../src/ports/audit.ts";
import { openMemoryRecords, type OpenedRecords } from "../support/open-records.ts";
import { anAuditNote } from "../support/an-audit-note.ts";

let records: OpenedRecords;

beforeAll(async () => {
  records = await openMemoryRecords();
});
afterAll(() => records.close());

type Statement = { readonly sql: string; readonly args: (string | number)[] };

/** How SQLite goes about each statement that `use` sends, one line for each table it opens. */
async function plansOf(
  use: (over: { reader: LibsqlAuditReader; writer: LibsqlAudit }) => Promise<unknown>,
): Promise<readonly string[]> {
  const sent: Statement[] = [];
  const recording = new Proxy(records.client, {
    get(client, name) {
      if (name === "execute")
        return (statement: Statement) => {
          sent.push(statement);
          return client.execute(statement);
        };
      if (name === "batch")
        return (statements: Statement[]) => {
          sent.push(...statements);
          return client.batch(statements, "write");
        };
      const value: unknown = Reflect.get(client, name);
      return value;
    },
  });
  const database = drizzle(recording);
  await use({ reader: new LibsqlAuditReader(database), writer: new LibsqlAudit(database) });
  const plans = await Promise.all(
    sent.map(({ sql, args }) => records.client.execute({ sql: `explain query plan ${sql}`, args })),
  );
  return plans.flatMap(({ rows }) =>
    rows.map(({ detail }) => (typeof detail === "string" ? detail : "")),
  );
}

const ALL: AuditQuery = {
  namespace: "default",
  objectKind: null,
  object: null,
  actor: null,
  action: null,
  fromMs: null,
  toMs: null,
  limit: 10,
  beforeSeq: null,
};
const OF_OBJECT = "audit_by_object (namespace=? AND object_kind=? AND object=?";
const OF_ACTOR = "audit_by_actor (namespace=? AND actor=?";
const OF_TIME = "audit_by_time (namespace=?";
const OF_CHAIN = "sqlite_autoindex_audit_1 (namespace=?";

const cases: readonly (readonly [Partial<AuditQuery>, string])[] = [
  [{}, OF_CHAIN],
  [{ beforeSeq: 9 }, `${OF_CHAIN} AND seq<?`],
  [{ action: "job.patch" }, OF_CHAIN],
  [{ objectKind: "job" }, OF_CHAIN],
  [{ object: "x" }, OF_CHAIN],
  [{ objectKind: "job", object: "x" }, OF_OBJECT],
  [{ objectKind: "job", object: "x", beforeSeq: 9 }, `${OF_OBJECT} AND seq<?`],
  [{ objectKind: "job", object: "x", actor: "a", fromMs: 1, toMs: 2 }, OF_OBJECT],
  [{ actor: "a" }, OF_ACTOR],
  [{ actor: "a", beforeSeq: 9, action: "job.patch", objectKind: "job" }, `${OF_ACTOR} AND seq<?`],
  [{ fromMs: 1 }, `${OF_TIME} AND at_ms>?`],
  [{ toMs: 2, actor: "a" }, `${OF_TIME} AND at_ms<?`],
  [{ fromMs: 1, toMs: 2, beforeSeq: 9, object: "x" }, `${OF_TIME} AND`],
];

it.each(cases)("entries of %j go by their index, already in order", async (over, index) => {
  const plan = await plansOf(({ reader }) => reader.entries({ ...ALL, ...over }));

  expect(plan.join("\n")).toContain(index);
  expect(plan.filter((line) => /SCAN|TEMP B-TREE/.test(line))).toEqual([]);
});

it("one entry, the chain and the head of it go by the key", async () => {
  const plan = await plansOf(async ({ reader, writer }) => {
    await reader.entry("default", 1);
    await reader.chain("default", 5, 10);
    await writer.head("default");
  });

  expect(plan).toHaveLength(3);
  expect(plan.filter((line) => !line.includes("sqlite_autoindex_audit_1"))).toEqual([]);
});

const CHAINED = chained(anAuditNote({ atMs: 1, path: "/" }), NO_ENTRIES, (text) =>
  text.slice(0, 64),
);

it("new entries look for others in their places by the key", async () => {
  const plan = await plansOf(({ writer }) => writer.add([CHAINED]));

  expect(plan.filter((line) => /SCAN (stored|audit|TABLE)/.test(line))).toEqual([]);
  expect(plan.join("\n")).toContain("stored USING INDEX sqlite_autoindex_audit_1");
});
