import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aJob, OpenApi, START_MS } from "../support/open-api.ts";

const RUN_NOW = "/api/v1/jobs/nightly-report/runs";
const RUNS = "/api/v1/runs";
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
  await open.ask("POST", "/api/v1/jobs", { body: aJob({ params: { a: 1, b: 1 } }) });
});
afterEach(() => open.close());

describe("running a job now", () => {
  it("answers 202 with the run, its params laid over the job's", async () => {
    const got = await open.ask("POST", RUN_NOW, { body: { params: { b: 2 } } });

    expect(got.status).toBe(202);
    expect(got.headers.get("location")).toBe(`${RUNS}/${got.json.id}`);
    expect(got.json).toMatchObject({
      job: "nightly-report",
      trigger: { kind: "api" },
      params: { a: 1, b: 2 },
      nominalAt: new Date(START_MS).toISOString(),
      attemptsMax: 4,
      result: null,
      endedAt: null,
    });
  });

  it("needs no body", async () => {
    expect((await open.ask("POST", RUN_NOW)).status).toBe(202);
  });

  it.each([
    [{ delay: "5m" }, START_MS + 300_000],
    [{ at: "2026-11-22T00:00:00Z" }, Date.UTC(2026, 10, 22)],
  ])("waits until the time of %j", async (body, dueMs) => {
    const got = await open.ask("POST", RUN_NOW, { body });

    expect(got.json).toMatchObject({ state: "waiting", dueAt: new Date(dueMs).toISOString() });
    expect(open.deliveries).toHaveLength(0);
  });

  it.each([
    [{ at: "2026-11-22T00:00:00Z", delay: "5m" }, "/delay"],
    [{ at: "2126-11-22T00:00:00Z" }, "/at"],
    [{ at: "tomorrow" }, "/at"],
    [{ when: "now" }, "/when"],
  ])("refuses %j", async (body, pointer) => {
    const got = await open.ask("POST", RUN_NOW, { body });

    expect(got.status).toBe(400);
    expect(got.json.errors[0].pointer).toBe(pointer);
  });

  it("waits for the end when asked to", async () => {
    const asked = open.ask("POST", `${RUN_NOW}?wait=30s`);
    const { runId } = await firstDelivery();
    await open.succeed(runId, "done");

    const got = await asked;

    expect(got).toMatchObject({ status: 200, json: { state: "succeeded", result: "done" } });
  });

  it("answers 202 when the wait is over first", async () => {
    const got = await open.ask("POST", `${RUN_NOW}?wait=1ms`);

    expect(got).toMatchObject({ status: 202, json: { state: "dispatching" } });
  });

  it.each(["61s", "forever"])("refuses a wait of %s", async (wait) => {
    const got = await open.ask("POST", `${RUN_NOW}?wait=${wait}`);

    expect(got).toMatchObject({ status: 400, json: { errors: [{ pointer: "/query/wait" }] } });
  });

  it("does not overlap unless it is allowed to", async () => {
    await open.ask("POST", RUN_NOW);

    const refused = await open.ask("POST", RUN_NOW);
    const allowed = await open.ask("POST", `${RUN_NOW}?overlap=allow`);

    expect(refused).toMatchObject({ status: 409, json: { code: "run.overlaps" } });
    expect(allowed.status).toBe(202);
  });

  it("passes on a trace context only when it is one", async () => {
    const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    await open.ask("POST", RUN_NOW, { headers: { traceparent } });
    await open.ask("POST", `${RUN_NOW}?overlap=allow`, { headers: { traceparent: "x" } });

    expect(open.deliveries.map((sent) => sent.traceparent)).toEqual([traceparent, null]);
  });
});

