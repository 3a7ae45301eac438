import { expect, it } from "vitest";
import type { Handlers } from "../../src/sdk/handler.ts";
import { LOG_LIMITS } from "../../src/sdk/run-log.ts";
import { carry, FakeScheduler, gate, runIdOf } from "../support/fake-scheduler.ts";

/** Where lines are to come before the answer, which waits for them for a moment only. */
const REAL_TIME = 1;

it("lines are sent in one batch, before the answer", async () => {
  const scheduler = new FakeScheduler(REAL_TIME);
  const executor = scheduler.executor({
    handlers: {
      report({ log }) {
        log.debug("a");
        log.info("b");
        log.warn("c");
        log.error("d".repeat(9_000));
      },
    },
  });

  const response = await carry(executor, scheduler.delivery({ attempt: 3 }));

  expect(response.status).toBe(200);
  expect(scheduler.told.map(({ name }) => name)).toEqual(["logs"]);
  const [{ body } = { body: null }] = scheduler.told;
  const at = expect.stringMatching(/^\d{4}-.*Z$/);
  expect(body).toMatchObject({ run: expect.any(String), attempt: 3 });
  const [{ seq }] = body.lines;
  expect(body.lines).toEqual([
    { at, level: "debug", text: "a", seq },
    { at, level: "info", text: "b", seq: seq + 1 },
    { at, level: "warn", text: "c", seq: seq + 2 },
    { at, level: "error", text: "d".repeat(LOG_LIMITS.lineCharsMax), seq: seq + 3 },
  ]);
});

it("lines do not wait for the handler's end", async () => {
  const scheduler = new FakeScheduler();
  const { open, opened } = gate();
  const executor = scheduler.executor({
    handlers: {
      report({ log }) {
        log.info("begun");
        return opened;
      },
    },
  });

  const answering = carry(executor, scheduler.delivery());
  const { body } = await scheduler.next("logs");
  open();

  expect(body.lines).toMatchObject([{ text: "begun" }]);
  expect((await answering).status).toBe(200);
});

it("many lines go in batches, in order, and a batch that fails is sent again", async () => {
  const scheduler = new FakeScheduler(REAL_TIME);
  let failures = 2;
  scheduler.replies.set("logs", () => {
    const status = failures-- > 0 ? 503 : 200;
    return new Response("{}", { status, headers: { "retry-after": "0" } });
  });
  const executor = scheduler.executor({
    handlers: {
      report({ log }) {
        for (let nth = 1; nth <= 250; nth++) log.info(`line ${nth}`);
      },
    },
  });

  await carry(executor, scheduler.delivery());

  const batches = scheduler.told.map(({ body }) =>
    body.lines.map((line: { seq: number }) => line.seq),
  );
  const from = batches[0][0];
  expect(batches.map((seqs) => [seqs[0] - from, seqs.length])).toEqual([
    [0, 100],
    [0, 100],
    [0, 100],
    [100, 100],
    [200, 50],
  ]);
});

it("lines of one attempt in two processes are told apart", async () => {
  const scheduler = new FakeScheduler(REAL_TIME);
  const handlers: Handlers = { report: ({ log }) => log.info("here") };
  await carry(scheduler.executor({ handlers }), scheduler.delivery());

  await carry(scheduler.executor({ handlers }), scheduler.delivery({ send: 2 }));

  const seqs = scheduler.told.map(({ body }) => body.lines[0].seq);
  expect(new Set(seqs).size).toBe(2);
});

it("lines that nobody takes hold up the answer for a moment only", async () => {
  const scheduler = new FakeScheduler();
  scheduler.replies.set("logs", () => Promise.reject(new Error("connection refused")));
  const handlers = { report: ({ log }: { log: { info(text: string): void } }) => log.info("x") };
  const executor = scheduler.executor({ handlers });
  const begunMs = scheduler.nowMs;

  const response = await carry(executor, scheduler.delivery());

  expect(response.status).toBe(200);
  expect(scheduler.nowMs - begunMs).toBeLessThan(6_000);
  await executor.stop();
});

it("lines that are refused are given up, and their owner hears of it", async () => {
  const scheduler = new FakeScheduler();
  const said: string[] = [];
  scheduler.replies.set("logs", () => Response.json({ detail: "no such run" }, { status: 404 }));
  const executor = scheduler.executor({
    handlers: { report: ({ log }) => log.info("x") },
    log: (message) => said.push(message),
  });

  await carry(executor, scheduler.delivery({ runId: runIdOf(1) }));

  expect(said).toEqual([`1 log lines of ${runIdOf(1)} were not taken: 404: no such run`]);
  expect(scheduler.told).toHaveLength(1);
});

it("what does not fit is dropped, and counted", async () => {
  const scheduler = new FakeScheduler();
  const { open, opened } = gate();
  scheduler.replies.set("logs", async () => {
    await opened;
    return new Response("{}");
  });
  const lines: { text: string }[] = [];
  const hear = async (): Promise<void> => {
    lines.push(...(await scheduler.next("logs")).body.lines);
  };
  const executor = scheduler.executor({
    handlers: {
      async report({ log }) {
        for (let nth = 1; nth <= LOG_LIMITS.waitingMax + 7; nth++) log.info(`${nth}`);
        open();
        await hear();
        await hear();
        log.info("last");
      },
    },
  });

  await carry(executor, scheduler.delivery());
  // The answer does not wait for all of them.
  while (lines.at(-1)?.text !== "last") await hear();

  expect(lines).toHaveLength(LOG_LIMITS.waitingMax + 2);
  expect(lines.slice(-2)).toMatchObject([
    { level: "warn", text: expect.stringMatching(/^7 lines were dropped here/) },
    { level: "info", text: "last" },
  ]);
});
