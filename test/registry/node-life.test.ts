import { describe, expect, test } from "vitest";
import { nodeState } from "../../src/ports/executors.ts";
import {
  aListedNode,
  aProbeAnswer,
  DAY,
  KEEPER_T0,
  NODE_A,
  NODE_B,
  OWN,
  SECOND,
  TestKeeper,
} from "../support/a-keeper.ts";

function aKeeper(): TestKeeper {
  const keeper = new TestKeeper();
  keeper.create();
  return keeper;
}

function aManualKeeper(): TestKeeper {
  const keeper = new TestKeeper();
  keeper.create({ registration: "manual" }, [aListedNode(NODE_A)]);
  return keeper;
}

function report(keeper: TestKeeper, suspectMs: number | null, [succeeded, failed] = [0, 1]): void {
  const reports = [{ address: NODE_A, succeeded, failed, suspectMs }];
  keeper.do("node.report", { ...OWN, reports });
}

describe("a node", () => {
  test("registers itself by its first beat, and says what it can", () => {
    const keeper = aKeeper();
    const said = { weight: 4, tags: ["gpu"], handlers: ["report"], version: "1.2", inFlight: 2 };
    const node = keeper.beat(NODE_A, said);

    expect(node).toMatchObject({
      ...said,
      health: "online",
      source: "beat",
      lastBeatMs: KEEPER_T0,
    });
    expect(keeper.beat(NODE_A).id).toBe(node.id);
    expect(keeper.node(NODE_A)).toMatchObject(said);
    expect(keeper.kinds).toEqual(["registered"]);
  });

  test("is suspect after 25 s of silence, offline after 60, and back with its next beat", () => {
    const keeper = aKeeper();
    keeper.beat(NODE_A);
    keeper.pass(25 * SECOND - 1);
    expect(keeper.node(NODE_A)?.health).toBe("online");
    keeper.pass(1);
    expect(keeper.node(NODE_A)).toMatchObject({ health: "suspect", healthReason: "silent" });
    keeper.pass(35 * SECOND);
    expect(keeper.node(NODE_A)).toMatchObject({ health: "offline", lostMs: keeper.nowMs });
    expect(keeper.copiedNode(NODE_A)).toMatchObject({ state: "offline", lostMs: keeper.nowMs });

    keeper.pass(SECOND);
    keeper.beat(NODE_A);
    expect(keeper.copiedNode(NODE_A)).toMatchObject({
      state: "online",
      lostMs: null,
      sinceMs: keeper.nowMs,
    });
    expect(keeper.kinds).toEqual(["registered", "suspect", "offline", "online"]);
  });

  test("that beats stays online, and its beats change neither versions nor copies", () => {
    const keeper = aKeeper();
    keeper.beat(NODE_A, { inFlight: 1 });
    const { executor } = keeper.view;
    for (let i = 0; i < 30; i++) {
      keeper.pass(10 * SECOND);
      keeper.beat(NODE_A, { inFlight: i });
    }

    expect(keeper.view.executor).toMatchObject({
      version: executor.version,
      listVersion: executor.listVersion,
    });
    expect(keeper.kinds).toEqual(["registered"]);
    expect(keeper.node(NODE_A)).toMatchObject({ inFlight: 29, lastBeatMs: keeper.nowMs });
  });

  test("that leaves is offline but not lost, and comes back with its next beat", () => {
    const keeper = aKeeper();
    keeper.beat(NODE_A);
    const leave = (address: string): boolean =>
      keeper.do("node.leave", { token: keeper.token(), address }).hasLeft;
    expect(leave(NODE_A)).toBe(true);
    expect(leave(NODE_B)).toBe(false);
    keeper.pass(90 * SECOND);
    expect(keeper.node(NODE_A)).toMatchObject({
      health: "offline",
      healthReason: "left",
      lostMs: null,
    });

    keeper.beat(NODE_A);
    expect(keeper.node(NODE_A)?.health).toBe("online");
    expect(keeper.kinds).toEqual(["registered", "left", "online"]);
  });

  test("that registered itself is forgotten after a day away; a listed one stays", () => {
    const keeper = new TestKeeper();
    keeper.create({}, [aListedNode(NODE_B)]);
    keeper.copy(0);
    keeper.beat(NODE_A);
    keeper.pass(60 * SECOND + DAY - 1);
    expect(keeper.view.nodes).toHaveLength(2);
    keeper.pass(1);

    expect(keeper.view.nodes.map(({ address }) => address)).toEqual([NODE_B]);
    expect(keeper.copy(0).nodes).toHaveLength(1);
    expect(keeper.events[0]).toMatchObject({ kind: "removed", address: NODE_A });
  });

  test("keeps what a person wants of it, whatever its beats say", () => {
    const keeper = aKeeper();
    keeper.beat(NODE_A, { weight: 2, tags: ["a"] });
    const patch = { weight: 7, tags: ["mine"], wish: "draining" } as const;
    keeper.do("node.patch", { ...OWN, node: NODE_A, ...patch });
    keeper.beat(NODE_A, { weight: 3, tags: ["b"], version: "2" });

    expect(keeper.node(NODE_A)).toMatchObject({ ...patch, version: "2" });
    expect(keeper.copiedNode(NODE_A)?.state).toBe("draining");
    keeper.pass(60 * SECOND);
    expect(keeper.copiedNode(NODE_A)?.state).toBe("offline");
    keeper.beat(NODE_A);
    expect(keeper.copiedNode(NODE_A)?.state).toBe("draining");
    const { id } = keeper.do("node.patch", { ...OWN, node: NODE_A, wish: "disabled" }).node;
    keeper.pass(60 * SECOND);
    expect(keeper.copiedNode(NODE_A)?.state).toBe("disabled");
    keeper.beat(NODE_A);
    keeper.do("node.patch", { ...OWN, node: id, wish: "enabled" });
    expect(keeper.copiedNode(NODE_A)?.state).toBe("online");
  });

  test("that a shard could not reach is suspect until its next beat", () => {
    const keeper = aKeeper();
    keeper.beat(NODE_A);
    keeper.pass(3 * SECOND);
    report(keeper, keeper.nowMs - SECOND);
    expect(keeper.node(NODE_A)).toMatchObject({ health: "suspect", healthReason: "unreachable" });
    keeper.pass(SECOND);
    keeper.beat(NODE_A);
    expect(keeper.node(NODE_A)?.health).toBe("online");

    // This suspicion was there before the beat.
    report(keeper, keeper.nowMs - SECOND);
    expect(keeper.node(NODE_A)?.health).toBe("online");
  });

  test("has the error rate of the last five minutes", () => {
    const keeper = aKeeper();
    keeper.beat(NODE_A);
    expect(keeper.node(NODE_A)?.errorRate).toBeNull();
    report(keeper, null, [3, 1]);
    expect(keeper.node(NODE_A)?.errorRate).toBe(0.25);
    keeper.nowMs += 200 * SECOND;
    report(keeper, null, [4, 0]);
    expect(keeper.node(NODE_A)?.errorRate).toBe(0.125);
    keeper.nowMs += 200 * SECOND;

    expect(keeper.node(NODE_A)?.errorRate).toBe(0);
  });

  test("is deleted by a person, and registers again", () => {
    const keeper = aKeeper();
    const { id } = keeper.beat(NODE_A);
    keeper.do("node.delete", { ...OWN, node: NODE_A });
    expect(keeper.refusal("node.delete", { ...OWN, node: id })).toBe("node.unknown");
    expect(keeper.refusal("node.patch", { ...OWN, node: NODE_A, weight: 1 })).toBe("node.unknown");

    expect(keeper.beat(NODE_A).id).not.toBe(id);
    const history = { ...OWN, beforeSeq: null, limit: 10 };
    expect(keeper.do("node.history", { ...history, node: id }).events).toHaveLength(2);
    expect(keeper.do("node.history", { ...history, node: NODE_A }).events).toHaveLength(3);
    expect(keeper.refusal("node.history", { ...history, node: "node_x" })).toBe("node.unknown");
  });

  test("keeps a history of a thousand events", () => {
    const keeper = aKeeper();
    keeper.beat(NODE_A);
    for (let i = 1; i <= 1_250; i++) keeper.beat(NODE_A, { version: `v${i}` });
    const { events } = keeper.do("node.history", {
      ...OWN,
      node: null,
      beforeSeq: null,
      limit: 5_000,
    });

    expect(events).toHaveLength(1_000);
    expect(events[0]).toMatchObject({ seq: 1_251, kind: "changed", detail: 'version "v1250"' });
    const rest = keeper.storage.eventsBefore({ node: null, beforeSeq: 9_999, limit: 9_999 });
    expect(rest.length).toBeLessThanOrEqual(1_100);
  });
});

