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
      jitter: "0s",
    });
    expect(got.json.nextTick).toBe("2026-11-21T03:00:00.000Z");
  });

  it("refuses a name that is taken", async () => {
    await open.ask("POST", JOBS, { body: aJob() });

    const got = await open.ask("POST", JOBS, { body: aJob() });

    expect(got).toMatchObject({ status: 409, json: { code: "name.taken" } });
  });

  it.each([
    ["an unknown field", { priority: 3 }, 400, "request.unknown_field", "/priority"],
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
    ["a name like an id", { name: `job_${"0".repeat(34)}` }, 400, "request.invalid", "/name"],
    ["no schedule", { schedule: undefined }, 400, "request.invalid", "/schedule"],
    [
      "a kind of schedule that is none",
      { schedule: { kind: "after" } },
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
  ])("refuses %s and stores nothing", async (_, changes, status, code, pointer) => {
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

describe("replacing a job", () => {
  it("creates, then replaces, then changes nothing", async () => {
    const path = `${JOBS}/nightly-report`;
    const body = aJob({ name: undefined });

    const created = await open.ask("PUT", path, { body });
    const replaced = await open.ask("PUT", path, { body: { ...body, owner: "ops" } });
    const same = await open.ask("PUT", path, { body: { ...body, owner: "ops" } });

    expect([created.status, replaced.status, same.status]).toEqual([201, 200, 200]);
    expect([created, replaced, same].map((got) => got.json.version)).toEqual([1, 2, 2]);
  });

  it("keeps the anchor of an interval", async () => {
    const path = `${JOBS}/nightly-report`;
    const body = aJob({ schedule: { kind: "every", every: "1m" } });
    const { json: before } = await open.ask("PUT", path, { body });
    open.advance(5_000);

    const { json: after } = await open.ask("PUT", path, { body });

    expect(after.schedule.anchor).toBe(before.schedule.anchor);
    expect(after.version).toBe(1);
  });

  it("refuses another name in the body", async () => {
    const got = await open.ask("PUT", `${JOBS}/other`, { body: aJob() });

    expect(got).toMatchObject({ status: 400, json: { errors: [{ pointer: "/name" }] } });
  });

  it.each([
    ['"7"', 412],
    ['W/"1"', 412],
    ['"1"', 200],
    ['"7", "1"', 200],
    ["*", 200],
    ["1", 400],
  ])("with If-Match %s answers %i", async (ifMatch, status) => {
    await open.ask("POST", JOBS, { body: aJob() });

    const got = await open.ask("PUT", `${JOBS}/nightly-report`, {
      body: aJob({ owner: "ops" }),
      headers: { "if-match": ifMatch },
    });

    expect(got.status).toBe(status);
  });

  it("creates nothing under If-Match", async () => {
    const got = await open.ask("PUT", `${JOBS}/nightly-report`, {
      body: aJob(),
      headers: { "if-match": "*" },
    });

    expect(got).toMatchObject({ status: 412, json: { code: "version.conflict" } });
  });
});

describe("changing parts of a job", () => {
  const path = `${JOBS}/nightly-report`;

  it("merges within schedule, target, misfire and retry, and replaces the rest", async () => {
    const target = { kind: "webhook", url: "https://example.com/a", headers: { "x-a": "1" } };
    await open.ask("POST", JOBS, { body: aJob({ target, params: { a: 1 }, tags: ["x"] }) });

    const got = await open.ask("PATCH", path, {
      body: {
        target: { headers: { "x-b": "2" } },
        retry: { max: 7 },
        params: { b: 2 },
        tags: ["y"],
      },
    });

    expect(got.status).toBe(200);
    expect(got.json).toMatchObject({
      version: 2,
      target: { url: "https://example.com/a", headers: { "x-a": "1", "x-b": "2" } },
      retry: { max: 7, jitter: "full" },
      tags: ["y"],
    });
    expect(got.json.params).toEqual({ b: 2 });
  });

  it("replaces a schedule of another kind as a whole", async () => {
    await open.ask("POST", JOBS, { body: aJob({ schedule: { kind: "cron", cron: "0 3 * * *" } }) });

    const got = await open.ask("PATCH", path, {
      body: { schedule: { kind: "every", every: "1h" } },
    });

    expect(got.json.schedule).toMatchObject({ kind: "every", every: "1h" });
    expect(got.json.schedule).not.toHaveProperty("cron");
  });

  it("takes the default again for a null", async () => {
    await open.ask("POST", JOBS, { body: aJob({ owner: "ops", timeout: "5s" }) });

    const got = await open.ask("PATCH", path, { body: { owner: null, timeout: null } });

    expect(got.json).toMatchObject({ owner: "", timeout: "60s" });
  });

  it.each([
    [{ name: "other" }, "/name"],
    [{ state: "paused" }, "/state"],
    [{ retry: { max: 99 } }, "/retry/max"],
    [{ retry: { unknown: 1 } }, "/retry/unknown"],
    [{ target: null }, "/target"],
  ])("refuses %j and changes nothing", async (body, pointer) => {
    await open.ask("POST", JOBS, { body: aJob() });

    const got = await open.ask("PATCH", path, { body });

    expect(got.status).toBe(400);
    expect(got.json.errors[0].pointer).toBe(pointer);
    expect((await open.ask("GET", path)).json.version).toBe(1);
  });

  it("keeps all of many changes that come at once", async () => {
    await open.ask("POST", JOBS, { body: aJob() });
    const changes = [{ owner: "ops" }, { description: "all" }, { timeout: "5s" }];

    const answers = await Promise.all(changes.map((body) => open.ask("PATCH", path, { body })));

    expect(answers.map((got) => got.status)).toEqual([200, 200, 200]);
    expect((await open.ask("GET", path)).json).toMatchObject(Object.assign({}, ...changes));
  });

  it("answers 412 to a stale If-Match", async () => {
    await open.ask("POST", JOBS, { body: aJob() });
    await open.ask("PATCH", path, { body: { owner: "ops" } });

    const got = await open.ask("PATCH", path, {
      body: { owner: "me" },
      headers: { "if-match": '"1"' },
    });

    expect(got).toMatchObject({ status: 412, json: { code: "version.conflict" } });
  });
});

describe("pausing, resuming and deleting", () => {
  it("pauses with an end and a reason, and resumes", async () => {
    await open.ask("POST", JOBS, { body: aJob({ schedule: { kind: "every", every: "1m" } }) });
    const until = new Date(START_MS + 3_600_000).toISOString();

    const paused = await open.ask("POST", `${JOBS}/nightly-report/pause`, {
      body: { until, reason: "the night of the move" },
    });
    const resumed = await open.ask("POST", `${JOBS}/nightly-report/resume`, {
      body: { missed: "skip" },
    });

    expect(paused.json).toMatchObject({
      state: "paused",
      pause: { until, reason: "the night of the move" },
      nextTick: null,
    });
    expect(resumed.json).toMatchObject({ state: "active", pause: null });
  });

  it("pauses without a body", async () => {
    await open.ask("POST", JOBS, { body: aJob() });

    const got = await open.ask("POST", `${JOBS}/nightly-report/pause`);

    expect(got).toMatchObject({ status: 200, json: { state: "paused" } });
  });

  it("refuses to resume what is not paused", async () => {
    await open.ask("POST", JOBS, { body: aJob() });

    const got = await open.ask("POST", `${JOBS}/nightly-report/resume`);

    expect(got).toMatchObject({ status: 409, json: { code: "job.not_paused" } });
  });

  it("deletes, and cancels what runs when asked to", async () => {
    await open.ask("POST", JOBS, { body: aJob() });
    const { json: run } = await open.ask("POST", `${JOBS}/nightly-report/runs`);

    const stale = await open.ask("DELETE", `${JOBS}/nightly-report`, {
      headers: { "if-match": '"9"' },
    });
    const gone = await open.ask("DELETE", `${JOBS}/nightly-report?running=cancel`);

    expect([stale.status, gone.status, gone.text]).toEqual([412, 204, ""]);
    expect((await open.ask("GET", `${JOBS}/nightly-report`)).status).toBe(404);
    expect((await open.ask("GET", `/api/v1/runs/${run.id}`)).json.state).toBe("canceled");
  });
});

describe("the tick ledger", () => {
  it("shows fired ticks, and an outage as one line", async () => {
    await open.ask("POST", JOBS, { body: aJob({ schedule: { kind: "every", every: "1m" } }) });
    open.advance(60_000);
    const fired = open.deliveries.at(-1)?.runId ?? "";
    await open.succeed(fired);
    open.advance(600_000);
    await open.recordsCaughtUp();

    const got = await open.ask("GET", `${JOBS}/nightly-report/ticks`);

    expect(got.status).toBe(200);
    expect(got.json.items[0]).toMatchObject({ disposition: "fired", run: fired, lagMs: 0 });
    const others = got.json.items.filter(
      (tick: { disposition: string }) => tick.disposition !== "fired",
    );
    const counted = others.reduce(
      (sum: number, tick: { count?: number }) => sum + (tick.count ?? 1),
      0,
    );
    expect(counted).toBe(9);
  });

  it.each(["?from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z", "?from=2020-01-01T00:00:00Z"])(
    "refuses the range %s",
    async (query) => {
      await open.ask("POST", JOBS, { body: aJob() });

      const got = await open.ask("GET", `${JOBS}/nightly-report/ticks${query}`);

      expect(got).toMatchObject({ status: 400, json: { errors: [{ pointer: "/query/to" }] } });
    },
  );
});

describe("previews", () => {
  it("show ticks, local time and words in two languages", async () => {
    const schedule = { kind: "cron", cron: "0 2 * * *", timezone: "Asia/Shanghai" };

    const got = await open.ask("POST", "/api/v1/schedules/preview", {
      body: { schedule, from: "2026-11-21T00:00:00Z", count: 2 },
    });

    expect(got.status).toBe(200);
    expect(got.json.ticks.map((tick: { at: string }) => tick.at)).toEqual([
      "2026-11-21T18:00:00.000Z",
      "2026-11-22T18:00:00.000Z",
    ]);
    expect(got.json.words.zh.length).toBeGreaterThan(2);
  });

  it("refuse more than a hundred ticks", async () => {
    const body = { schedule: { kind: "every", every: "1s" }, count: 101 };

    const got = await open.ask("POST", "/api/v1/schedules/preview", { body });

    expect(got).toMatchObject({ status: 400, json: { errors: [{ pointer: "/count" }] } });
  });
});
