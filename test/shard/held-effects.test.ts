import { expect, test } from "vitest";
import { HeldEffects } from "../../src/shard/held-effects.ts";

/** A disk that is done when the test says so. */
class SlowDisk {
  isSafe = false;
  readonly syncs: { readonly done: () => void; readonly failed: (error: Error) => void }[] = [];

  readonly durable = (): Promise<void> | null =>
    this.isSafe ? null : new Promise((done, failed) => void this.syncs.push({ done, failed }));
}

async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

function open(disk: SlowDisk) {
  const left: string[] = [];
  const lost: unknown[] = [];
  const held = new HeldEffects(disk.durable, (error) => lost.push(error));
  return { held, left, lost, leaves: (name: string) => held.after(() => left.push(name)) };
}

test("where commits are safe by themselves everything leaves at once", () => {
  const disk = new SlowDisk();
  disk.isSafe = true;
  const { left, leaves, held } = open(disk);
  leaves("a");
  expect(left).toEqual(["a"]);
  expect(held.isBusy).toBe(false);
});

test("what was committed while the disk was at work waits for its next turn, in order", async () => {
  const disk = new SlowDisk();
  const { left, leaves, held } = open(disk);
  leaves("a");
  leaves("b");
  leaves("c");
  expect(left).toEqual([]);
  disk.syncs.shift()?.done();
  await settle();
  expect(left).toEqual(["a"]);
  leaves("d");
  disk.syncs.shift()?.done();
  await settle();
  expect(left).toEqual(["a", "b", "c"]);
  expect(held.isBusy).toBe(true);
  disk.syncs.shift()?.done();
  await settle();
  expect(left).toEqual(["a", "b", "c", "d"]);
  expect(held.isBusy).toBe(false);
});

test("a commit made when the disk is done is on its way before the effects of the last one leave", async () => {
  const disk = new SlowDisk();
  const { left, leaves, held } = open(disk);
  leaves("a");
  held.whenSafe(() => {
    left.push("commit");
    leaves("b");
  });
  disk.syncs.shift()?.done();
  await settle();
  expect(left).toEqual(["commit", "a"]);
  expect(disk.syncs).toHaveLength(1);
  disk.syncs.shift()?.done();
  await settle();
  expect(left).toEqual(["commit", "a", "b"]);
});

test("what an effect asks to be done when the disk is ready is done, though nothing else waits", async () => {
  const disk = new SlowDisk();
  const { left, held } = open(disk);
  held.after(() => held.whenSafe(() => left.push("later")));
  disk.syncs.shift()?.done();
  await settle();
  expect(left).toEqual(["later"]);
});

test("after the disk has failed nothing leaves any more, and that is said once", async () => {
  const disk = new SlowDisk();
  const { left, lost, leaves } = open(disk);
  leaves("a");
  leaves("b");
  for (let i = 0; i < 3; i++) {
    disk.syncs.shift()?.failed(new Error("no space"));
    await settle();
  }
  disk.isSafe = true;
  leaves("c");
  await settle();
  expect(left).toEqual([]);
  expect(lost).toEqual([new Error("no space")]);
});

test("settled waits for the disk and for what left before", async () => {
  const disk = new SlowDisk();
  const { left, leaves, held } = open(disk);
  leaves("a");
  let isSettled = false;
  void held.settled().then(() => (isSettled = true));
  disk.syncs.shift()?.done();
  await settle();
  expect(isSettled).toBe(false);
  while (disk.syncs.length > 0) {
    disk.syncs.shift()?.done();
    await settle();
  }
  expect([left, isSettled]).toEqual([["a"], true]);
});
