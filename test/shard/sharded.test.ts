import { describe, expect, test } from "vitest";
import type { ShardingSpec } from "../../src/core/job.ts";
import { slicesToRetry } from "../../src/core/slices-to-retry.ts";
import { executorOrder, failedAnswer, OK } from "../support/a-run.ts";
import { aBillingCopy, addressOf, aNode, anExecutorShard } from "../support/executor-shard.ts";
import {
  answerAll,
  aSplitRun,
  inOrder,
  nodeOf,
  slicesOf,
  statesOf,
  THREE,
} from "../support/sharded-shard.ts";

const ALL = { mode: "all" } as const;
const ITEMS: ShardingSpec = {
  mode: "items",
  items: ["a", "b", "c", "d", "e"],
  by: "even",
  success: ALL,
};
const BROADCAST: ShardingSpec = { mode: "broadcast", success: ALL };

describe("a sharded run", () => {
  test("becomes slices, which start in the same tick of the shard", () => {
    const { world, parentId, out } = aSplitRun();

    expect(world.shard.run(parentId)).toMatchObject({
      phase: { state: "running", attempt: 0 },
      tally: { total: 3 },
      attempts: [],
    });
    expect(out.map(({ slice }) => slice)).toEqual(
      [0, 1, 2].map((index) => ({ index, total: 3, items: null, node: null })),
    );
    expect(out.every(({ trigger }) => trigger === "shard")).toBe(true);
    expect(new Set(out.map(nodeOf)).size).toBe(3);
  });

  test("succeeds when all of them have, and its end is told once", () => {
    const { world, parentId, out } = aSplitRun();
    const ended: string[] = [];
    world.shard.onRunEnded = ({ id }) => ended.push(id);
    answerAll(world, out);

    expect(world.shard.run(parentId)).toMatchObject({
      phase: { state: "succeeded", endedMs: world.nowMs },
      result: { total: 3, succeeded: 3, failed: 0, canceled: 0, failedShards: [] },
      progress: { percent: 100 },
    });
    expect(ended.filter((id) => id === parentId)).toHaveLength(1);
    expect(world.flush().runs.map(({ id }) => id)).toContain(parentId);
    expect(world.runs).toEqual([]);
  });

  test("fails when one of them has, after the others have ended", () => {
    const { world, parentId, out } = aSplitRun();
    const [first, ...others] = out;
    if (first !== undefined) world.answer(first, failedAnswer());
    expect(world.shard.run(parentId)).toMatchObject({
      phase: { state: "running" },
      progress: { percent: 33 },
    });
    answerAll(world, others);

    expect(world.shard.run(parentId)).toMatchObject({
      phase: { state: "failed" },
      result: { failed: 1, failedShards: [0] },
    });
  });

  test("cancels the rest when enough have succeeded", () => {
    const { world, parentId, out } = aSplitRun({
      sharding: { ...THREE, success: { mode: "any" } },
    });
    if (out[1] !== undefined) world.answer(out[1], OK);

    expect(world.shard.run(parentId)).toMatchObject({
      phase: { state: "succeeded" },
      tally: { succeeded: 1, canceled: 2 },
    });
    expect(statesOf(world, parentId)).toEqual(["canceled", "succeeded", "canceled"]);
    expect(world.shard.takeAborts()).toHaveLength(2);
    expect(world.shard.takeNotices(world.nowMs)).toHaveLength(2);
  });

  test("has its items in the slices, in order, each once", () => {
    const { out } = aSplitRun({ sharding: ITEMS });

    expect(out.map(({ slice }) => slice?.items)).toEqual([["a", "b"], ["c", "d"], ["e"]]);
    expect(out.map(nodeOf)).toEqual([0, 1, 2].map(addressOf));
  });

  test("that is broadcast goes to every node that is up, and nowhere else when that is gone", () => {
    const { world, out } = aSplitRun({ sharding: BROADCAST, retry: RETRIES });
    expect(out.map(nodeOf)).toEqual([0, 1, 2].map(addressOf));

    const nodes = [aNode(0, { state: "offline", sinceMs: world.nowMs }), aNode(1), aNode(2)];
    if (out[0] !== undefined) world.answer(out[0], failedAnswer());
    world.do("directory.put", { copies: [aBillingCopy(nodes, { version: 2 })] });
    const [again] = world.tickAt(world.nowMs + 1_000);
    expect(again?.route).toMatchObject({ kind: "none", error: { code: "node.unavailable" } });
  });

  test("fails like an attempt where nobody is there, and is split by a later one", () => {
    const { world, parentId } = aSplitRun({ sharding: ITEMS, retry: RETRIES }, { nodes: 0 });
    expect(world.shard.run(parentId)).toMatchObject({
      phase: { state: "retrying", attempt: 1 },
      error: { code: "executor.no_nodes" },
    });
    world.do("directory.put", { copies: [aBillingCopy([aNode(0)], { version: 2 })] });

    expect(world.tickAt(world.nowMs + 1_000)).toMatchObject([
      { slice: { index: 0, total: 1, items: ITEMS.mode === "items" ? ITEMS.items : [] } },
    ]);
  });

  test("of an executor that is not there fails", () => {
    const world = anExecutorShard({ ...executorOrder({ executor: "gone" }), sharding: THREE });
    const { id } = world.runNow();
    world.shard.tick(world.nowMs);

    expect(world.shard.run(id)).toMatchObject({
      phase: { state: "failed" },
      error: { code: "executor.unknown" },
    });
  });

  test("goes on after a restart as it stood", () => {
    const { world, parentId, out } = aSplitRun();
    if (out[0] !== undefined) world.answer(out[0], OK);
    world.flush(); // The slice that ended leaves the shard.
    world.restart();
    const again = world.shard.tick(world.nowMs);

    expect(again.map(({ send, slice }) => [slice?.index, send])).toEqual([
      [1, 2],
      [2, 2],
    ]);
    answerAll(world, again);
    expect(world.shard.run(parentId)).toMatchObject({
      phase: { state: "succeeded" },
      tally: { total: 3, succeeded: 3 },
    });
  });

  test("is made whole or not at all when its transaction fails", () => {
    const world = anExecutorShard({ sharding: THREE });
    const { id } = world.runNow();
    expect(() =>
      world.shard.group(world.nowMs, () => {
        world.shard.tick(world.nowMs);
        throw new Error("disk full");
      }),
    ).toThrow("disk full");

    expect(world.runs).toMatchObject([{ id, tally: null, phase: { state: "waiting" } }]);
    expect(world.shard.tick(world.nowMs)).toHaveLength(3);
  });

  test("that is retried makes the slices that did not succeed, and no others", () => {
    const rule = { mode: "count", count: 2 } as const;
    const { world, parentId, out } = aSplitRun({ sharding: { ...ITEMS, success: rule } });
    for (const [i, delivery] of out.entries())
      world.answer(delivery, i === 1 ? OK : failedAnswer());
    const origin = world.shard.run(parentId);
    if (origin === undefined) throw new Error("the run is there");
    const slices = slicesToRetry(slicesOf(world, parentId));
    const retried = { origin, slices, params: null, traceparent: null };
    const { run } = world.do("run.retry", retried);
    const again = inOrder(world.shard.tick(world.nowMs));

    expect(again.map(({ slice }) => slice)).toMatchObject([
      { index: 0, total: 3, items: ["a", "b"] },
      { index: 2, total: 3, items: ["e"] },
    ]);
    expect(world.shard.run(run.id)?.tally?.total).toBe(2);
    // One had succeeded before, so one more is enough.
    if (again[0] !== undefined) world.answer(again[0], OK);
    expect(world.shard.run(run.id)?.phase.state).toBe("succeeded");
  });

  test("has each slice tried as often as the job says", () => {
    const { world, parentId, out } = aSplitRun({ retry: RETRIES });
    for (const delivery of out) world.answer(delivery, failedAnswer());
    const again = world.tickAt(world.nowMs + 1_000);
    expect(again.map(({ attempt }) => attempt)).toEqual([2, 2, 2]);
    answerAll(world, again);

    expect(world.shard.run(parentId)?.phase.state).toBe("succeeded");
  });
});

const RETRIES = {
  max: 2,
  backoff: { kind: "exponential", base: "1s", factor: 2, max: "1m" },
  jitter: "none",
  untilNextTick: false,
} as const;
