import { expect, it } from "vitest";
import { ADDRESS, carry, FakeScheduler, gate, runIdOf } from "../support/fake-scheduler.ts";

it("beats say who is here, and go on as often as the scheduler wants", async () => {
  const scheduler = new FakeScheduler();
  const executor = scheduler.executor({
    handlers: { report: () => 1, mail: () => 2 },
    weight: 3,
    tags: ["gpu"],
    version: "1.4.0",
    concurrency: 8,
  });

  await executor.start();
  const first = await scheduler.next("beat");
  const second = await scheduler.next("beat");
  await executor.stop();

  expect(first.body).toEqual({
    address: ADDRESS,
    handlers: ["report", "mail"],
    inFlight: 0,
    weight: 3,
    tags: ["gpu"],
    version: "1.4.0",
    concurrency: 8,
  });
  const betweenMs = second.atMs - first.atMs;
  expect(betweenMs).toBeGreaterThan(8_000);
  expect(betweenMs).toBeLessThan(30_000);
});

it("start resolves when the scheduler has taken a beat, however long it was away", async () => {
  const scheduler = new FakeScheduler();
  const said: string[] = [];
  const statuses = [0, 429, 503, 200];
  scheduler.replies.set("beat", () => {
    const status = statuses.shift() ?? 200;
    if (status === 0) throw new Error("connection refused");
    return Response.json({ detail: "no" }, { status });
  });
  const executor = scheduler.executor({ log: (message) => said.push(message) });

  await executor.start();
  await executor.stop();

  expect(statuses).toEqual([]);
  expect(said).toEqual([
    "the beat was not taken: Error: connection refused",
    "the beat was not taken: 429: no",
    "the beat was not taken: 503: no",
  ]);
});

it("a stop takes leave first, then waits for what is under way, and takes nothing new", async () => {
  const scheduler = new FakeScheduler();
  const { open, opened } = gate();
  const executor = scheduler.executor({ acceptAfterMs: 200, handlers: { report: () => opened } });
  await executor.start();
  await carry(executor, scheduler.delivery({ runId: runIdOf(1) }));

  const stopping = executor.stop();
  const { body } = await scheduler.next("leave");
  let late = await carry(executor, scheduler.delivery({ runId: runIdOf(2) }));
  for (let nth = 3; late.status === 202; nth++)
    late = await carry(executor, scheduler.delivery({ runId: runIdOf(nth) }));
  open();
  await stopping;

  expect(body).toEqual({ address: ADDRESS });
  expect(late.status).toBe(503);
  const names = scheduler.told.map(({ name }) => name);
  expect(names).toContain("callback");
  expect(names.indexOf("beat")).toBeLessThan(names.indexOf("callback"));
});

it("a stop ends though the handler does not, and though nobody hears the leave", async () => {
  const scheduler = new FakeScheduler();
  const executor = scheduler.executor({
    acceptAfterMs: 200,
    handlers: { report: () => new Promise(() => undefined) },
  });
  await executor.start();
  scheduler.replies.set("leave", () => Promise.reject(new Error("connection refused")));
  await carry(executor, scheduler.delivery());

  await executor.stop({ waitMs: 500 });

  expect(scheduler.told.filter(({ name }) => name === "callback")).toEqual([]);
});

it("start rejects when the scheduler refuses the node, and may be called again", async () => {
  const scheduler = new FakeScheduler();
  const replies = [new Response('{"detail": "No such executor."}', { status: 401 })];
  scheduler.replies.set("beat", () => replies.pop() ?? Response.json({ beatEvery: "10s" }));
  const executor = scheduler.executor({ handlers: {} });

  await expect(executor.start()).rejects.toThrow("the scheduler refuses this node");

  await executor.start();
  await executor.stop();
  expect(scheduler.told.map(({ name }) => name)).toEqual(["beat", "beat", "leave"]);
});

it("a stop before the first beat is taken lets start end", async () => {
  const scheduler = new FakeScheduler();
  scheduler.replies.set("beat", () => Promise.reject(new Error("connection refused")));
  const executor = scheduler.executor();

  const starting = executor.start();
  await executor.stop();

  await expect(starting).resolves.toBeUndefined();
});
