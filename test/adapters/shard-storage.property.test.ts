import { throws } from "node:assert/strict";
import fc from "fast-check";
import { expect, it } from "vitest";
import { MemoryShardStorage } from "../../src/adapters/memory-shard-storage.ts";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { SqlShardStorage } from "../../src/adapters/sql-shard-storage.ts";
import type { ShardStorage } from "../../src/ports/shard-storage.ts";
import { aStoredBackfill, aStoredJob, aStoredRun, aStoredTick } from "../support/stored-rows.ts";
import {
  aStepRow,
  aWorkflow,
  aWorkflowEvent,
  aWorkflowRun,
  anErrand,
} from "../support/stored-workflows.ts";

/** One call with its arguments: the same call on two storages must give the same answer. */
interface Call {
  readonly text: string;
  readonly run: (storage: ShardStorage) => unknown;
}

/** Commands of one transaction, which throws at its end when it is to be rolled back. */
interface Step {
  readonly calls: readonly Call[];
  readonly form: "transaction" | "rollback" | "bare";
}

const letter = fc.constantFrom("a", "b", "c", "d");
const maybeLetter = fc.option(letter, { nil: null });
const small = fc.nat({ max: 4 });

it("memory and SQLite give equal answers to any commands, whichever are rolled back", () => {
  fc.assert(
    fc.property(fc.array(step(), { maxLength: 12 }), (steps) => {
      const memory = new MemoryShardStorage();
      const sql = openNodeSqlite(":memory:");
      const file = new SqlShardStorage(sql);
      try {
        for (const each of steps) {
          expect({ step: text(each), ...outcome(memory, each) }).toEqual({
            step: text(each),
            ...outcome(file, each),
          });
        }
      } finally {
        sql.close();
      }
    }),
    { numRuns: 400 },
  );
});

function outcome(storage: ShardStorage, each: Step): object {
  return { answers: answers(storage, each), contents: contents(storage) };
}

function answers(storage: ShardStorage, { calls, form }: Step): readonly unknown[] {
  const collected: unknown[] = [];
  const all = (): void => {
    for (const each of calls) collected.push(answer(storage, each));
  };
  if (form === "bare") all();
  if (form === "transaction") storage.transaction(all);
  if (form === "rollback") {
    throws(
      () =>
        storage.transaction(() => {
          all();
          throw new Error("rolled back");
        }),
      /rolled back/,
    );
  }
  return collected;
}

/** Both may refuse, each in its own words. */
function answer(storage: ShardStorage, each: Call): unknown {
  try {
    return sorted(each.run(storage) ?? null);
  } catch {
    return "refused";
  }
}

/** The order of jobs and runs by id is not promised. */
function sorted(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((item) => textOf(item)).toSorted();
}

function contents(storage: ShardStorage): unknown {
  const allDue = { fromMs: 0, beforeMs: 99, after: null, limit: 99 };
  const letters = ["a", "b", "c", "d"];
  return {
    meta: letters.map((key) => storage.getMeta(key)),
    jobs: letters.map((id) => storage.getJob(id)),
    names: letters.map((name) => storage.getJobByName("default", `name-${name}`)?.id),
    counts: [storage.countJobs(), storage.countDue(), storage.countJobOutbox()],
    due: storage.dueBetween(allDue),
    earliest: storage.earliestDueMs(),
    runs: storage.runsAfter("", 99),
    ticks: storage.ticksAfter({ jobId: "", nominalMs: -1, onlyThisJob: false, limit: 99 }),
    outbox: storage.jobOutboxAfter("", 99),
    idempotency: letters.map((key) => storage.getIdempotency(key)),
    copies: storage.copies(),
    calendars: letters.map((name) => storage.jobsOfCalendar("default", name)),
    backfills: letters.map((id) => [storage.getBackfill(id), storage.backfillsOfJob(id)]),
    ...workflowContents(storage, letters),
  };
}

function workflowContents(storage: ShardStorage, letters: readonly string[]): object {
  return {
    workflows: letters.map((id) => [storage.getWorkflow(id), storage.workflowVersions(id, 0, 99)]),
    workflowNames: letters.map((name) => storage.getWorkflowByName("default", name)?.id),
    newest: storage.workflowsAfter("", 99),
    workflowRuns: storage.workflowRunsAfter("", 99),
    places: storage.stepPlacesAfter({ workflowRun: "", step: -1, part: -1 }, 99),
    steps: letters.map((id) => storage.stepsAfter(id, { step: -1, part: -1 }, 99)),
    events: letters.map((id) => storage.workflowEvents(id)),
    workflowOutbox: storage.workflowOutboxAfter({ workflowId: "", version: 0 }, 99),
    errands: storage.errandsAfter("", 99),
  };
}