describe("a listed node", () => {
  test("is watched only while a shard holds a copy", () => {
    const keeper = aManualKeeper();
    keeper.pass(DAY);
    expect(keeper.node(NODE_A)?.health).toBe("online");
    expect(keeper.keeper.listedWatched()).toEqual([]);
    keeper.copy(0);
    keeper.pass(25 * SECOND - 1);
    expect(keeper.node(NODE_A)?.health).toBe("online");
    keeper.pass(1);

    expect(keeper.node(NODE_A)?.health).toBe("suspect");
  });

  test("lives while it answers probes with anything but an error of its own", () => {
    const keeper = aManualKeeper();
    keeper.copy(0);
    const id = keeper.node(NODE_A)?.id ?? "";
    const probed = (more: Parameters<typeof aProbeAnswer>[0]): string | undefined => {
      keeper.pass(61 * SECOND);
      expect(keeper.node(NODE_A)?.health).toBe("offline");
      keeper.keeper.probed(id, aProbeAnswer(more), keeper.nowMs);
      return keeper.node(NODE_A)?.health;
    };

    expect(probed({ status: 503 })).toBe("offline");
    expect(probed({ status: null, isReached: false })).toBe("offline");
    expect(probed({ appKey: "another" })).toBe("offline");
    expect(probed({ status: 404 })).toBe("online");
    expect(probed({ appKey: "app-a", handlers: ["x"], inFlight: 4 })).toBe("online");
    expect(keeper.node(NODE_A)).toMatchObject({ handlers: ["x"], inFlight: 4 });
  });

  test("beats too, and no other address may", () => {
    const keeper = aManualKeeper();
    keeper.beat(NODE_A, { weight: 9, version: "1" });

    expect(keeper.node(NODE_A)).toMatchObject({ weight: 1, version: "1", source: "listed" });
    expect(keeper.refusal("node.beat", keeper.beatInput(NODE_B))).toBe("node.not_listed");
    expect(keeper.refusal("node.delete", { ...OWN, node: NODE_A })).toBe("request.invalid");
  });
});

