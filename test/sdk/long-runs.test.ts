import { expect, it } from "vitest";
import type { HandlerContext } from "../../src/sdk/handler.ts";
import type { Lifetime } from "../../src/sdk/http-surface.ts";
import {
  ADDRESS,
  carry,
  FakeScheduler,
  gate,
  requestOf,
  runIdOf,
} from "../support/fake-scheduler.ts";

const RUN = "run_019aa3c1d2007abc8def0123456789ab03";

/** Works until it is told to end, or its signal aborts. */
function aLongHandler() {
  const { open, opened } = gate();
  const contexts: HandlerContext[] = [];
  const handler = async (ctx: HandlerContext): Promise<string> => {
    contexts.push(ctx);
    await Promise.race([
      opened,
      new Promise((resolve) => {
        ctx.signal.addEventListener("abort", resolve);
      }),
    ]);
    ctx.signal.throwIfAborted();
    return "done";
  };
  const ctx = (): HandlerContext => {
    const [first] = contexts;
    if (first === undefined) throw new Error("the handler has not begun");
    return first;
  };
  return { handler, finish: open, ctx };
}

/** An executor that has accepted a long run. */
async function accepted(timeoutMs = 60_000) {
  const scheduler = new FakeScheduler();
  const long = aLongHandler();
  const said: string[] = [];
  const executor = scheduler.executor({
    handlers: { report: long.handler },
    acceptAfterMs: 200,
    log: (message) => said.push(message),
  });
  const response = await carry(executor, scheduler.delivery({ timeoutMs }));
  expect(response.status).toBe(202);
  return { scheduler, executor, said, ...long };
}

it("a handler that takes longer is answered for with 202, and called back", async () => {
  const { scheduler, finish } = await accepted();

  finish();

  expect((await scheduler.next("callback")).body).toEqual({ status: "succeeded", result: "done" });
});

it("an attempt is accepted before its time is over, however short that is", async () => {
  const scheduler = new FakeScheduler();
  const { handler, finish } = aLongHandler();
  const executor = scheduler.executor({ handlers: { report: handler } });

  const response = await carry(executor, scheduler.delivery({ timeoutMs: 3_000 }));

  expect(response.status).toBe(202);
  finish();
  await scheduler.next("callback");
});

it("with an infinite patience nothing is ever accepted", async () => {
  const scheduler = new FakeScheduler();
  const { handler, finish } = aLongHandler();
  const acceptAfterMs = Number.POSITIVE_INFINITY;
  const executor = scheduler.executor({ handlers: { report: handler }, acceptAfterMs });

  const answering = carry(executor, scheduler.delivery());
  scheduler.platform.after(15_000, finish);

  expect((await answering).status).toBe(200);
});

it("a failure is called back with its code, and whether to retry", async () => {
  const { scheduler, executor } = await accepted();

  void executor.stop({ waitMs: 0 });

  expect((await scheduler.next("callback")).body).toEqual({
    status: "failed",
    error: { message: "the executor is stopping", code: "stopping" },
    retry: true,
  });
});

it("a callback is repeated until it is taken", async () => {
  const { scheduler, finish, said } = await accepted();
  const answers = [503, 500, 429, 200];
  scheduler.replies.set(
    "callback",
    () => new Response("{}", { status: answers.shift() ?? 200, headers: { "retry-after": "1" } }),
  );

  finish();
  for (let nth = 0; nth < 4; nth++) await scheduler.next("callback");

  expect(answers).toEqual([]);
  expect(said).toEqual([]);
});

it.each([409, 410, 401, 400])(
  "a callback that is answered with %i is not repeated",
  async (status) => {
    const { scheduler, executor, finish, said } = await accepted();
    scheduler.replies.set("callback", () => Response.json({ detail: "over" }, { status }));

    finish();
    await scheduler.next("callback");
    await executor.stop();

    expect(said).toEqual([`the callback of ${RUN} was not taken: ${status}: over`]);
    expect(scheduler.told.filter(({ name }) => name === "callback")).toEqual([]);
  },
);

it("a lease is extended at every third of it, and progress is told sooner", async () => {
  const { scheduler, finish, ctx } = await accepted(60_000);
  const begunMs = scheduler.nowMs;

  const first = await scheduler.next("extend");
  ctx().progress(40, "half of it");
  ctx().progress(120, "all of it");
  const second = await scheduler.next("extend");

  expect(first.body).toEqual({ run: RUN, attempt: 1 });
  expect(first.atMs - begunMs).toBeGreaterThan(5_000);
  expect(second.body).toEqual({
    run: RUN,
    attempt: 1,
    progress: { percent: 100, message: "all of it" },
  });
  expect(second.atMs - first.atMs).toBeLessThan(18_000);
  finish();
  await scheduler.next("callback");
});

