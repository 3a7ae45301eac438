import { describe, expect, test } from "vitest";
import { executorCopyOf } from "../../src/core/directory.ts";
import type { ProbeAnswer } from "../../src/ports/node-probe.ts";
import {
  aListedNode,
  aProbeAnswer,
  anExecutor,
  NODE_A,
  NODE_B,
  OWN,
  SECOND,
} from "../support/a-keeper.ts";
import { KeeperWorld } from "../support/keeper-world.ts";

const NO_FENCE = { ...OWN, ifVersions: null };

async function aWorld(holders: readonly number[] = [0, 1]): Promise<KeeperWorld> {
  const world = new KeeperWorld();
  await world.create();
  for (const shard of holders) await world.hold(shard);
  return world;
}

/** A world with listed nodes, of which no shard holds a copy yet. */
async function aManualWorld(addresses: readonly string[]): Promise<KeeperWorld> {
  const world = new KeeperWorld();
  const nodes = addresses.map((address) => aListedNode(address));
  await world.create({ registration: "manual" }, nodes);
  return world;
}

/** The nodes that a shard knows, with their states. */
function known(world: KeeperWorld, shard: number): readonly string[] {
  const copy = [...(world.shards[shard]?.copies.values() ?? [])][0];
  if (copy === undefined) return [];
  return executorCopyOf(copy.body).nodes.map(({ address, state }) => `${address} ${state}`);
}

describe("the copies of shards", () => {
  test("are pushed a moment after a beat that changes them, to those that hold one", async () => {
    const world = await aWorld([0, 1]);
    await world.beat(NODE_A);
    await world.beat(NODE_B);
    expect(known(world, 0)).toEqual([]);
    await world.pass(20);

    for (const shard of [0, 1])
      expect(known(world, shard)).toEqual([`${NODE_A} online`, `${NODE_B} online`]);
    // Both beats were one push.
    expect(world.shards[0]?.puts).toHaveLength(2);
    expect(world.shards[2]?.puts).toEqual([]);
  });

  test("have a person's change when that is answered", async () => {
    const world = await aWorld([0, 1, 2, 3, 4, 5]);
    await world.beat(NODE_A);
    await world.do("node.patch", { ...OWN, node: NODE_A, wish: "disabled" });

    for (const shard of [0, 1, 2, 3, 4, 5])
      expect(known(world, shard)).toEqual([`${NODE_A} disabled`]);
  });

  test("do not keep a person waiting for a shard that does not answer", async () => {
    const world = await aWorld([0, 1]);
    const stuck = world.shards[1];
    if (stuck !== undefined) stuck.gate = new Promise(() => {});
    const answered: string[] = [];
    const patch = world.do("executor.patch", { ...NO_FENCE, concurrency: 4 });
    const noted = patch.then(({ executor }) => answered.push(executor.appKey));
    await world.pass(4_999);
    expect(answered).toEqual([]);
    await world.pass(1);
    await noted;

    expect(world.shards[0]?.puts).toHaveLength(2);
  });

  test("are tried again, ever less often, until the shard is back", async () => {
    const world = await aWorld([0, 1]);
    const [up, down] = world.shards;
    if (down === undefined || up === undefined) throw new Error("there are eight shards");
    down.isDown = true;
    await world.beat(NODE_A);
    await world.pass(9 * SECOND);
    expect(known(world, 0)).toEqual([`${NODE_A} online`]);
    expect(known(world, 1)).toEqual([]);
    expect(world.alarmMs).toBeGreaterThan(world.nowMs);
    down.isDown = false;
    await world.pass(10 * SECOND);

    expect(known(world, 1)).toEqual([`${NODE_A} online`]);
    // The shard that had it was left alone.
    expect(up.puts).toHaveLength(2);
  });

  test("that a crash kept from being pushed are pushed by the next start", async () => {
    const world = await aWorld([0, 1]);
    await world.beat(NODE_A);
    world.start();
    expect(known(world, 0)).toEqual([]);
    await world.pass(20);

    expect(known(world, 0)).toEqual([`${NODE_A} online`]);
    expect(world.storage.getExecutor()?.shardsBehind).toEqual([]);
  });

  test("that were on their way when a crash came are pushed again", async () => {
    const world = await aWorld([0, 1]);
    const gate = Promise.withResolvers<void>();
    for (const shard of world.shards) shard.gate = gate.promise;
    const patch = world.runner.call("executor.patch", { ...NO_FENCE, concurrency: 4 });
    await world.pass(10);
    world.start();
    gate.resolve();
    await patch;
    await world.pass(20);

    expect(world.shards.slice(0, 2).map(({ version }) => version)).toEqual([
      world.storage.getExecutor()?.executor.listVersion,
      world.storage.getExecutor()?.executor.listVersion,
    ]);
    expect(world.storage.getExecutor()?.shardsBehind).toEqual([]);
  });

  test("that changed while they were pushed are pushed once more", async () => {
    const world = await aWorld([0]);
    const shard = world.shards[0];
    if (shard === undefined) throw new Error("there are eight shards");
    const gate = Promise.withResolvers<void>();
    shard.gate = gate.promise;
    await world.beat(NODE_A);
    await world.pass(20);
    await world.beat(NODE_B);
    gate.resolve();
    await world.pass(40);

    expect(known(world, 0)).toHaveLength(2);
    expect(world.storage.getExecutor()?.shardsBehind).toEqual([]);
  });
});

