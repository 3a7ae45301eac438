import { expect, it } from "vitest";
import { NonRetryable, RetryAfter, type HandlerContext } from "../../src/sdk/handler.ts";
import { RUNS_LIMITS } from "../../src/sdk/runs-here.ts";
import { carry, FakeScheduler, gate, runIdOf } from "../support/fake-scheduler.ts";

async function answerOf(handler: (ctx: HandlerContext) => unknown) {
  const scheduler = new FakeScheduler();
  const executor = scheduler.executor({ handlers: { report: handler } });
  const response = await carry(executor, scheduler.delivery());
  const retryAfter = response.headers.get("retry-after");
  return { status: response.status, retryAfter, body: await response.json() };
}

it("a handler is told what it works on", async () => {
  const scheduler = new FakeScheduler();
  const seen: HandlerContext[] = [];
  const executor = scheduler.executor({ handlers: { report: (ctx) => void seen.push(ctx) } });
  const slice = { index: 1, total: 3, items: ["a", "b"], node: null };

  await carry(executor, scheduler.delivery({ attempt: 2, slice, trigger: "shard" }));

  expect(seen).toMatchObject([
    {
      params: { customer: 7 },
      run: "run_019aa3c1d2007abc8def0123456789ab03",
      job: "nightly-report",
      handler: "report",
      trigger: "shard",
      attempt: 2,
      attemptsMax: 4,
      shard: { index: 1, total: 3, items: ["a", "b"] },
      nominalAt: new Date("2026-11-21T02:00:00.000Z"),
    },
  ]);
  expect(seen[0]?.deadlineAt.getTime()).toBeGreaterThan(scheduler.nowMs);
  expect(seen[0]?.signal.aborted).toBe(false);
});

it.each([
  [() => 42, 200, { result: 42 }],
  [async () => ({ rows: 3 }), 200, { result: { rows: 3 } }],
  [() => undefined, 200, { result: null }],
  [() => 1n, 500, { error: { code: "result.invalid" }, retry: false }],
  [() => () => 1, 500, { error: { code: "result.invalid" }, retry: false }],
  [
    () => {
      throw new Error("disk full");
    },
    500,
    { error: { message: "disk full" } },
  ],
  [
    () => Promise.reject(Object.assign(new Error("no file"), { code: "ENOENT" })),
    500,
    { error: { message: "no file", code: "ENOENT" } },
  ],
  [
    () => {
      throw new NonRetryable("no such customer");
    },
    500,
    { error: { message: "no such customer" }, retry: false },
  ],
  [
    () => {
      throw new RetryAfter(2_100);
    },
    503,
    { error: { message: "not now" } },
  ],
])("%s is answered with %i %j", async (handler, status, body) => {
  const answer = await answerOf(handler);

  expect(answer.status).toBe(status);
  expect(answer.body).toMatchObject(body);
  expect(answer.retryAfter).toBe(status === 503 ? "3" : null);
});

it("a failure that may be tried again says nothing of retries", async () => {
  const { body } = await answerOf(() => Promise.reject(new Error("x")));

  expect(body).toEqual({ error: { message: "x" } });
});

it("a result that is too long is cut where the scheduler sees it", async () => {
  const { status, body } = await answerOf(() => "x".repeat(1_000_001));

  expect(status).toBe(200);
  expect(body.result).toHaveLength(70_000);
});

it.each(["missing", "toString", "__proto__"])("the handler %s is unknown", async (handler) => {
  const scheduler = new FakeScheduler();

  const response = await carry(scheduler.executor(), scheduler.delivery({ handler }));

  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ error: { code: "handler.unknown" } });
});

it("at its concurrency an executor asks to come later", async () => {
  const scheduler = new FakeScheduler();
  const { open, opened } = gate();
  const executor = scheduler.executor({ concurrency: 1, handlers: { report: () => opened } });
  const first = carry(executor, scheduler.delivery({ runId: runIdOf(1) }));
  const health = async () => (await carry(executor, scheduler.probe())).json();
  while ((await health()).inFlight === 0);

  const second = await carry(executor, scheduler.delivery({ runId: runIdOf(2) }));

  expect(second.status).toBe(503);
  expect(second.headers.get("retry-after")).toBe("1");
  expect(await health()).toMatchObject({ ok: true, appKey: "billing", handlers: ["report"] });
  open();
  expect((await first).status).toBe(200);
  expect(await health()).toMatchObject({ inFlight: 0 });
});

it("a delivery that comes once more joins the attempt, or gets the answer it ended with", async () => {
  const scheduler = new FakeScheduler();
  const { open, opened } = gate();
  let calls = 0;
  const work = async (): Promise<number> => {
    calls++;
    await opened;
    return calls;
  };
  const executor = scheduler.executor({ handlers: { report: work } });

  const first = carry(executor, scheduler.delivery({ send: 1 }));
  const second = carry(executor, scheduler.delivery({ send: 2 }));
  open();
  const answers = await Promise.all([first, second]);
  answers.push(await carry(executor, scheduler.delivery({ send: 3 })));

  expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual([
    { result: 1 },
    { result: 1 },
    { result: 1 },
  ]);
  const next = await carry(executor, scheduler.delivery({ attempt: 2 }));
  expect(await next.json()).toEqual({ result: 2 });
});

it("only so many answers are kept", async () => {
  const scheduler = new FakeScheduler();
  let calls = 0;
  const long = "x".repeat(RUNS_LIMITS.endedCharsMax / 10);
  const report = (): string => `${++calls}${long}`;
  const executor = scheduler.executor({ handlers: { report } });
  for (let nth = 0; nth < 12; nth++)
    await carry(executor, scheduler.delivery({ runId: runIdOf(nth) }));

  await carry(executor, scheduler.delivery({ runId: runIdOf(11), send: 2 }));
  expect(calls).toBe(12);
  await carry(executor, scheduler.delivery({ runId: runIdOf(0), send: 2 }));
  expect(calls).toBe(13);
});

it("a later attempt stops the earlier one", async () => {
  const scheduler = new FakeScheduler();
  const executor = scheduler.executor({
    handlers: {
      report: ({ attempt, signal }) =>
        attempt > 1
          ? "done"
          : new Promise((_, reject) => {
              signal.addEventListener("abort", () => reject(signal.reason));
            }),
    },
  });

  const first = carry(executor, scheduler.delivery({ attempt: 1 }));
  while ((await (await carry(executor, scheduler.probe())).json()).inFlight === 0);
  const second = await carry(executor, scheduler.delivery({ attempt: 2 }));

  expect(await second.json()).toEqual({ result: "done" });
  expect(await (await first).json()).toMatchObject({ error: { code: "superseded" } });
});

it.each([
  ["GET", "/tickwheel/run", 405],
  ["POST", "/tickwheel/health", 405],
  ["POST", "/tickwheel/other", 404],
  ["POST", "/", 404],
  ["GET", "/tickwheel/health", 200],
])("%s %s of a stranger is answered with %i", async (method, path, status) => {
  const request = new Request(`https://node-1.example${path}`, { method });

  const response = await new FakeScheduler().executor().fetch(request);

  expect(response.status).toBe(status);
  if (status === 200) expect(await response.json()).toEqual({ ok: true });
});

it("a body that never ends is not read to its end", async () => {
  const scheduler = new FakeScheduler();
  const { url, headers } = scheduler.delivery();
  const body = "x".repeat(8_388_609);
  const request = new Request(url, { method: "POST", headers: { ...headers }, body });

  expect((await scheduler.executor().fetch(request)).status).toBe(413);
});
