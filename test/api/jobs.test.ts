import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aJob, OpenApi, START_MS } from "../support/open-api.ts";

const JOBS = "/api/v1/jobs";
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

describe("creating a job", () => {
  it("fills in every default and shows it", async () => {
    const got = await open.ask("POST", JOBS, { body: aJob() });

    expect(got.status).toBe(201);
    expect(got.headers.get("etag")).toBe('"1"');
    expect(got.headers.get("location")).toBe(`${JOBS}/nightly-report`);
    expect(got.json).toMatchObject({
      name: "nightly-report",
      namespace: "default",
      version: 1,
      state: "active",
      description: "",
      owner: "",
      tags: [],
      target: { kind: "webhook", method: "POST", headers: {}, body: null, mode: "sync" },
      params: {},
      misfire: { policy: "latest", grace: "5s", maxAge: "1h", maxCatchup: 10 },
      overlap: "skip",
      retry: {
        max: 3,
        backoff: { kind: "exponential", base: "10s", factor: 3, max: "1d" },
        jitter: "full",
        untilNextTick: false,
      },
      timeout: "60s",
      startWithin: null,
      delivery: "at_least_once",
      priority: 0,
      concurrency: null,
      pause: null,
      nextTick: null,
    });
  });

  it("retries once and only until the next tick when ticks are close", async () => {
    const schedule = { kind: "every", every: "10s" };

    const got = await open.ask("POST", JOBS, { body: aJob({ schedule }) });

    expect(got.json.retry).toMatchObject({ max: 1, untilNextTick: true });
    expect(got.json.schedule.anchor).toBe(new Date(START_MS).toISOString());
    expect(got.json.nextTick).toBe(new Date(START_MS + 10_000).toISOString());
  });

  it("gives a cron schedule UTC and the standard dialect", async () => {
    const schedule = { kind: "cron", cron: "0 3 * * *" };

    const got = await open.ask("POST", JOBS, { body: aJob({ schedule }) });

    expect(got.json.schedule).toEqual({
      ...schedule,
      dialect: "standard",
      timezone: "UTC",
      dst: { gap: "shift", fold: "first" },
      jitter: "0s",
      startAt: null,
      endAt: null,
      ticksMax: null,
      calendar: null,
    });
    expect(got.json.nextTick).toBe("2026-11-21T03:00:00.000Z");
  });

  it("refuses a name that is taken", async () => {
    await open.ask("POST", JOBS, { body: aJob() });

    const got = await open.ask("POST", JOBS, { body: aJob() });

    expect(got).toMatchObject({ status: 409, json: { code: "name.taken" } });
  });

  it.each([
    ["an unknown field", { urgency: 3 }, 400, "request.unknown_field", "/urgency"],
    [
      "an unknown field within",
      { retry: { maximum: 3 } },
      400,
      "request.unknown_field",
      "/retry/maximum",
    ],
    ["an id of its own", { id: "job_1" }, 400, "request.unknown_field", "/id"],
    ["a state", { state: "paused" }, 400, "request.unknown_field", "/state"],
    ["a bad name", { name: "a b" }, 400, "request.invalid", "/name"],
    ["a name that is a path", { name: ".." }, 400, "request.invalid", "/name"],
    ["a name like an id", { name: `job_${"0".repeat(34)}` }, 400, "request.invalid", "/name"],
    ["no schedule", { schedule: undefined }, 400, "request.invalid", "/schedule"],
    [
      "a kind of schedule that is none",
      { schedule: { kind: "hourly" } },
      400,
      "request.invalid",
      "/schedule/kind",
    ],
    [
      "a bad pattern",
      { schedule: { kind: "cron", cron: "61 * * * *" } },
      422,
      "schedule.invalid",
      "/schedule/cron",
    ],
    [
      "an unknown zone",
      { schedule: { kind: "cron", cron: "0 2 * * *", timezone: "Mars/Base" } },
      422,
      "schedule.invalid",
      "/schedule/timezone",
    ],
    [
      "a bad interval",
      { schedule: { kind: "every", every: "soon" } },
      422,
      "schedule.invalid",
      "/schedule/every",
    ],
    [
      "a day that never comes",
      { schedule: { kind: "cron", cron: "0 0 30 2 *" } },
      422,
      "schedule.never_fires",
      "/schedule/cron",
    ],
    [
      "an instant that is past",
      { schedule: { kind: "at", at: "2020-01-01T00:00:00Z" } },
      422,
      "schedule.never_fires",
      "/schedule/at",
    ],
    ["a bad duration", { timeout: "60" }, 400, "request.invalid", "/timeout"],
    ["a timeout too long to wait for", { timeout: "2h" }, 400, "request.invalid", "/timeout"],
    [
      "a private address",
      { target: { kind: "webhook", url: "http://127.0.0.1/" } },
      422,
      "target.refused",
      "/target/url",
    ],
    ["no URL", { target: { kind: "webhook", url: "hook" } }, 422, "target.refused", "/target/url"],
    [
      "a reserved header",
      { target: { kind: "webhook", url: "https://example.com", headers: { Host: "x" } } },
      422,
      "target.refused",
      "/target/headers/Host",
    ],
    [
      "an executor that is unknown",
      { target: { kind: "executor", executor: "orders", handler: "run" } },
      422,
      "target.refused",
      "/target/executor",
    ],
    [
      "too many tags",
      { tags: Array.from({ length: 33 }, (_, i) => `t${i}`) },
      400,
      "request.invalid",
      "/tags",
    ],
    ["too many retries", { retry: { max: 51 } }, 400, "request.invalid", "/retry/max"],
    [
      "too much to catch up",
      { misfire: { maxCatchup: 1_001 } },
      400,
      "request.invalid",
      "/misfire/maxCatchup",
    ],
    [
      "params too large",
      { params: { text: "x".repeat(70_000) } },
      400,
      "request.invalid",
      "/params",
    ],
    ["params that are no object", { params: [] }, 400, "request.invalid", "/params"],
  ])("refuses %s and stores nothing", async (...line) => {
    const [, changes, status, code, pointer] = line;
    const got = await open.ask("POST", JOBS, { body: aJob(changes) });

    expect(got).toMatchObject({ status, json: { code, status } });
    expect(got.json.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
    expect(got.json.hint.length).toBeGreaterThan(5);
    expect(got.json.requestId).toBe(got.headers.get("x-request-id"));
    expect(got.headers.get("content-type")).toContain("application/problem+json");
    expect((await open.ask("GET", `${JOBS}/nightly-report`)).status).toBe(404);
  });

  it("names the dialect for a pattern that looks like Quartz", async () => {
    const schedule = { kind: "cron", cron: "0/5 * * * * ?" };

    const got = await open.ask("POST", JOBS, { body: aJob({ schedule }) });

    expect(got.status).toBe(422);
    expect(got.json.hint).toContain("quartz");
  });
});

describe("reading jobs", () => {
  it("finds a job by its id and by its name, with its next ticks and last runs", async () => {
    const schedule = { kind: "every", every: "1m" };
    const { json: made } = await open.ask("POST", JOBS, { body: aJob({ schedule }) });
    const { json: run } = await open.ask("POST", `${JOBS}/nightly-report/runs`, {});

    const byName = await open.ask("GET", `${JOBS}/nightly-report`);
    const byId = await open.ask("GET", `${JOBS}/${made.id}`);

    expect(byId.json).toEqual(byName.json);
    expect(byName.json.nextTicks).toHaveLength(5);
    expect(byName.json.nextTicks[0]).toBe(byName.json.nextTick);
    expect(byName.json.lastRun.id).toBe(run.id);
  });

  it("shows a last run that has left its shard", async () => {
    await open.ask("POST", JOBS, { body: aJob() });
    const { json: run } = await open.ask("POST", `${JOBS}/nightly-report/runs`, {});
    await open.succeed(run.id, { rows: 3 });
    await open.recordsCaughtUp();

    const got = await open.ask("GET", `${JOBS}/nightly-report`);

    expect(got.json.lastRun).toMatchObject({ id: run.id, state: "succeeded", result: { rows: 3 } });
  });

  it("hides the jobs of other namespaces", async () => {
    const { json: made } = await open.ask("POST", JOBS, { body: aJob() });
    const token = await open.newToken("admin", "other");

    for (const job of ["nightly-report", made.id]) {
      for (const [method, suffix] of [
        ["GET", ""],
        ["DELETE", ""],
        ["POST", "/runs"],
        ["POST", "/pause"],
        ["GET", "/ticks"],
      ] as const) {
        // oxlint-disable-next-line no-await-in-loop
        const got = await open.ask(method, `${JOBS}/${job}${suffix}`, { token });
        expect(got).toMatchObject({ status: 404, json: { code: "job.unknown" } });
      }
    }
    await open.recordsCaughtUp();
    expect((await open.ask("GET", JOBS, { token })).json.items).toEqual([]);
  });

  it("lists jobs in pages that join without a gap", async () => {
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names)
      // oxlint-disable-next-line no-await-in-loop
      await open.ask("POST", JOBS, { body: aJob({ name, tags: ["etl"] }) });
    await open.recordsCaughtUp();

    const first = await open.ask("GET", `${JOBS}?limit=3&tag=etl`);
    const second = await open.ask("GET", `${JOBS}?limit=3&tag=etl&cursor=${first.json.nextCursor}`);

    const seen = [...first.json.items, ...second.json.items].map((job) => job.name);
    expect(seen).toEqual(names);
    expect(second.json.nextCursor).toBeNull();
  });

  it.each([
    ["?limit=0", "/query/limit"],
    ["?limit=201", "/query/limit"],
    ["?limit=ten", "/query/limit"],
    ["?stat=active", "/query/stat"],
    ["?state=gone", "/query/state"],
  ])("refuses the query %s", async (query, pointer) => {
    const got = await open.ask("GET", `${JOBS}${query}`);

    expect(got.status).toBe(400);
    expect(got.json.errors[0].pointer).toBe(pointer);
  });

  it("refuses a cursor that is none", async () => {
    const got = await open.ask("GET", `${JOBS}?cursor=xyz`);

    expect(got).toMatchObject({ status: 400, json: { code: "cursor.invalid" } });
  });
});