describe("the alarm", () => {
  test("brings silence to the shards", async () => {
    const world = await aWorld([0]);
    await world.beat(NODE_A);
    await world.pass(26 * SECOND);
    expect(known(world, 0)).toEqual([`${NODE_A} suspect`]);
    await world.pass(35 * SECOND);

    expect(known(world, 0)).toEqual([`${NODE_A} offline`]);
  });

  test("is not moved by beats", async () => {
    const world = await aWorld([0]);
    await world.beat(NODE_A);
    const { alarmMs } = world;
    await world.pass(10 * SECOND);
    await world.beat(NODE_A);

    expect(world.alarmMs).toBe(alarmMs);
  });

  test("that goes off early changes nothing and is set again", async () => {
    const world = await aWorld([0]);
    await world.beat(NODE_A);
    await world.pass(SECOND);
    const { alarmMs, rowsPut } = world;
    world.alarmMs = null;
    world.runner.turn();
    world.runner.turn();
    await world.pass(SECOND);

    expect(world.alarmMs).toBe(alarmMs);
    expect(world.rowsPut).toBe(rowsPut);
  });
});

describe("the records", () => {
  test("have the row a moment after a change, and are not told of mere beats", async () => {
    const world = await aWorld([]);
    await world.beat(NODE_A);
    await world.pass(200);
    expect(world.row).toMatchObject({ isDeleted: false, nodes: [{ address: NODE_A }] });
    const { rowsPut } = world;
    for (let i = 0; i < 6; i++) {
      await world.pass(10 * SECOND);
      await world.beat(NODE_A);
    }

    expect(world.rowsPut).toBe(rowsPut);
  });

  test("that are away get the row when they are back, also from another life", async () => {
    const world = new KeeperWorld();
    await world.create();
    world.areRecordsDown = true;
    await world.pass(5 * SECOND);
    expect(world.row).toBeNull();
    world.start();
    await world.pass(5 * SECOND);
    world.areRecordsDown = false;
    await world.pass(60 * SECOND);

    expect(world.row).toMatchObject({ executor: { appKey: "app-a" } });
    expect(world.storage.getExecutor()).toMatchObject({ rowVersion: 1, rowVersionKept: 1 });
  });

  test("restore a keeper that has lost its storage, above every copy that shards have", async () => {
    const world = await aWorld([0]);
    await world.beat(NODE_A);
    await world.pass(SECOND);
    const before = await world.do("executor.get", OWN);
    const lost = new KeeperWorld();
    lost.row = world.row;
    lost.nowMs = world.nowMs;
    const restored = await lost.do("executor.get", OWN);

    expect(restored.nodes).toEqual(before.nodes);
    expect(restored.executor).toEqual({
      ...before.executor,
      listVersion: expect.any(Number),
    });
    expect(restored.executor.listVersion).toBeGreaterThan(before.executor.listVersion);
    await lost.pass(SECOND);
    expect(lost.row?.executor.listVersion).toBe(restored.executor.listVersion);
    expect(lost.rowsRead).toBe(1);
  });

  test("are asked before an executor is made, once for all who come meanwhile", async () => {
    const world = await aWorld([]);
    await world.pass(SECOND);
    const lost = new KeeperWorld();
    lost.row = world.row;
    const creation = { executor: anExecutor(), sealedSecret: "sealed-9", nodes: [] };
    const codes = await Promise.all([
      lost.refusal("executor.create", creation),
      lost.refusal("executor.create", creation),
    ]);

    expect(codes).toEqual(["name.taken", "name.taken"]);
    expect(lost.rowsRead).toBe(1);
  });

  test("that are away keep an empty keeper from making an executor", async () => {
    const world = new KeeperWorld();
    world.areRecordsDown = true;
    const creation = { executor: anExecutor(), sealedSecret: "s", nodes: [] };

    expect(await world.refusal("executor.create", creation)).toBe("records.unavailable");
    expect(await world.runner.ping("default", NODE_A)).toMatchObject({
      refusal: { code: "records.unavailable" },
    });
  });

  test("are never asked because of a beat, a token or a report", async () => {
    const world = await aWorld([]);
    await world.pass(SECOND);
    const lost = new KeeperWorld();
    lost.row = world.row;
    const token = { secretId: "sec_x", jti: "jti", expMs: lost.nowMs + SECOND };

    expect(await lost.refusal("executor.secrets", {})).toBe("executor.unknown");
    expect(await lost.refusal("token.use", { token })).toBe("executor.unknown");
    expect(await lost.refusal("node.leave", { token, address: NODE_A })).toBe("executor.unknown");
    expect(await lost.refusal("node.report", { ...OWN, reports: [] })).toBe("executor.unknown");
    expect(lost.rowsRead).toBe(0);
  });
});

