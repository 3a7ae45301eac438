import { describe, expect, test } from "vitest";
import { shareOf } from "../../src/registry/executor-copy.ts";
import { aListedNode, NODE_A, NODE_B, OWN, TestKeeper } from "../support/a-keeper.ts";
import fc from "fast-check";

const NO_FENCE = { ...OWN, ifVersions: null };

describe("the parts of a limit", () => {
  test("add up to the limit where every shard can have one, and differ by one at most", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.uniqueArray(fc.nat(1_023), { minLength: 1, maxLength: 64 }),
        (limit, drawn) => {
          const shards = drawn.toSorted((a, b) => a - b);
          const parts = shards.map((shard) => shareOf(limit, shards, shard));
          const sum = parts.reduce((all, part) => all + part, 0);

          expect(sum).toBe(Math.max(limit, shards.length));
          expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);
          expect(parts).toEqual(parts.toSorted((a, b) => b - a));
        },
      ),
    );
  });
});

describe("the copy of a shard", () => {
  test("has the nodes in their order, and its part of the limits", () => {
    const keeper = new TestKeeper();
    keeper.create({ concurrency: 5, nodeConcurrency: 3 }, [
      aListedNode(NODE_B, { concurrency: 2 }),
      aListedNode(NODE_A),
    ]);
    const first = keeper.copy(4);
    expect(first.concurrency).toBe(5);
    expect(first.nodes.map(({ address, concurrency }) => [address, concurrency])).toEqual([
      [NODE_B, 2],
      [NODE_A, 3],
    ]);
    keeper.copy(1);

    const limits = [1, 4].map((shard) => {
      const { concurrency, nodes } = keeper.copy(shard);
      return [concurrency, ...nodes.map((node) => node.concurrency)];
    });
    expect(limits).toEqual([
      [3, 1, 2],
      [2, 1, 1],
    ]);
    // The first shard is behind until it hears of its smaller part; the one that asked is not.
    expect(keeper.keeper.shardsBehind).toEqual([4]);
  });

  test("is the same version for a further shard where no limit is shared", () => {
    const keeper = new TestKeeper();
    keeper.create();
    keeper.beat(NODE_A);
    const version = keeper.keeper.listVersion;
    keeper.copy(0);
    keeper.copy(1);

    expect(keeper.keeper.listVersion).toBe(version);
    expect(keeper.keeper.shardsBehind).toEqual([]);
  });

  test("is newer with each change that a shard can see, and with no other", () => {
    const keeper = new TestKeeper();
    keeper.create();
    keeper.beat(NODE_A);
    const isNewer = (change: () => unknown): boolean => {
      const before = keeper.keeper.listVersion;
      change();
      return keeper.keeper.listVersion > before;
    };
    const patchNode = (more: object): unknown =>
      keeper.do("node.patch", { ...OWN, node: NODE_A, ...more });

    expect(isNewer(() => keeper.beat(NODE_B))).toBe(true);
    expect(isNewer(() => keeper.beat(NODE_B, { handlers: ["x"] }))).toBe(true);
    expect(isNewer(() => patchNode({ weight: 4 }))).toBe(true);
    expect(isNewer(() => patchNode({ wish: "disabled" }))).toBe(true);
    expect(isNewer(() => patchNode({ concurrency: 1 }))).toBe(true);
    expect(isNewer(() => keeper.do("executor.patch", { ...NO_FENCE, concurrency: 9 }))).toBe(true);
    expect(isNewer(() => keeper.do("secret.rotate", { ...NO_FENCE, sealedSecret: "s" }))).toBe(
      true,
    );
    expect(isNewer(() => keeper.do("node.delete", { ...OWN, node: NODE_B }))).toBe(true);

    expect(isNewer(() => keeper.beat(NODE_A, { version: "2" }))).toBe(false);
    expect(isNewer(() => keeper.do("executor.patch", { ...NO_FENCE, name: "x" }))).toBe(false);
    expect(isNewer(() => patchNode({ weight: 4 }))).toBe(false);
    expect(isNewer(() => keeper.do("token.use", { token: keeper.token() }))).toBe(false);
  });

  test("of one change of many parts is one version", () => {
    const keeper = new TestKeeper();
    keeper.create({ registration: "manual" }, [aListedNode(NODE_A)]);
    const { listVersion, version } = keeper.view.executor;
    const nodes = [aListedNode(NODE_B), aListedNode(NODE_A, { weight: 2 })];
    keeper.do("executor.patch", { ...NO_FENCE, nodes, concurrency: 2, name: "x" });

    expect(keeper.view.executor).toMatchObject({
      listVersion: listVersion + 1,
      version: version + 1,
    });
  });

  test("counts as taken only in the version that was put", () => {
    const keeper = new TestKeeper();
    keeper.create();
    keeper.copy(0);
    keeper.copy(1);
    keeper.beat(NODE_A);
    const put = keeper.keeper.listVersion;
    keeper.beat(NODE_B);
    keeper.keeper.confirmCopies(put, [0, 1], keeper.nowMs);
    expect(keeper.keeper.shardsBehind).toEqual([0, 1]);
    keeper.keeper.confirmCopies(keeper.keeper.listVersion, [1], keeper.nowMs);
    keeper.restart();

    expect(keeper.keeper.shardsBehind).toEqual([0]);
  });
});
