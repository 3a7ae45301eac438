import { expect, test } from "vitest";
import { LiveLine } from "../../workers/live-line.ts";
import type { LiveBatch } from "../../workers/live-rpc.ts";

/** A line whose calls the test answers, and whose timers it lets go off. */
function aLine() {
  const sent: { batch: LiveBatch; reply: (isWatched: boolean) => void; fail: () => void }[] = [];
  const timers: { ms: number; work: () => void }[] = [];
  let unwatched = 0;
  const line = new LiveLine({
    timers: {
      after: (ms, work) => {
        const timer = { ms, work };
        timers.push(timer);
        return () => timers.splice(timers.indexOf(timer), 1);
      },
    },
    send: (batch) =>
      new Promise((resolve, reject) => {
        sent.push({ batch, reply: resolve, fail: () => reject(new Error("no hub")) });
      }),
    onUnwatched: () => unwatched++,
  });
  const pass = async (): Promise<number> => {
    const timer = timers.shift();
    timer?.work();
    await settled();
    return timer?.ms ?? -1;
  };
  const answer = async (reply: "watched" | "unwatched" | "failed"): Promise<LiveBatch | null> => {
    const call = sent.shift();
    if (reply === "failed") call?.fail();
    else call?.reply(reply === "watched");
    await settled();
    return call?.batch ?? null;
  };
  return { line, sent, pass, answer, count: () => unwatched };
}

async function settled(): Promise<void> {
  for (let turns = 0; turns < 5; turns++)
    // oxlint-disable-next-line no-await-in-loop -- What a promise causes may be a promise.
    await Promise.resolve();
}

const texts = (from: number, to: number): LiveBatch["texts"] =>
  Array.from({ length: to - from }, (_, i) => ({ topic: "runs", text: String(from + i) }));
const textOf = (batch: LiveBatch | null): readonly string[] =>
  batch?.texts.map(({ text }) => text) ?? [];

test("rows go one call at a time, in their order", async () => {
  const { line, sent, pass, answer } = aLine();
  line.add(texts(0, 2), true);
  line.add(texts(2, 3), true);
  await pass();
  line.add(texts(3, 5), true);
  expect(sent).toHaveLength(1);

  const first = await answer("watched");
  await pass();
  const second = await answer("watched");

  expect([...textOf(first), ...textOf(second)]).toEqual(["0", "1", "2", "3", "4"]);
  expect([first?.isWhole, second?.isWhole]).toEqual([true, true]);
});

test("more rows than one call may have go with the next", async () => {
  const { line, pass, answer } = aLine();
  line.add(texts(0, 1_500), true);
  line.add([{ topic: "runs", text: "x".repeat(5_000_000) }], true);
  const lengths: number[] = [];
  for (let calls = 0; calls < 3; calls++) {
    // oxlint-disable-next-line no-await-in-loop -- One call after the other is what is tested.
    await pass();
    // oxlint-disable-next-line no-await-in-loop
    lengths.push(textOf(await answer("watched")).length);
  }

  expect(lengths).toEqual([1_000, 500, 1]);
});

test("rows of a failed call are lost, and the hub is told so when lists show them", async () => {
  const { line, pass, answer } = aLine();
  line.add(texts(0, 2), true);
  await pass();
  await answer("failed");
  line.add(texts(2, 3), true);

  const waitedMs = await pass();
  const batch = await answer("watched");
  line.add(texts(3, 4), true);
  await pass();
  const next = await answer("watched");

  expect(waitedMs).toBe(2_000);
  expect(batch).toEqual({ texts: texts(2, 3), isWhole: false });
  expect(next).toEqual({ texts: texts(3, 4), isWhole: true });
});

test("a hub that stays away is tried ever more seldom, and then by the next row", async () => {
  const { line, pass, answer } = aLine();
  line.add(texts(0, 1), true);
  const waits: number[] = [];
  for (let tries = 0; tries < 7; tries++) {
    // oxlint-disable-next-line no-await-in-loop
    waits.push(await pass());
    // oxlint-disable-next-line no-await-in-loop
    await answer("failed");
  }
  line.add(texts(1, 2), true);

  expect(waits).toEqual([50, 2_000, 4_000, 8_000, 16_000, 32_000, -1]);
  expect(await pass()).toBe(0);
  expect(await answer("watched")).toEqual({ texts: texts(1, 2), isWhole: false });
});

test("too many rows that wait are given up", async () => {
  const { line, pass, answer } = aLine();
  line.add(texts(0, 20_001), true);
  await pass();

  expect(await answer("watched")).toEqual({ texts: [], isWhole: false });
});

test("an answer that nobody watches ends it, unless somebody came meanwhile", async () => {
  const { line, pass, answer, count } = aLine();
  line.add(texts(0, 1), true);
  await pass();
  line.watched();
  await answer("unwatched");
  const before = count();
  line.add(texts(1, 2), true);
  await pass();
  await answer("unwatched");

  expect([before, count()]).toEqual([0, 1]);
});
