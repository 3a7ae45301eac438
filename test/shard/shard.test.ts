import { describe, expect, test } from "vitest";
import { ACCEPTED, CUT, OK } from "../support/a-run.ts";
import { aRunRequest, MINUTE, T0, TestShard } from "../support/a-shard.ts";

const MANUAL = { kind: "manual" } as const;
const TIMEOUT_AND_GRACE = 45_000;

describe("a tick of the shard", () => {
  test("stores the intent before it hands out the delivery", () => {
    const world = new TestShard();
    world.put();
    const [delivery] = world.tickAt(T0 + MINUTE);

    expect(world.storage.getRun(delivery?.runId ?? "")?.phase).toMatchObject({
      state: "dispatching",
      attempt: delivery?.attempt,
      send: delivery?.send,
    });
  });

  test("hands out no more than there are slots, and an answer brings the next one on", () => {
    const world = new TestShard({ slots: 1 });
    world.put({ schedule: MANUAL, overlap: "allow" });
    world.runNow();
    world.runNow();
    const [first, ...others] = world.tickAt(world.nowMs);
    expect(others).toEqual([]);
    if (first !== undefined) world.answer(first, OK);

    expect(world.shard.nextTickMs(world.nowMs)).toBe(world.nowMs);
    expect(world.tickAt(world.nowMs)).toHaveLength(1);
  });

  test("ends attempts whose deadline has passed, however many runs wait for a slot", () => {
    const world = new TestShard({ slots: 1, claimMax: 1 });
    world.put({ schedule: MANUAL, overlap: "allow" });
    for (let i = 0; i < 5; i++) world.runNow();
    world.tickAt(world.nowMs);
    const silentMs = world.nowMs + TIMEOUT_AND_GRACE;
    expect(world.shard.nextTickMs(world.nowMs + 1)).toBe(silentMs);

    expect(world.tickAt(silentMs)).toMatchObject([{ attempt: 1 }]);
  });

  test("gives back the slot of a carrier that never reports, though its run was called back", () => {
    const world = new TestShard({ slots: 1 });
    world.put({ schedule: MANUAL });
    const { id: runId } = world.runNow();
    world.tickAt(world.nowMs);
    world.do(...world.callBack({ runId }));
    world.flush();
    expect(world.shard.inFlight).toBe(1);
    const silentMs = T0 + 500 + TIMEOUT_AND_GRACE;
    expect(world.shard.nextTickMs(world.nowMs)).toBe(silentMs);
    world.tickAt(silentMs);
    world.flush();

    expect(world.shard.inFlight).toBe(0);
    expect(world.runs).toEqual([]);
  });

  test("sets deadlines anew when the clock steps back, and fires no tick again", () => {
    const world = new TestShard();
    world.put();
    const [delivery] = world.tickAt(T0 + 60 * MINUTE);
    if (delivery !== undefined) world.answer(delivery, ACCEPTED, 202);

    expect(world.tickAt(T0 + MINUTE)).toEqual([]);
    expect(world.shard.nextTickMs(world.nowMs)).toBe(T0 + MINUTE + 30_000);
  });
});

