import { describe, expect, test } from "vitest";
import { ACCEPTED, failedAnswer, OK } from "../support/a-run.ts";
import { aRunRequest, MINUTE, REF, T0, TestShard } from "../support/a-shard.ts";

const MANUAL = { kind: "manual" } as const;

function aManualJob(more: object = {}): TestShard {
  const world = new TestShard();
  world.put({ schedule: MANUAL, ...more });
  return world;
}

describe("run now", () => {
  test("starts with the next tick of the shard, with its params laid over the job's", () => {
    const world = aManualJob();
    const run = world.runNow({ params: { day: "mon" } });

    expect(run.phase).toMatchObject({ state: "waiting", dueMs: world.nowMs });
    expect(world.shard.tick(world.nowMs)).toMatchObject([
      { runId: run.id, params: { size: 1, day: "mon" }, trigger: "api", attempt: 1, send: 1 },
    ]);
  });

  test("for later waits until then, to the millisecond", () => {
    const world = aManualJob();
    world.runNow({ atMs: T0 + 90_001 });

    expect(world.shard.nextTickMs(world.nowMs)).toBe(T0 + 90_001);
    expect(world.tickAt(T0 + 90_000)).toEqual([]);
    expect(world.tickAt(T0 + 90_001)).toHaveLength(1);
  });

  test("is refused while another run lives, unless it may overlap", () => {
    const world = aManualJob();
    world.runNow();

    expect(world.refusal("run.create", aRunRequest())).toBe("run.overlaps");
    expect(world.refusal("run.create", aRunRequest({ overlap: "allow" }))).toBeUndefined();
  });

  test("for later gives way to a run that lives when its time comes", () => {
    const world = aManualJob();
    const later = world.runNow({ atMs: T0 + MINUTE });
    const sooner = world.runNow();
    world.tickAt(T0 + MINUTE);

    expect(world.shard.run(later.id)).toMatchObject({ phase: { state: "canceled" } });
    expect(world.shard.run(sooner.id)?.phase.state).toBe("dispatching");
  });

  test("of no job is refused", () => {
    expect(new TestShard().refusal("run.create", aRunRequest())).toBe("job.unknown");
  });
});

describe("cancel", () => {
  test("ends a run that waits, and it never starts", () => {
    const world = aManualJob();
    const run = world.runNow({ atMs: T0 + MINUTE });
    const ref = { namespace: "default", run: run.id };
    const canceled = world.do("run.cancel", { ref, reason: "By hand." });

    expect(canceled.run).toMatchObject({ phase: { state: "canceled" }, cancelReason: "By hand." });
    expect(world.tickAt(T0 + 2 * MINUTE)).toEqual([]);
    expect(world.refusal("run.cancel", { ref, reason: null })).toBe("run.ended");
  });

  test("of a run of another namespace is refused", () => {
    const world = aManualJob();
    const ref = { namespace: "other", run: world.runNow().id };

    expect(world.refusal("run.cancel", { ref, reason: null })).toBe("run.unknown");
    expect(world.refusal("run.get", { ref })).toBe("run.unknown");
  });

  test("keeps the run until the answer that is on its way has come", () => {
    const world = aManualJob();
    const run = world.runNow();
    const [delivery] = world.shard.tick(world.nowMs);
    world.do("run.cancel", { ref: { namespace: "default", run: run.id }, reason: null });
    world.flush();
    expect(world.runs).toHaveLength(1);

    if (delivery !== undefined) world.answer(delivery, OK);
    expect(world.flush().runs).toMatchObject([{ attempts: [{ late: true, status: 200 }] }]);
    expect(world.runs).toHaveLength(0);
  });
});

describe("retry", () => {
  test("does a run again that has ended, beside whatever lives", () => {
    const world = aManualJob();
    world.runNow({ params: { day: "mon" } });
    const [delivery] = world.shard.tick(world.nowMs);
    if (delivery !== undefined) world.answer(delivery, failedAnswer());
    const [origin] = world.runs;
    world.runNow();
    if (origin === undefined) throw new Error("the run is there");
    const { run } = world.do("run.retry", {
      origin,
      slices: null,
      params: { size: 2 },
      traceparent: null,
    });

    expect(run.trigger).toEqual({ kind: "retry", origin: origin.id });
    expect(run.order.params).toEqual({ size: 2, day: "mon" });
  });

  test("of a run that lives is refused", () => {
    const world = aManualJob();
    const input = { origin: world.runNow(), slices: null, params: null, traceparent: null };

    expect(world.refusal("run.retry", input)).toBe("run.not_ended");
  });
});

function accepted(): { readonly world: TestShard; readonly runId: string } {
  const world = aManualJob({ retry: { ...RETRIES } });
  const { id: runId } = world.runNow();
  const [delivery] = world.shard.tick(world.nowMs);
  if (delivery !== undefined) world.answer(delivery, ACCEPTED, 202);
  return { world, runId };
}

describe("a callback", () => {
  test("ends the run, its repetition changes nothing, its contradiction is refused", () => {
    const { world, runId } = accepted();
    const first = world.do(...world.callBack({ runId }));
    const again = world.do(...world.callBack({ runId }));

    expect(first).toMatchObject({ isRepeat: false, run: { phase: { state: "succeeded" } } });
    expect(again).toEqual({ run: first.run, isRepeat: true });
    expect(world.refusal(...world.callBack({ runId, digest: "b", status: "failed" }))).toBe(
      "callback.contradicts",
    );
    expect(world.shard.run(runId)).toBe(first.run);
  });

  test("of an attempt that is over is refused", () => {
    const { world, runId } = accepted();
    world.tickAt(world.nowMs + 30_000); // The lease ends.
    world.tickAt(world.nowMs + 1_000);

    expect(world.shard.run(runId)?.phase).toMatchObject({ state: "dispatching", attempt: 2 });
    expect(world.refusal(...world.callBack({ runId, attempt: 1 }))).toBe("callback.over");
    expect(world.refusal(...world.callBack({ runId, attempt: 2 }))).toBeUndefined();
  });

  test("of a run that is not here is refused", () => {
    const { world } = accepted();

    expect(world.refusal(...world.callBack({ runId: "run_x" }))).toBe("run.unknown");
  });
});

const RETRIES = {
  max: 2,
  backoff: { kind: "exponential", base: "1s", factor: 2, max: "1m" },
  jitter: "none",
  untilNextTick: false,
} as const;

test("a refusal writes nothing", () => {
  const world = aManualJob();
  world.flush();
  const before = JSON.stringify([world.runs, world.storage.getJobs(["x"]), world.ticks]);
  world.refusal("run.create", aRunRequest({ ref: { ...REF, job: "other" } }));
  world.refusal("job.pause", { ref: REF, untilMs: 1, reason: null });
  world.refusal("job.resume", { ref: REF, missed: null });
  world.refusal("job.delete", { ref: REF, ifVersion: 9, running: "cancel" });

  expect(JSON.stringify([world.runs, world.storage.getJobs(["x"]), world.ticks])).toBe(before);
  expect(world.shard.outboxSize).toBe(0);
});
