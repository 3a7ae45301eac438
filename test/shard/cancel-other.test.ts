import { describe, expect, test } from "vitest";
import type { JobSpec } from "../../src/core/job.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import { ACCEPTED, CUT, OK } from "../support/a-run.ts";
import { MINUTE, REF, T0, TestShard } from "../support/a-shard.ts";

const MANUAL = { kind: "manual" } as const;

/** A job that cancels the others each minute, whose first run is out. */
function anOccupiedShard(spec: Partial<JobSpec> = {}) {
  const world = new TestShard();
  world.put({ timeout: "1h", overlap: "cancel_other", ...spec });
  const first = only(world.tickAt(T0 + MINUTE));
  return { world, first };
}

function only(deliveries: readonly Delivery[]): Delivery {
  const [delivery] = deliveries;
  if (delivery === undefined || deliveries.length > 1)
    throw new Error(`one delivery, not ${deliveries.length}`);
  return delivery;
}

function stateOf(world: TestShard, runId: string): string | undefined {
  return world.shard.run(runId)?.phase.state;
}

/** The run that was made last. */
function newest(world: TestShard): string {
  return world.runs.at(-1)?.id ?? "";
}

describe("a run that cancels the others", () => {
  test("does so in the transaction that makes it, tells their carriers, and waits", () => {
    const { world, first } = anOccupiedShard();
    expect(world.tickAt(T0 + 2 * MINUTE)).toEqual([]);

    const second = newest(world);
    expect(world.shard.run(first.runId)).toMatchObject({
      phase: { state: "canceled", endedMs: T0 + 2 * MINUTE },
      cancelReason: `Run ${second} took its place (overlap: cancel_other).`,
    });
    expect(world.shard.takeAborts()).toEqual([{ runId: first.runId, attempt: 1, send: 1 }]);
    expect(world.shard.takeAborts()).toEqual([]);
    expect(world.shard.nextTickMs(world.nowMs)).toBe(T0 + 2 * MINUTE + 10_000);
  });

  test("starts in the transaction that takes the last answer, and the answer changes nothing", () => {
    const { world, first } = anOccupiedShard();
    world.tickAt(T0 + 2 * MINUTE);
    world.nowMs += 3_000;
    world.shard.group(world.nowMs, () => {
      world.answer(first, CUT, null);
      expect(only(world.shard.tick(world.nowMs)).nominalMs).toBe(T0 + 2 * MINUTE);
    });

    expect(world.shard.run(first.runId)).toMatchObject({
      phase: { state: "canceled", endedMs: T0 + 2 * MINUTE },
      attempts: [{ outcome: "canceled", late: true }],
    });
  });

  test("starts after ten seconds though no answer came", () => {
    const { world } = anOccupiedShard();
    world.tickAt(T0 + 2 * MINUTE);
    expect(world.tickAt(T0 + 2 * MINUTE + 9_999)).toEqual([]);

    expect(only(world.tickAt(T0 + 2 * MINUTE + 10_000)).nominalMs).toBe(T0 + 2 * MINUTE);
  });

  test("starts at once when the other has no delivery out", () => {
    const { world, first } = anOccupiedShard();
    world.answer(first, ACCEPTED, 202);

    expect(only(world.tickAt(T0 + 2 * MINUTE)).nominalMs).toBe(T0 + 2 * MINUTE);
    expect(stateOf(world, first.runId)).toBe("canceled");
    expect(world.shard.takeAborts()).toEqual([]);
  });

  test("waits no longer than the one that it cancels would have", () => {
    const everyFour = { kind: "every", every: "4s", anchor: new Date(T0).toISOString() } as const;
    const { world, first } = anOccupiedShard({
      schedule: { ...everyFour, ...BOUNDS },
    });
    const sent: Delivery[] = [];
    for (let s = 4; s < 12; s += 4) sent.push(...world.tickAt(T0 + MINUTE + s * 1_000));
    expect(sent).toEqual([]);
    sent.push(...world.tickAt(T0 + MINUTE + 12_000)); // Cancels the one that still waits.
    expect(sent).toEqual([]);

    expect(only(world.tickAt(T0 + MINUTE + 14_000)).nominalMs).toBe(T0 + MINUTE + 12_000);
    expect(world.runs.map(({ phase }) => phase.state)).toEqual([
      "canceled",
      "canceled",
      "canceled",
      "dispatching",
    ]);
    expect(stateOf(world, first.runId)).toBe("canceled");
  });

  test("is released by a restart: nobody carries the other delivery any more", () => {
    const { world } = anOccupiedShard();
    world.tickAt(T0 + 2 * MINUTE);
    world.restart();

    expect(only(world.shard.tick(world.nowMs)).nominalMs).toBe(T0 + 2 * MINUTE);
  });

  test("goes on waiting when a transaction fails", () => {
    const { world, first } = anOccupiedShard();
    world.tickAt(T0 + 2 * MINUTE);
    world.shard.takeAborts();
    expect(() =>
      world.shard.group(world.nowMs, () => {
        world.answer(first, CUT, null);
        throw new Error("disk full");
      }),
    ).toThrow("disk full");
    expect(world.shard.tick(world.nowMs)).toEqual([]);

    world.answer(first, CUT, null);
    expect(world.shard.tick(world.nowMs)).toHaveLength(1);
  });

  test("cancels nobody when its transaction fails", () => {
    const { world, first } = anOccupiedShard();
    world.nowMs = T0 + 2 * MINUTE;
    expect(() =>
      world.shard.group(world.nowMs, () => {
        world.shard.tick(world.nowMs);
        throw new Error("disk full");
      }),
    ).toThrow("disk full");

    expect(stateOf(world, first.runId)).toBe("dispatching");
    expect(world.shard.takeAborts()).toEqual([]);
  });

  test("waits no longer for a clock that stepped back, and starts no earlier than its time", () => {
    const { world } = anOccupiedShard();
    world.tickAt(T0 + 2 * MINUTE + 4_000);
    world.tickAt(T0 + 2 * MINUTE + 1_000);
    expect(world.shard.nextTickMs(world.nowMs)).toBe(T0 + 2 * MINUTE + 11_000);

    world.tickAt(T0);
    expect(world.shard.nextTickMs(world.nowMs)).toBe(T0 + 2 * MINUTE);
  });
});

