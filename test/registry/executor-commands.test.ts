import { describe, expect, test } from "vitest";
import { MemoryExecutorStorage } from "../../src/adapters/memory-executor-storage.ts";
import { executorCopyOf } from "../../src/core/directory.ts";
import {
  aListedNode,
  anExecutor,
  KEEPER_T0,
  NODE_A,
  NODE_B,
  OWN,
  SECOND,
  TestKeeper,
} from "../support/a-keeper.ts";

const KEY = { key: "k1", bodyHash: "h1" };
const CREATION = { executor: anExecutor(), sealedSecret: "sealed-1", nodes: [] } as const;
const NO_FENCE = { ...OWN, ifVersions: null };

describe("an executor", () => {
  test("begins with one secret and the nodes that were listed, in their order", () => {
    const keeper = new TestKeeper();
    const nodes = [aListedNode(NODE_B, { weight: 3, tags: ["big"] }), aListedNode(NODE_A)];
    const view = keeper.create({ registration: "manual" }, nodes);

    expect(view.executor).toMatchObject({ version: KEEPER_T0, listVersion: KEEPER_T0 });
    expect(view.executor.secrets).toMatchObject([{ sealed: "sealed-1", lastUsedMs: null }]);
    expect(view.nodes).toMatchObject([
      { address: NODE_B, source: "listed", weight: 3, tags: ["big"], health: "online" },
      { address: NODE_A, weight: 1, errorRate: null },
    ]);
    keeper.restart();
    expect(keeper.view).toEqual(view);
  });

  test("is not made twice, and its appKey is taken for every namespace", () => {
    const keeper = new TestKeeper();
    keeper.create();

    expect(keeper.refusal("executor.create", CREATION)).toBe("name.taken");
    const elsewhere = anExecutor({ namespace: "other" });
    expect(keeper.refusal("executor.create", { ...CREATION, executor: elsewhere })).toBe(
      "name.taken",
    );
  });

  test("is unknown to other namespaces, and before it is made", () => {
    const keeper = new TestKeeper();
    expect(keeper.refusal("executor.get", OWN)).toBe("executor.unknown");
    keeper.create();

    for (const kind of ["executor.get", "executor.copy", "executor.delete"] as const) {
      const input = { namespace: "other", shard: 0, ifVersions: null };
      expect(keeper.refusal(kind, input)).toBe("executor.unknown");
    }
  });

  test("counts each change of a person, and none that changes nothing", () => {
    const keeper = new TestKeeper();
    const { version } = keeper.create().executor;
    keeper.nowMs += SECOND;
    const patched = keeper.do("executor.patch", { ...NO_FENCE, name: "renamed" });

    expect(patched.executor).toMatchObject({ name: "renamed", version: version + 1 });
    expect(patched.executor.updatedMs).toBe(keeper.nowMs);
    // No shard needs its name.
    expect(patched.executor.listVersion).toBe(KEEPER_T0);
    expect(keeper.do("executor.patch", { ...NO_FENCE, name: "renamed" })).toEqual(patched);
  });

  test("is changed only in the version that the caller has seen", () => {
    const keeper = new TestKeeper();
    const { version } = keeper.create().executor;
    const stale = { ...OWN, ifVersions: [version - 1] };

    expect(keeper.refusal("executor.patch", { ...stale, name: "x" })).toBe("version.conflict");
    expect(keeper.refusal("executor.delete", stale)).toBe("version.conflict");
    expect(keeper.refusal("secret.rotate", { ...stale, sealedSecret: "s" })).toBe(
      "version.conflict",
    );
    const seen = { ...OWN, ifVersions: [1, version] };
    expect(keeper.refusal("executor.patch", { ...seen, name: "x" })).toBeUndefined();
  });

  test("gets a new list of nodes: an address that stays keeps its node, and the order is the new one", () => {
    const keeper = new TestKeeper();
    const { nodes } = keeper.create({ registration: "manual" }, [
      aListedNode(NODE_A),
      aListedNode(NODE_B),
    ]);
    const next = keeper.do("executor.patch", {
      ...NO_FENCE,
      nodes: [aListedNode("http://10.0.0.3"), aListedNode(NODE_B, { weight: 5 })],
    });

    expect(next.nodes.map(({ address }) => address)).toEqual(["http://10.0.0.3", NODE_B]);
    expect(next.nodes[1]).toMatchObject({ id: nodes[1]?.id, weight: 5 });
    expect(keeper.kinds).toEqual(["registered", "registered", "removed", "registered", "changed"]);
    keeper.restart();
    expect(keeper.view.nodes.map(({ address }) => address)).toEqual(["http://10.0.0.3", NODE_B]);
  });

  test("has at most a thousand nodes", () => {
    const keeper = new TestKeeper();
    const many = Array.from({ length: 1_001 }, (_, i) => aListedNode(`http://10.1.0.1:${i}`));

    expect(keeper.refusal("executor.create", { ...CREATION, nodes: many })).toBe("quota.exceeded");
    keeper.create({}, many.slice(1));
    expect(keeper.refusal("node.beat", keeper.beatInput(NODE_A))).toBe("quota.exceeded");
    expect(keeper.refusal("executor.patch", { ...NO_FENCE, nodes: many })).toBe("quota.exceeded");
  });
});

