import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { healDirectory } from "../../src/api/heal-directory.ts";
import type { Got } from "../support/open-api.ts";
import { aJob, OpenApi } from "../support/open-api.ts";

let open: OpenApi;

/** The test begins on Saturday 2026-11-21 at 02:00 UTC. */
beforeEach(async () => {
  open = await OpenApi.start();
  await change("PUT", "office", { weekdays: [1, 2, 3, 4, 5] });
});
afterEach(() => open.close());

function change(method: string, name: string, body: object, query = ""): Promise<Got> {
  return open.ask(method, `/api/v1/calendars/${name}${query}`, { body });
}

async function makeJob(name: string, schedule: object): Promise<Got["json"]> {
  const body = aJob({ name, schedule });
  const got = await open.ask("POST", "/api/v1/jobs", { body });
  expect(got, got.text).toMatchObject({ status: 201 });
  return got.json;
}

async function nextTicks(job: string): Promise<readonly string[]> {
  return (await open.ask("GET", `/api/v1/jobs/${job}`)).json.nextTicks;
}

const DAILY = { kind: "cron", cron: "0 9 * * *", calendar: "office" };

describe("a job with a calendar", () => {
  it("has its next ticks on open days", async () => {
    await makeJob("daily", DAILY);

    expect((await nextTicks("daily")).slice(0, 2)).toEqual([
      "2026-11-23T09:00:00.000Z",
      "2026-11-24T09:00:00.000Z",
    ]);
  });

  it("is refused where there is no such calendar", async () => {
    const body = aJob({ schedule: { ...DAILY, calendar: "none" } });
    const got = await open.ask("POST", "/api/v1/jobs", { body });

    expect(got).toMatchObject({
      status: 422,
      json: { code: "calendar.unknown", errors: [{ pointer: "/schedule/calendar/name" }] },
    });
  });

  it("is refused where the calendar leaves it no tick", async () => {
    const body = aJob({ schedule: { ...DAILY, cron: "0 9 * * 6" } });
    const got = await open.ask("POST", "/api/v1/jobs", { body });

    expect(got).toMatchObject({ status: 422, json: { code: "schedule.never_fires" } });
    expect(got.json.detail).toContain("office");
  });

  it("keeps its calendar from being deleted", async () => {
    await makeJob("daily", DAILY);
    const remove = () => open.ask("DELETE", "/api/v1/calendars/office");

    expect(await remove()).toMatchObject({
      status: 409,
      json: { code: "calendar.in_use", detail: 'Jobs use the calendar "office": daily.' },
    });
    await open.ask("DELETE", "/api/v1/jobs/daily");
    expect((await remove()).status).toBe(200);
  });
});

describe("a change of a calendar", () => {
  it("tells which ticks it takes away and which it brings, and then does so", async () => {
    await makeJob("daily", DAILY);
    await makeJob("bare", { kind: "cron", cron: "0 9 * * *" });

    const body = { include: ["2026-11-21"], exclude: ["2026-11-24", "2026-11-25"] };
    const tried = await change("PATCH", "office", body, "?dryRun=true");
    expect(await nextTicks("daily")).toContain("2026-11-24T09:00:00.000Z");
    const made = await change("PATCH", "office", body);

    expect(made.json.impact).toEqual({
      jobs: [
        {
          job: "daily",
          removed: ["2026-11-24T09:00:00.000Z", "2026-11-25T09:00:00.000Z"],
          added: ["2026-11-21T09:00:00.000Z"],
          removedCount: 2,
          addedCount: 1,
        },
      ],
      jobsCount: 1,
      isCut: false,
    });
    expect(tried.json).toMatchObject({ dryRun: true, impact: made.json.impact });
    expect((await nextTicks("daily")).slice(0, 3)).toEqual([
      "2026-11-21T09:00:00.000Z",
      "2026-11-23T09:00:00.000Z",
      "2026-11-26T09:00:00.000Z",
    ]);
  });

  it("names a few ticks of a dense schedule, and counts the others", async () => {
    await makeJob("dense", { kind: "every", every: "10s", calendar: "office" });

    const { json } = await change("PATCH", "office", { exclude: ["2026-11-24"] });

    expect(json.impact.jobs).toMatchObject([
      { job: "dense", removedCount: 8_640, removed: { length: 20 }, addedCount: 0 },
    ]);
    expect(json.impact.jobs[0].removed[0]).toMatch(/^2026-11-24T00:00:0/);
  });

  it("shows rolled ticks where they would come to rest", async () => {
    const schedule = { ...DAILY, cron: "0 9 24 * *", calendar: { name: "office", roll: "next" } };
    await makeJob("rolled", schedule);

    const { json } = await change("PATCH", "office", { exclude: ["2026-11-24", "2026-11-25"] });

    expect(json.impact.jobs).toMatchObject([
      {
        removed: ["2026-11-24T09:00:00.000Z"],
        added: ["2026-11-26T09:00:00.000Z"],
        removedCount: 1,
        addedCount: 1,
      },
    ]);
    expect((await nextTicks("rolled"))[0]).toBe("2026-11-26T09:00:00.000Z");
  });

  it("reaches the jobs of every calendar that names it", async () => {
    await change("PUT", "desk", { allOf: ["office"] });
    await makeJob("daily", { ...DAILY, calendar: "desk" });

    const { json } = await change("PATCH", "office", { exclude: ["2026-11-23"] });

    expect(json.impact.jobs).toMatchObject([{ job: "daily", removedCount: 1 }]);
    expect((await nextTicks("daily"))[0]).toBe("2026-11-24T09:00:00.000Z");
  });

  it("is refused, with the jobs named, when it leaves one without a tick", async () => {
    await makeJob("mondays", { ...DAILY, cron: "0 9 * * 1" });
    await makeJob("daily", DAILY);

    const got = await change("PATCH", "office", { weekdays: [2, 3, 4, 5] });

    expect(got).toMatchObject({
      status: 422,
      json: { code: "calendar.invalid", errors: [{ message: expect.stringContaining("mondays") }] },
    });
    expect((await open.ask("GET", "/api/v1/calendars/office")).json.version).toBe(1);
    expect((await nextTicks("mondays"))[0]).toBe("2026-11-23T09:00:00.000Z");
  });

  it("lists a hundred jobs at most, and counts them all", async () => {
    for (let i = 0; i < 105; i++) await makeJob(`job-${i}`, DAILY);

    const { json } = await change("PATCH", "office", { exclude: ["2026-11-24"] }, "?dryRun=true");

    expect(json.impact).toMatchObject({ jobs: { length: 100 }, jobsCount: 105, isCut: true });
  });

  it("reaches a shard that missed it by the next healing", async () => {
    await makeJob("daily", DAILY);
    const { directory } = open.deps;
    const { revision, versionFloor, calendars } = await directory.calendarSet("default");
    // Stored, and never pushed: as if the process had died in between.
    const puts = calendars.map((calendar) => ({
      ...calendar,
      version: 2,
      rules: { ...calendar.rules, exclude: [{ date: "2026-11-23", name: null }] },
    }));
    const missed = { namespace: "default", revision, versionFloor, puts, deletes: [] };
    expect(await directory.changeCalendars(missed, null)).toBe(true);

    expect(await healDirectory(open.deps)).toBe(open.deps.shards.count);
    expect(await healDirectory(open.deps)).toBe(0);
    expect((await nextTicks("daily"))[0]).toBe("2026-11-24T09:00:00.000Z");
  });
});
