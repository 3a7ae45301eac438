import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BROKEN } from "../support/executor-jobs.ts";
import { aJob, OpenApi } from "../support/open-api.ts";

const STATS = "/api/v1/stats";
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

async function runOf(job: string, end: "broken" | "succeeded", tookMs = 0): Promise<string> {
  const { json } = await open.ask("POST", `/api/v1/jobs/${job}/runs`);
  open.advance(tookMs);
  if (end === "broken") await open.answer(json.id, BROKEN, 500);
  else await open.succeed(json.id);
  await open.recordsCaughtUp();
  open.advance(1_000);
  return json.id;
}

describe("the trend", () => {
  it("has every bucket, also those without a run", async () => {
    await make({ name: "one" });
    await runOf("one", "succeeded");
    open.advance(2 * 3_600_000);
    await runOf("one", "broken");
    await runOf("one", "broken");

    const { json } = await open.ask("GET", `${STATS}/trend?hours=24`);

    expect(json.bucketMs).toBe(3_600_000);
    expect(json.buckets).toHaveLength(24);
    expect(json.buckets.at(-1)).toEqual({
      at: "2026-11-21T04:00:00.000Z",
      succeeded: 0,
      failed: 2,
      timed_out: 0,
      canceled: 0,
      lost: 0,
    });
    expect(json.buckets.at(-2)).toMatchObject({ succeeded: 0, failed: 0 });
    expect(json.buckets.at(-3)).toMatchObject({ succeeded: 1, failed: 0 });
  });

  it.each([
    ["hours=168", 168, 3_600_000],
    ["hours=720", 30, 86_400_000],
    ["days=1", 1, 86_400_000],
    ["days=371", 371, 86_400_000],
  ])("of %s has %i buckets of %i ms", async (query, count, bucketMs) => {
    await make({ name: "one" });
    await runOf("one", "succeeded");

    const { json } = await open.ask("GET", `${STATS}/trend?${query}`);

    expect(json.bucketMs).toBe(bucketMs);
    expect(json.buckets).toHaveLength(count);
    expect(json.buckets.at(-1)).toMatchObject({ succeeded: 1 });
  });

  it.each(["hours=25", "days=0", "days=372", "hours=24&days=1", "weeks=1"])(
    "is refused for %s",
    async (query) => {
      expect((await open.ask("GET", `${STATS}/trend?${query}`)).status).toBe(400);
    },
  );
});

describe("the last runs of jobs", () => {
  it("come newest first, with the middle of what the successes took", async () => {
    const id = await make({ name: "one" });
    await make({ name: "two" });
    const runs = [
      await runOf("one", "succeeded", 1_000),
      await runOf("one", "succeeded", 3_000),
      await runOf("one", "broken", 9_000),
    ];
    const live = await open.ask("POST", "/api/v1/jobs/one/runs");
    await open.recordsCaughtUp();

    const { json } = await open.ask("GET", `${STATS}/jobs?job=two&job=${id}&job=one&job=none`);

    expect(json.items.map((item: { readonly job: string }) => item.job)).toEqual(["two", "one"]);
    const [two, one] = json.items;
    expect(two).toMatchObject({ runs: [], p50Ms: null, p95Ms: null, active: null });
    expect(one).toMatchObject({ id, p50Ms: 1_000, p95Ms: 3_000 });
    expect(one.active.id).toBe(live.json.id);
    const shown = one.runs.map((run: { readonly id: string }) => run.id);
    expect(shown).toEqual([live.json.id, ...runs.toReversed()]);
    expect(one.runs[1]).toMatchObject({ state: "failed", error: "It broke.", durationMs: 9_000 });
  });

  it("are those of one name too, and of no other namespace", async () => {
    await make({ name: "one" });
    await open.recordsCaughtUp();
    const token = await open.newToken("read", "other");

    expect((await open.ask("GET", `${STATS}/jobs?job=one`)).json.items).toHaveLength(1);
    expect((await open.ask("GET", `${STATS}/jobs?job=one`, { token })).json.items).toEqual([]);
  });

  it("are refused without a job, or for more than a hundred", async () => {
    const many = Array.from({ length: 101 }, (_, i) => `job=j${i}`).join("&");

    expect((await open.ask("GET", `${STATS}/jobs`)).status).toBe(400);
    expect((await open.ask("GET", `${STATS}/jobs?${many}`)).status).toBe(400);
  });
});