it("an extension that fails is tried again at once", async () => {
  const { scheduler, finish, ctx } = await accepted(60_000);
  scheduler.replies.set("extend", () => new Response("", { status: 503 }));

  const first = await scheduler.next("extend");
  const second = await scheduler.next("extend");
  scheduler.replies.delete("extend");
  await scheduler.next("extend");

  expect(second.atMs - first.atMs).toBeLessThan(18_000);
  expect(ctx().signal.aborted).toBe(false);
  finish();
  await scheduler.next("callback");
});

it.each([404, 410])("an extension that is refused with %i stops the handler", async (status) => {
  const { scheduler } = await accepted(3_000);
  scheduler.replies.set("extend", () => Response.json({ detail: "over" }, { status }));

  const { body } = await scheduler.next("callback");

  expect(body).toMatchObject({ status: "failed", error: { code: "lease_lost" } });
});

it("a lease that nobody extends stops the handler at its end", async () => {
  const { scheduler } = await accepted(6_000);
  scheduler.replies.set("extend", () => Promise.reject(new Error("connection refused")));

  const { body } = await scheduler.next("callback");

  expect(body).toMatchObject({
    error: { message: "the time of this attempt is over", code: "lease_lost" },
  });
});

it("a cancel that the lease tells of stops the handler, which is called back", async () => {
  const { scheduler } = await accepted(3_000);
  scheduler.replies.set("extend", () => Response.json({ canceled: true }));

  expect((await scheduler.next("callback")).body).toEqual({ status: "canceled" });
});

it("a cancel is confirmed when the handler has ended", async () => {
  const { scheduler, executor } = await accepted();

  const response = await carry(executor, scheduler.cancelNotice({ runId: RUN }));

  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ canceled: true });
  expect((await scheduler.next("callback")).body).toEqual({ status: "canceled" });
});

it("a cancel is not confirmed while the handler goes on, nor when it was faster", async () => {
  const scheduler = new FakeScheduler();
  const { open, opened } = gate();
  const handlers = {
    report: () => opened,
    ready: ({ signal }: HandlerContext) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve("ready"));
      }),
  };
  const executor = scheduler.executor({ handlers, acceptAfterMs: 200 });
  await carry(executor, scheduler.delivery({ runId: runIdOf(1) }));
  await carry(executor, scheduler.delivery({ runId: runIdOf(2), handler: "ready" }));

  const stubborn = await carry(executor, scheduler.cancelNotice({ runId: runIdOf(1) }));
  const faster = await carry(executor, scheduler.cancelNotice({ runId: runIdOf(2) }));

  expect(await stubborn.json()).toEqual({ canceled: false });
  expect(await faster.json()).toEqual({ canceled: false });
  expect((await scheduler.next("callback")).body).toMatchObject({ result: "ready" });
  open();
  expect((await scheduler.next("callback")).body).toMatchObject({ status: "succeeded" });
});

it("a run that is not here is not known", async () => {
  const { scheduler, executor, finish } = await accepted();

  const other = await carry(executor, scheduler.cancelNotice({ runId: RUN, attempt: 2 }));
  finish();
  await scheduler.next("callback");

  expect(other.status).toBe(404);
  expect(await other.json()).toEqual({ known: false });
});

it("a run that is canceled before it is accepted is answered as canceled", async () => {
  const scheduler = new FakeScheduler();
  const { handler } = aLongHandler();
  const executor = scheduler.executor({ handlers: { report: handler } });
  const answering = carry(executor, scheduler.delivery());
  while ((await (await carry(executor, scheduler.probe())).json()).inFlight === 0);

  await carry(executor, scheduler.cancelNotice({ runId: RUN }));

  const response = await answering;
  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({
    error: { message: "the run was canceled: wrong day", code: "canceled" },
    retry: false,
  });
});

it("a delivery that comes once more for an accepted run is accepted, and after its end answered", async () => {
  const { scheduler, executor, finish } = await accepted();

  expect((await carry(executor, scheduler.delivery({ send: 2 }))).status).toBe(202);
  finish();
  await scheduler.next("callback");
  await executor.stop();
  const response = await carry(executor, scheduler.delivery({ send: 3 }));

  expect(await response.json()).toEqual({ result: "done" });
});

it("a platform that ends with the answer is asked to wait", async () => {
  const scheduler = new FakeScheduler();
  const { handler, finish } = aLongHandler();
  const executor = scheduler.executor({ handlers: { report: handler }, acceptAfterMs: 200 });
  const waits: Promise<unknown>[] = [];
  const lifetime: Lifetime = { waitUntil: (work) => void waits.push(work) };

  const response = await executor.fetch(requestOf(scheduler.delivery()), lifetime);
  finish();
  await Promise.all(waits);

  expect(response.status).toBe(202);
  expect(waits).toHaveLength(1);
  expect(scheduler.told.map(({ name }) => name)).toContain("callback");
  expect(ADDRESS).toContain("node-1");
});
