import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aJob, OpenApi } from "../support/open-api.ts";

let open: OpenApi;

beforeEach(async () => {
  // Enough shards that keys and jobs live on different ones.
  open = await OpenApi.start({ shards: 8 });
});
afterEach(() => open.close());

const withKey = (key: string, body?: unknown) => ({ body, headers: { "idempotency-key": key } });

describe("an Idempotency-Key", () => {
  it.each([
    ["/api/v1/jobs", aJob(), 201],
    ["/api/v1/executors", { name: "Orders", registration: "manual" }, 201],
    ["/api/v1/tokens", { name: "ci", scopes: ["read"] }, 201],
    ["/api/v1/namespaces/default/signing-secret", undefined, 201],
  ])("on POST %s gives the first answer again", async (path, body, status) => {
    const first = await open.ask("POST", path, withKey("k", body));
    const again = await open.ask("POST", path, withKey("k", body));

    expect([first.status, again.status]).toEqual([status, status]);
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.json).toEqual(first.json);
  });

  it.each(["pause", "resume", "runs"])("makes %s happen once", async (action) => {
    await open.ask("POST", "/api/v1/jobs", { body: aJob() });
    if (action === "resume") await open.ask("POST", "/api/v1/jobs/nightly-report/pause");
    const path = `/api/v1/jobs/nightly-report/${action}`;

    const first = await open.ask("POST", path, withKey("k"));
    const again = await open.ask("POST", path, withKey("k"));

    expect(again.status).toBe(first.status);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.json).toMatchObject({ id: first.json.id, version: first.json.version });
  });

  it("makes retry and cancel happen once", async () => {
    await open.ask("POST", "/api/v1/jobs", { body: aJob() });
    const { json: run } = await open.ask("POST", "/api/v1/jobs/nightly-report/runs");
    const path = `/api/v1/runs/${run.id}`;

    const canceled = await open.ask("POST", `${path}/cancel`, withKey("c"));
    const canceledAgain = await open.ask("POST", `${path}/cancel`, withKey("c"));
    const retried = await open.ask("POST", `${path}/retry`, withKey("r"));
    const retriedAgain = await open.ask("POST", `${path}/retry`, withKey("r"));

    expect([canceledAgain.status, canceledAgain.json]).toEqual([200, canceled.json]);
    expect(retriedAgain.json.id).toBe(retried.json.id);
  });

  it("answers the repetition of a create though its instant is past by then", async () => {
    const at = new Date(open.nowMs + 1_000).toISOString();
    const body = aJob({ schedule: { kind: "at", at } });
    const first = await open.ask("POST", "/api/v1/jobs", withKey("k", body));
    open.advance(60_000);

    const again = await open.ask("POST", "/api/v1/jobs", withKey("k", body));

    expect(again.json).toEqual(first.json);
  });

  it("is refused for another body, and for another path on another shard", async () => {
    await open.ask("POST", "/api/v1/jobs", withKey("k", aJob()));

    for (let i = 0; i < 20; i++) {
      const other = withKey("k", aJob({ name: `job-${i}` }));
      // oxlint-disable-next-line no-await-in-loop
      const got = await open.ask("POST", "/api/v1/jobs", other);
      expect(got).toMatchObject({ status: 422, json: { code: "idempotency.mismatch" } });
    }
    const elsewhere = await open.ask("POST", "/api/v1/jobs/nightly-report/runs", withKey("k"));
    expect(elsewhere.status).toBe(422);
  });

  it("is refused for another body of a token", async () => {
    await open.ask("POST", "/api/v1/tokens", withKey("k", { name: "a", scopes: ["read"] }));

    const got = await open.ask(
      "POST",
      "/api/v1/tokens",
      withKey("k", { name: "b", scopes: ["read"] }),
    );

    expect(got).toMatchObject({ status: 422, json: { code: "idempotency.mismatch" } });
  });

  it("belongs to one caller", async () => {
    const token = await open.newToken("write");
    await open.ask("POST", "/api/v1/jobs", withKey("k", aJob()));

    const got = await open.ask("POST", "/api/v1/jobs", {
      token,
      ...withKey("k", aJob({ name: "another" })),
    });

    expect(got.status).toBe(201);
  });

  it("is forgotten after a day", async () => {
    const body = { name: "ci", scopes: ["read"] };
    const first = await open.ask("POST", "/api/v1/tokens", withKey("k", body));
    open.advance(86_400_001);

    const later = await open.ask("POST", "/api/v1/tokens", withKey("k", body));

    expect(later.status).toBe(201);
    expect(later.json.id).not.toBe(first.json.id);
  });

  it("makes one token of two requests at once", async () => {
    const body = { name: "ci", scopes: ["read"] };

    const answers = await Promise.all(
      [1, 2, 3].map(() => open.ask("POST", "/api/v1/tokens", withKey("k", body))),
    );

    expect(new Set(answers.map((got) => got.json.token)).size).toBe(1);
    expect((await open.ask("GET", "/api/v1/tokens")).json.items).toHaveLength(1);
  });

  it.each(["", "x".repeat(256), "tab\there"])("is refused as %j", async (key) => {
    const got = await open.ask("POST", "/api/v1/jobs", withKey(key, aJob()));

    expect(got.status).toBe(400);
    expect(got.json.errors[0].pointer).toBe("/header/idempotency-key");
  });
});