const BOUNDS = {
  startAt: null,
  endAt: null,
  ticksMax: null,
  timezone: "UTC",
  jitter: "0s",
  calendar: null,
} as const;

describe("by hand", () => {
  test("a run cancels the others, too", () => {
    const { world, first } = anOccupiedShard({ schedule: EVERY });
    const run = world.runNow();
    expect(world.shard.tick(world.nowMs)).toEqual([]);
    world.answer(first, OK);

    expect(only(world.shard.tick(world.nowMs)).runId).toBe(run.id);
    expect(stateOf(world, first.runId)).toBe("canceled");
  });

  test("a run for later cancels them when its time has come, and nobody a second time", () => {
    const world = new TestShard();
    world.put({ timeout: "1h", overlap: "cancel_other", schedule: MANUAL });
    const first = world.runNow();
    const later = world.runNow({ atMs: T0 + MINUTE });
    world.shard.tick(world.nowMs);
    expect(world.tickAt(T0 + MINUTE)).toEqual([]);
    expect(stateOf(world, first.id)).toBe("canceled");

    world.runNow({ overlap: "allow" });
    const beside = only(world.tickAt(T0 + MINUTE + 1));
    world.tickAt(T0 + MINUTE + 10_000);
    expect(stateOf(world, later.id)).toBe("waiting");
    expect(stateOf(world, beside.runId)).toBe("dispatching");
    world.answer(beside, OK);
    expect(only(world.shard.tick(world.nowMs)).runId).toBe(later.id);
  });

  test("a run that may overlap cancels nobody", () => {
    const { world, first } = anOccupiedShard({ schedule: EVERY });
    world.runNow({ overlap: "allow" });

    expect(world.shard.tick(world.nowMs)).toHaveLength(1);
    expect(stateOf(world, first.runId)).toBe("dispatching");
  });
});

const EVERY = {
  kind: "every",
  every: "1m",
  anchor: new Date(T0).toISOString(),
  ...BOUNDS,
} as const;

test("a canceled run, and those of a deleted job, have their deliveries broken off", () => {
  const world = new TestShard();
  world.put({ schedule: MANUAL });
  const first = world.runNow();
  const second = world.runNow({ overlap: "allow" });
  world.shard.tick(world.nowMs);

  world.do("run.cancel", { ref: { namespace: "default", run: first.id }, reason: null });
  expect(world.shard.takeAborts()).toMatchObject([{ runId: first.id }]);
  world.do("job.delete", { ref: REF, ifVersion: null, running: "cancel" });
  expect(world.shard.takeAborts()).toMatchObject([{ runId: second.id }]);
});
