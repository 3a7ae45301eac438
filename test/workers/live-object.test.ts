import { evictDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { hubRpc, hubStub, LiveWatch } from "./live-watch.ts";
import { every, ShardFixture } from "./shard-fixture.ts";

const WAIT = { timeout: 10_000, interval: 20 };
const shard = new ShardFixture(0);
const row = (n: number, topic = "runs"): { readonly topic: string; readonly text: string } => ({
  topic,
  text: `{"n":${n}}`,
});

test("a hub that hibernates between rows loses neither its sockets nor their places", async () => {
  const watch = await LiveWatch.open("sleepy", ["runs"]);
  await hubRpc("sleepy").publish({ texts: [row(1)], isWhole: true });
  await watch.heard(2);

  for (let n = 2; n < 6; n++) {
    // oxlint-disable-next-line no-await-in-loop -- One after the other is what is tested.
    await evictDurableObject(hubStub("sleepy"), { webSockets: "hibernate" });
    // oxlint-disable-next-line no-await-in-loop
    await hubRpc("sleepy").publish({ texts: [row(n), row(n, "jobs")], isWhole: true });
  }

  const [subscribed, ...told] = await watch.heard(6);
  expect(subscribed).toMatchObject({ subscribed: ["runs"] });
  expect(told.map((message) => message.row.n)).toEqual([1, 2, 3, 4, 5]);
  const seqs = told.map(({ seq }) => Number(seq));
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
});

test("a hub that wakes up by a message goes on with its topics and its window", async () => {
  const watch = await LiveWatch.open("awoken", ["runs"]);
  const texts = Array.from({ length: 1_000 }, (_, n) => row(n));
  await hubRpc("awoken").publish({ texts, isWhole: true });
  const last = (await watch.heard(1_001)).at(-1);
  await evictDurableObject(hubStub("awoken"), { webSockets: "hibernate" });
  await hubRpc("awoken").publish({ texts: [row(1_000)], isWhole: true });
  const before = watch.told.length;
  watch.say({ ack: last.seq });

  await watch.heard(1_002);
  await evictDurableObject(hubStub("awoken"), { webSockets: "hibernate" });
  watch.say({ subscribe: ["jobs"] });

  expect(before).toBe(1_001);
  expect((await watch.heard(1_003)).slice(1_001)).toMatchObject([
    { row: { n: 1_000 } },
    { subscribed: ["runs", "jobs"] },
  ]);
});

test("a hub that forgets rows it owed a socket tells it of a reset", async () => {
  const watch = await LiveWatch.open("owing", ["runs"]);
  const texts = Array.from({ length: 1_001 }, (_, n) => row(n));
  await hubRpc("owing").publish({ texts, isWhole: true });
  const last = (await watch.heard(1_001)).at(-1);
  await evictDurableObject(hubStub("owing"), { webSockets: "hibernate" });

  watch.say({ ack: last.seq });

  expect((await watch.heard(1_002)).at(-1)).toMatchObject({ reset: true });
});

test("a ping is answered, whether the hub is awake or not", async () => {
  const watch = await LiveWatch.open("pinged", ["runs"]);
  await watch.heard(1);
  await evictDurableObject(hubStub("pinged"), { webSockets: "hibernate" });

  watch.say("ping");

  expect((await watch.heard(2)).at(-1)).toBe("pong");
});

test("a ticket that was used opens no second socket, though the hub lost its memory", async () => {
  await LiveWatch.open("ticketed", [], { ticket: "once" });
  await evictDurableObject(hubStub("ticketed"), { webSockets: "close" });

  await expect(LiveWatch.open("ticketed", [], { ticket: "once" })).rejects.toThrow(
    /ticket\.invalid/,
  );
  await LiveWatch.open("ticketed", [], { ticket: "twice" });
});

test("a socket whose time is over gets no more rows", async () => {
  const watch = await LiveWatch.open("timed", ["runs"], { lifeMs: 0 });

  await hubRpc("timed").publish({ texts: [row(1)], isWhole: true });

  expect(await watch.closed()).toBe(4_401);
  expect(watch.told).toMatchObject([{ subscribed: ["runs"] }]);
});

test("nothing of another namespace is heard, whatever is asked for", async () => {
  const topic = `workflow-run:wr_${"0".repeat(34)}`;
  const watch = await LiveWatch.open("mine", [topic]);
  const other = await LiveWatch.open("theirs", [topic]);

  await hubRpc("theirs").publish({ texts: [row(1, topic)], isWhole: true });
  await other.heard(2);
  await hubRpc("mine").publish({ texts: [row(2, topic)], isWhole: true });

  expect((await watch.heard(2)).slice(1)).toMatchObject([{ row: { n: 2 } }]);
});

test("a shard tells those who watch, also after it was evicted, until nobody does", async () => {
  await shard.put(every("1h"));
  const watch = await LiveWatch.open("default", ["runs", "jobs"]);
  const first = await shard.runNow("every");
  await watch.until("the first end", ({ row: told }) => isEnd(told, first.id));
  await evictDurableObject(shard.stub);

  const second = await shard.runNow("every");
  await watch.until("the second end", ({ row: told }) => isEnd(told, second.id));
  // A hub that loses its memory and its sockets keeps nobody in mind.
  await evictDurableObject(hubStub("default"), { webSockets: "close" });
  await shard.runNow("every");

  await vi.waitFor(async () => {
    expect(await watchedByShard()).not.toContain("default");
  }, WAIT);
  const again = await LiveWatch.open("default", ["runs"]);
  const fourth = await shard.runNow("every");
  await again.until("the fourth end", ({ row: told }) => isEnd(told, fourth.id));
  expect(await watchedByShard()).toContain("default");
});

test("those who begin to watch are told what the records do not have yet", async () => {
  await shard.inside((object) => {
    object.areRecordsAway = true;
  });
  await evictDurableObject(hubStub("default"), { webSockets: "close" });
  const { id } = await shard.runNow("every");
  await shard.rpc.waitForRun(id, 10_000);

  const watch = await LiveWatch.open("default", ["runs"]);

  await watch.until("the run", ({ row: told }) => isEnd(told, id));
  await shard.inside((object) => {
    object.areRecordsAway = false;
  });
});

// oxlint-disable-next-line typescript/no-explicit-any -- A row of any kind, or none.
function isEnd(told: any, runId: string): boolean {
  return told?.id === runId && told.state === "succeeded";
}

/** As the shard keeps it. */
function watchedByShard(): Promise<string> {
  return shard.inside((_, { storage }) =>
    JSON.stringify(storage.sql.exec("select value from meta where key = 'watched'").toArray()),
  );
}
