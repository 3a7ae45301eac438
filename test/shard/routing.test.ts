import { describe, expect, test } from "vitest";
import { OK } from "../support/a-run.ts";
import { MINUTE } from "../support/a-shard.ts";
import { aNode } from "../support/executor-shard.ts";
import { N1, N2, N3, RoutedShard, whereTo } from "../support/routed-shard.ts";

function wentTo(world: RoutedShard): readonly (string | null)[] {
  return world.out().map(whereTo);
}

describe("a run of an executor", () => {
  test("goes to the nodes in turn, with the others to fall back on", () => {
    const world = new RoutedShard([aNode(1), aNode(2), aNode(3)]);
    world.makeRuns(4);

    const out = world.out();

    expect(out.map(whereTo)).toEqual([N1, N2, N3, N1]);
    const [first] = out;
    expect(first?.route).toMatchObject({ alternates: [{ address: N2 }, { address: N3 }] });
  });

  test("is signed with the secret that its node knows", () => {
    const world = new RoutedShard([aNode(1), aNode(2, { secret: 1 })]);
    world.makeRuns(2);

    const [older, newer] = world.out();

    expect(older?.route).toMatchObject({
      node: { sealedSecret: "older" },
      alternates: [{ address: N2, sealedSecret: "newer" }],
    });
    expect(newer?.route).toMatchObject({ node: { sealedSecret: "newer" } });
  });

  test("goes to the node that run-now named, by id or by address", () => {
    const world = new RoutedShard([aNode(1), aNode(2)]);
    world.runNow({ node: "node-2" });
    world.runNow({ node: N2 });

    expect(wentTo(world)).toEqual([N2, N2]);
  });

  test("goes only where its target says", () => {
    const world = new RoutedShard([
      aNode(1),
      aNode(2, { tags: ["eu"], handlers: ["bill"] }),
      aNode(3, { tags: ["eu"], handlers: ["other"] }),
    ]);
    world.job({ tags: ["eu"] });
    world.job({ node: N1 }, { name: "pinned" });
    world.job({ node: ["node-1", "node-3"] }, { name: "some" });
    world.makeRuns(2);
    world.makeRuns(2, "pinned");
    world.makeRuns(2, "some");

    expect(wentTo(world)).toEqual([N2, N2, N1, N1, N1, N1]);
  });

  test("goes to the same node for the same key", () => {
    const world = new RoutedShard([aNode(1), aNode(2), aNode(3)]);
    world.job({ route: "consistent_hash", hashKey: "params.customer" });
    for (const customer of ["a", "b", "a", "b"]) world.runNow({ params: { customer } });

    const [a, b, again, other] = wentTo(world);

    expect([again, other]).toEqual([a, b]);
  });

  test.each([
    ["executor.no_nodes", [], {}],
    ["node.unknown", [aNode(1)], { node: "node-9" }],
    ["node.unavailable", [aNode(1, { state: "draining" })], { node: "node-1" }],
    ["executor.no_handler", [aNode(1, { handlers: ["other"] })], {}],
    ["executor.no_tags", [aNode(1)], { tags: ["eu"] }],
    ["expression.failed", [aNode(1)], { route: "consistent_hash", hashKey: "params.x.y" }],
  ] as const)("goes nowhere: %s", (code, nodes, target) => {
    const world = new RoutedShard(nodes);
    world.job(target);
    world.makeRuns(1);

    expect(wentTo(world)).toEqual([code]);
  });

  test("goes nowhere where the shard knows no such executor", () => {
    const world = new RoutedShard([aNode(1)]);
    world.job({ executor: "unheard-of" });
    world.makeRuns(1);

    expect(wentTo(world)).toEqual(["executor.unknown"]);
  });

  test("follows a newer copy at once, and nothing of routing is lost by it", () => {
    const world = new RoutedShard([aNode(1), aNode(2)]);
    world.makeRuns(1);
    expect(wentTo(world)).toEqual([N1]);

    world.push([aNode(1), aNode(2, { state: "offline" }), aNode(3)]);
    world.makeRuns(2);

    expect(wentTo(world)).toEqual([N3, N1]);
  });

  test("spares a node that could not be reached, until it answers", () => {
    const world = new RoutedShard([aNode(1), aNode(2)]);
    world.makeRuns(1);
    const [first] = world.out();
    if (first !== undefined) world.say(first, OK, { node: N2, unreached: [N1] });
    world.makeRuns(3);
    expect(wentTo(world)).toEqual([N2, N2, N2]);

    world.nowMs += MINUTE;
    world.makeRuns(2);

    expect(new Set(wentTo(world))).toEqual(new Set([N1, N2]));
  });

  test("is told of with the node that answered, not with the one that was chosen", () => {
    const world = new RoutedShard([aNode(1), aNode(2)]);
    world.makeRuns(1);
    const [first] = world.out();
    if (first !== undefined) world.say(first, { kind: "accepted" }, { node: N2, unreached: [N1] });

    expect(world.runs[0]?.attempts[0]?.node).toBe(N2);
  });
});
