import { describe, expect, test } from "vitest";
import { isEnded } from "../../src/core/run.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import { OK } from "../support/a-run.ts";
import { MINUTE, REF, T0 } from "../support/a-shard.ts";
import {
  aBackfillShard,
  aRequest,
  begin,
  DAY,
  everyMinute,
  FROM,
  pass,
  runsOf,
  stored,
  waitingOf,
} from "../support/backfill-shard.ts";

describe("pausing a backfill", () => {
  test("makes no more runs until it is resumed, and no burst then", () => {
    const world = aBackfillShard();
    const backfill = begin(world, 10, { overlap: "allow" });
    const ref = { ...REF, backfill: backfill.id };
    pass(world, world.nowMs + 1_500);
    world.do("backfill.pause", { ref });
    world.restart();
    pass(world, world.nowMs + 20_000);
    expect(stored(world, backfill)).toMatchObject({ state: "paused", made: 2 });

    world.do("backfill.resume", { ref });
    world.tickAt(world.nowMs);
    expect(stored(world, backfill)).toMatchObject({ state: "running", made: 3 });
  });

  test("is refused for one that has ended, and resuming for one that runs", () => {
    const world = aBackfillShard();
    const backfill = begin(world, 1);
    const ref = { ...REF, backfill: backfill.id };
    expect(world.refusal("backfill.resume", { ref })).toBe("backfill.not_paused");
    pass(world, world.nowMs + 5_000);

    expect(world.refusal("backfill.pause", { ref })).toBe("backfill.ended");
    expect(world.refusal("backfill.resume", { ref })).toBe("backfill.ended");
  });
});

describe("canceling a backfill", () => {
  test("ends it and its waiting runs; what has started goes on and is counted", () => {
    const world = aBackfillShard();
    const backfill = begin(world, 50, { rate: 600 });
    const held: Delivery[] = [];
    pass(world, world.nowMs + 1_000, (delivery) => held.push(delivery));
    const { made } = stored(world, backfill);
    const input = { ref: { ...REF, backfill: backfill.id }, ifVersion: null } as const;
    const canceled = world.do("backfill.cancel", { ...input, running: "finish" }).backfill;

    expect(canceled).toMatchObject({ state: "canceled", made, canceled: made - 1, dueMs: null });
    for (const delivery of held) world.answer(delivery, OK);
    pass(world, world.nowMs + 10_000);
    expect(stored(world, backfill)).toMatchObject({ state: "canceled", made, succeeded: 1 });
    expect(world.refusal("backfill.cancel", { ...input, running: "cancel" })).toBe(
      "backfill.ended",
    );
  });

  test("cancels what has started too when asked to", () => {
    const world = aBackfillShard();
    const backfill = begin(world, 5, { overlap: "allow" });
    pass(world, world.nowMs + 2_500, () => {});
    const ref = { ...REF, backfill: backfill.id };
    const canceled = world.do("backfill.cancel", { ref, ifVersion: null, running: "cancel" });

    expect(canceled.backfill).toMatchObject({ made: 3, canceled: 3 });
    expect(runsOf(world, backfill).every(({ phase }) => isEnded(phase))).toBe(true);
  });

  test("is refused when it has changed since it was read", () => {
    const world = aBackfillShard();
    const ref = { ...REF, backfill: begin(world, 5).id };

    expect(world.refusal("backfill.cancel", { ref, ifVersion: 9, running: "finish" })).toBe(
      "version.conflict",
    );
  });
});

describe("deleting a job", () => {
  test("takes its backfills with it, and their waiting runs", () => {
    const world = aBackfillShard();
    const backfill = begin(world, 50, { rate: 600 });
    pass(world, world.nowMs + 1_000, () => {});
    world.do("job.delete", { ref: REF, ifVersion: null, running: "finish" });

    expect(world.storage.backfillsOfJob(backfill.jobId)).toEqual([]);
    expect(waitingOf(world, backfill)).toEqual([]);
    expect(runsOf(world, backfill).some(({ phase }) => phase.state === "dispatching")).toBe(true);
    pass(world, world.nowMs + 5 * MINUTE);
    expect(world.storage.countDue()).toBe(0);
  });
});

