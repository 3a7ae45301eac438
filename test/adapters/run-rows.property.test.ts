import fc from "fast-check";
import { expect, test } from "vitest";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { RunRows } from "../../src/adapters/run-rows.ts";
import { upgradeShardSchema } from "../../src/adapters/shard-schema.ts";
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

test.each<[string, (sql: Sql) => Store]>([
  ["as a shard keeps them", (sql) => new SqlShardStorage(sql)],
  ["in a journal that is full soon", smallStore],
])("runs that change in herds are what they were last written as, %s", (_, open) => {
  fc.assert(
    fc.property(steps, (drawn) => {
      const sql = openNodeSqlite(":memory:");
      upgradeShardSchema(sql);
      let storage: Store = open(sql);
      let model = new Map<string, Run>();
      for (const [nth, step] of drawn.entries()) {
        const before = new Map(model);
        try {
          storage.transaction(() => play(storage, model, { step, nth }));
        } catch (error) {
          if (error !== ROLL_BACK) throw error;
          model = before;
        }
        if (step.ending === "restart") storage = open(sql);
        expectSame(storage, model);
      }
      storage.transaction(() => IDS.forEach((id) => storage.deleteRun(id)));
      expect(open(sql).runsAfter("", 1)).toEqual([]);
      expect(journalRows(sql)).toBe(0);
      sql.close();
    }),
    { numRuns: 200 },
  );
});

test("a herd that waits has rows, and costs one of the journal when it starts and when it ends", () => {
  const sql = openNodeSqlite(":memory:");
  const storage = new SqlShardStorage(sql);
  const write = (version: number, ids: readonly string[], phase = {}): void =>
    storage.transaction(() =>
      ids.forEach((id) => storage.putRun(aStoredRun({ id, version, ...phase }))),
    );
  write(1, IDS, { phase: WAITING });
  expect([runRows(sql), journalRows(sql)]).toEqual([40, 0]);
  write(2, IDS);
  expect([runRows(sql), journalRows(sql)]).toEqual([40, 1]);
  // One of the herd does not change: it alone would keep its batch for ever.
  for (let version = 3; version < 600; version++) write(version, IDS.slice(1 + (version % 20)));
  expect(journalRows(sql)).toBeLessThanOrEqual(256);
  storage.transaction(() => IDS.forEach((id) => storage.deleteRun(id)));
  expect([runRows(sql), journalRows(sql)]).toEqual([0, 0]);
  sql.close();
});

test("a herd that starts at once has no rows of its own, and leaves none", () => {
  const sql = openNodeSqlite(":memory:");
  let storage = new SqlShardStorage(sql);
  const [stays = "", ...others] = IDS;
  for (const version of [1, 2])
    storage.transaction(() =>
      IDS.forEach((id) => storage.putRun(aStoredRun({ id, version, result: version }))),
    );
  expect([runRows(sql), journalRows(sql)]).toEqual([0, 2]);
  storage.transaction(() => others.forEach((id) => storage.deleteRun(id)));

  storage = new SqlShardStorage(sql);
  expect(storage.runsAfter("", 100)).toEqual([aStoredRun({ id: stays, version: 2, result: 2 })]);
  expect(others.map((id) => storage.getRun(id))).toEqual(others.map(() => undefined));
  storage.transaction(() => storage.deleteRun(stays));
  expect([runRows(sql), journalRows(sql)]).toEqual([0, 0]);
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
const WAITING = { state: "waiting", attempt: 0, dueMs: 5_000 } as const;

type Store = Pick<
  SqlShardStorage,
  "transaction" | "putRun" | "deleteRun" | "getRun" | "getRuns" | "runsAfter"
>;

/** The runs alone, as the storage of a shard drives them, with a journal of a few rows. */
function smallStore(sql: Sql): Store {
  const rows = new RunRows(sql, {
    runsMin: 2,
    charsPerBatch: 4_000,
    batchesMax: 3,
    charsMax: 9_000,
  });
  return {
    transaction(work) {
      try {
        return sql.transaction(() => {
          const value = work();
          rows.flush();
          return value;
        });
      } catch (error) {
        rows.rolledBack();
        throw error;
      }
    },
    putRun: (run) => rows.put(run),
    deleteRun: (runId) => rows.delete(runId),
    getRun: (runId) => rows.get(runId),
    getRuns: (runIds) => rows.getMany(runIds),
    runsAfter: (afterId, limit) => rows.after(afterId, limit),
  };
}

function play(
  storage: Store,
  model: Map<string, Run>,
  { step, nth }: { readonly step: Step; readonly nth: number },
): void {
  for (const id of step.puts) {
    const version = (model.get(id)?.version ?? 0) + 1;
    const phase = model.has(id) || nth % 3 > 0 ? {} : ({ phase: WAITING } as const);
    const run = aStoredRun({ id, version, result: { nth }, createdMs: 1_000, ...phase });
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

function expectSame(storage: Store, model: ReadonlyMap<string, Run>): void {
  const expected = [...model.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  expect(storage.runsAfter("", 1_000)).toEqual(expected);
  expect(storage.getRuns(IDS).toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(expected);
  for (const id of IDS) expect(storage.getRun(id)).toEqual(model.get(id));
}

function runRows(sql: Sql): number {
  return Number(sql.all("select count(*) as n from runs")[0]?.["n"]);
}

function journalRows(sql: Sql): number {
  return Number(sql.all("select count(*) as n from run_journal")[0]?.["n"]);
}
