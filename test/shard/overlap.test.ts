import { describe, expect, test } from "vitest";
import type { JobSpec } from "../../src/core/job.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import type { ShardLimits } from "../../src/shard/limits.ts";
import { ACCEPTED, failedAnswer, OK } from "../support/a-run.ts";
import { aRunRequest, MINUTE, REF, T0, TestShard } from "../support/a-shard.ts";

const MANUAL = { kind: "manual" } as const;

/** No delivery is given up while a test looks on. */
const LONG = { timeout: "1h" } as const;

function aWorld(spec: Partial<JobSpec>, limits: Partial<ShardLimits> = {}): TestShard {
  const world = new TestShard(limits);
  world.put({ ...LONG, ...spec });
  return world;
}

/** The minutes of the deliveries, and the deliveries. */
function minutes(deliveries: readonly Delivery[]): readonly number[] {
  return deliveries.map(({ nominalMs }) => (nominalMs - T0) / MINUTE);
}

function only(deliveries: readonly Delivery[]): Delivery {
  const [delivery] = deliveries;
  if (delivery === undefined || deliveries.length > 1)
    throw new Error(`one delivery, not ${deliveries.length}`);
  return delivery;
}

/** Lets so many minutes pass, and returns what was sent. */
function pass(world: TestShard, fromMinute: number, toMinute: number): readonly Delivery[] {
  const sent: Delivery[] = [];
  for (let minute = fromMinute; minute <= toMinute; minute++)
    sent.push(...world.tickAt(T0 + minute * MINUTE));
  return sent;
}

describe("buffer_one", () => {
  test("starts the waiting run when the other has ended, in the same transaction", () => {
    const world = aWorld({ overlap: "buffer_one" });
    const first = only(pass(world, 1, 3));
    expect(world.ticks).toMatchObject([{ nominalMs: T0 + 3 * MINUTE, reason: "overlap" }]);

    world.shard.group(world.nowMs, () => {
      world.answer(first, OK);
      expect(minutes(world.shard.tick(world.nowMs))).toEqual([2]);
    });
  });

  test("wakes nobody while its run waits", () => {
    const world = aWorld({ overlap: "buffer_one" });
    pass(world, 1, 2);

    expect(world.shard.nextTickMs(world.nowMs)).toBeGreaterThan(world.nowMs);
  });

  test("refuses a third run by hand, and makes one for later wait for its turn", () => {
    const world = aWorld({ overlap: "buffer_one", schedule: MANUAL });
    world.runNow();
    const later = world.runNow({ atMs: T0 + MINUTE });
    const tooMany = world.runNow({ atMs: T0 + MINUTE + 1 });
    const first = only(world.shard.tick(world.nowMs));
    expect(world.tickAt(T0 + 2 * MINUTE)).toEqual([]);

    expect(world.shard.run(tooMany.id)).toMatchObject({
      phase: { state: "canceled" },
      cancelReason:
        "2 other runs of the job had not ended when its time came (overlap: buffer_one).",
    });
    expect(world.refusal("run.create", aRunRequest())).toBe("run.overlaps");
    world.answer(first, OK);
    expect(only(world.shard.tick(world.nowMs)).runId).toBe(later.id);
  });
});

describe("buffer_all", () => {
  test("runs everything in nominal order, also after a restart", () => {
    const world = aWorld({ overlap: "buffer_all" });
    let last = only(pass(world, 1, 5));
    const order = [minutes([last])[0]];
    for (let i = 0; i < 4; i++) {
      world.restart();
      // After a crash the attempt is sent again.
      last = only(world.shard.tick(world.nowMs));
      world.answer(last, OK);
      last = only(world.shard.tick(world.nowMs));
      order.push(minutes([last])[0]);
    }

    expect(order).toEqual([1, 2, 3, 4, 5]);
  });

  test("drops what is beyond the cap, says so, and refuses more by hand", () => {
    const world = aWorld({ overlap: "buffer_all" }, { bufferedMax: 2 });
    const first = only(pass(world, 1, 5));

    expect(world.ticks).toMatchObject(
      [4, 5].map((minute) => ({
        nominalMs: T0 + minute * MINUTE,
        disposition: "dropped",
        reason: "limit",
        evidence: { overlap: "buffer_all", live: 3, limit: 1, blockedBy: first.runId },
      })),
    );
    expect(world.refusal("run.create", aRunRequest())).toBe("quota.exceeded");
  });

  test("starts an older tick before a younger one, whichever was made first", () => {
    const world = aWorld({ overlap: "buffer_all", misfire: MISSED_ALL });
    const first = only(pass(world, 1, 1));
    world.do("job.pause", { ref: REF, untilMs: null, reason: null });
    world.nowMs = T0 + 3 * MINUTE + 30_000;
    const byHand = world.runNow();
    world.shard.tick(world.nowMs);
    world.do("job.resume", { ref: REF, missed: "all" });
    expect(world.shard.tick(world.nowMs)).toEqual([]);

    const order: string[] = [];
    for (let last = first; order.length < 3; order.push(last.runId)) {
      world.answer(last, OK);
      last = only(world.shard.tick(world.nowMs));
    }
    expect(order.at(-1)).toBe(byHand.id);
  });
});

const MISSED_ALL = { policy: "all", grace: "5s", maxAge: "1h", maxCatchup: 10 } as const;