describe("time", () => {
  test("that goes back makes no node silent, and silence is noticed all the same", () => {
    const keeper = aKeeper();
    keeper.beat(NODE_A);
    keeper.nowMs -= 3_600 * SECOND;
    keeper.keeper.tick(keeper.nowMs);
    expect(keeper.node(NODE_A)?.health).toBe("online");
    keeper.pass(25 * SECOND);

    expect(keeper.node(NODE_A)?.health).toBe("suspect");
  });

  test("in which the keeper itself was away proves no node dead", () => {
    const keeper = aKeeper();
    keeper.beat(NODE_A);
    keeper.nowMs += 600 * SECOND;
    keeper.keeper.tick(keeper.nowMs);
    expect(keeper.node(NODE_A)?.health).toBe("suspect");
    keeper.pass(35 * SECOND);

    expect(keeper.node(NODE_A)?.health).toBe("offline");
  });

  test("in which the process was down is no silence either", () => {
    const keeper = aKeeper();
    keeper.beat(NODE_A);
    keeper.nowMs += 600 * SECOND;
    keeper.restart();
    keeper.pass(5 * SECOND - 1);
    expect(keeper.node(NODE_A)?.health).toBe("online");
    keeper.pass(1);
    expect(keeper.node(NODE_A)?.health).toBe("suspect");
    keeper.pass(35 * SECOND - 1);
    expect(keeper.node(NODE_A)?.health).toBe("suspect");
    keeper.pass(1);

    expect(keeper.node(NODE_A)?.health).toBe("offline");
  });

  test("until a wake-up on time counts, with a grace for beats that were not stored", () => {
    const keeper = aKeeper();
    keeper.beat(NODE_A);
    // Each alarm finds the object gone, and wakes a new one.
    keeper.nowMs = KEEPER_T0 + 25 * SECOND;
    keeper.restart();
    keeper.keeper.tick(keeper.nowMs);
    expect(keeper.node(NODE_A)?.health).toBe("online");
    keeper.nowMs = keeper.keeper.nextTickMs ?? 0;
    keeper.restart();
    keeper.keeper.tick(keeper.nowMs);
    expect(keeper.node(NODE_A)?.health).toBe("suspect");
    keeper.nowMs = keeper.keeper.nextTickMs ?? 0;
    keeper.restart();
    keeper.keeper.tick(keeper.nowMs);

    expect(keeper.nowMs).toBe(KEEPER_T0 + 65 * SECOND);
    expect(keeper.node(NODE_A)).toMatchObject({ health: "offline", lostMs: keeper.nowMs });
  });

  test("that has not come yet changes nothing when an alarm is early or comes twice", () => {
    const keeper = aKeeper();
    keeper.beat(NODE_A);
    keeper.pass(20 * SECOND);
    const before = keeper.view;
    keeper.keeper.tick(keeper.nowMs);
    keeper.keeper.tick(keeper.nowMs);

    expect(keeper.view).toEqual(before);
    keeper.pass(5 * SECOND);
    const suspect = keeper.view;
    keeper.keeper.tick(keeper.nowMs);
    expect(keeper.view).toEqual(suspect);
    expect(suspect.nodes.map(nodeState)).toEqual(["suspect"]);
  });
});