function step(): fc.Arbitrary<Step> {
  return fc.record({
    calls: fc.array(
      fc.oneof(rowWrite(), timeWrite(), otherWrite(), workflowWrite(), stepWrite(), read()),
      { maxLength: 12 },
    ),
    form: fc.constantFrom("transaction", "rollback", "bare"),
  });
}

function rowWrite(): fc.Arbitrary<Call> {
  return fc.oneof(
    call("putMeta", fc.tuple(letter, letter), (s, [key, value]) => s.putMeta(key, value)),
    call("putJob", fc.tuple(letter, small, maybeLetter), (s, [id, version, calendar]) =>
      s.putJob(aStoredJob({ id, version, calendar, name: `name-${id}` })),
    ),
    call("putJob of another's name", fc.tuple(letter), (s, [id]) => {
      if (s.getJob(id) === undefined && s.getJobByName("default", "name-a") !== undefined) {
        s.putJob(aStoredJob({ id, name: "name-a" }));
      }
    }),
    call("deleteJob", fc.tuple(letter), (s, [id]) => s.deleteJob(id)),
    call("putRun", fc.tuple(letter, small), (s, [id, version]) =>
      s.putRun(aStoredRun({ id, version })),
    ),
    call("deleteRun", fc.tuple(letter), (s, [id]) => s.deleteRun(id)),
  );
}

function timeWrite(): fc.Arbitrary<Call> {
  return fc.oneof(
    call("insertDue", fc.tuple(small, letter), (s, [dueMs, jobId]) => {
      if (s.scanDue(jobId)?.dueMs !== dueMs) s.deleteDue(s.scanDue(jobId)?.dueMs ?? 0, jobId);
      s.insertDue({ dueMs, jobId, cursorMs: dueMs - 1, priority: dueMs });
    }),
    call("moveDue", fc.tuple(small, small, letter), (s, [fromMs, dueMs, jobId]) =>
      s.moveDue(fromMs, { dueMs, jobId, cursorMs: fromMs, priority: dueMs }),
    ),
    call("deleteDue", fc.tuple(small, letter), (s, [dueMs, jobId]) => s.deleteDue(dueMs, jobId)),
    call("putTick", fc.tuple(letter, small, small), (s, [jobId, nominalMs, count]) =>
      s.putTick(aStoredTick({ jobId, nominalMs, count })),
    ),
    call("deleteTick", fc.tuple(letter, small), (s, [jobId, ms]) => s.deleteTick(jobId, ms)),
  );
}

function otherWrite(): fc.Arbitrary<Call> {
  const tombstone = fc.option(fc.record({ namespace: letter, name: letter }), { nil: null });
  return fc.oneof(
    call("putJobOutbox", fc.tuple(letter, small, tombstone), (s, [jobId, version, gone]) =>
      s.putJobOutbox({ jobId, version, tombstone: gone }),
    ),
    call("deleteJobOutbox", fc.tuple(letter, small), (s, [id, version]) =>
      s.deleteJobOutbox(id, version),
    ),
    call("putIdempotency", fc.tuple(letter, letter, small), (s, [key, reply, expiresMs]) =>
      s.putIdempotency({ key, bodyHash: key, reply, expiresMs }),
    ),
    call("purgeIdempotency", fc.tuple(small, small), (s, [nowMs, limit]) =>
      s.purgeIdempotency(nowMs, limit),
    ),
    call("putCopy", fc.tuple(letter, small), (s, [key, version]) =>
      s.putCopy({ key, version, body: key }),
    ),
    call("deleteCopy", fc.tuple(letter), (s, [key]) => s.deleteCopy(key)),
    call("putBackfill", fc.tuple(letter, letter), (s, [id, job]) => {
      const jobId = s.getBackfill(id)?.jobId ?? job;
      s.putBackfill(aStoredBackfill({ id, jobId }));
    }),
    call("deleteBackfill", fc.tuple(letter), (s, [id]) => s.deleteBackfill(id)),
  );
}