describe("the list of a job's backfills", () => {
  test("is the newest first, and each belongs to its job only", () => {
    const world = aBackfillShard();
    const first = begin(world, 1);
    const second = begin(world, 1);
    world.put({ name: "other" });
    const { backfills } = world.do("backfill.list", { ref: REF });
    const elsewhere = { namespace: "default", job: "other", backfill: first.id };

    expect(backfills.map(({ id }) => id)).toEqual([second.id, first.id]);
    expect(world.refusal("backfill.get", { ref: elsewhere })).toBe("backfill.unknown");
  });

  test("keeps the last hundred", () => {
    const world = aBackfillShard();
    const first = begin(world, 1, { overlap: "allow" });
    for (let i = 0; i < 101; i++) {
      pass(world, world.nowMs + 1);
      begin(world, 1, { overlap: "allow" });
    }
    const { backfills } = world.do("backfill.list", { ref: REF });

    expect(backfills).toHaveLength(100);
    expect(backfills.map(({ id }) => id)).not.toContain(first.id);
  });
});

describe("a backfill is refused", () => {
  test.each([
    ["an empty range", { toMs: FROM }, "request.invalid"],
    ["the future", { toMs: T0 + MINUTE }, "request.invalid"],
    ["more than ten years", { fromMs: FROM - 4_000 * DAY }, "request.invalid"],
    ["no tick", { fromMs: FROM + 1, toMs: FROM + 2 }, "request.invalid"],
    ["an unknown job", { ref: { ...REF, job: "none" } }, "job.unknown"],
  ] as const)("for %s", (_, more, code) => {
    const world = aBackfillShard();
    const before = world.shard.outboxSize;

    expect(world.refusal("backfill.create", aRequest(1, more))).toBe(code);
    expect(world.shard.outboxSize).toBe(before);
  });

  test("for more ticks than it takes, with their number", () => {
    const world = aBackfillShard();
    const anchor = new Date(T0 - 2 * DAY).toISOString();
    world.put({ schedule: { ...everyMinute(), every: "1s", anchor } });
    const input = aRequest(0, { fromMs: T0 - 100_001_000, toMs: T0 });
    const at = { nowMs: world.nowMs, idempotency: null };
    const reply = world.shard.command("backfill.create", input, at);

    expect(reply).toMatchObject({ ok: false, refusal: { code: "backfill.too_large" } });
    expect(JSON.stringify(reply)).toContain("100001 ticks");
  });

  test("with the nearest ticks where the range holds none", () => {
    const world = aBackfillShard();
    const input = aRequest(0, { fromMs: FROM + 1, toMs: FROM + 2 });
    const at = { nowMs: world.nowMs, idempotency: null };
    const reply = JSON.stringify(world.shard.command("backfill.create", input, at));

    expect(reply).toContain(new Date(FROM).toISOString());
    expect(reply).toContain(new Date(FROM + MINUTE).toISOString());
  });

  test.each([
    { kind: "manual" },
    { kind: "at", at: new Date(T0 + DAY).toISOString() },
    { kind: "after", delay: "1m", startAt: null, endAt: null, ticksMax: null },
  ] as const)("for a schedule of kind $kind", (schedule) => {
    const world = aBackfillShard({ schedule });

    expect(world.refusal("backfill.create", aRequest(1))).toBe("request.invalid");
  });

  test("while five of the job have not ended", () => {
    const world = aBackfillShard();
    for (let i = 0; i < 5; i++) begin(world, 10);

    expect(world.refusal("backfill.create", aRequest(1))).toBe("quota.exceeded");
  });
});
