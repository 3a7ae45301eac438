import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aJob, OpenApi, START_MS } from "../support/open-api.ts";

const JOBS = "/api/v1/jobs";
const JOB = `${JOBS}/nightly-report`;
const MINUTE = 60_000;
const TEN = 10 * MINUTE;
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

/** A job that ticks every ten minutes, ten minutes from now at first. */
function make(changes: Record<string, unknown> = {}) {
  return open.ask("POST", JOBS, {
    body: aJob({ schedule: { kind: "every", every: "10m" }, ...changes }),
  });
}

/** So many minutes after the job was made. */
function minute(count: number): string {
  return new Date(START_MS + count * MINUTE).toISOString();
}

function explain(nominal: string | number, job = "nightly-report") {
  return open.ask("GET", `${JOBS}/${job}/ticks/${nominal}/explain`);
}

describe("the explanation of a tick that fired", () => {
  it("tells its run as the shard sees it, and later as the records do", async () => {
    await make();
    open.advance(TEN);

    const early = await explain(minute(10));
    await open.succeed(early.json.run);
    await open.recordsCaughtUp();
    const late = await explain(minute(10));

    expect(early).toMatchObject({ status: 200, json: { disposition: "fired", lagMs: 0 } });
    expect(early.json.runSummary).toMatchObject({ state: "dispatching", attempt: 1 });
    expect(early.json.words.en).toContain("Attempt 1 is out.");
    expect(late.json).toMatchObject({
      nominalAt: minute(10),
      disposition: "fired",
      run: early.json.run,
      plannedAt: minute(10),
      runSummary: { state: "succeeded", attempt: 1 },
      policy: { jobVersion: 1, overlap: "skip", misfire: { policy: "latest", grace: "5s" } },
    });
    expect(late.json.words.en).toContain("The run succeeded at");
    expect(late.json.words.zh).toContain("成功");
  });

  it("is found by RFC 3339 in any offset, encoded or not, and by milliseconds", async () => {
    const { json } = await make();
    open.advance(TEN);
    const local = new Date(START_MS + TEN + 8 * 3_600_000).toISOString().replace("Z", "+08:00");

    const asked = [minute(10), local, encodeURIComponent(local), START_MS + TEN];
    const got = await Promise.all(asked.map((nominal) => explain(nominal)));
    const byId = await explain(minute(10), json.id);

    for (const { status, json: told } of [...got, byId])
      expect([status, told.nominalAt]).toEqual([200, minute(10)]);
  });
});

describe("the explanation of a tick that did not fire", () => {
  it("names the tick and the run that it was coalesced into", async () => {
    await make();
    open.advance(35 * MINUTE);

    const got = await explain(minute(20));
    const into = await explain(minute(30));

    expect(got.json).toMatchObject({
      disposition: "coalesced",
      into: minute(30),
      intoRun: into.json.run,
      from: minute(10),
      to: minute(20),
      count: 2,
      plannedAt: minute(35),
      lagMs: 15 * MINUTE,
    });
    expect(got.json.words.en).toContain("15 min after its time");
    expect(got.json.words.en).toContain('misfire policy "latest"');
    expect(got.json.words.en).toContain("one of 2 ticks");
    expect(into.json.words.en).toContain("it counted as missed");
  });

  it("names the run that stood in its way", async () => {
    await make();
    open.advance(TEN);
    open.advance(TEN);
    const { json: blocking } = await explain(minute(10));

    const got = await explain(minute(20));
    await open.recordsCaughtUp();
    const later = await explain(minute(20));

    expect(got.json).toMatchObject({ disposition: "skipped", reason: "overlap" });
    expect(got.json.words.en).toContain(
      `1 run of the job had not ended, the oldest of them ${blocking.run}`,
    );
    expect(got.json.evidence).toContainEqual({ what: "blockedBy", value: blocking.run });
    expect(later.json).toEqual(got.json);
  });

  it("tells the pause that it fell into, and what the resume did", async () => {
    await make();
    open.advance(5 * MINUTE);
    await open.ask("POST", `${JOB}/pause`, { body: { reason: "maintenance" } });
    open.advance(20 * MINUTE);

    const during = await explain(minute(10));
    await open.ask("POST", `${JOB}/resume`, { body: { missed: "skip" } });
    const after = await explain(minute(10));

    expect(during.json).toMatchObject({ disposition: "pending" });
    expect(during.json.words.en).toContain("not decided yet. The job was paused at");
    expect(after.json).toMatchObject({ disposition: "skipped", reason: "paused", count: 2 });
    expect(after.json.words.en).toContain('for this reason: "maintenance".');
    expect(after.json.words.en).toContain('By the misfire policy "skip" no missed tick runs.');
    expect(after.json.words.zh).toContain("maintenance");
  });

  it.each([
    [{ misfire: { policy: "skip" } }, 'By the misfire policy "skip"'],
    [{ misfire: { maxAge: "12m" } }, "A missed tick older than 12 min (maxAge)"],
    [{ misfire: { policy: "all", maxCatchup: 1 } }, "the newest 1 of the missed ticks"],
  ])("tells the misfire policy: %j", async (rules, words) => {
    await make(rules);
    open.advance(35 * MINUTE);

    const got = await explain(minute(10));

    expect(got.json).toMatchObject({ disposition: "skipped", reason: "misfire" });
    expect(got.json.words.en).toContain(words);
  });

  it("tells that it was too late to start", async () => {
    await make({ startWithin: "1m" });
    open.advance(12 * MINUTE);

    const got = await explain(minute(10));

    expect(got.json).toMatchObject({ disposition: "skipped", reason: "misfire" });
    expect(got.json.words.en).toContain("at most 1 min after its tick (startWithin)");
  });

  it("names the calendar, its version and the day", async () => {
    const exclude = [{ date: "2026-11-21", name: "Founders' Day" }];
    await open.ask("POST", "/api/v1/calendars", { body: { name: "office", exclude } });
    await make({ schedule: { kind: "cron", cron: "*/10 * * * *", calendar: "office" } });
    open.advance(25 * MINUTE);

    const past = await explain("2026-11-21T02:10:00Z");
    const ahead = await explain("2026-11-21T03:00:00Z");

    expect(past.json).toMatchObject({
      disposition: "skipped",
      reason: "calendar",
      policy: { calendar: { name: "office", roll: "skip", version: 1 } },
    });
    expect(past.json.words.en).toContain(
      'The calendar "office", at version 1, has 2026-11-21 closed (Founders\' Day).',
    );
    expect(ahead.json.disposition).toBe("pending");
    expect(ahead.json.words.en).toContain("has that day closed (Founders' Day)");
  });

  it("tells how full its job was when it was dropped", async () => {
    const misfire = { policy: "all", maxCatchup: 1_000, maxAge: "1d" };
    await make({ schedule: { kind: "every", every: "1s" }, overlap: "buffer_all", misfire });
    // One turn plans a thousand ticks; the next ones plan the rest.
    for (const ms of [1_000, 1_000, 1_100_000, 0, 0]) open.advance(ms);

    const got = await explain(START_MS + 1_102_000);

    expect(got.json).toMatchObject({ disposition: "dropped", reason: "limit" });
    expect(got.json.words.en).toContain("1001 runs of the job had not ended");
    expect(got.json.words.zh).toContain("队列已满");
  });
});