function workflowWrite(): fc.Arbitrary<Call> {
  return fc.oneof(
    call("putWorkflow", fc.tuple(letter, letter), (s, [id, name]) => {
      const newest = s.workflowVersions(id, 0, 1)[0];
      const version = (newest?.version ?? 0) + 1;
      s.putWorkflow(aWorkflow({ id, version, spec: { name: newest?.spec.name ?? name } }));
    }),
    call("restoreWorkflowVersion", fc.tuple(letter, small), (s, [id, ms]) => {
      const { name = id } = s.workflowVersions(id, 0, 1)[0]?.spec ?? {};
      s.restoreWorkflowVersion(aWorkflow({ id, version: ms + 1, spec: { name } }));
    }),
    call("deleteWorkflow", fc.tuple(letter), (s, [id]) => s.deleteWorkflow(id)),
    call("deleteWorkflowVersion", fc.tuple(letter, small), (s, [id, version]) => {
      if (version !== s.getWorkflow(id)?.version) s.deleteWorkflowVersion(id, version);
    }),
    call("putWorkflowOutbox", fc.tuple(letter, small), (s, [workflowId, version]) =>
      s.putWorkflowOutbox({ workflowId, version, tombstone: null }),
    ),
    call("deleteWorkflowOutbox", fc.tuple(letter, small), (s, [id, version]) =>
      s.deleteWorkflowOutbox(id, version),
    ),
    call("putErrand", fc.tuple(letter, letter), (s, [id, result]) =>
      s.putErrand(anErrand(id, result)),
    ),
    call("deleteErrand", fc.tuple(letter), (s, [id]) => s.deleteErrand(id)),
  );
}

function stepWrite(): fc.Arbitrary<Call> {
  return fc.oneof(
    call("putWorkflowRun", fc.tuple(letter, small), (s, [id, version]) =>
      s.putWorkflowRun(aWorkflowRun({ id, version })),
    ),
    call("deleteWorkflowRun", fc.tuple(letter, small), (s, [id, stepsMax]) =>
      s.deleteWorkflowRun(id, stepsMax),
    ),
    call("putStep", fc.tuple(letter, small, small), (s, [workflowRun, at, part]) =>
      s.putStep(aStepRow({ workflowRun, step: at, part: part - 1 })),
    ),
    call("putWorkflowEvent", fc.tuple(letter, small), (s, [workflowRun, seq]) =>
      s.putWorkflowEvent(aWorkflowEvent({ workflowRun, seq: seq + 1 })),
    ),
    call("deleteWorkflowEvent", fc.tuple(letter, small), (s, [id, seq]) =>
      s.deleteWorkflowEvent(id, seq),
    ),
    call("stepsAfter", fc.tuple(letter, small, small), (s, [id, at, limit]) =>
      textOf(s.stepsAfter(id, { step: at, part: 0 }, limit)),
    ),
  );
}

function read(): fc.Arbitrary<Call> {
  const after = fc.option(fc.record({ dueMs: small, jobId: letter }), { nil: null });
  const letters = fc.array(letter);
  return fc.oneof(
    call("getJobs", fc.tuple(letters), (s, [ids]) => s.getJobs(ids)),
    call("getRuns", fc.tuple(letters), (s, [ids]) => s.getRuns(ids)),
    call("dueAt", fc.tuple(small, letter), (s, [dueMs, jobId]) => s.dueAt(dueMs, jobId)),
    call("scanDue", fc.tuple(letter), (s, [jobId]) => s.scanDue(jobId)),
    call("dueBetween", fc.tuple(small, small, small, after), (s, [fromMs, beforeMs, limit, last]) =>
      textOf(s.dueBetween({ fromMs, beforeMs, limit, after: last })),
    ),
    call("runsAfter", fc.tuple(letter, small), (s, [id, limit]) => textOf(s.runsAfter(id, limit))),
    call(
      "ticksAfter",
      fc.tuple(letter, small, fc.boolean(), small),
      (s, [jobId, ms, only, limit]) =>
        textOf(s.ticksAfter({ jobId, nominalMs: ms, onlyThisJob: only, limit })),
    ),
    call("jobOutboxAfter", fc.tuple(letter, small), (s, [id, limit]) =>
      textOf(s.jobOutboxAfter(id, limit)),
    ),
  );
}

function call<Args>(
  name: string,
  args: fc.Arbitrary<Args>,
  run: (storage: ShardStorage, args: Args) => unknown,
): fc.Arbitrary<Call> {
  return args.map((drawn) => ({
    text: `${name} ${JSON.stringify(drawn)}`,
    run: (storage) => run(storage, drawn),
  }));
}

function text({ form, calls }: Step): string {
  return `${form}: ${calls.map((each) => each.text).join(", ")}`;
}

/** Rows are the same whatever the order of their fields. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
