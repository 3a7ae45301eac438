import { describe, expect, test } from "vitest";
import type { Run } from "../../src/core/run.ts";
import { ACCEPTED } from "../support/a-run.ts";
import { aRunRequest, MINUTE, REF, T0, type TestShard } from "../support/a-shard.ts";
import { anExecutorShard } from "../support/executor-shard.ts";
import { answerAll, aSplitRun, statesOf, THREE } from "../support/sharded-shard.ts";
import { AFTER_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";

const EVERY = {
  kind: "every",
  every: "1m",
  anchor: new Date(T0).toISOString(),
  ...EVERY_DEFAULTS,
} as const;

describe("slices", () => {
  test("are not in the way of their job: only the sharded run is", () => {
    const { world, parentId, out } = aSplitRun({ schedule: EVERY, overlap: "skip" });
    expect(world.refusal("run.create", aRunRequest())).toBe("run.overlaps");
    expect(world.tickAt(T0 + MINUTE)).toEqual([]);
    expect(world.do("job.get", { ref: REF }).view.runs.map(({ id }) => id)).toEqual([parentId]);
    answerAll(world, out);

    expect(world.tickAt(T0 + 2 * MINUTE)).toHaveLength(3);
  });

  test("of a job with a concurrency all start, and its next run waits for the last of them", () => {
    const { world, out } = aSplitRun({ overlap: "allow", concurrency: 1 });
    world.runNow();
    expect(world.shard.tick(world.nowMs)).toEqual([]);
    answerAll(world, out.slice(0, 2));
    expect(world.shard.tick(world.nowMs)).toEqual([]);
    answerAll(world, out.slice(2));

    expect(world.shard.tick(world.nowMs)).toHaveLength(3);
  });

  test("begin the delay of their job when the last has ended", () => {
    const schedule = { kind: "after", delay: "1m", ...AFTER_DEFAULTS } as const;
    const world = anExecutorShard({ sharding: THREE, schedule, timeout: "1h" });
    const out = world.tickAt(T0 + 2 * MINUTE);
    expect(out).toHaveLength(3);
    world.nowMs += 30_000;
    answerAll(world, out.slice(0, 2));
    expect(world.tickAt(world.nowMs + 2 * MINUTE)).toEqual([]);
    answerAll(world, out.slice(2));

    expect(world.do("job.get", { ref: REF }).view.nextTickMs).toBe(world.nowMs + MINUTE);
  });

  test("of a backfill's runs are none of its runs", () => {
    const world = anExecutorShard({ sharding: THREE, schedule: EVERY });
    answerAll(world, world.tickAt(T0 + MINUTE));
    world.nowMs += 1_000;
    const range = { fromMs: T0, toMs: T0 + MINUTE, rate: 6_000 };
    const asked = { ref: REF, ...range, overlap: "buffer_all", params: null } as const;
    const { id } = world.do("backfill.create", asked).backfill;
    world.tickAt(world.nowMs + 1_000); // Makes the run.
    const out = world.shard.tick(world.nowMs);
    expect(out).toHaveLength(3);
    answerAll(world, out);

    expect(world.do("backfill.get", { ref: { ...REF, backfill: id } }).backfill).toMatchObject({
      state: "completed",
      made: 1,
      succeeded: 1,
    });
  });

  test("wait for slots, and go before what is less important", () => {
    const world = anExecutorShard(
      { sharding: THREE, priority: 10, overlap: "allow" },
      { limits: { slots: 2 } },
    );
    world.put({ name: "other", schedule: { kind: "manual" } });
    world.runNow({ ref: { ...REF, job: "other" } });
    world.runNow();
    const out = world.shard.tick(world.nowMs);
    expect(out.map(({ jobName }) => jobName)).toEqual(["report", "report"]);
    answerAll(world, out.slice(0, 1));

    expect(world.shard.tick(world.nowMs)).toMatchObject([{ jobName: "report" }]);
  });

  test("are made when there is room for them, and nobody spins until then", () => {
    const sharding = { ...THREE, total: 600 };
    const limits = { liveRunsMax: 10, slots: 2_000, claimMax: 2_000 };
    const world = anExecutorShard({ sharding, overlap: "allow" }, { limits });
    const [first, second] = [world.runNow(), world.runNow()];
    const out = world.shard.tick(world.nowMs);

    expect(out).toHaveLength(600);
    expect(world.shard.run(second.id)).toMatchObject({ tally: null, phase: { state: "waiting" } });
    expect(world.shard.nextTickMs(world.nowMs)).toBe(world.nowMs + 1_000);
    answerAll(world, out);
    expect(world.shard.run(first.id)?.phase.state).toBe("succeeded");
    world.flush();
    expect(world.tickAt(world.nowMs + 1_000)).toHaveLength(600);
  });
});

describe("a cancel of a sharded run", () => {
  test("ends it and its slices at once when none of them was accepted", () => {
    const { world, parentId } = aSplitRun();

    expect(cancel(world, parentId)).toMatchObject({
      phase: { state: "canceled" },
      tally: { canceled: 3 },
      cancelReason: "By hand.",
    });
    expect(statesOf(world, parentId)).toEqual(["canceled", "canceled", "canceled"]);
    expect(world.shard.takeNotices(world.nowMs)).toHaveLength(3);
  });

  test("waits for slices that their executor has accepted, and ends with the last of them", () => {
    const { world, parentId, out } = aSplitRun();
    for (const delivery of out.slice(0, 2)) world.answer(delivery, ACCEPTED, 202);

    expect(cancel(world, parentId)).toMatchObject({
      phase: { state: "running" },
      cancelRequestedMs: world.nowMs,
    });
    expect(statesOf(world, parentId)).toEqual(["running", "running", "canceled"]);
    for (const { runId } of out.slice(0, 2))
      world.shard.confirmCancel({ runId, attempt: 1 }, world.nowMs);
    expect(world.shard.run(parentId)?.phase.state).toBe("canceled");
  });

  test("ends all of it by force after ten seconds", () => {
    const { world, parentId, out } = aSplitRun();
    for (const delivery of out) world.answer(delivery, ACCEPTED, 202);
    cancel(world, parentId);
    world.tickAt(world.nowMs + 10_000);

    expect(world.shard.run(parentId)).toMatchObject({
      phase: { state: "canceled" },
      tally: { total: 3, canceled: 3 },
    });
    expect(statesOf(world, parentId)).toEqual(["canceled", "canceled", "canceled"]);
  });

  test("by a later run holds that one until the last delivery of a slice is back", () => {
    const { world, parentId, out } = aSplitRun({ overlap: "cancel_other" });
    world.runNow();
    expect(world.shard.tick(world.nowMs)).toEqual([]);
    expect(world.shard.run(parentId)?.phase.state).toBe("canceled");
    answerAll(world, out);

    expect(world.shard.tick(world.nowMs)).toHaveLength(3);
  });

  test("comes with the deletion of its job", () => {
    const { world, parentId } = aSplitRun();
    world.do("job.delete", { ref: REF, ifVersion: null, running: "cancel" });

    expect(world.shard.run(parentId)?.phase.state).toBe("canceled");
    expect(statesOf(world, parentId)).toEqual(["canceled", "canceled", "canceled"]);
  });

  test("of one slice lets the others go on", () => {
    const { world, parentId, out } = aSplitRun({
      sharding: { ...THREE, success: { mode: "count", count: 2 } },
    });
    cancel(world, out[0]?.runId ?? "");
    answerAll(world, out.slice(1));

    expect(world.shard.run(parentId)).toMatchObject({
      phase: { state: "succeeded" },
      tally: { succeeded: 2, canceled: 1 },
    });
  });
});

function cancel(world: TestShard, run: string): Run {
  return world.do("run.cancel", { ref: { namespace: "default", run }, reason: "By hand." }).run;
}

test("a sharded run whose job is deleted goes on when its runs may finish", () => {
  const { world, parentId, out } = aSplitRun();
  world.do("job.delete", { ref: REF, ifVersion: null, running: "finish" });
  answerAll(world, out);

  expect(world.shard.run(parentId)?.phase.state).toBe("succeeded");
});
