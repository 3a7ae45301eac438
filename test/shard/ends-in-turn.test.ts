/**
 * Goal: what ends in the middle of a tick of the shard is taken note of before anything is built on it.
 * Method: runs that cannot be split, or that have no time left, end when their turn comes; the same tick of
 * the shard goes on with what depends on them.
 */
import { describe, expect, test } from "vitest";
import type { JobSpec, ShardingSpec } from "../../src/core/job.ts";
import { executorOrder, failedAnswer, OK } from "../support/a-run.ts";
import { MINUTE, REF, T0, TestShard } from "../support/a-shard.ts";
import { aBillingCopy, aNode, anExecutorShard } from "../support/executor-shard.ts";
import { inOrder, slicesOf, THREE } from "../support/sharded-shard.ts";
import { AFTER_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";

const BROADCAST: ShardingSpec = { mode: "broadcast", success: { mode: "all" } };
const EVERY_MINUTE = {
  kind: "every",
  every: "1m",
  anchor: new Date(T0).toISOString(),
  ...EVERY_DEFAULTS,
} as const;
const AFTER_MINUTE = { kind: "after", delay: "1m", ...AFTER_DEFAULTS } as const;
const FIRST = T0 + 500 + MINUTE;

/** A fixed delay of a minute, whose sharded runs find no node at all. */
function aDelayWithNobody(retry: Partial<JobSpec["retry"]> = {}): TestShard {
  const spec = executorOrder();
  const world = new TestShard();
  const backoff = { kind: "exponential", base: "30s", factor: 1, max: "1m" } as const;
  world.put(
    {
      ...spec,
      schedule: AFTER_MINUTE,
      sharding: BROADCAST,
      retry: { max: 0, backoff, jitter: "none", untilNextTick: false, ...retry },
    },
    { copies: [aBillingCopy([])] },
  );
  return world;
}

describe("a fixed delay whose run cannot be split", () => {
  test("goes on, though the run has ended in the tick that made it", () => {
    const world = aDelayWithNobody();
    world.tickAt(FIRST);

    expect(world.runs.map(({ phase }) => phase.state)).toEqual(["failed"]);
    expect(world.do("job.get", { ref: REF }).view.nextTickMs).toBe(FIRST + MINUTE);
  });

  test("is due once, though its pause ends with its run", () => {
    const world = aDelayWithNobody({ max: 1 });
    world.tickAt(FIRST);
    const untilMs = FIRST + MINUTE / 2;
    world.nowMs = FIRST + 1_000;
    world.do("job.pause", { ref: REF, untilMs, reason: null });
    world.tickAt(untilMs);

    expect(world.runs.map(({ phase }) => phase.state)).toEqual(["failed"]);
    expect(world.storage.countDue()).toBe(1);
  });
});

describe("a fixed delay that is over", () => {
  test("remembers its last tick, though its clock has stepped back", () => {
    const world = new TestShard();
    const endAt = new Date(FIRST + 1_000).toISOString();
    world.put({ timeout: "1h", schedule: { ...AFTER_MINUTE, endAt } });
    const [delivery] = world.tickAt(FIRST);
    world.nowMs = FIRST - 30_000;
    if (delivery !== undefined) world.answer(delivery, OK);
    const { job } = world.do("job.get", { ref: REF }).view;

    expect(job.state).toBe("ended");
    expect(job.updatedMs).toBeGreaterThanOrEqual(FIRST);
  });
});

describe("a sharded run that cannot be split", () => {
  test("says why in two words, and nothing else", () => {
    const world = aDelayWithNobody();
    world.tickAt(FIRST);

    expect(world.runs[0]?.error).toEqual({
      code: "executor.no_nodes",
      message: expect.any(String),
    });
  });

  test("is split for the node that was named, whatever the tags", () => {
    const world = new TestShard();
    const { target } = executorOrder();
    if (target.kind !== "executor") throw new Error("it has an executor");
    world.put(
      { schedule: { kind: "manual" }, target: { ...target, tags: ["gpu"] }, sharding: BROADCAST },
      { copies: [aBillingCopy([aNode(0), aNode(1)])] },
    );
    const { id } = world.runNow({ node: "node-1" });
    world.shard.tick(world.nowMs);

    expect(slicesOf(world, id).map(({ order }) => order.node)).toEqual(["node-1"]);
  });
});

describe("a run that makes way for another", () => {
  test("counts the slices that ended before it in the same tick as what they came to", () => {
    const backoff = { kind: "exponential", base: "30s", factor: 1, max: "1m" } as const;
    const world = anExecutorShard({
      schedule: EVERY_MINUTE,
      overlap: "cancel_other",
      sharding: THREE,
      retry: { max: 1, backoff, jitter: "none", untilNextTick: true },
      timeout: "1h",
    });
    const out = inOrder(world.tickAt(T0 + MINUTE));
    const [first] = out;
    if (first !== undefined) world.answer(first, failedAnswer());
    world.tickAt(T0 + 2 * MINUTE);
    const parent = world.runs.find(({ tally }) => tally !== null);

    expect(parent?.phase.state).toBe("canceled");
    expect(parent?.tally).toMatchObject({ failed: 1, canceled: 2, failedSlices: [0] });
  });
});

describe("a run that was canceled long ago", () => {
  test("does not release one that waits for another, when its late answer stops the job", () => {
    const world = new TestShard();
    world.put({ timeout: "1h", overlap: "cancel_other" });
    const [first] = world.tickAt(T0 + MINUTE);
    world.tickAt(T0 + 2 * MINUTE);
    expect(world.tickAt(T0 + 2 * MINUTE + 10_000)).toHaveLength(1);
    world.nowMs = T0 + 3 * MINUTE;
    if (first !== undefined) world.answer(first, failedAnswer({ gone: true }), 410);

    expect(world.do("job.get", { ref: REF }).view.job.state).toBe("paused");
    expect(world.runs.at(-1)?.phase).toMatchObject({
      state: "waiting",
      dueMs: world.nowMs + 10_000,
    });
  });
});

describe("a lease that was extended while the request was open", () => {
  test("breaks the request off when its cancel ends by force", () => {
    const world = anExecutorShard({ timeout: "1h" });
    const { id } = world.runNow();
    world.shard.tick(world.nowMs);
    const whose = { namespace: "default", appKey: "billing", runId: id, attempt: 1 };
    world.do("run.extend", { ...whose, progress: null });
    world.do("run.cancel", { ref: { namespace: "default", run: id }, reason: null });
    world.tickAt(world.nowMs + 10_000);

    expect(world.shard.run(id)?.phase.state).toBe("canceled");
    expect(world.shard.takeAborts()).toEqual([{ runId: id, attempt: 1, send: 1 }]);
  });
});
