import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OpenApi } from "../support/open-api.ts";

let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

function preview(schedule: Record<string, unknown>, more: Record<string, unknown> = {}) {
  const body = { schedule: { kind: "cron", ...schedule }, from: "2026-11-21T00:00:00Z", ...more };
  return open.ask("POST", "/api/v1/schedules/preview", { body });
}

const instants = (ticks: readonly { readonly at: string }[]): readonly string[] =>
  ticks.map(({ at }) => at);

describe("previews", () => {
  it("show ticks, local time and words in two languages", async () => {
    const got = await preview({ cron: "0 2 * * *", timezone: "Asia/Shanghai" }, { count: 2 });

    expect(got.status).toBe(200);
    expect(got.json.ticks).toMatchObject([
      { at: "2026-11-21T18:00:00.000Z", local: "2026-11-22T02:00:00+08:00" },
      { at: "2026-11-22T18:00:00.000Z" },
    ]);
    expect(got.json.words.en.length).toBeGreaterThan(2);
    expect(got.json.words.zh.length).toBeGreaterThan(2);
    expect(got.json).toMatchObject({ anomalies: [], rewrites: [] });
  });

  it("list what the changes of the clocks do within two years", async () => {
    const shifted = await preview({ cron: "30 2 * * *", timezone: "Europe/Berlin" });
    const skipped = await preview({
      cron: "30 2 * * *",
      timezone: "Europe/Berlin",
      dst: { gap: "skip", fold: "both" },
    });

    expect(shifted.json.anomalies.slice(0, 2)).toMatchObject([
      { kind: "gap", local: "2027-03-28T02:30:00", tick: "2027-03-28T01:00:00.000Z" },
      { kind: "fold", local: "2027-10-31T02:30:00", tick: "2027-10-31T00:30:00.000Z" },
    ]);
    expect(shifted.json.anomalies).toHaveLength(4);
    expect(skipped.json.anomalies[0]).toMatchObject({ kind: "gap", tick: null });
    expect(skipped.json.anomalies[0].note).toContain("does not run");
  });

  it("show what a pattern was rewritten to, and why", async () => {
    const got = await preview({ cron: "0 0 22-4 * * ?", dialect: "quartz" });

    expect(got.json.rewrites).toMatchObject([{ from: "22-4", to: "22-23,0-4" }]);
    expect(got.json.rewrites[0].reason.length).toBeGreaterThan(10);
  });

  it("leave out the days that a calendar of the caller's namespace closes", async () => {
    const body = { name: "work", weekdays: [1, 2, 3, 4, 5] };
    await open.ask("POST", "/api/v1/calendars", { body });
    const schedule = { cron: "0 9 * * *", calendar: "work" };

    const got = await preview(schedule, { count: 2 });
    const elsewhere = await open.ask("POST", "/api/v1/schedules/preview", {
      body: { schedule: { kind: "cron", ...schedule } },
      token: await open.newToken("read", "other"),
    });

    // 21 November 2026 is a Saturday.
    expect(instants(got.json.ticks)).toEqual([
      "2026-11-23T09:00:00.000Z",
      "2026-11-24T09:00:00.000Z",
    ]);
    expect(elsewhere).toMatchObject({ status: 422, json: { code: "calendar.unknown" } });
  });

  it("keep within the bounds of a schedule", async () => {
    const bounds = { startAt: "2026-11-25T00:00:00Z", ticksMax: 2 };

    const got = await preview({ cron: "0 9 * * *", ...bounds });

    expect(instants(got.json.ticks)).toEqual([
      "2026-11-25T09:00:00.000Z",
      "2026-11-26T09:00:00.000Z",
    ]);
  });

  it("count a bounded number of ticks from the instant asked for", async () => {
    const got = await preview({ kind: "every", every: "1h", ticksMax: 3 });

    expect(got.json.ticks.length).toBeLessThanOrEqual(3);
  });

  it("warn of a schedule that never fires instead of refusing it", async () => {
    const got = await preview({ cron: "0 9 * * *", endAt: "2026-11-21T08:00:00Z" });

    expect(got).toMatchObject({ status: 200, json: { ticks: [] } });
    expect(got.json.warnings.length).toBeGreaterThan(0);
  });

  it("refuse more than a hundred ticks", async () => {
    const got = await preview({ kind: "every", every: "1s" }, { count: 101 });

    expect(got).toMatchObject({ status: 400, json: { errors: [{ pointer: "/count" }] } });
  });
});