describe("a deleted executor", () => {
  test("is gone with its nodes and secrets, and its shards are told", () => {
    const keeper = new TestKeeper();
    keeper.create();
    keeper.beat(NODE_A);
    keeper.copy(2);
    keeper.do("executor.delete", NO_FENCE);

    expect(keeper.refusal("executor.get", OWN)).toBe("executor.unknown");
    expect(keeper.refusal("executor.secrets", {})).toBe("executor.unknown");
    expect(keeper.keeper.shardsBehind).toEqual([2]);
    expect(executorCopyOf(keeper.keeper.copyFor(2).body)).toMatchObject({
      nodes: [],
      sealedSecrets: [],
    });
    expect(keeper.keeper.rowToKeep()).toMatchObject({ isDeleted: true, nodes: [] });
    expect(keeper.storage.eventsBefore({ node: null, beforeSeq: 100, limit: 10 })).toEqual([]);
    expect(keeper.keeper.nextTickMs).toBeNull();
  });

  test("leaves the appKey free, and one made again is newer than every copy of it", () => {
    const keeper = new TestKeeper();
    keeper.create();
    keeper.copy(2);
    for (let i = 0; i < 50; i++) keeper.do("executor.patch", { ...NO_FENCE, concurrency: 5 + i });
    const { listVersion } = keeper.view.executor;
    keeper.do("executor.delete", NO_FENCE);
    const deleted = keeper.keeper.listVersion;
    keeper.restart();
    const again = keeper.create().executor;

    expect(deleted).toBeGreaterThan(listVersion);
    expect(again.listVersion).toBeGreaterThan(deleted);
    expect(again.version).toBe(again.listVersion);
    // The shard that held a copy hears of the new one.
    expect(keeper.keeper.shardsBehind).toEqual([2]);
  });

  test("may be made again in another namespace, which learns nothing of the first", () => {
    const keeper = new TestKeeper();
    keeper.create();
    keeper.beat(NODE_A);
    keeper.copy(2);
    keeper.do("executor.delete", NO_FENCE);
    keeper.create({ namespace: "other" });
    const other = { namespace: "other" };

    expect(keeper.do("executor.get", other).nodes).toEqual([]);
    const all = { ...other, node: null, beforeSeq: null, limit: 10 };
    expect(keeper.do("node.history", all).events).toEqual([]);
    expect(keeper.keeper.shardsBehind).toEqual([]);
  });
});

describe("an idempotency key", () => {
  test("gives the first answer again, also after a crash and after the executor has changed", () => {
    const keeper = new TestKeeper();
    const first = keeper.do("executor.create", CREATION, KEY);
    keeper.do("executor.patch", { ...NO_FENCE, name: "renamed" });
    keeper.restart();
    const at = { nowMs: keeper.nowMs, idempotency: KEY };

    const again = keeper.keeper.command("executor.create", CREATION, at);
    expect(again).toEqual({ ok: true, value: first, isReplay: true });
  });

  test("with another request is refused, and one of a refused command may be used again", () => {
    const keeper = new TestKeeper();
    keeper.create();
    const rotation = { ...NO_FENCE, sealedSecret: "sealed-2" };
    expect(keeper.refusal("secret.revoke", NO_FENCE, KEY)).toBe("secret.not_rotating");
    keeper.do("secret.rotate", rotation, KEY);

    const other = { ...KEY, bodyHash: "h2" };
    expect(keeper.refusal("secret.rotate", rotation, other)).toBe("idempotency.mismatch");
    expect(keeper.do("secret.rotate", rotation, KEY).executor.secrets).toHaveLength(2);
  });

  test("is forgotten after a day", () => {
    const keeper = new TestKeeper();
    keeper.do("executor.create", CREATION, KEY);
    keeper.nowMs += 86_400_000;

    expect(keeper.refusal("executor.create", CREATION, KEY)).toBe("name.taken");
  });

  test("of a deletion outlives what it deleted", () => {
    const keeper = new TestKeeper();
    keeper.create();
    keeper.do("executor.delete", NO_FENCE, KEY);

    expect(keeper.do("executor.delete", NO_FENCE, KEY)).toEqual({ appKey: "app-a" });
  });
});

describe("a transaction that fails", () => {
  test("leaves a keeper with what is stored, and the next command works", () => {
    const storage = new MemoryExecutorStorage();
    const keeper = new TestKeeper(storage);
    keeper.create();
    keeper.beat(NODE_A);
    const before = keeper.view;
    const full = Object.assign(storage, {
      putExecutor: (): void => {
        throw new Error("the disk is full");
      },
    });
    const patch = { ...NO_FENCE, name: "renamed", nodes: [aListedNode(NODE_B)] };
    expect(() => keeper.do("executor.patch", patch)).toThrow(/disk is full/);
    expect(keeper.view).toEqual(before);

    // The class has the method still: what hid it goes.
    Reflect.deleteProperty(full, "putExecutor");
    keeper.do("executor.patch", patch);
    keeper.restart();
    expect(keeper.view.nodes).toHaveLength(2);
    expect(keeper.view.executor.version).toBe(before.executor.version + 1);
  });
});
