import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aJob, OpenApi, START_MS } from "../support/open-api.ts";

const JOBS = "/api/v1/jobs";
const JOB = `${JOBS}/nightly-report`;
const NOW = new Date(START_MS).toISOString();
const CRON = { kind: "cron", cron: "0 3 * * *" };
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

/** Saturdays and Sundays are closed, and one Tuesday. START_MS is a Saturday. */
function makeCalendar(name = "work") {
  const body = { name, weekdays: [1, 2, 3, 4, 5], exclude: [{ date: "2026-11-24", name: "Off" }] };
  return open.ask("POST", "/api/v1/calendars", { body });
}

function post(changes: Record<string, unknown>) {
  return open.ask("POST", JOBS, { body: aJob(changes) });
}

function patch(body: Record<string, unknown>) {
  return open.ask("PATCH", JOB, { body });
}

describe("a schedule as it is sent and shown", () => {
  it.each([
    ["cron", CRON, { dst: { gap: "shift", fold: "first" }, timezone: "UTC", calendar: null }],
    ["every", { kind: "every", every: "10m" }, { anchor: NOW, timezone: "UTC", jitter: "0s" }],
    ["after", { kind: "after", delay: "1m" }, { delay: "1m", startAt: null, ticksMax: null }],
    ["at", { kind: "at", at: "2027-01-01T00:00:00Z" }, { at: "2027-01-01T00:00:00Z" }],
  ])("has every default of its kind: %s", async (_, schedule, shown) => {
    const got = await post({ schedule });

    expect(got).toMatchObject({ status: 201, json: { schedule: { ...schedule, ...shown } } });
  });

  it("keeps bounds, the rule for the clocks, the calendar, and how runs meet", async () => {
    await makeCalendar();
    const schedule = {
      ...CRON,
      timezone: "Europe/Berlin",
      dst: { gap: "skip", fold: "both" },
      startAt: "2026-11-25T00:00:00Z",
      endAt: "2027-11-25T00:00:00Z",
      ticksMax: 7,
      calendar: { name: "work", roll: "next" },
    };
    const rules = { overlap: "buffer_all", priority: -7, concurrency: 3 };

    const got = await post({ schedule, ...rules });
    const read = await open.ask("GET", JOB);

    expect(got).toMatchObject({ status: 201, json: { schedule, ...rules } });
    expect(read.json).toMatchObject({ schedule, ...rules, nextTick: "2026-11-25T02:00:00.000Z" });
  });

  it("takes a calendar by its name alone", async () => {
    await makeCalendar();

    const got = await post({ schedule: { ...CRON, calendar: "work" } });

    expect(got.json.schedule.calendar).toEqual({ name: "work", roll: "skip" });
  });

  it("shows next ticks that no calendar keeps from running, alone and in the list", async () => {
    await makeCalendar();
    await post({ schedule: { ...CRON, calendar: "work" } });
    await open.recordsCaughtUp();

    const read = await open.ask("GET", JOB);
    const list = await open.ask("GET", JOBS);

    expect(read.json.nextTicks.map((at: string) => at.slice(5, 10))).toEqual([
      "11-23",
      "11-25",
      "11-26",
      "11-27",
      "11-30",
    ]);
    expect(list.json.items[0].nextTick).toBe("2026-11-23T03:00:00.000Z");
  });

  it("of a fixed delay shows the one next tick that is known", async () => {
    const got = await post({ schedule: { kind: "after", delay: "1m" } });
    const read = await open.ask("GET", JOB);

    expect(got.json.nextTick).toBe(new Date(START_MS + 60_000).toISOString());
    expect(read.json.nextTicks).toEqual([got.json.nextTick]);
  });

  it.each([
    ["endAt before startAt", { endAt: "2026-01-01T00:00:00Z", startAt: NOW }, "/schedule/endAt"],
    ["a bound that is no instant", { startAt: "soon" }, "/schedule/startAt"],
    ["a jitter that is none", { jitter: "much" }, "/schedule/jitter"],
  ])("is refused for %s", async (_, changes, pointer) => {
    const got = await post({ schedule: { ...CRON, ...changes } });

    expect(got).toMatchObject({ status: 422, json: { code: "schedule.invalid" } });
    expect(got.json.errors[0].pointer).toBe(pointer);
  });

  it.each([
    ["no ticks", { ...CRON, ticksMax: 0 }, "/schedule/ticksMax"],
    ["too many ticks", { ...CRON, ticksMax: 10_001 }, "/schedule/ticksMax"],
    ["a rule for gaps that is none", { ...CRON, dst: { gap: "run" } }, "/schedule/dst/gap"],
    [
      "an unknown field of its kind",
      { kind: "after", delay: "1m", jitter: "1s" },
      "/schedule/jitter",
    ],
    ["a field that its kind lacks", { kind: "after" }, "/schedule/delay"],
    ["a kind that is none", { kind: "hourly" }, "/schedule/kind"],
    ["a calendar of another type", { ...CRON, calendar: 5 }, "/schedule/calendar"],
    ["a calendar without a name", { ...CRON, calendar: {} }, "/schedule/calendar/name"],
    ["a name that is none", { ...CRON, calendar: "a b" }, "/schedule/calendar"],
    [
      "a roll that is none",
      { ...CRON, calendar: { name: "work", roll: "up" } },
      "/schedule/calendar/roll",
    ],
  ])("is refused at the door for %s", async (_, schedule, pointer) => {
    const got = await post({ schedule });

    expect(got.status).toBe(400);
    expect(got.json.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });

  it("is refused for a calendar that nobody made, before anything is stored", async () => {
    const got = await post({ schedule: { ...CRON, calendar: "holidays" } });
    const read = await open.ask("GET", JOB);

    expect(got).toMatchObject({ status: 422, json: { code: "calendar.unknown" } });
    expect(got.json.errors[0].pointer).toBe("/schedule/calendar/name");
    expect(read.status).toBe(404);
  });

  it("is refused when its bounds leave no tick", async () => {
    const got = await post({ schedule: { ...CRON, endAt: "2026-11-21T02:30:00Z" } });

    expect(got).toMatchObject({ status: 422, json: { code: "schedule.never_fires" } });
  });
});

describe("rules of runs", () => {
  it.each([
    [{ overlap: "queue" }, "/overlap"],
    [{ priority: 101 }, "/priority"],
    [{ priority: 0.5 }, "/priority"],
    [{ concurrency: 0 }, "/concurrency"],
    [{ concurrency: 10_001 }, "/concurrency"],
  ])("refuse %j", async (changes, pointer) => {
    const got = await post(changes);

    expect(got).toMatchObject({ status: 400, json: { errors: [{ pointer }] } });
  });
});

describe("a change of a schedule", () => {
  it("keeps the anchor when the rate changes", async () => {
    await post({ schedule: { kind: "every", every: "10m" } });
    open.advance(90_000);

    const got = await patch({ schedule: { every: "20m" } });

    expect(got.json.schedule).toMatchObject({ every: "20m", anchor: NOW });
    expect(got.json.nextTick).toBe(new Date(START_MS + 1_200_000).toISOString());
  });

  it("counts a bounded number of ticks from the change that bounds it", async () => {
    await post({ schedule: { kind: "every", every: "10m" } });
    open.advance(90_000);

    const got = await patch({ schedule: { ticksMax: 2 } });

    const changedAt = new Date(START_MS + 90_000).toISOString();
    expect(got.json.schedule).toMatchObject({ startAt: changedAt, ticksMax: 2, anchor: NOW });
  });

  it("merges what is within, and takes the default again for null", async () => {
    await makeCalendar();
    const calendar = { name: "work", roll: "next" };
    await post({ schedule: { ...CRON, dst: { gap: "skip", fold: "both" }, calendar } });

    const merged = await patch({ schedule: { dst: { fold: "last" } } });
    const plain = await patch({ schedule: { calendar: null, dst: null } });

    expect(merged.json.schedule).toMatchObject({ dst: { gap: "skip", fold: "last" }, calendar });
    expect(plain.json.schedule).toMatchObject({
      dst: { gap: "shift", fold: "first" },
      calendar: null,
    });
  });

  it("to another kind keeps nothing of the old one", async () => {
    await post({ schedule: { ...CRON, timezone: "Asia/Shanghai", jitter: "5s" } });

    const got = await patch({ schedule: { kind: "every", every: "10m" } });

    expect(got.json.schedule).toMatchObject({ kind: "every", timezone: "UTC", jitter: "0s" });
  });

  it("that is sent again by PUT changes nothing, though ticks are counted from the first time", async () => {
    const body = aJob({ name: undefined, schedule: { ...CRON, ticksMax: 5 } });
    await open.ask("PUT", JOB, { body });
    open.advance(5_000);

    const again = await open.ask("PUT", JOB, { body });

    expect(again.json).toMatchObject({ version: 1, schedule: { startAt: NOW } });
  });

  it("changes how runs meet", async () => {
    await post({});

    const got = await patch({ overlap: "allow", priority: 5, concurrency: 2 });
    const back = await patch({ priority: null, concurrency: null });

    expect(got.json).toMatchObject({ overlap: "allow", priority: 5, concurrency: 2 });
    expect(back.json).toMatchObject({ overlap: "allow", priority: 0, concurrency: null });
  });
});
