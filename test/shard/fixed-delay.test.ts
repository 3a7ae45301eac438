import { describe, expect, test } from "vitest";
import type { JobSpec, ScheduleSpec } from "../../src/core/job.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import { failedAnswer, OK } from "../support/a-run.ts";
import { MINUTE, REF, T0, TestShard } from "../support/a-shard.ts";
import { AFTER_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";

const MINUTE_AFTER = { kind: "after", delay: "1m", ...AFTER_DEFAULTS } as const;
const EVERY_MINUTE = {
  kind: "every",
  every: "1m",
  anchor: new Date(T0).toISOString(),
  ...EVERY_DEFAULTS,
} as const;

/** Made at T0 + 0.5 s, so that its first tick is a minute later. */
function aDelayedJob(spec: Partial<JobSpec> = {}): TestShard {
  const world = new TestShard();
  world.put({ timeout: "1h", schedule: MINUTE_AFTER, ...spec });
  return world;
}

const FIRST = T0 + 500 + MINUTE;

function only(deliveries: readonly Delivery[]): Delivery {
  const [delivery] = deliveries;
  if (delivery === undefined || deliveries.length > 1)
    throw new Error(`one delivery, not ${deliveries.length}`);
  return delivery;
}

/** The job's only due entry has this cursor, or there is none. */
function cursorOf(world: TestShard): number | null {
  expect(world.storage.countDue()).toBeLessThanOrEqual(1);
  const all = { fromMs: 0, beforeMs: Number.MAX_SAFE_INTEGER, after: null, limit: 2 };
  return world.storage.dueBetween(all)[0]?.cursorMs ?? null;
}

function view(world: TestShard) {
  return world.do("job.get", { ref: REF }).view;
}

function pause(world: TestShard): void {
  world.do("job.pause", { ref: REF, untilMs: null, reason: null });
}

function resume(world: TestShard, missed: "skip" | "latest" | "all" | null = null): void {
  world.do("job.resume", { ref: REF, missed });
}

describe("a fixed delay", () => {
  test("ticks a delay after it was made, then a delay after the end of each run", () => {
    const world = aDelayedJob();
    expect(view(world).nextTickMs).toBe(FIRST);
    const first = only(world.tickAt(FIRST));
    expect(first.nominalMs).toBe(FIRST);
    expect(cursorOf(world)).toBeNull();
    expect(view(world).nextTickMs).toBeNull();

    world.nowMs = FIRST + 17_000;
    world.answer(first, OK);
    expect(cursorOf(world)).toBe(FIRST + 17_000);
    expect(view(world).nextTickMs).toBe(FIRST + 17_000 + MINUTE);
    expect(only(world.tickAt(FIRST + 17_000 + MINUTE)).nominalMs).toBe(FIRST + 17_000 + MINUTE);
  });

  test("counts from the end of the run, not of an attempt", () => {
    const retry = {
      max: 1,
      backoff: { kind: "exponential", base: "10s", factor: 2, max: "1m" },
      jitter: "none",
      untilNextTick: true,
    } as const;
    const world = aDelayedJob({ retry });
    world.answer(only(world.tickAt(FIRST)), failedAnswer());
    expect(cursorOf(world)).toBeNull();
    world.answer(only(world.tickAt(FIRST + 10_000)), failedAnswer());

    expect(cursorOf(world)).toBe(FIRST + 10_000);
  });

  test("goes on after a crash, whether before the tick, during the run or after it", () => {
    const world = aDelayedJob();
    world.restart();
    const first = only(world.tickAt(FIRST));
    world.restart();
    const again = only(world.shard.tick(world.nowMs));
    expect(again).toMatchObject({ runId: first.runId, send: 2 });
    world.answer(again, OK);
    world.restart();

    expect(view(world).nextTickMs).toBe(FIRST + MINUTE);
    expect(only(world.tickAt(FIRST + MINUTE)).nominalMs).toBe(FIRST + MINUTE);
  });

  test("goes on when its run is canceled, or is lost in a crash", () => {
    const canceled = aDelayedJob();
    const { runId } = only(canceled.tickAt(FIRST));
    canceled.do("run.cancel", { ref: { namespace: "default", run: runId }, reason: null });
    expect(cursorOf(canceled)).toBe(FIRST);

    const lost = aDelayedJob({ delivery: "at_most_once" });
    only(lost.tickAt(FIRST));
    lost.restart();
    expect(cursorOf(lost)).toBe(FIRST);
  });

  test("counts nothing from a run by hand", () => {
    const world = aDelayedJob();
    world.runNow();
    const byHand = only(world.shard.tick(world.nowMs));
    world.answer(byHand, OK);

    expect(cursorOf(world)).toBe(T0 + 500);
  });

  test("whose tick is skipped for another run counts from then on", () => {
    const world = aDelayedJob();
    world.runNow();
    world.shard.tick(world.nowMs);
    expect(world.tickAt(FIRST)).toEqual([]);

    expect(world.ticks).toMatchObject([{ nominalMs: FIRST, reason: "overlap" }]);
    expect(cursorOf(world)).toBe(FIRST);
  });

  test("has one missed tick after an outage", () => {
    const world = aDelayedJob({ misfire: { ...MISFIRE, policy: "skip" } });
    expect(world.tickAt(FIRST + 10 * MINUTE)).toEqual([]);

    expect(world.ticks).toMatchObject([{ nominalMs: FIRST, count: 1, reason: "misfire" }]);
    expect(cursorOf(world)).toBe(FIRST + 10 * MINUTE);
  });

  test("finds its entry however far away it is, with and without a restart", () => {
    const world = aDelayedJob({ schedule: { ...MINUTE_AFTER, delay: "5h" } });
    expect(view(world).nextTickMs).toBe(T0 + 500 + 300 * MINUTE);
    world.restart();
    expect(view(world).nextTickMs).toBe(T0 + 500 + 300 * MINUTE);

    pause(world);
    expect(cursorOf(world)).toBeNull();
  });
});

const MISFIRE = { policy: "latest", grace: "5s", maxAge: "1h", maxCatchup: 10 } as const;

describe("a pause of a fixed delay", () => {
  test("during the run remembers its end, and the tick of the pause is one missed tick", () => {
    const world = aDelayedJob();
    const first = only(world.tickAt(FIRST));
    pause(world);
    world.nowMs = FIRST + 10_000;
    world.answer(first, OK);
    expect(view(world).job.pause?.cursorMs).toBe(FIRST + 10_000);
    expect(cursorOf(world)).toBeNull();

    world.nowMs = FIRST + 10 * MINUTE;
    resume(world);
    expect(only(world.shard.tick(world.nowMs)).nominalMs).toBe(FIRST + 10_000 + MINUTE);
  });

  test("that ends before the tick moves nothing", () => {
    const world = aDelayedJob();
    pause(world);
    world.nowMs = FIRST - 1;
    resume(world);

    expect(view(world).nextTickMs).toBe(FIRST);
  });

  test("whose tick is not wanted counts from the resume", () => {
    const world = aDelayedJob();
    pause(world);
    world.nowMs = FIRST + 5 * MINUTE;
    resume(world, "skip");

    expect(world.ticks).toMatchObject([{ nominalMs: FIRST, count: 1, reason: "paused" }]);
    expect(view(world).nextTickMs).toBe(FIRST + 6 * MINUTE);
  });

  test("that begins and ends during the run changes nothing", () => {
    const world = aDelayedJob();
    const first = only(world.tickAt(FIRST));
    pause(world);
    resume(world);
    expect(cursorOf(world)).toBeNull();
    world.nowMs = FIRST + 1_000;
    world.answer(first, OK);

    expect(cursorOf(world)).toBe(FIRST + 1_000);
  });

  test("until a time keeps its own entry only", () => {
    const world = aDelayedJob();
    const first = only(world.tickAt(FIRST));
    world.do("job.pause", { ref: REF, untilMs: FIRST + 5 * MINUTE, reason: null });
    expect(world.storage.countDue()).toBe(1);
    world.answer(first, OK);
    expect(world.storage.countDue()).toBe(1);

    const [again] = [...world.tickAt(FIRST + 5 * MINUTE), ...world.shard.tick(world.nowMs)];
    expect(again?.nominalMs).toBe(FIRST + MINUTE);
    expect(world.storage.countDue()).toBe(0);
  });
});

describe("an edit of a fixed delay", () => {
  test("counts from the edit, or from the end of the run that is on its way", () => {
    const world = aDelayedJob();
    world.nowMs = T0 + 30_000;
    world.put({ timeout: "1h", schedule: { ...MINUTE_AFTER, delay: "2m" } });
    expect(view(world).nextTickMs).toBe(T0 + 30_000 + 2 * MINUTE);

    const first = only(world.tickAt(T0 + 30_000 + 2 * MINUTE));
    world.put({ timeout: "1h", schedule: { ...MINUTE_AFTER, delay: "3m" } });
    expect(cursorOf(world)).toBeNull();
    world.answer(first, OK);
    expect(view(world).nextTickMs).toBe(world.nowMs + 3 * MINUTE);
  });

  test.each([
    ["an interval", EVERY_MINUTE, MINUTE_AFTER],
    ["a fixed delay", MINUTE_AFTER, EVERY_MINUTE],
  ] as const)("into and out of it during a run of %s leaves one entry", (_name, from, to) => {
    const world = new TestShard();
    const put = (schedule: ScheduleSpec): unknown => world.put({ timeout: "1h", schedule });
    put(from);
    const first = only(world.tickAt(from === EVERY_MINUTE ? T0 + MINUTE : FIRST));
    put(to);
    const isDelay = to === MINUTE_AFTER;
    expect(world.storage.countDue()).toBe(isDelay ? 0 : 1);
    world.nowMs += 1_000;
    world.answer(first, OK);

    expect(world.storage.countDue()).toBe(1);
    if (isDelay) expect(view(world).nextTickMs).toBe(world.nowMs + MINUTE);
    else expect(view(world).nextTickMs).toBe(T0 + 2 * MINUTE);
  });

  test("that leaves it overdue settles its tick, and awaits the run", () => {
    const world = aDelayedJob();
    world.nowMs = FIRST + 1_000;
    world.put({ timeout: "1h", schedule: { ...MINUTE_AFTER, delay: "2m" } });
    expect(cursorOf(world)).toBeNull();
    const first = only(world.shard.tick(world.nowMs));
    expect(first.nominalMs).toBe(FIRST);
    world.answer(first, OK);

    expect(view(world).nextTickMs).toBe(FIRST + 1_000 + 2 * MINUTE);
  });

  test("of something else than the schedule leaves the tick where it is", () => {
    const world = aDelayedJob();
    const first = only(world.tickAt(FIRST));
    world.put({ timeout: "1h", schedule: MINUTE_AFTER, description: "new" });
    expect(cursorOf(world)).toBeNull();
    world.answer(first, OK);

    expect(cursorOf(world)).toBe(FIRST);
  });
});

describe("the end of a fixed delay", () => {
  test("comes with the last of its ticks, skipped ones among them", () => {
    const world = aDelayedJob({ schedule: { ...MINUTE_AFTER, ...bounded(3) } });
    world.answer(only(world.tickAt(FIRST)), OK);
    expect(view(world).job).toMatchObject({ state: "active", ticksDone: 1 });
    world.runNow();
    world.shard.tick(world.nowMs);
    world.tickAt(FIRST + MINUTE);
    expect(world.ticks).toMatchObject([{ reason: "overlap" }]);
    expect(view(world).job).toMatchObject({ state: "active", ticksDone: 2 });
    world.put({ timeout: "1h", overlap: "allow", schedule: { ...MINUTE_AFTER, ...bounded(3) } });
    world.answer(only(world.tickAt(FIRST + 2 * MINUTE)), OK);

    expect(view(world).job).toMatchObject({ state: "ended", ticksDone: 3 });
    expect(world.storage.countDue()).toBe(0);
  });

  test("writes the job only where its ticks are counted", () => {
    const world = aDelayedJob();
    world.answer(only(world.tickAt(FIRST)), OK);

    expect(view(world).job.version).toBe(1);
  });

  test("comes when the next tick would lie beyond its bound", () => {
    const endAt = new Date(FIRST + 30_000).toISOString();
    const world = aDelayedJob({ schedule: { ...MINUTE_AFTER, endAt } });
    world.answer(only(world.tickAt(FIRST)), OK);

    expect(view(world).job.state).toBe("ended");
  });

  test("comes with its deletion, during a run or not", () => {
    const world = aDelayedJob();
    const first = only(world.tickAt(FIRST));
    world.do("job.delete", { ref: REF, ifVersion: null, running: "finish" });
    world.answer(first, OK);

    expect(world.storage.countDue()).toBe(0);
  });
});

function bounded(ticksMax: number) {
  return { startAt: new Date(T0).toISOString(), ticksMax };
}
