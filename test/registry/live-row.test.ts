import { expect, test } from "vitest";
import type { ExecutorRow } from "../../src/ports/executor-storage.ts";
import { NODE_A, NODE_B, OWN } from "../support/a-keeper.ts";
import { KeeperWorld } from "../support/keeper-world.ts";

/** A world whose executor somebody watches, and what they hear. */
function aWatchedWorld(): {
  readonly world: KeeperWorld;
  readonly told: ExecutorRow[];
  readonly watch: { isOn: boolean };
} {
  const world = new KeeperWorld();
  const told: ExecutorRow[] = [];
  const watch = { isOn: true };
  world.live = {
    isWatched: () => watch.isOn,
    publish: (namespace, { executors }) => {
      expect(namespace).toBe("default");
      told.push(...executors);
    },
  };
  world.start();
  return { world, told, watch };
}

const addressesOf = ({ nodes }: ExecutorRow): readonly string[] =>
  nodes.map(({ address }) => address);

test("those who watch are told of an executor a moment after it has changed, once", async () => {
  const { world, told } = aWatchedWorld();
  await world.create();
  await world.beat(NODE_A);
  await world.beat(NODE_B);
  expect(told).toEqual([]);
  await world.pass(200);
  await world.beat(NODE_B);
  await world.pass(200);

  expect(told.map(addressesOf)).toEqual([[NODE_A, NODE_B]]);
});

test("those who watch are told that an executor is gone", async () => {
  const { world, told } = aWatchedWorld();
  await world.create();
  await world.pass(200);
  await world.do("executor.delete", { ...OWN, ifVersions: null });
  await world.pass(200);

  expect(told.map(({ isDeleted }) => isDeleted)).toEqual([false, true]);
});

test("whoever begins to watch before the records have a change is told of it", async () => {
  const { world, told, watch } = aWatchedWorld();
  watch.isOn = false;
  await world.create();
  await world.pass(500);
  world.areRecordsDown = true;
  await world.beat(NODE_A);
  await world.pass(500);
  watch.isOn = true;
  expect(told).toEqual([]);
  await world.pass(60_000);

  expect(told.map(addressesOf)[0]).toEqual([NODE_A]);
});

test("a keeper that begins anew tells what the records do not have", async () => {
  const { world, told } = aWatchedWorld();
  await world.create();
  await world.pass(1_000);
  world.areRecordsDown = true;
  await world.beat(NODE_A);
  told.length = 0;
  world.start().start();
  await world.pass(200);
  world.areRecordsDown = false;
  await world.pass(60_000);
  const before = told.length;
  world.start().start();
  await world.pass(200);

  expect(told.map(addressesOf)[0]).toEqual([NODE_A]);
  expect(told).toHaveLength(before);
});
