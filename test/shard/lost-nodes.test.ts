import { describe, expect, test } from "vitest";
import type { NodeLostPolicy } from "../../src/core/job.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import { OK } from "../support/a-run.ts";
import { T0 } from "../support/a-shard.ts";
import { aNode } from "../support/executor-shard.ts";
import { anExecutor, N1, N2, RoutedShard, whereTo } from "../support/routed-shard.ts";
import { EVERY_DEFAULTS } from "../support/specs.ts";

const ACCEPTED = { kind: "accepted" } as const;

/** Two nodes; a run is out to the first, or was accepted there. */
function aRunOnFirst(
  how: "out" | "accepted",
  policy: NodeLostPolicy,
): { readonly world: RoutedShard; readonly delivery: Delivery } {
  const world = new RoutedShard([aNode(1), aNode(2)]);
  world.job({ onNodeLost: policy });
  world.makeRuns(1);
  const [delivery] = world.out();
  if (delivery === undefined) throw new Error("bug: a run of an executor goes out");
  if (how === "accepted") world.say(delivery, ACCEPTED);
  return { world, delivery };
}

function loseFirst(world: RoutedShard): void {
  world.nowMs += 60_000;
  world.push([aNode(1, { state: "offline", lostMs: world.nowMs - 1 }), aNode(2)]);
}

describe.each(["out", "accepted"] as const)("a run that is %s at a node that is lost", (how) => {
  test("is sent to another node as the same attempt", () => {
    const { world, delivery } = aRunOnFirst(how, "resend");

    loseFirst(world);
    const [again] = world.out();

    expect(again).toMatchObject({ runId: delivery.runId, attempt: 1, send: 2 });
    expect(again && whereTo(again)).toBe(N2);
  });

  test("has failed, when its job says so", () => {
    const { world, delivery } = aRunOnFirst(how, "fail");

    loseFirst(world);

    expect(world.shard.run(delivery.runId)?.phase.state).toBe("failed");
    expect(world.shard.run(delivery.runId)?.error?.code).toBe("node_lost");
  });

  test("goes on, when its job waits", () => {
    const { world, delivery } = aRunOnFirst(how, "wait");
    const before = world.shard.run(delivery.runId);

    loseFirst(world);

    expect(world.shard.run(delivery.runId)).toBe(before);
    expect(world.shard.takeAborts()).toEqual([]);
  });

  test("goes on, when the node left in good order", () => {
    const { world, delivery } = aRunOnFirst(how, "resend");
    const before = world.shard.run(delivery.runId);

    world.push([aNode(1, { state: "offline" }), aNode(2)]);

    expect(world.shard.run(delivery.runId)).toBe(before);
  });

  test("goes on, when it was sent after the node had been lost", () => {
    const { world, delivery } = aRunOnFirst(how, "resend");
    const before = world.shard.run(delivery.runId);

    world.push([aNode(1, { state: "offline", lostMs: delivery.sentMs }), aNode(2)]);

    expect(world.shard.run(delivery.runId)).toBe(before);
  });
});

test("a delivery that is out to a lost node is broken off, and what comes of it changes nothing", () => {
  const { world, delivery } = aRunOnFirst("out", "resend");
  const { runId } = delivery;

  loseFirst(world);

  expect(world.shard.takeAborts()).toEqual([{ runId, attempt: 1, send: 1 }]);
  const [again] = world.out();
  const cut = { kind: "unknown", error: { message: "Broken off.", code: "cut" } } as const;
  world.say(delivery, cut);
  expect(world.shard.run(runId)?.phase).toMatchObject({ state: "dispatching", send: 2 });
  if (again !== undefined) world.say(again, OK);
  expect(world.shard.run(runId)?.phase.state).toBe("succeeded");
});

test("a start finds the runs of a node that was lost meanwhile", () => {
  const { world, delivery } = aRunOnFirst("accepted", "resend");
  const copy = world.storage.getCopy("executor:default:billing");
  world.nowMs += 60_000;
  const lost = { state: "offline", lostMs: world.nowMs - 1 } as const;
  const body: object = JSON.parse(copy?.body ?? "{}");
  const nodes = [aNode(1, lost), aNode(2)];
  world.storage.putCopy({
    key: "executor:default:billing",
    version: 9,
    body: JSON.stringify({ ...body, nodes }),
  });

  world.restart();

  expect(world.out().map((again) => [again.runId, again.send, whereTo(again)])).toEqual([
    [delivery.runId, 2, N2],
  ]);
});

test("a lost node frees the executor's places for runs that wait", () => {
  const world = new RoutedShard([aNode(1), aNode(2)], { concurrency: 1 });
  world.job({ onNodeLost: "fail" });
  const [, second] = world.makeRuns(2);
  expect(world.out().map(whereTo)).toEqual([N1]);

  loseFirst(world);

  expect(world.out().map(({ runId }) => runId)).toEqual([second?.id]);
});

test("a tick that a lost run was in the way of is told of before that run ends", () => {
  const { world, delivery } = aRunOnFirst("accepted", "fail");
  const anchor = new Date(T0).toISOString();
  const every = { kind: "every", every: "1m", anchor, ...EVERY_DEFAULTS } as const;
  world.job({ onNodeLost: "fail" }, { schedule: every, overlap: "skip" });
  world.nowMs += 70_000;
  const states: (string | undefined)[] = [];
  const putTick = world.storage.putTick.bind(world.storage);
  world.storage.putTick = (tick) => {
    states.push(world.shard.run(delivery.runId)?.phase.state);
    putTick(tick);
  };

  const lost = aNode(1, { state: "offline", lostMs: world.nowMs - 1 });
  const copy = anExecutor([lost, aNode(2)], { version: 2 });
  world.job({ onNodeLost: "fail" }, { schedule: { ...every, every: "2m" }, overlap: "skip" }, [
    copy,
  ]);

  expect(world.ticks).toMatchObject([{ reason: "overlap", evidence: { live: 1 } }]);
  expect(states).toEqual(["running"]);
  expect(world.shard.run(delivery.runId)?.phase.state).toBe("failed");
});
