import { describe, expect, it } from "vitest";
import type { LiveNote } from "../../src/shard/live-notes.ts";
import { unrecordedRows } from "../../src/shard/unrecorded-rows.ts";
import { TestShard } from "../support/a-shard.ts";
import { aWorkflow, hook, succeeded, WorkflowShards } from "../support/workflow-shards.ts";

/** A shard whose rows of one namespace somebody watches. */
function aWatchedShard(namespace = "default"): TestShard {
  const world = new TestShard();
  world.shard.watch((other) => other === namespace);
  return world;
}

const TASK = { run: { url: "https://example.com/task" } } as const;

const rowsOf = (notes: readonly LiveNote[]): readonly LiveNote["rows"][] =>
  notes.map(({ rows }) => rows);

describe("what a shard notes for those who watch", () => {
  it("is every row that was saved, as it is now, once", () => {
    const world = aWatchedShard();
    world.put();
    const run = world.runNow();
    world.do("run.cancel", {
      ref: { namespace: "default", run: run.id },
      reason: null,
    });

    const [rows, ...others] = rowsOf(world.shard.takeLiveNotes());

    expect(others).toEqual([]);
    expect(rows?.jobs.map(({ spec }) => spec.name)).toEqual(["report"]);
    expect(rows?.runs).toMatchObject([{ id: run.id, phase: { state: "canceled" } }]);
    expect(rows).toMatchObject({ deletedJobs: [], steps: [], isWhole: true });
    expect(world.shard.takeLiveNotes()).toEqual([]);
  });

  it("is the end of a job, and not the job any more", () => {
    const world = aWatchedShard();
    const job = world.put();
    const ref = { namespace: "default", job: "report" };
    world.do("job.delete", { ref, ifVersion: null, running: "finish" });

    const [rows] = rowsOf(world.shard.takeLiveNotes());

    expect(rows).toMatchObject({
      jobs: [],
      deletedJobs: [{ id: job.id, namespace: "default", name: "report" }],
    });
  });

  it("is nothing of a namespace that nobody watches", () => {
    const world = aWatchedShard("other");
    world.put();
    world.runNow();

    expect(world.shard.takeLiveNotes()).toEqual([]);
  });

  it("is nothing of a transaction that failed", () => {
    const world = aWatchedShard();
    world.put();
    world.shard.takeLiveNotes();

    const fail = (): void =>
      world.shard.group(world.nowMs, () => {
        world.runNow();
        throw new Error("the disk is full");
      });

    expect(fail).toThrow("the disk is full");
    expect(world.shard.takeLiveNotes()).toEqual([]);
  });

  it("is that something is missing when it was too much", () => {
    const world = aWatchedShard();
    world.put({ overlap: "allow" });
    world.shard.takeLiveNotes();
    world.shard.group(world.nowMs, () => {
      for (let i = 0; i <= 20_000; i++) world.runNow({ overlap: "allow" });
    });

    const [rows] = rowsOf(world.shard.takeLiveNotes());

    expect(rows).toMatchObject({ runs: [], isWhole: false });
  });

  it("is every step of a workflow run as it begins, goes on and ends", async () => {
    const world = new WorkflowShards();
    const notes: LiveNote[] = [];
    const take = (): void => void notes.push(...world.at().takeLiveNotes());
    world.at().watch(() => true);
    world.put(
      aWorkflow("etl", [
        hook("extract"),
        { name: "each", after: ["extract"], tasks: [TASK, TASK] },
      ]),
    );
    world.answer = () => {
      take();
      return succeeded({ rows: 3 });
    };
    const run = world.start("etl");
    await world.settle();
    take();

    const steps = rowsOf(notes).flatMap((rows) => rows.steps);
    const told = steps.map(({ row, parts, partsEnded }) => [
      row.name,
      row.state,
      parts,
      partsEnded,
    ]);
    expect(told).toContainEqual(["extract", "running", 0, 0]);
    expect(told).toContainEqual(["extract", "succeeded", 0, 0]);
    expect(told).toContainEqual(["each", "running", 2, 0]);
    expect(told.at(-1)).toEqual(["each", "succeeded", 2, 2]);
    expect(steps.every(({ row }) => row.workflowRun === run.id && row.part === -1)).toBe(true);
    expect(rowsOf(notes).at(-1)?.workflowRuns).toMatchObject([
      { id: run.id, phase: { state: "succeeded" } },
    ]);
  });
});

describe("rows that the records do not have yet", () => {
  it("are those of the namespace, and whether they are all", () => {
    const world = new TestShard({ flushRowsMax: 3 });
    world.put();
    const run = world.runNow();

    const all = unrecordedRows(world.shard, "default");
    const none = unrecordedRows(world.shard, "other");
    world.put({ name: "second" });
    world.put({ name: "third" });
    const some = unrecordedRows(world.shard, "default");

    expect(all).toMatchObject({ runs: [{ id: run.id }], isWhole: true });
    expect(all.jobs).toHaveLength(1);
    expect(none).toMatchObject({ jobs: [], runs: [], isWhole: true });
    expect(some.isWhole).toBe(false);
  });
});