describe("the explanation of a tick that nothing has become of", () => {
  it("tells when its run is to start", async () => {
    await make({ schedule: { kind: "every", every: "10m", jitter: "5m" } });

    const got = await explain(minute(20));

    expect(got.json).toMatchObject({ disposition: "pending", nominalAt: minute(20) });
    expect(Date.parse(got.json.startsAt)).toBeGreaterThanOrEqual(START_MS + 20 * MINUTE);
    expect(Date.parse(got.json.startsAt)).toBeLessThanOrEqual(START_MS + 25 * MINUTE);
    expect(got.json.words.en).toContain("still to come");
  });

  it("before the job was made is nobody's", async () => {
    await make();

    const got = await explain(minute(0));

    expect(got.json.disposition).toBe("none");
    expect(got.json.words.en).toContain("the job was made later");
  });

  it("before the schedule changed belongs to the version before", async () => {
    await make();
    open.advance(25 * MINUTE);
    await open.ask("PATCH", JOB, { body: { schedule: { every: "4m" } } });

    const old = await explain(minute(10));
    const never = await explain(minute(16));

    expect(old.json.words.en).toContain("version 1 of the job");
    expect(never.json.disposition).toBe("none");
    expect(never.json.words.en).toContain("then in force had none");
  });

  it("of a fixed delay is known for the next tick only", async () => {
    await make({ schedule: { kind: "after", delay: "10m" } });

    const next = await explain(minute(10));
    const other = await explain(minute(20));

    expect(next.json.disposition).toBe("pending");
    expect(other).toMatchObject({ status: 404, json: { code: "tick.unknown" } });
    expect(other.json.hint).toContain(minute(10));
  });
});

describe("an instant that is no tick", () => {
  it("is told with the ticks around it", async () => {
    await make();

    const got = await explain(minute(15));

    expect(got).toMatchObject({ status: 404, json: { code: "tick.unknown" } });
    expect(got.json.hint).toContain(`nearest to it are ${minute(10)} and ${minute(20)}`);
  });

  it("within a range of ticks is not one of them", async () => {
    await make();
    open.advance(35 * MINUTE);

    const got = await explain(minute(15));

    expect(got).toMatchObject({ status: 404, json: { code: "tick.unknown" } });
  });

  it("is told where its calendar has moved it", async () => {
    await open.ask("POST", "/api/v1/calendars", {
      body: { name: "work", weekdays: [1, 2, 3, 4, 5] },
    });
    const calendar = { name: "work", roll: "next" };
    await make({ schedule: { kind: "cron", cron: "0 9 * * *", calendar } });

    // 22 November 2026 is a Sunday.
    const got = await explain("2026-11-22T09:00:00Z");

    expect(got.status).toBe(404);
    expect(got.json.hint).toContain("moved the tick to 2026-11-23T09:00:00.000Z");
  });

  it("of a manual job is any", async () => {
    await make({ schedule: { kind: "manual" } });

    const got = await explain(minute(10));

    expect(got).toMatchObject({ status: 404, json: { code: "tick.unknown" } });
  });

  it.each(["soon", "2026-02-30T00:00:00Z", "-1", "99999999999999999"])(
    "must be an instant: %s",
    async (nominal) => {
      await make();

      const got = await explain(nominal);

      expect(got).toMatchObject({ status: 400, json: { code: "request.invalid" } });
    },
  );

  it("of another namespace's job is not told of", async () => {
    await make();
    const token = await open.newToken("read", "other");

    const got = await open.ask("GET", `${JOB}/ticks/${minute(10)}/explain`, { token });

    expect(got).toMatchObject({ status: 404, json: { code: "job.unknown" } });
  });
});
