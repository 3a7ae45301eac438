import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Refusal } from "../../src/core/refusal.ts";
import { BROKEN } from "../support/executor-jobs.ts";
import { aJob, OpenApi } from "../support/open-api.ts";

const SUMMARY = "/api/v1/stats/summary";
const CRON = { kind: "cron", cron: "0 3 * * *", timezone: "Asia/Shanghai" };
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

async function make(changes: Readonly<Record<string, unknown>>): Promise<string> {
  const got = await open.ask("POST", "/api/v1/jobs", { body: aJob(changes) });
  expect(got.status, got.text).toBe(201);
  return got.json.id;
}

async function runOf(job: string, end: "broken" | "succeeded" | "canceled"): Promise<string> {
  const { json } = await open.ask("POST", `/api/v1/jobs/${job}/runs`);
  if (end === "broken") await open.answer(json.id, BROKEN, 500);
  else if (end === "succeeded") await open.succeed(json.id);
  else await open.ask("POST", `/api/v1/runs/${json.id}/cancel`);
  await open.recordsCaughtUp();
  open.advance(2_000);
  return json.id;
}

// oxlint-disable-next-line typescript/no-explicit-any -- Tests look into answers of every shape.
async function summary(token?: string): Promise<any> {
  await open.recordsCaughtUp();
  // What is held for a second is not what the test asks about.
  open.advance(1_000);
  const got = await open.ask("GET", SUMMARY, token === undefined ? {} : { token });
  expect(got.status, got.text).toBe(200);
  return got.json;
}

describe("the summary", () => {
  it("counts jobs by state and ended runs", async () => {
    await make({ name: "one" });
    await make({ name: "two" });
    await open.ask("POST", "/api/v1/jobs/two/pause");
    await runOf("one", "succeeded");
    await runOf("one", "broken");
    await runOf("one", "canceled");

    expect((await summary()).counts).toEqual({
      jobsActive: 1,
      jobsPaused: 1,
      succeeded24h: 1,
      failed24h: 1,
    });
  });

  it("names a job that fails, until it succeeds", async () => {
    const id = await make({ name: "one" });
    await runOf("one", "succeeded");
    const sinceMs = open.nowMs;
    await runOf("one", "broken");
    const last = await runOf("one", "broken");
    await runOf("one", "canceled");

    expect((await summary()).attention).toEqual([
      {
        kind: "job_failing",
        severity: "error",
        object: { kind: "job", id, name: "one" },
        count: 2,
        since: new Date(sinceMs).toISOString(),
        run: last,
        message: "It broke.",
      },
    ]);
    await runOf("one", "succeeded");
    expect((await summary()).attention).toEqual([]);
  });

  it("names no job that was deleted, or that failed a week ago and has not run since", async () => {
    await make({ name: "gone" });
    await make({ name: "old" });
    await runOf("gone", "broken");
    await runOf("old", "broken");
    await open.ask("DELETE", "/api/v1/jobs/gone");

    expect((await summary()).attention).toMatchObject([{ object: { name: "old" } }]);
    open.advance(7 * 86_400_000);
    expect((await summary()).attention).toEqual([]);
  });

  it("shows what runs, with its progress and how long it usually takes", async () => {
    await make({ name: "one", target: { ...target(), mode: "async" } });
    await runOf("one", "succeeded");
    const { json } = await open.ask("POST", "/api/v1/jobs/one/runs");
    const startedMs = open.nowMs;
    await open.answer(json.id, { kind: "accepted" }, 202);

    expect((await summary()).running).toEqual([
      {
        kind: "run",
        id: json.id,
        name: "one",
        startedAt: new Date(startedMs).toISOString(),
        progress: null,
        expectedMs: 0,
      },
    ]);
  });

  it("tells what fires next over all shards, in order, and only in its namespace", async () => {
    const names = ["a", "b", "c", "d", "e"];
    for (const [i, name] of names.entries())
      // oxlint-disable-next-line no-await-in-loop -- One after the other.
      await make({ name, schedule: { ...CRON, cron: `${10 - i} 3 * * *` } });
    await make({ name: "by-hand" });
    await open.ask("POST", "/api/v1/jobs/b/pause");
    const other = await open.newToken("write", "other");
    await open.ask("POST", "/api/v1/jobs", {
      body: aJob({ name: "theirs", schedule: CRON }),
      token: other,
    });

    const { next } = await summary();

    expect(next.map(({ job }: { readonly job: string }) => job)).toEqual(["e", "d", "c", "a"]);
    expect(next[0]).toEqual({
      job: "e",
      at: "2026-11-21T19:06:00.000Z",
      timezone: "Asia/Shanghai",
    });
    expect((await summary(other)).next).toMatchObject([{ job: "theirs" }]);
  });

  it("says that a shard stands still which has something due and no alarm", async () => {
    await make({ name: "one", schedule: CRON });

    const { scheduler, attention } = await summary();

    expect(scheduler).toMatchObject({ state: "stalled", shards: { count: 3, armed: 2 } });
    expect(attention).toMatchObject([{ kind: "scheduler", severity: "error", count: 1 }]);
  });

  it("shows nothing of other namespaces", async () => {
    await make({ name: "one" });
    await runOf("one", "broken");
    const other = await open.newToken("read", "other");

    expect(await summary(other)).toMatchObject({
      counts: { jobsActive: 0, failed24h: 0 },
      attention: [],
    });
  });

  it("answers without the records, and says that they are away", async () => {
    await open.close();
    const stats = { overview: away, runsOverTime: away, jobRuns: away };
    open = await OpenApi.start({ deps: { stats } });
    await make({ name: "one", schedule: CRON });

    const got = await open.ask("GET", SUMMARY);

    expect(got).toMatchObject({
      status: 200,
      json: {
        scheduler: { isRecordsReachable: false, shards: { answering: 3 } },
        counts: { jobsActive: 0 },
        running: [],
        next: [{ job: "one" }],
      },
    });
  });
});

function target(): Record<string, unknown> {
  return { kind: "webhook", url: "https://example.com/hook" };
}

function away(): Promise<never> {
  return Promise.reject(new Refusal("records.unavailable", "The records cannot be reached."));
}
