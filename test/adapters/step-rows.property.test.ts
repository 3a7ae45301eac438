import fc from "fast-check";
import { expect, test } from "vitest";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { SqlShardStorage } from "../../src/adapters/sql-shard-storage.ts";
import { STEP_JOURNAL_LIMITS } from "../../src/adapters/step-rows.ts";
import type { StepRow } from "../../src/core/workflow-run.ts";
import type { Sql } from "../../src/ports/shard-storage.ts";
import { aStepRow } from "../support/stored-workflows.ts";

const RUNS = ["wfr_a", "wfr_b", "wfr_c"] as const;
const PLACES = RUNS.flatMap((workflowRun) =>
  [0, 1, 2, 3].flatMap((step) => [-1, 0, 1].map((part) => ({ workflowRun, step, part }))),
);
const FIRST = { step: -1, part: -1 };
const ROLL_BACK = new Error("roll back");

interface Act {
  readonly puts: readonly (typeof PLACES)[number][];
  readonly isLong: boolean;
  readonly gone: (typeof RUNS)[number] | null;
  readonly ending: "commit" | "roll back" | "restart";
  readonly isListed: boolean;
}

const acts = fc.array(
  fc.record<Act>({
    puts: fc.subarray(PLACES, { maxLength: 20 }),
    isLong: fc.boolean(),
    gone: fc.constantFrom(null, null, null, ...RUNS),
    ending: fc.constantFrom("commit", "commit", "roll back", "restart"),
    isListed: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
);

test("steps are what they were last written as, over journal, rollbacks, deletions and restarts", () => {
  fc.assert(
    fc.property(acts, (drawn) => {
      const sql = openNodeSqlite(":memory:");
      let storage = new SqlShardStorage(sql);
      let model = new Map<string, StepRow>();
      for (const [nth, act] of drawn.entries()) {
        const before = new Map(model);
        try {
          storage.transaction(() => play(storage, model, { act, nth }));
        } catch (error) {
          if (error !== ROLL_BACK) throw error;
          model = before;
        }
        if (act.ending === "restart") storage = new SqlShardStorage(sql);
        for (const place of PLACES)
          expect(storage.getStep(place.workflowRun, place.step, place.part)).toEqual(
            model.get(keyOf(place)),
          );
        if (act.isListed) expectListed(storage, model);
      }
      expectListed(storage, model);
      sql.close();
    }),
    { numRuns: 200 },
  );
});

function play(
  storage: SqlShardStorage,
  model: Map<string, StepRow>,
  { act, nth }: { readonly act: Act; readonly nth: number },
): void {
  for (const [i, place] of act.puts.entries()) {
    const chars = act.isLong && i % 5 === 0 ? STEP_JOURNAL_LIMITS.rowCharsMax : nth;
    const row = aStepRow({ ...place, version: nth + 1, output: "x".repeat(chars) });
    storage.putStep(row);
    model.set(keyOf(place), row);
  }
  if (act.gone !== null) {
    storage.deleteWorkflowRun(act.gone, 1_000);
    for (const [key, row] of model) if (row.workflowRun === act.gone) model.delete(key);
  }
  if (act.ending === "roll back") throw ROLL_BACK;
}

function expectListed(storage: SqlShardStorage, model: ReadonlyMap<string, StepRow>): void {
  for (const workflowRun of RUNS) {
    const expected = PLACES.map((place) => model.get(keyOf(place))).filter(
      (row) => row?.workflowRun === workflowRun,
    );
    expect(storage.stepsAfter(workflowRun, { step: -1, part: -2 }, 100)).toEqual(expected);
  }
  const places = storage.stepPlacesAfter({ workflowRun: "", ...FIRST }, 100);
  expect(places.map(keyOf)).toEqual(PLACES.map(keyOf).filter((key) => model.has(key)));
}

function keyOf(place: Pick<StepRow, "workflowRun" | "step" | "part">): string {
  return `${place.workflowRun} ${place.step} ${place.part}`;
}

test("steps of many runs that change together cost one row, and go to their places run by run", () => {
  const sql = openNodeSqlite(":memory:");
  const storage = new SqlShardStorage(sql);
  const runs = Array.from({ length: 50 }, (_, i) => `wfr_${i}`);
  for (let step = 0; step < STEP_JOURNAL_LIMITS.batchesMax - 1; step++)
    storage.transaction(() => {
      for (const workflowRun of runs) storage.putStep(aStepRow({ workflowRun, step }));
    });
  expect(rows(sql, "step_journal")).toBe(STEP_JOURNAL_LIMITS.batchesMax - 1);
  expect(rows(sql, "workflow_steps")).toBe(0);
  storage.transaction(() => {
    for (const workflowRun of runs) storage.putStep(aStepRow({ workflowRun, step: 100 }));
  });
  expect(rows(sql, "step_journal")).toBe(0);
  expect(rows(sql, "workflow_steps")).toBe(runs.length * STEP_JOURNAL_LIMITS.batchesMax);
  sql.close();
});

test("long outputs are spread over rows of the journal that storage can hold", () => {
  const sql = openNodeSqlite(":memory:");
  const storage = new SqlShardStorage(sql);
  storage.transaction(() => {
    for (let step = 0; step < 60; step++)
      storage.putStep(aStepRow({ step, output: "x".repeat(15_000) }));
  });
  const lengths = sql.all("select length(body) as n from step_journal").map(({ n }) => Number(n));
  expect(lengths.length).toBeGreaterThan(1);
  expect(Math.max(...lengths)).toBeLessThan(STEP_JOURNAL_LIMITS.charsPerBatch + 10_000);
  expect(new SqlShardStorage(sql).stepsAfter("wfr_a", FIRST, 100)).toHaveLength(60);
  sql.close();
});

function rows(sql: Sql, table: string): number {
  return Number(sql.all(`select count(*) as n from ${table}`)[0]?.["n"]);
}
