import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aJob, OpenApi } from "../support/open-api.ts";

const CALLBACK = "/api/v1/executor/callback";
let open: OpenApi;
let runId: string;

beforeEach(async () => {
  open = await OpenApi.start();
  const target = { kind: "webhook", url: "https://example.com/hook", mode: "async" };
  await open.ask("POST", "/api/v1/jobs", { body: aJob({ target }) });
  runId = (await open.ask("POST", "/api/v1/jobs/nightly-report/runs")).json.id;
});
afterEach(() => open.close());

const tokenOf = (run: string, attempt = 1): string =>
  open.tokens.issue({ run, attempt, deadlineMs: open.nowMs + 60_000 });

const callBack = (body: unknown, token = tokenOf(runId)): ReturnType<OpenApi["ask"]> =>
  open.ask("POST", CALLBACK, { token, body });

const runNow = async () => (await open.ask("GET", `/api/v1/runs/${runId}`)).json;

describe("a callback", () => {
  it("ends the attempt that was answered with 202", async () => {
    await open.answer(runId, { kind: "accepted" }, 202);

    const got = await callBack({ status: "succeeded", result: { rows: 3 } });

    expect(got).toMatchObject({ status: 200, json: { run: runId, attempt: 1, repeated: false } });
    expect(await runNow()).toMatchObject({ state: "succeeded", result: { rows: 3 } });
  });

  it("may change the shared context, if it has succeeded", async () => {
    const context = { seen: 1 };

    const failed = await callBack({ status: "failed", context });
    const long = await callBack({ status: "succeeded", context: { text: "x".repeat(65_536) } });
    const first = await callBack({ status: "succeeded", context });
    const again = await callBack({ status: "succeeded", context });
    const other = await callBack({ status: "succeeded", context: { seen: 2 } });

    expect([failed.status, long.status]).toEqual([400, 400]);
    expect(failed.json.errors[0].pointer).toBe("/context");
    expect([first.json.repeated, again.json.repeated]).toEqual([false, true]);
    expect(other).toMatchObject({ status: 409, json: { code: "callback.contradicts" } });
  });

  it("that comes before the 202 wins", async () => {
    await callBack({ status: "succeeded", result: 1 });
    await open.answer(runId, { kind: "accepted" }, 202);

    expect(await runNow()).toMatchObject({ state: "succeeded", result: 1 });
  });

  it.each([false, true])(
    "is welcome again when it means the same (recorded: %s)",
    async (isRecorded) => {
      await open.answer(runId, { kind: "accepted" }, 202);
      await callBack({ status: "succeeded", result: { a: 1, b: 2 } });
      if (isRecorded) await open.recordsCaughtUp();

      const again = await callBack({ result: { b: 2, a: 1 }, status: "succeeded", retry: true });
      const other = await callBack({ status: "failed" });

      expect(again).toMatchObject({ status: 200, json: { repeated: true } });
      expect(other).toMatchObject({ status: 409, json: { code: "callback.contradicts" } });
    },
  );

  it.each([false, true])(
    "comes too late once the run ended otherwise (recorded: %s)",
    async (isRecorded) => {
      await open.ask("POST", `/api/v1/runs/${runId}/cancel`);
      await open.answer(runId, { kind: "accepted" }, 202);
      if (isRecorded) await open.recordsCaughtUp();

      const got = await callBack({ status: "succeeded" });

      expect(got).toMatchObject({ status: 410, json: { code: "callback.over" } });
      expect((await runNow()).state).toBe("canceled");
    },
  );

  it("that fails is tried again unless it says not to", async () => {
    await open.answer(runId, { kind: "accepted" }, 202);
    await callBack({ status: "failed", error: { message: "no disk", code: "ENOSPC" } });
    const retrying = await runNow();
    open.advance(60_000);
    await open.answer(runId, { kind: "accepted" }, 202);

    await callBack({ status: "failed", retry: false }, tokenOf(runId, 2));

    expect(retrying).toMatchObject({
      state: "retrying",
      attempts: [{ outcome: "failed", error: { message: "no disk", code: "ENOSPC" } }],
    });
    expect(await runNow()).toMatchObject({ state: "failed", attempt: 2 });
  });

  it("keeps 64 KiB of a result and says that it cut it", async () => {
    await open.answer(runId, { kind: "accepted" }, 202);

    await callBack({ status: "succeeded", result: "x".repeat(100_000) });

    const run = await runNow();
    expect(run.resultTruncated).toBe(true);
    expect(run.result).toHaveLength(65_536);
  });

  it("may carry a result of 1 MiB, of which 64 KiB are kept, and no more", async () => {
    await open.answer(runId, { kind: "accepted" }, 202);

    const got = await callBack({ status: "succeeded", result: "x".repeat(1_048_576) });
    const more = await callBack({ status: "succeeded", result: "x".repeat(1_400_000) });

    const run = await runNow();
    expect([got.status, more.status]).toEqual([200, 413]);
    expect(run).toMatchObject({ state: "succeeded", resultTruncated: true });
    expect(run.result).toHaveLength(65_536);
  });

  it("is refused with a token that is forged, foreign or too old", async () => {
    const token = tokenOf(runId);
    const forged = await callBack({ status: "succeeded" }, `${token.slice(0, -4)}AAAA`);
    const api = await callBack({ status: "succeeded" }, await open.newToken("admin"));
    open.advance(60_000 + 3_600_000 + 60_000);
    const old = await callBack({ status: "succeeded" }, token);

    for (const got of [forged, api, old])
      expect(got).toMatchObject({ status: 401, json: { code: "token.invalid" } });
  });

  it.each([
    [{ status: "done" }, "/status"],
    [{}, "/status"],
    [{ status: "failed", error: "no" }, "/error"],
    [{ status: "succeeded", run: "x" }, "/run"],
  ])("is refused as %j", async (body, pointer) => {
    const got = await callBack(body);

    expect(got.status).toBe(400);
    expect(got.json.errors[0].pointer).toBe(pointer);
  });

  it("gives no access to anything else", async () => {
    const got = await open.ask("GET", "/api/v1/jobs", { token: tokenOf(runId) });

    expect(got.status).toBe(401);
  });
});
