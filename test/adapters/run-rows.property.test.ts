import fc from "fast-check";
import { expect, test } from "vitest";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { SqlShardStorage } from "../../src/adapters/sql-shard-storage.ts";
import type { Run } from "../../src/core/run.ts";
import type { Sql } from "../../src/ports/shard-storage.ts";
import { aStoredRun } from "../support/stored-rows.ts";

const IDS = Array.from({ length: 40 }, (_, i) => `run_${String(i).padStart(2, "0")}`);

interface Step {
  readonly puts: readonly string[];
  readonly deletes: readonly string[];
  readonly ending: "commit" | "roll back" | "restart" | "look";
}

const steps = fc.array(
  fc.record<Step>({
    puts: fc.subarray(IDS),
    deletes: fc.subarray(IDS, { maxLength: 12 }),
    ending: fc.constantFrom("commit", "commit", "roll back", "restart", "look"),
  }),
  { minLength: 1, maxLength: 30 },
);

test("runs that change in herds are what they were last written as, over rollbacks, deletions and restarts", () => {
  fc.assert(
    fc.property(steps, (drawn) => {
      const sql = openNodeSqlite(":memory:");
      let storage = new SqlShardStorage(sql);
      let model = new Map<string, Run>();
      for (const [nth, step] of drawn.entries()) {
        const before = new Map(model);
        try {
          storage.transaction(() => play(storage, model, { step, nth }));
        } catch (error) {
          if (error !== ROLL_BACK) throw error;
          model = before;
        }
        if (step.ending === "restart") storage = new SqlShardStorage(sql);
        expectSame(storage, model);
      }
      sql.close();
    }),
    { numRuns: 150 },
  );
});

test("a herd that starts and ends costs a row of the journal each time, and the journal stays short", () => {
  const sql = openNodeSqlite(":memory:");
  const storage = new SqlShardStorage(sql);
  storage.transaction(() => IDS.forEach((id) => storage.putRun(aStoredRun({ id, version: 1 }))));
  expect(journalRows(sql)).toBe(0);
  storage.transaction(() => IDS.forEach((id) => storage.putRun(aStoredRun({ id, version: 2 }))));
  expect(journalRows(sql)).toBe(1);
  for (let version = 3; version < 200; version++)
    storage.transaction(() =>
      // One of the herd does not change: it alone would keep its batch for ever.
      IDS.slice(1 + (version % 20)).forEach((id) => storage.putRun(aStoredRun({ id, version }))),
    );
  expect(journalRows(sql)).toBeLessThanOrEqual(64);
  storage.transaction(() => IDS.forEach((id) => storage.deleteRun(id)));
  expect(journalRows(sql)).toBe(0);
  sql.close();
});

test("long results are spread over rows of the journal that storage can hold", () => {
  const sql = openNodeSqlite(":memory:");
  const storage = new SqlShardStorage(sql);
  const write = (version: number): void =>
    storage.transaction(() =>
      IDS.forEach((id) => storage.putRun(aStoredRun({ id, version, result: "x".repeat(65_536) }))),
    );
  write(1);
  write(2);
  const lengths = sql
    .all("select length(body) as n from run_journal")
    .map((row) => Number(row["n"]));
  expect(lengths.length).toBeGreaterThan(5);
  expect(Math.max(...lengths)).toBeLessThan(500_000);
  expect(new SqlShardStorage(sql).runsAfter("", 100).map(({ version }) => version)).toEqual(
    IDS.map(() => 2),
  );
  sql.close();
});

test("a run that was told much is not written anew when it changes alone", () => {
  const sql = openNodeSqlite(":memory:");
  const storage = new SqlShardStorage(sql);
  const { order } = aStoredRun();
  const heavy = { ...order, params: { text: "x".repeat(40_000) } };
  for (let version = 1; version < 100; version++)
    storage.putRun(aStoredRun({ version, order: heavy }));
  const row = sql.all("select body from runs").map(({ body }) => String(body))[0] ?? "";

  expect(JSON.parse(row)).toMatchObject({ version: 1 });
  expect(journalRows(sql)).toBe(1);
  expect(new SqlShardStorage(sql).getRun("run_a")).toEqual(
    aStoredRun({ version: 99, order: heavy }),
  );
  storage.deleteRun("run_a");
  expect(journalRows(sql)).toBe(0);
  sql.close();
});

const ROLL_BACK = new Error("roll back");

function play(
  storage: SqlShardStorage,
  model: Map<string, Run>,
  { step, nth }: { readonly step: Step; readonly nth: number },
): void {
  for (const id of step.puts) {
    const version = (model.get(id)?.version ?? 0) + 1;
    const run = aStoredRun({ id, version, result: { nth }, createdMs: 1_000 });
    storage.putRun(run);
    model.set(id, run);
  }
  if (step.ending === "look") expectSame(storage, model);
  for (const id of step.deletes) {
    storage.deleteRun(id);
    model.delete(id);
  }
  if (step.ending === "roll back") throw ROLL_BACK;
}

function expectSame(storage: SqlShardStorage, model: ReadonlyMap<string, Run>): void {
  const expected = [...model.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  expect(storage.runsAfter("", 1_000)).toEqual(expected);
  expect(storage.getRuns(IDS).toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(expected);
  for (const id of IDS) expect(storage.getRun(id)).toEqual(model.get(id));
}

function journalRows(sql: Sql): number {
  return Number(sql.all("select count(*) as n from run_journal")[0]?.["n"]);
}
