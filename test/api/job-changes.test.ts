import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aJob, OpenApi } from "../support/open-api.ts";

const JOBS = "/api/v1/jobs";
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

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
