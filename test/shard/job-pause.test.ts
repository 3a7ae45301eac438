import { describe, expect, test } from "vitest";
import { failedAnswer, OK } from "../support/a-run.ts";
import { MINUTE, REF, T0, TestShard } from "../support/a-shard.ts";
import { CRON_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";

const DAY = 86_400_000;

function pause(world: TestShard, untilMs: number | null = null) {
  return world.do("job.pause", { ref: REF, untilMs, reason: "Because." }).view;
}

function resume(world: TestShard, missed: "skip" | "latest" | "all" | null = null) {
  return world.do("job.resume", { ref: REF, missed }).view;
}

describe("a pause", () => {
  test("lets no tick fire until it ends", () => {
    const world = new TestShard();
    world.put();

    expect(pause(world)).toMatchObject({ job: { state: "paused" }, nextTickMs: null });
    expect(world.tickAt(T0 + 5 * MINUTE)).toEqual([]);
    expect(world.shard.nextTickMs(world.nowMs)).toBeUndefined();
  });

  test("still lets what was due before it happen", () => {
    const world = new TestShard();
    world.put();
    world.nowMs = T0 + MINUTE + 1_000;
    pause(world);

    expect(world.tickAt(world.nowMs)).toMatchObject([{ nominalMs: T0 + MINUTE }]);
  });

  test("ends by itself at its time, and not before", () => {
    const world = new TestShard();
    world.put();
    pause(world, T0 + 3 * MINUTE + 30_000);

    expect(world.tickAt(T0 + 3 * MINUTE)).toEqual([]);
    world.tickAt(T0 + 3 * MINUTE + 30_000);
    expect(world.do("job.get", { ref: REF }).view).toMatchObject({
      job: { state: "active", pause: null },
      nextTickMs: T0 + 4 * MINUTE,
    });
    expect(world.ticks).toMatchObject([{ count: 2, disposition: "coalesced" }]);
  });

  test("is refused for a job that has ended, and when it would end before it began", () => {
    const world = new TestShard();
    world.put({ schedule: { kind: "at", at: new Date(T0 + 1_000).toISOString() } });
    const input = { ref: REF, untilMs: T0, reason: null };

    expect(world.refusal("job.pause", input)).toBe("request.invalid");
    world.tickAt(T0 + 1_000);
    expect(world.refusal("job.pause", { ...input, untilMs: null })).toBe("job.ended");
    expect(world.refusal("job.resume", { ref: REF, missed: null })).toBe("job.not_paused");
  });

  test("of a manual job keeps one due entry, however often its end is changed", () => {
    const world = new TestShard();
    world.put({ schedule: { kind: "manual" } });
    pause(world, T0 + DAY);
    pause(world, T0 + 2 * DAY);
    expect(world.storage.countDue()).toBe(1);

    resume(world);
    expect(world.storage.countDue()).toBe(0);
    world.tickAt(T0 + 3 * DAY);
    expect(world.do("job.get", { ref: REF }).view.job.state).toBe("active");
  });

  test("is what a webhook that answers 410 gets", () => {
    const world = new TestShard();
    world.put();
    const [delivery] = world.tickAt(T0 + MINUTE);
    if (delivery !== undefined) world.answer(delivery, failedAnswer({ gone: true }), 410);

    expect(world.do("job.get", { ref: REF }).view.job).toMatchObject({
      state: "paused",
      pause: { reason: "The webhook answered 410 Gone.", untilMs: null },
    });
  });
});

describe("a resume", () => {
  test.each([
    ["skip", [], [{ count: 5, disposition: "skipped", reason: "paused" }]],
    ["latest", [5], [{ count: 4, disposition: "coalesced" }]],
    ["all", [1, 2, 3, 4, 5], []],
  ] as const)("with %s treats the ticks of the pause so", (missed, running, ticks) => {
    const world = new TestShard();
    world.put({ overlap: "allow" });
    pause(world);
    world.nowMs = T0 + 5 * MINUTE + 1_000;
    resume(world, missed);
    const deliveries = world.shard.tick(world.nowMs);

    expect(deliveries.map(({ nominalMs }) => (nominalMs - T0) / MINUTE)).toEqual(running);
    expect(world.ticks).toMatchObject(ticks);
    expect(world.do("job.get", { ref: REF }).view.nextTickMs).toBe(T0 + 6 * MINUTE);
  });

  test("after a year of a pattern by the second is done at once, and so is a deletion", () => {
    const schedule = {
      kind: "cron",
      cron: "* * * * * *",
      dialect: "standard",
      timezone: "Europe/Stockholm",
      ...CRON_DEFAULTS,
    } as const;
    const world = new TestShard();
    world.put({ schedule });
    pause(world, T0 + 365 * DAY);
    world.put({ name: "other", schedule });
    const ref = { ...REF, job: "other" };
    world.do("job.pause", { ref, untilMs: null, reason: null });
    world.tickAt(T0 + 365 * DAY);

    expect(world.do("job.get", { ref: REF }).view.job.state).toBe("active");
    world.do("job.delete", { ref, ifVersion: null, running: "finish" });
    const counts = world.ticks.map(({ count }) => count);
    expect(counts.reduce((a, b) => a + b, 0)).toBeGreaterThan(2 * 364 * 86_400);
  });

  test("of a job that is edited while paused goes by the new schedule from the edit on", () => {
    const world = new TestShard();
    world.put();
    pause(world);
    world.nowMs = T0 + 10 * MINUTE + 1_000;
    const anchor = new Date(T0).toISOString();
    world.put({ schedule: { kind: "every", every: "5m", anchor, ...EVERY_DEFAULTS } });
    world.nowMs = T0 + 21 * MINUTE;
    resume(world, "skip");

    expect(world.ticks).toMatchObject([
      { count: 10, reason: "paused", toMs: T0 + 10 * MINUTE },
      { count: 2, reason: "paused", nominalMs: T0 + 15 * MINUTE, toMs: T0 + 20 * MINUTE },
    ]);
  });
});

test("a run that is on its way when the pause begins goes on", () => {
  const world = new TestShard();
  world.put();
  const [delivery] = world.tickAt(T0 + MINUTE);
  pause(world);
  if (delivery !== undefined) world.answer(delivery, OK);

  expect(world.shard.run(delivery?.runId ?? "")?.phase.state).toBe("succeeded");
});