describe("reading runs", () => {
  it("shows a run with its attempts, in the shard and after it has left it", async () => {
    const { json: made } = await open.ask("POST", RUN_NOW);
    const live = await open.ask("GET", `${RUNS}/${made.id}`);
    await open.succeed(made.id, { rows: 1 });
    await open.recordsCaughtUp();

    const ended = await open.ask("GET", `${RUNS}/${made.id}?wait=1s`);

    expect(live.json).toMatchObject({ state: "dispatching", attempts: [{ outcome: "in_flight" }] });
    expect(ended.json).toMatchObject({
      state: "succeeded",
      result: { rows: 1 },
      attempts: [{ attempt: 1, status: 200, outcome: "succeeded" }],
    });
    expect(ended.headers.get("etag")).toBe(`"${ended.json.version}"`);
    expect(JSON.stringify(ended.json)).not.toContain("callbackDigest");
  });

  it("answers a wait as soon as the run ends", async () => {
    const { json: made } = await open.ask("POST", RUN_NOW);
    const asked = open.ask("GET", `${RUNS}/${made.id}?wait=30s`);
    await open.succeed(made.id);

    expect((await asked).json.state).toBe("succeeded");
  });

  it.each(["run_1", "nightly-report", `run_${"0".repeat(32)}00`, `run_${"0".repeat(32)}zz`])(
    "does not know the run %s",
    async (id) => {
      const got = await open.ask("GET", `${RUNS}/${id}`);

      expect(got).toMatchObject({ status: 404, json: { code: "run.unknown" } });
    },
  );

  it("hides the runs of other namespaces, live or ended", async () => {
    const token = await open.newToken("admin", "other");
    const { json: made } = await open.ask("POST", RUN_NOW);
    const live = await open.ask("GET", `${RUNS}/${made.id}`, { token });
    const cancel = await open.ask("POST", `${RUNS}/${made.id}/cancel`, { token });
    await open.succeed(made.id);
    await open.recordsCaughtUp();
    const ended = await open.ask("GET", `${RUNS}/${made.id}`, { token });

    expect([live.status, cancel.status, ended.status]).toEqual([404, 404, 404]);
    expect((await open.ask("GET", RUNS, { token })).json.items).toEqual([]);
  });

  it("filters the list", async () => {
    const { json: one } = await open.ask("POST", RUN_NOW);
    await open.succeed(one.id);
    const { json: two } = await open.ask("POST", RUN_NOW);
    await open.recordsCaughtUp();

    const ended = await open.ask("GET", `${RUNS}?state=succeeded,failed&job=nightly-report`);
    const all = await open.ask("GET", `${RUNS}?trigger=api`);
    const bad = await open.ask("GET", `${RUNS}?state=done`);
    const unknown = await open.ask("GET", `${RUNS}?flow=etl`);

    expect(ended.json.items.map((run: { id: string }) => run.id)).toEqual([one.id]);
    expect(all.json.items.map((run: { id: string }) => run.id)).toEqual([two.id, one.id]);
    expect([bad.status, unknown.status]).toEqual([400, 400]);
    expect(unknown.json.code).toBe("request.unknown_field");
  });
});

describe("canceling and doing again", () => {
  it("cancels a live run, and refuses one that has ended", async () => {
    const { json: made } = await open.ask("POST", RUN_NOW);

    const canceled = await open.ask("POST", `${RUNS}/${made.id}/cancel`, {
      body: { reason: "not today" },
    });
    const again = await open.ask("POST", `${RUNS}/${made.id}/cancel`);
    await open.succeed(made.id);
    await open.recordsCaughtUp();
    const later = await open.ask("POST", `${RUNS}/${made.id}/cancel`);

    expect(canceled.json).toMatchObject({ state: "canceled", cancelReason: "not today" });
    expect([again.json.code, later.json.code]).toEqual(["run.ended", "run.ended"]);
  });

  it("makes a new run that names its origin, though the origin has left its shard", async () => {
    const { json: made } = await open.ask("POST", RUN_NOW);
    const early = await open.ask("POST", `${RUNS}/${made.id}/retry`);
    await open.succeed(made.id);
    await open.recordsCaughtUp();

    const got = await open.ask("POST", `${RUNS}/${made.id}/retry`, {
      body: { params: { b: 9 } },
    });

    expect(early).toMatchObject({ status: 409, json: { code: "run.not_ended" } });
    expect(got.status).toBe(202);
    expect(got.json).toMatchObject({
      trigger: { kind: "retry", origin: made.id },
      params: { a: 1, b: 9 },
    });
  });
});

async function firstDelivery(): Promise<{ readonly runId: string }> {
  for (;;) {
    const [delivery] = open.deliveries;
    if (delivery !== undefined) return delivery;
    // oxlint-disable-next-line no-await-in-loop
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