describe("a shard that starts anew", () => {
  test("sends again what was out, under the same identity", () => {
    const world = new TestShard();
    world.put();
    const [before] = world.tickAt(T0 + MINUTE);
    world.restart();
    const [after] = world.shard.tick(world.nowMs);

    expect(after).toEqual({ ...before, send: 2 });
  });

  test("loses what was out and may be sent at most once", () => {
    const world = new TestShard();
    world.put({ delivery: "at_most_once" });
    const [delivery] = world.tickAt(T0 + MINUTE);
    world.restart();

    expect(world.shard.run(delivery?.runId ?? "")?.phase.state).toBe("lost");
    expect(world.shard.tick(world.nowMs)).toEqual([]);
  });

  test("keeps leases, and shortens those that a later clock had set", () => {
    const world = new TestShard();
    world.put();
    const [delivery] = world.tickAt(T0 + 60 * MINUTE);
    if (delivery !== undefined) world.answer(delivery, ACCEPTED, 202);
    world.nowMs = T0 + MINUTE;
    world.restart();

    expect(world.shard.run(delivery?.runId ?? "")?.phase).toMatchObject({
      state: "running",
      dueMs: T0 + MINUTE + 30_000,
    });
  });

  test("knows its next tick, and the outbox that the records have not confirmed", () => {
    const world = new TestShard();
    world.put();
    world.tickAt(T0 + MINUTE);
    const nextMs = world.shard.nextTickMs(T0 + 2 * MINUTE);
    const size = world.shard.outboxSize;
    world.nowMs = T0 + MINUTE + 1;
    world.restart();

    expect(world.shard.outboxSize).toBe(size);
    expect(world.shard.nextTickMs(T0 + 2 * MINUTE)).toBeLessThanOrEqual(nextMs ?? 0);
  });
});

describe("the outbox", () => {
  test("keeps a row that changed while it was on its way to the records", () => {
    const world = new TestShard();
    world.put();
    const [delivery] = world.tickAt(T0 + MINUTE);
    const taken = world.shard.takeOutbox();
    if (delivery !== undefined) world.answer(delivery, OK);
    if (taken !== undefined) world.shard.acknowledgeOutbox(taken.receipt, world.nowMs);

    expect(world.flush().runs).toMatchObject([{ phase: { state: "succeeded" } }]);
    expect(world.runs).toEqual([]);
  });

  test("that is full refuses intake, and makes ticks wait instead of dropping them", () => {
    const world = new TestShard({ outboxMax: 2 });
    world.put();
    world.put({ name: "other", schedule: MANUAL });

    const ref = { namespace: "default", job: "other" };
    expect(world.refusal("run.create", aRunRequest({ ref }))).toBe("records.unavailable");
    expect(world.tickAt(T0 + MINUTE)).toEqual([]);
    world.flush();
    expect(world.tickAt(T0 + MINUTE + 1)).toMatchObject([{ nominalMs: T0 + MINUTE }]);
  });
});

test("a group is kept together or not at all, and memory follows storage", () => {
  const world = new TestShard();
  world.put();
  world.flush();
  const failing = (): void =>
    world.shard.group(T0 + MINUTE, () => {
      expect(world.shard.tick(T0 + MINUTE)).toHaveLength(1);
      throw new Error("disk full");
    });

  expect(failing).toThrow("disk full");
  expect(world.runs).toEqual([]);
  expect(world.shard).toMatchObject({ inFlight: 0, outboxSize: 0 });
  expect(world.shard.nextTickMs(T0 + MINUTE)).toBe(T0 + MINUTE);
  expect(world.tickAt(T0 + MINUTE)).toHaveLength(1);
});

test("an outcome that nobody knows is sent once more, and then counts as a failure", () => {
  const world = new TestShard();
  world.put();
  const [first] = world.tickAt(T0 + MINUTE);
  if (first !== undefined) world.answer(first, CUT, null);
  const [second] = world.tickAt(T0 + MINUTE + 1_000);
  if (second !== undefined) world.answer(second, CUT, null);

  expect(second).toMatchObject({ attempt: 1, send: 2 });
  expect(world.shard.run(first?.runId ?? "")?.phase.state).toBe("lost");
});

test("a herd to one host counts as one, though it leaves slots to others", () => {
  const world = new TestShard({ slots: 4, hostConcurrency: 3 });
  world.put({ schedule: MANUAL, overlap: "allow" });
  for (let i = 0; i < 5; i++) world.runNow();
  expect(world.shard.isSaturated).toBe(false);

  const out = world.tickAt(world.nowMs);
  expect(out).toHaveLength(3);
  expect(world.shard.isSaturated).toBe(true);

  for (const delivery of out) world.answer(delivery, OK);
  expect(world.shard.isSaturated).toBe(false);
});
