import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aJob, OpenApi, START_MS } from "../support/open-api.ts";

const JOBS = "/api/v1/jobs";
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

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
