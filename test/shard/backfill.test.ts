import { describe, expect, test } from "vitest";
import type { CalendarCopy } from "../../src/core/calendar.ts";
import { calendarKey } from "../../src/core/directory.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import { ACCEPTED, failedAnswer, OK } from "../support/a-run.ts";
import { REF, T0 } from "../support/a-shard.ts";
import {
  aBackfillShard,
  begin,
  DAY,
  everyMinute,
  pass,
  runsOf,
  stored,
  times,
  waitingOf,
} from "../support/backfill-shard.ts";

describe("a backfill", () => {
  test("runs every tick of its range once, in nominal order, with its params", () => {
    const world = aBackfillShard({ schedule: everyMinute(), misfire: { ...SKIP } });
    const backfill = begin(world, 5, { params: { day: "mon" } });
    const sent: Delivery[] = [];
    pass(world, T0 + 30_000, (delivery) => {
      sent.push(delivery);
      world.answer(delivery, OK);
    });

    expect(sent.map(({ nominalMs }) => nominalMs)).toEqual(times(5));
    expect(sent[0]).toMatchObject({ trigger: "backfill", params: { size: 1, day: "mon" } });
    expect(runsOf(world, backfill).map(({ trigger }) => trigger)).toEqual(
      times(5).map((tickMs) => ({ kind: "backfill", backfill: backfill.id, tickMs })),
    );
    expect(stored(world, backfill)).toMatchObject({
      state: "completed",
      total: 5,
      made: 5,
      succeeded: 5,
      nextMs: null,
      dueMs: null,
    });
    expect(world.ticks).toEqual([]);
  });

  test("makes runs at its rate, not faster", () => {
    const world = aBackfillShard();
    const backfill = begin(world, 20, { rate: 120, overlap: "allow" });
    pass(world, world.nowMs + 4_900);

    expect(runsOf(world, backfill)).toHaveLength(10);
  });

  test("counts how its runs ended", () => {
    const world = aBackfillShard();
    const backfill = begin(world, 3);
    let nth = 0;
    pass(world, T0 + 30_000, (delivery) =>
      world.answer(delivery, nth++ === 1 ? failedAnswer() : OK),
    );

    expect(stored(world, backfill)).toMatchObject({
      state: "completed",
      succeeded: 2,
      failed: 1,
    });
  });

  test("goes on while its job is paused, and keeps its schedule when the job is edited", () => {
    const world = aBackfillShard();
    const backfill = begin(world, 4);
    world.do("job.pause", { ref: REF, untilMs: null, reason: null });
    world.put({ schedule: { ...everyMinute(), every: "1h" } });
    pass(world, T0 + 30_000);

    expect(stored(world, backfill)).toMatchObject({ state: "completed", made: 4, total: 4 });
  });

  test("runs the open ticks only, as its calendar was when it began", () => {
    const world = aBackfillShard();
    const calendar = { name: "office", roll: "skip" } as const;
    world.put(
      { schedule: { ...everyMinute(), every: "1d", calendar } },
      anOffice(1, [1, 2, 3, 4, 5]),
    );
    const backfill = begin(world, 0, { fromMs: T0 - 7 * DAY, toMs: T0 });
    world.do("directory.put", anOffice(2, [6]));
    pass(world, T0 + 30_000);

    // Of the week before a Friday, five days are open: the first of them is a Friday too.
    expect(stored(world, backfill)).toMatchObject({ state: "completed", total: 5, made: 5 });
    expect(stored(world, backfill).calendar).toMatchObject({ name: "office", version: 1 });
  });

  test("holds no more than a hundred waiting runs, and goes on when they have started", () => {
    const world = aBackfillShard();
    const backfill = begin(world, 300, { rate: 6_000 });
    const held: Delivery[] = [];
    pass(world, world.nowMs + 20_000, (delivery) => held.push(delivery));

    expect(waitingOf(world, backfill)).toHaveLength(100);
    expect(held).toHaveLength(1);
    expect(stored(world, backfill).dueMs).toBeNull();

    for (const delivery of held) world.answer(delivery, OK);
    pass(world, T0 + 50_000);
    expect(stored(world, backfill)).toMatchObject({ state: "completed", succeeded: 300 });
  });

  test("goes on when its waiting runs have started, though none has ended", () => {
    const job = { schedule: everyMinute(), overlap: "allow" } as const;
    const world = aBackfillShard({ ...job, concurrency: 1 });
    const backfill = begin(world, 300, { overlap: "allow", rate: 6_000 });
    pass(world, world.nowMs + 10_000, () => {});
    expect(stored(world, backfill)).toMatchObject({ made: 101, dueMs: null });

    world.put({ ...job, concurrency: null });
    pass(world, world.nowMs + 10_000, (delivery) => world.answer(delivery, ACCEPTED, 202));
    expect(stored(world, backfill)).toMatchObject({ made: 300, succeeded: 0 });
  });

  test("obeys the concurrency of its job", () => {
    const world = aBackfillShard({ overlap: "allow", concurrency: 3 });
    begin(world, 50, { overlap: "allow", rate: 6_000 });
    let out = 0;
    const held: Delivery[] = [];
    pass(world, world.nowMs + 10_000, (delivery) => {
      out++;
      held.push(delivery);
    });
    expect(out).toBe(3);

    for (const delivery of held) world.answer(delivery, OK);
    world.tickAt(world.nowMs);
    expect(world.shard.inFlight).toBe(3);
  });

  test("that may overlap is not held back by the policy of its job", () => {
    const world = aBackfillShard({ overlap: "skip" });
    begin(world, 5, { overlap: "allow", rate: 6_000 });
    const held: Delivery[] = [];
    pass(world, world.nowMs + 5_000, (delivery) => held.push(delivery));

    expect(held).toHaveLength(5);
  });

  test("that skips makes no run beside one that lives, and counts the tick", () => {
    const world = aBackfillShard();
    const backfill = begin(world, 3, { overlap: "skip" });
    let held: Delivery | undefined;
    pass(world, world.nowMs + 1_500, (delivery) => {
      held = delivery;
    });
    expect(stored(world, backfill)).toMatchObject({ made: 1, skipped: 1 });

    if (held !== undefined) world.answer(held, OK);
    pass(world, world.nowMs + 5_000);
    expect(stored(world, backfill)).toMatchObject({
      state: "completed",
      made: 2,
      skipped: 1,
      succeeded: 2,
    });
  });
});

