import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aJob, OpenApi, START_MS } from "../support/open-api.ts";

const FROM = "2026-12-01T00:00:00.000Z";
const EVERY = { kind: "every", every: "10m" };
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

/** One hour of a job that ticks every ten minutes, unless said otherwise. */
function simulate(more: Record<string, unknown> = {}, job: Record<string, unknown> = {}) {
  const body = { job: aJob({ schedule: EVERY, ...job }), from: FROM, to: at("01:00"), ...more };
  return open.ask("POST", "/api/v1/schedules/simulate", { body });
}

/** An instant of 1 December 2026. */
function at(time: string): string {
  return `2026-12-01T${time}:00.000Z`;
}

describe("a simulation", () => {
  it("tells every tick with its fate, the counts and the load", async () => {
    const got = await simulate({ duration: "2s" });

    expect(got.status).toBe(200);
    expect(got.json.items).toHaveLength(7);
    expect(got.json.items[1]).toEqual({
      nominalAt: at("00:10"),
      disposition: "fired",
      startsAt: at("00:10"),
      endsAt: "2026-12-01T00:10:02.000Z",
      outcome: "succeeded",
    });
    expect(got.json).toMatchObject({
      nextCursor: null,
      ticks: 7,
      counts: {
        fired: 7,
        coalesced: 0,
        skipped: { overlap: 0, paused: 0, misfire: 0, calendar: 0 },
        dropped: 0,
      },
      overlaps: 0,
      anomalies: [],
      load: { maxPerMinute: 1, maxConcurrent: 1, isCut: false },
      isCounted: false,
      isCut: false,
    });
    expect(got.json.load.perMinute[0]).toEqual({ minute: at("00:00"), runs: 1 });
  });

  it("stores nothing", async () => {
    await simulate();
    await open.recordsCaughtUp();

    const jobs = await open.ask("GET", "/api/v1/jobs");
    const runs = await open.ask("GET", "/api/v1/runs");

    expect([jobs.json.items, runs.json.items]).toEqual([[], []]);
  });

  it("plays outages with the misfire policy of the job", async () => {
    const outages = [
      { from: at("00:25"), to: at("00:35") },
      { from: at("00:05"), to: at("00:25") },
    ];

    const got = await simulate({ outages });

    expect(got.json.counts).toMatchObject({ fired: 5, coalesced: 2 });
    expect(got.json.items.slice(1, 3)).toMatchObject([
      { from: at("00:10"), to: at("00:20"), count: 2, disposition: "coalesced", into: at("00:30") },
      { nominalAt: at("00:30"), disposition: "fired", startsAt: at("00:35") },
    ]);
  });

  it("plays pauses with the policy that ends them", async () => {
    const pauses = [{ from: at("00:05"), to: at("00:35"), missed: "skip" }];

    const got = await simulate({ pauses });

    expect(got.json.counts).toMatchObject({ fired: 4, skipped: { paused: 3 } });
  });

  it("plays overlaps by the length of the runs", async () => {
    const rules = { overlap: "cancel_other", timeout: "30m" };

    const got = await simulate({ duration: "15m" }, rules);

    expect(got.json.overlaps).toBe(6);
    expect(got.json.items[0]).toMatchObject({ endsAt: at("00:10"), outcome: "canceled" });
  });

  it("plays the calendar of the caller's namespace, and the clocks", async () => {
    await open.ask("POST", "/api/v1/calendars", { body: { name: "work", weekdays: [2] } });
    const cron = { kind: "cron", cron: "30 2 * * *", timezone: "Europe/Berlin", calendar: "work" };

    const week = await simulate({ to: "2026-12-08T00:00:00Z" }, { schedule: cron });
    const spring = await simulate(
      { from: "2027-03-27T00:00:00Z", to: "2027-03-30T00:00:00Z" },
      { schedule: { ...cron, calendar: null } },
    );

    expect(week.json.counts).toMatchObject({ fired: 1, skipped: { calendar: 6 } });
    expect(spring.json.anomalies).toMatchObject([
      { kind: "gap", local: "2027-03-28T02:30:00", tick: "2027-03-28T01:00:00.000Z" },
    ]);
  });

  it("plays a stored job by its name or id", async () => {
    const { json } = await open.ask("POST", "/api/v1/jobs", { body: aJob({ schedule: EVERY }) });
    const from = new Date(START_MS).toISOString();
    const to = new Date(START_MS + 3_600_000).toISOString();

    const byName = await simulate({ job: "nightly-report", from, to });
    const byId = await simulate({ job: json.id, from, to });
    const unknown = await simulate({ job: "other" });

    expect(byName.json.counts.fired).toBe(7);
    expect(byId.json).toEqual(byName.json);
    expect(unknown).toMatchObject({ status: 404, json: { code: "job.unknown" } });
  });

  it("puts the ticks of a dense range together", async () => {
    const got = await simulate(
      { to: "2026-12-02T00:00:00Z" },
      { schedule: { ...EVERY, every: "1m" } },
    );

    expect(got.json.items).toEqual([
      { from: FROM, to: "2026-12-02T00:00:00.000Z", count: 1_441, disposition: "fired" },
    ]);
    expect(got.json.load).toMatchObject({ maxPerMinute: 1, isCut: true });
    expect(got.json.load.perMinute).toHaveLength(1_440);
  });

  it("only counts what is too dense to be played", async () => {
    const schedule = { kind: "cron", cron: "* * * * * *", timezone: "America/New_York" };

    const got = await simulate({ to: "2027-12-01T00:00:00Z" }, { schedule });

    const count = 365 * 86_400 + 1;
    expect(got.json).toMatchObject({ ticks: count, counts: null, load: null, isCounted: true });
    expect(got.json.items).toEqual([{ from: FROM, to: "2027-12-01T00:00:00.000Z", count }]);
  });

  it.each([
    ["a range that ends before it begins", { to: FROM }, "/to"],
    ["more than 366 days", { to: "2027-12-03T00:00:00Z" }, "/to"],
    ["an outage outside", { outages: [{ from: FROM, to: at("02:00") }] }, "/outages/0"],
    ["an outage without length", { outages: [{ from: FROM, to: FROM }] }, "/outages/0/to"],
    [
      "pauses that overlap",
      {
        pauses: [
          { from: at("00:05"), to: at("00:20") },
          { from: at("00:10"), to: at("00:30") },
        ],
      },
      "/pauses",
    ],
    ["runs longer than the timeout", { duration: "2m" }, "/duration"],
    ["a duration that is none", { duration: "long" }, "/duration"],
    ["no job", { job: undefined }, "/job"],
    ["a job of another type", { job: 5 }, "/job"],
    ["a fault within the job", { job: aJob({ overlap: "queue" }) }, "/job/overlap"],
    [
      "a fault within its schedule",
      { job: aJob({ schedule: { kind: "x" } }) },
      "/job/schedule/kind",
    ],
    ["an unknown field of the job", { job: aJob({ urgency: 3 }) }, "/job/urgency"],
  ])("is refused for %s", async (_, more, pointer) => {
    const got = await simulate(more);

    expect(got.status).toBe(400);
    expect(got.json.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });

  it("is refused for a schedule that cannot be", async () => {
    const got = await simulate({}, { schedule: { kind: "cron", cron: "61 * * * *" } });

    expect(got).toMatchObject({ status: 422, json: { code: "schedule.invalid" } });
    expect(got.json.errors[0].pointer).toBe("/job/schedule/cron");
  });
});
