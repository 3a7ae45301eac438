import { describe, expect, test } from "vitest";
import type { CalendarCopy } from "../../src/core/calendar.ts";
import { calendarKey } from "../../src/core/directory.ts";
import type { JobSpec } from "../../src/core/job.ts";
import type { DirectoryCopy } from "../../src/ports/shard-storage.ts";
import { MINUTE, REF, T0, TestShard } from "../support/a-shard.ts";
import { EVERY_DEFAULTS } from "../support/specs.ts";

const DAY = 86_400_000;
const MISFIRE = { policy: "latest", graceMs: 5_000, maxAgeMs: 3_600_000, maxCatchup: 10 };

/** T0 is a Friday. */
const EVERY_DAY = {
  kind: "every",
  every: "1d",
  anchor: new Date(T0).toISOString(),
  ...EVERY_DEFAULTS,
  calendar: { name: "weekdays", roll: "skip" },
} as const;

function weekdays(version: number, weekday: readonly number[]): DirectoryCopy {
  const copy: CalendarCopy = {
    namespace: "default",
    name: "weekdays",
    version,
    rules: {
      weekdays: weekday,
      include: [],
      exclude: [],
      allOf: [],
      anyOf: [],
      knownUntil: null,
    },
    parts: {},
  };
  return { key: calendarKey("default", "weekdays"), version, body: JSON.stringify(copy) };
}

const ONE_TO_FIVE = weekdays(1, [1, 2, 3, 4, 5]);

/** What the ledger says of the ticks without runs. */
function told(world: TestShard): readonly unknown[] {
  return world.ticks.map(({ reason, evidence }) => [reason, evidence]);
}

function aWorld(spec: Partial<JobSpec> = {}): TestShard {
  const world = new TestShard();
  world.put({ timeout: "1h", ...spec });
  return world;
}

describe("a tick without a run keeps why", () => {
  test("it was missed", () => {
    const world = aWorld();
    world.tickAt(T0 + 3 * MINUTE + 30_000);

    expect(told(world)).toEqual([[null, { jobVersion: 1, misfire: MISFIRE }]]);
  });

  test("it fell into a pause", () => {
    const world = aWorld();
    world.do("job.pause", { ref: REF, untilMs: null, reason: "Because." });
    world.nowMs = T0 + 2 * MINUTE;
    world.do("job.resume", { ref: REF, missed: "skip" });

    const pause = { sinceMs: T0 + 500, untilMs: null, reason: "Because." };
    const misfire = { ...MISFIRE, policy: "skip" };
    expect(told(world)).toEqual([["paused", { jobVersion: 2, misfire, pause }]]);
  });

  test("another run was in the way", () => {
    const world = aWorld();
    const [first] = world.tickAt(T0 + MINUTE);
    world.tickAt(T0 + 2 * MINUTE);

    const evidence = {
      jobVersion: 1,
      overlap: "skip",
      live: 1,
      limit: 1,
      blockedBy: first?.runId,
    };
    expect(told(world)).toEqual([["overlap", evidence]]);
  });

  test("another run of the same moment was in the way", () => {
    const world = aWorld({ misfire: { policy: "all", grace: "5s", maxAge: "1h", maxCatchup: 2 } });
    const [first] = world.tickAt(T0 + 2 * MINUTE + 30_000);

    expect(told(world)).toMatchObject([["overlap", { live: 1, blockedBy: first?.runId }]]);
  });

  test("its job ended before it was handled", () => {
    const world = aWorld();
    world.nowMs = T0 + MINUTE;
    world.do("job.delete", { ref: REF, ifVersion: null, running: "finish" });

    expect(told(world)).toEqual([["ended", { jobVersion: 1 }]]);
  });

  test("its day was closed, by the calendar as it was then", () => {
    const world = new TestShard();
    const spec = { schedule: EVERY_DAY } as const;
    world.put(spec, { copies: [ONE_TO_FIVE] });
    expect(world.do("job.get", { ref: REF }).view.nextTickMs).toBe(T0 + 3 * DAY);
    world.tickAt(T0 + DAY);
    world.do("directory.put", { copies: [weekdays(2, [1, 2, 3, 4, 5, 7])] });
    expect(world.tickAt(T0 + 2 * DAY)).toHaveLength(1);

    const calendar = { name: "weekdays", version: 1 };
    expect(told(world)).toEqual([["calendar", { jobVersion: 1, calendar }]]);
  });

  test("its day was closed, also when its job is deleted or was paused", () => {
    const world = new TestShard();
    world.put({ schedule: EVERY_DAY }, { copies: [ONE_TO_FIVE] });
    world.do("job.pause", { ref: REF, untilMs: null, reason: null });
    world.nowMs = T0 + 3 * DAY;
    world.do("job.resume", { ref: REF, missed: "skip" });
    world.nowMs = T0 + 9 * DAY;
    world.do("job.delete", { ref: REF, ifVersion: null, running: "finish" });

    expect(world.ticks.map(({ count, reason }) => [count, reason])).toEqual([
      [2, "calendar"],
      [1, "paused"],
      [4, "ended"],
      [2, "calendar"],
    ]);
  });
});

test("a calendar that the shard does not know refuses the job, and nothing is written", () => {
  const world = new TestShard();
  const spec = { name: "report", schedule: EVERY_DAY } as const;
  const job = { namespace: "default", mode: "upsert", ifVersion: null, copies: [] } as const;
  const known = aWorld({ name: "other" }).do("job.get", { ref: { ...REF, job: "other" } }).view.job;

  expect(world.refusal("job.put", { ...job, spec: { ...known.spec, ...spec } })).toBe(
    "calendar.unknown",
  );
  expect(world.storage.countJobs()).toBe(0);
});