describe("probes", () => {
  test("ask each listed node every ten seconds, once a shard holds a copy", async () => {
    const world = await aManualWorld([NODE_A, NODE_B]);
    await world.pass(60 * SECOND);
    expect(world.probed).toEqual([]);
    await world.hold(0);
    await world.pass(35 * SECOND);

    expect(world.probed.filter((address) => address === NODE_A)).toHaveLength(4);
    expect(world.probed).toHaveLength(8);
    const { nodes } = await world.do("executor.get", OWN);
    expect(nodes.map(({ health }) => health)).toEqual(["online", "online"]);
  });

  test("that go unanswered make a node suspect, then offline, and one answer brings it back", async () => {
    const world = await aManualWorld([NODE_A]);
    await world.hold(0);
    world.answers.set(NODE_A, Promise.resolve(aProbeAnswer({ status: null, isReached: false })));
    await world.pass(36 * SECOND);
    expect(known(world, 0)).toEqual([`${NODE_A} suspect`]);
    await world.pass(36 * SECOND);
    expect(known(world, 0)).toEqual([`${NODE_A} offline`]);
    world.answers.delete(NODE_A);
    await world.pass(11 * SECOND);

    expect(known(world, 0)).toEqual([`${NODE_A} online`]);
  });

  test("are at most six at once, and a slow node is asked once at a time", async () => {
    const addresses = Array.from({ length: 10 }, (_, i) => `http://10.0.1.${i}`);
    const world = await aManualWorld(addresses);
    const slow = Promise.withResolvers<ProbeAnswer>();
    for (const address of addresses) world.answers.set(address, slow.promise);
    await world.hold(0);
    await world.pass(60 * SECOND);
    expect(world.probed).toHaveLength(6);
    slow.resolve(aProbeAnswer());
    await world.pass(SECOND);

    expect(new Set(world.probed).size).toBe(10);
  });

  test("leave a node alone that has just left", async () => {
    const world = await aManualWorld([NODE_A]);
    await world.hold(0);
    await world.pass(SECOND);
    const { secrets } = await world.do("executor.secrets", {});
    const token = { secretId: secrets[0]?.id ?? "", jti: "jti-x", expMs: world.nowMs + SECOND };
    await world.do("node.leave", { token, address: NODE_A });
    await world.pass(59 * SECOND);
    expect(known(world, 0)).toEqual([`${NODE_A} offline`]);
    await world.pass(2 * SECOND);

    expect(known(world, 0)).toEqual([`${NODE_A} online`]);
  });

  test("by a person answer what the node said", async () => {
    const world = await aManualWorld([NODE_A]);
    world.answers.set(NODE_A, Promise.resolve(aProbeAnswer({ latencyMs: 7, handlers: ["x"] })));

    expect(await world.runner.ping("default", NODE_A)).toEqual({
      ok: true,
      value: {
        isReached: true,
        status: 200,
        latencyMs: 7,
        clockSkewMs: null,
        answer: { ok: true },
        error: null,
      },
    });
    expect(await world.runner.ping("default", NODE_B)).toMatchObject({
      refusal: { code: "node.unknown" },
    });
    expect(await world.runner.ping("other", NODE_A)).toMatchObject({
      refusal: { code: "executor.unknown" },
    });
  });
});

describe("a stop", () => {
  test("stores the signs of life and brings out what others do not know yet", async () => {
    const world = await aWorld([0]);
    await world.beat(NODE_A);
    await world.pass(SECOND);
    await world.beat(NODE_A);
    await world.beat(NODE_B);
    await world.runner.stop(SECOND);

    const beats = Object.values(world.storage.getBeats()?.lastBeatMs ?? {});
    expect(beats).toEqual([world.nowMs, world.nowMs]);
    expect(known(world, 0)).toHaveLength(2);
    expect(world.row?.nodes).toHaveLength(2);
    expect(world.alarmMs).toBeNull();
  });
});