describe("the fires", () => {
  const WEEK = "from=2026-11-21T00:00:00Z&to=2026-11-28T00:00:00Z";

  it("are told by the days of the asked zone, dense ones by their number", async () => {
    const cron = { kind: "cron", timezone: "Asia/Shanghai" };
    await make({ name: "dense", schedule: { kind: "every", every: "1s" } });
    await make({ name: "hand" });
    await make({ name: "nightly", schedule: { ...cron, cron: "0 3 * * *" } });
    await make({ name: "weekly", schedule: { ...cron, cron: "0 3 * * 1" } });
    await open.ask("POST", "/api/v1/jobs/weekly/pause");
    await open.recordsCaughtUp();

    const got = await open.ask("GET", `${STATS}/fires?${WEEK}&timezone=Asia/Shanghai`);
    const [dense, hand, nightly, weekly] = got.json.items;

    expect(got.json).toMatchObject({ timezone: "Asia/Shanghai", nextCursor: null });
    expect(dense.days[2]).toEqual({ date: "2026-11-23", count: 86_400, times: null });
    expect(hand).toEqual({ job: "hand", state: "active", days: [] });
    expect(nightly.days).toHaveLength(7);
    expect(nightly.days[0]).toEqual({
      date: "2026-11-22",
      count: 1,
      times: ["2026-11-21T19:00:00.000Z"],
    });
    expect(weekly).toMatchObject({ state: "paused", days: [{ date: "2026-11-23", count: 1 }] });
  });

  it("leave out the days that a calendar closes", async () => {
    const calendar = { name: "weekdays", weekdays: [1, 2, 3, 4, 5] };
    await open.ask("POST", "/api/v1/calendars", { body: calendar });
    await make({
      name: "one",
      schedule: {
        kind: "cron",
        cron: "0 3 * * *",
        timezone: "UTC",
        calendar: { name: "weekdays", roll: "skip" },
      },
    });
    await open.recordsCaughtUp();

    const got = await open.ask("GET", `${STATS}/fires?${WEEK}`);

    const dates = got.json.items[0].days.map((day: { readonly date: string }) => day.date);
    expect(dates).toEqual(["2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27"]);
  });

  it("come in pages of fifty jobs", async () => {
    for (let i = 0; i < 51; i++)
      // oxlint-disable-next-line no-await-in-loop -- One after the other.
      await make({ name: `job-${String(i).padStart(2, "0")}` });
    await open.recordsCaughtUp();

    const head = await open.ask("GET", `${STATS}/fires?${WEEK}`);
    const tail = await open.ask("GET", `${STATS}/fires?${WEEK}&cursor=${head.json.nextCursor}`);

    expect(head.json.items).toHaveLength(50);
    expect(tail.json.items).toMatchObject([{ job: "job-50" }]);
    expect(tail.json.nextCursor).toBeNull();
  });

  it.each([
    "from=2026-11-21T00:00:00Z&to=2026-11-21T00:00:00Z",
    "from=2026-11-21T00:00:00Z&to=2026-11-29T00:00:01Z",
    `${WEEK}&timezone=Mars/Olympus`,
    "from=2026-11-21T00:00:00Z",
  ])("are refused for %s", async (query) => {
    expect((await open.ask("GET", `${STATS}/fires?${query}`)).status).toBe(400);
  });
});

describe("about", () => {
  it("says what runs here and how its parts stand", async () => {
    await make({ name: "one", schedule: { kind: "every", every: "1h" } });
    await open.recordsCaughtUp();

    const { json } = await open.ask("GET", "/api/v1/about");

    expect(json).toMatchObject({
      version: "0.0.0",
      host: "standalone",
      deployment: "dep_test",
      now: new Date(open.nowMs).toISOString(),
      records: { isReachable: true, latencyMs: 0 },
    });
    expect(json.shards).toHaveLength(3);
    const due = json.shards.map((shard: { readonly due: number }) => shard.due);
    expect(due.toSorted()).toEqual([0, 0, 1]);
  });
});
