/** Goal: a handler that does a step of a workflow knows so, and can tell the steps to come. */
import { describe, expect, it } from "vitest";
import type { HandlerContext } from "../../src/sdk/handler.ts";
import { aStep } from "../support/deliveries.ts";
import { carry, FakeScheduler, gate } from "../support/fake-scheduler.ts";

type Work = (ctx: HandlerContext) => unknown;

async function answerOf(report: Work, workflow: ReturnType<typeof aStep> | null = aStep()) {
  const scheduler = new FakeScheduler();
  const executor = scheduler.executor({ handlers: { report } });
  const response = await carry(executor, scheduler.delivery({ workflow }));
  return { scheduler, status: response.status, body: await response.json() };
}

/** More bytes than are kept of an answer, though not so many characters. */
function reportMuch({ workflow }: HandlerContext): string {
  workflow?.update({ rows: 3 });
  return "ä".repeat(33_000);
}

describe("a handler", () => {
  it.each([
    [{}, { part: null, isCompensation: false }],
    [{ part: 0 }, { part: 0 }],
    [
      { part: 7, revision: 3 },
      { part: 7, revision: 3 },
    ],
    [{ isCompensation: true }, { isCompensation: true }],
  ])("of a step with %j is told so", async (change, told) => {
    const seen: HandlerContext[] = [];

    await answerOf((ctx) => void seen.push(ctx), aStep(change));

    expect(seen).toMatchObject([
      {
        workflow: {
          run: aStep().run,
          step: "extract",
          revision: 1,
          context: { day: "mon" },
          ...told,
        },
      },
    ]);
  });

  it("of a run that is no step is told that it is none", async () => {
    expect((await answerOf(({ workflow }) => workflow === null, null)).body).toEqual({
      result: true,
    });
  });
});

describe("an update of the shared context", () => {
  it("goes with the answer, and several add up", async () => {
    const { status, body } = await answerOf(({ workflow }) => {
      workflow?.update({ rows: 1, day: "tue" });
      workflow?.update({ rows: 2 });
      return "done";
    });

    expect(status).toBe(200);
    expect(body).toEqual({ result: "done", context: { rows: 2, day: "tue" } });
  });

  it("is what it was when it was said", async () => {
    const { body } = await answerOf(({ workflow }) => {
      const list = [1];
      workflow?.update({ list });
      list.push(2);
    });

    expect(body).toEqual({ result: null, context: { list: [1] } });
  });

  it("is left out when there was none, and when the run fails", async () => {
    expect((await answerOf(() => 1)).body).toEqual({ result: 1 });
    const failed = await answerOf(({ workflow }) => {
      workflow?.update({ rows: 1 });
      throw new Error("disk full");
    });
    expect(failed.body).toEqual({ error: { message: "disk full" } });
  });

  it("goes with the callback of a run that was accepted", async () => {
    const scheduler = new FakeScheduler();
    const { open, opened } = gate();
    const report: Work = async ({ workflow }) => {
      await opened;
      workflow?.update({ rows: 3 });
      return "late";
    };
    const executor = scheduler.executor({ acceptAfterMs: 10, handlers: { report } });

    const response = await carry(executor, scheduler.delivery({ workflow: aStep() }));
    open();

    expect(response.status).toBe(202);
    expect((await scheduler.next("callback")).body).toEqual({
      status: "succeeded",
      result: "late",
      context: { rows: 3 },
    });
  });

  it.each([10_000, Number.POSITIVE_INFINITY])(
    "that would be cut with a long result is called back, with %s ms until a 202",
    async (acceptAfterMs) => {
      const scheduler = new FakeScheduler();
      const executor = scheduler.executor({ acceptAfterMs, handlers: { report: reportMuch } });

      const response = await carry(executor, scheduler.delivery({ workflow: aStep() }));

      expect(response.status).toBe(202);
      const { body } = await scheduler.next("callback");
      expect(body).toMatchObject({ status: "succeeded", context: { rows: 3 } });
      expect(body.result).toHaveLength(33_000);
    },
  );

  it.each([
    ["has 65,537 characters", { a: "x".repeat(65_537 - '{"a":""}'.length) }, "65537 characters"],
    ["is no JSON", { a: 1n }, "BigInt"],
  ])("that %s is refused in words, and not tried again", async (_, values, why) => {
    const { status, body } = await answerOf(({ workflow }) => workflow?.update(values));

    expect(status).toBe(500);
    expect(body).toMatchObject({ error: { code: "context.invalid" }, retry: false });
    expect(body.error.message).toContain("the context cannot be updated: ");
    expect(body.error.message).toContain(why);
  });

  it("that is refused leaves those before it", async () => {
    const { body } = await answerOf(({ workflow }) => {
      workflow?.update({ rows: 1 });
      expect(() => workflow?.update({ rows: 2, more: "x".repeat(70_000) })).toThrow(/characters/);
    });

    expect(body).toEqual({ result: null, context: { rows: 1 } });
  });

  it("may be as long as the scheduler takes", async () => {
    const a = "x".repeat(65_536 - '{"a":""}'.length);
    const { scheduler, status } = await answerOf(({ workflow }) => workflow?.update({ a }));

    expect(status).toBe(202);
    expect((await scheduler.next("callback")).body.context).toEqual({ a });
  });
});