describe("a backfill over a crash", () => {
  test("at any step loses no tick and makes none twice", () => {
    for (let crashes = 0; crashes < 12; crashes++) {
      const world = aBackfillShard();
      const backfill = begin(world, 5, { rate: 300 });
      const done = new Map<number, Set<string>>();
      let left = crashes;
      for (let steps = 0; steps < 400; steps++) {
        const nextMs = world.shard.nextTickMs(world.nowMs);
        if (nextMs === undefined || nextMs > T0 + 50_000) break;
        const deliveries = world.tickAt(Math.max(nextMs, world.nowMs));
        for (const { nominalMs, runId } of deliveries)
          done.set(nominalMs, (done.get(nominalMs) ?? new Set()).add(runId));
        // The process dies between what it sent and the answer, or after the answer.
        if (left-- === 0) world.restart();
        for (const delivery of deliveries) world.answer(delivery, OK);
      }

      expect([...done.keys()]).toEqual(times(5));
      expect([...done.values()].map(({ size }) => size)).toEqual([1, 1, 1, 1, 1]);
      expect(stored(world, backfill)).toMatchObject({ state: "completed", made: 5, succeeded: 5 });
    }
  });

  test("while it has no room goes on when there is some", () => {
    const world = aBackfillShard();
    const backfill = begin(world, 150, { rate: 6_000 });
    pass(world, world.nowMs + 20_000, () => {});
    world.restart();
    pass(world, T0 + 55_000);

    expect(stored(world, backfill)).toMatchObject({ state: "completed", succeeded: 150 });
  });
});

const SKIP = { policy: "skip", grace: "5s", maxAge: "1h", maxCatchup: 10 } as const;

/** The copy of a calendar that is open on these weekdays. */
function anOffice(version: number, weekdays: readonly number[]) {
  const rules = { weekdays, include: [], exclude: [], allOf: [], anyOf: [], knownUntil: null };
  const copy: CalendarCopy = { namespace: "default", name: "office", version, rules, parts: {} };
  const body = JSON.stringify(copy);
  return { copies: [{ key: calendarKey("default", "office"), version, body }] };
}