const RETRIES = {
  max: 3,
  backoff: { kind: "exponential", base: "10s", factor: 2, max: "1m" },
  jitter: "none",
  untilNextTick: false,
} as const;

describe("concurrency", () => {
  test("bounds the started runs of a job that may overlap", () => {
    const world = aWorld({ overlap: "allow", concurrency: 2 });
    const sent = pass(world, 1, 4);
    expect(minutes(sent)).toEqual([1, 2]);

    for (const delivery of sent) world.answer(delivery, OK);
    expect(minutes(world.shard.tick(world.nowMs))).toEqual([3, 4]);
  });

  test("counts a run that the executor accepted, and one that waits for its retry", () => {
    const world = aWorld({ overlap: "buffer_all", retry: RETRIES, timeout: "10m" });
    world.answer(only(pass(world, 1, 1)), ACCEPTED, 202);
    expect(pass(world, 2, 2)).toEqual([]);

    const [run] = world.runs;
    world.do(...world.callBack({ runId: run?.id ?? "", status: "failed" }));
    expect(world.shard.tick(world.nowMs)).toEqual([]);
    expect(only(world.tickAt(world.nowMs + 10_000))).toMatchObject({ runId: run?.id, attempt: 2 });
  });

  test("counts a retrying run over a restart", () => {
    const world = aWorld({ overlap: "buffer_all", retry: RETRIES });
    world.answer(only(pass(world, 1, 1)), failedAnswer());
    world.nowMs = T0 + MINUTE + 5_000;
    const byHand = world.runNow();
    world.restart();

    expect(world.shard.tick(world.nowMs)).toEqual([]);
    world.answer(only(world.tickAt(T0 + MINUTE + 10_000)), OK);
    expect(only(world.shard.tick(world.nowMs)).runId).toBe(byHand.id);
  });

  test("holds for runs by hand that may overlap, which else start beside the others", () => {
    const world = aWorld({ overlap: "skip", schedule: MANUAL });
    for (let i = 0; i < 3; i++) world.runNow({ overlap: "allow" });
    expect(world.shard.tick(world.nowMs)).toHaveLength(3);

    const bounded = aWorld({ overlap: "skip", schedule: MANUAL, concurrency: 2 });
    for (let i = 0; i < 3; i++) bounded.runNow({ overlap: "allow" });
    expect(bounded.shard.tick(bounded.nowMs)).toHaveLength(2);
  });

  test("that is raised lets waiting runs start, and one that is lowered stops none", () => {
    const world = aWorld({ overlap: "allow", concurrency: 1 });
    pass(world, 1, 4);
    world.put({ ...LONG, overlap: "allow", concurrency: 3 });
    const more = world.shard.tick(world.nowMs);
    expect(minutes(more)).toEqual([2, 3]);

    world.put({ ...LONG, overlap: "allow", concurrency: 1 });
    for (const delivery of more) world.answer(delivery, OK);
    expect(world.shard.tick(world.nowMs)).toEqual([]);
  });

  test("of a deleted job no longer holds, but its policy does", () => {
    const world = aWorld({ overlap: "buffer_all", concurrency: 2 });
    const sent = pass(world, 1, 4);
    world.do("job.delete", { ref: REF, ifVersion: null, running: "finish" });
    const [one, two] = sent;
    if (one !== undefined) world.answer(one, OK);
    expect(world.shard.tick(world.nowMs)).toEqual([]);

    if (two !== undefined) world.answer(two, OK);
    expect(minutes(world.shard.tick(world.nowMs))).toEqual([3]);
  });
});

describe("a tick's run that had to wait", () => {
  test("ends when it is too late for it to start, and makes room for the next", () => {
    const world = aWorld({ overlap: "buffer_one", startWithin: "90s" });
    const first = only(pass(world, 1, 2));
    world.tickAt(T0 + 3 * MINUTE + 30_000);
    expect(world.shard.nextTickMs(world.nowMs)).toBe(T0 + 3 * MINUTE + 30_001);
    world.tickAt(T0 + 3 * MINUTE + 30_001);

    const [, second] = world.runs;
    expect(second).toMatchObject({
      phase: { state: "canceled" },
      cancelReason: "It could not start within 90s of its time.",
    });
    world.tickAt(T0 + 4 * MINUTE);
    world.answer(first, OK);
    expect(minutes(world.shard.tick(world.nowMs))).toEqual([4]);
  });
});

test("no slot is taken by runs that wait for others of their job", () => {
  const world = aWorld({ overlap: "buffer_all" }, { slots: 2 });
  world.put({ name: "other", schedule: MANUAL });
  pass(world, 1, 5);
  world.runNow({ ref: { ...REF, job: "other" } });

  expect(only(world.shard.tick(world.nowMs)).jobName).toBe("other");
});

test("a transaction that fails forgets nobody who waits", () => {
  const world = aWorld({ overlap: "buffer_all" });
  const first = only(pass(world, 1, 3));
  expect(() =>
    world.shard.group(world.nowMs, () => {
      world.answer(first, OK);
      world.shard.tick(world.nowMs);
      throw new Error("disk full");
    }),
  ).toThrow("disk full");
  expect(world.shard.tick(world.nowMs)).toEqual([]);

  world.answer(first, OK);
  expect(minutes(world.shard.tick(world.nowMs))).toEqual([2]);
});
