import { describe, expect, it } from "vitest";
import type { CalendarCopy, CalendarRules } from "../../src/core/calendar.ts";
import { calendarKey } from "../../src/core/directory.ts";
import type { JobSpec } from "../../src/core/job.ts";
import type { DirectoryCopy } from "../../src/ports/shard-storage.ts";
import { MINUTE, REF, T0, TestShard } from "../support/a-shard.ts";
import { EVERY_DEFAULTS } from "../support/specs.ts";

/** T0 is noon of this day, a Friday. */
const TODAY = "2026-05-01";
const TOMORROW = "2026-05-02";
const MIDNIGHT = T0 + 12 * 60 * MINUTE;

/** A calendar with every day open but these. */
function aCalendar(version: number, closed: readonly string[] = []): CalendarCopy {
  const rules: CalendarRules = {
    weekdays: [1, 2, 3, 4, 5, 6, 7],
    include: [],
    exclude: closed.map((date) => ({ date, name: "closed" })),
    allOf: [],
    anyOf: [],
    knownUntil: null,
  };
  return { namespace: "default", name: "office", version, rules, parts: {} };
}

function copyOf(calendar: CalendarCopy): DirectoryCopy {
  const { namespace, name, version } = calendar;
  return { key: calendarKey(namespace, name), version, body: JSON.stringify(calendar) };
}

/** Each minute, on the days that the calendar has open. */
function onOffice(more: Partial<JobSpec> = {}): Partial<JobSpec> {
  const anchor = new Date(T0).toISOString();
  const calendar = { name: "office", roll: "skip" } as const;
  const schedule = { kind: "every", every: "1m", anchor, ...EVERY_DEFAULTS, calendar } as const;
  return { schedule, overlap: "allow", ...more };
}

function aShardWithJob(more: Partial<JobSpec> = {}): TestShard {
  const test = new TestShard();
  test.put(onOffice(more), { copies: [copyOf(aCalendar(1))] });
  return test;
}

function take(test: TestShard, calendar: CalendarCopy): number {
  return test.do("directory.put", { copies: [copyOf(calendar)] }).taken;
}

const nextTickOf = (test: TestShard) => test.do("job.get", { ref: REF }).view.nextTickMs;

describe("a newer copy of a calendar", () => {
  it("leaves what was due to the old one, and gives the rest to the new one", () => {
    const test = aShardWithJob();

    test.nowMs = T0 + 2 * MINUTE + 500;
    take(test, aCalendar(2, [TODAY]));
    test.tickAt(T0 + 4 * MINUTE + 500);

    const fired = test.runs.map((run) => run.nominalMs);
    expect(fired).toEqual([T0 + MINUTE, T0 + 2 * MINUTE]);
    expect(test.ticks).toMatchObject([
      {
        nominalMs: T0 + 3 * MINUTE,
        disposition: "skipped",
        reason: "calendar",
        evidence: { calendar: { name: "office", version: 2 } },
      },
      { nominalMs: T0 + 4 * MINUTE, reason: "calendar" },
    ]);
    expect(nextTickOf(test)).toBe(MIDNIGHT);
  });

  it("opens days from now on only", () => {
    const test = new TestShard();
    test.put(onOffice(), { copies: [copyOf(aCalendar(1, [TODAY]))] });

    test.nowMs = T0 + 2 * MINUTE + 500;
    take(test, aCalendar(2));
    test.tickAt(T0 + 3 * MINUTE + 500);

    expect(test.runs.map((run) => run.nominalMs)).toEqual([T0 + 3 * MINUTE]);
    expect(test.ticks.map((tick) => [tick.nominalMs, tick.reason])).toEqual([
      [T0 + MINUTE, "calendar"],
      [T0 + 2 * MINUTE, "calendar"],
    ]);
  });

  it("survives a restart right after it", () => {
    const test = aShardWithJob();
    take(test, aCalendar(2, [TODAY]));
    test.restart();
    test.tickAt(T0 + MINUTE + 500);

    expect(test.runs).toEqual([]);
    expect(test.ticks).toMatchObject([{ nominalMs: T0 + MINUTE, reason: "calendar" }]);
  });

  it("loses against one that is as new or newer", () => {
    const test = aShardWithJob();

    expect(take(test, aCalendar(1, [TODAY]))).toBe(0);
    expect(take(test, aCalendar(3))).toBe(1);
    expect(take(test, aCalendar(2, [TODAY]))).toBe(0);
    expect(nextTickOf(test)).toBe(T0 + MINUTE);
  });

  it("does not touch the job's version, for nothing that its user said has changed", () => {
    const test = aShardWithJob();
    const { version } = test.do("job.get", { ref: REF }).view.job;

    take(test, aCalendar(2, [TOMORROW]));

    expect(test.do("job.get", { ref: REF }).view.job.version).toBe(version);
  });

  it("pauses a job that it leaves without a tick, and says why", () => {
    const test = new TestShard();
    const end = { endAt: new Date(MIDNIGHT - 1).toISOString() };
    const { schedule } = onOffice();
    if (schedule?.kind !== "every") throw new Error("the job has an interval");
    test.put(onOffice({ schedule: { ...schedule, ...end } }), { copies: [copyOf(aCalendar(1))] });

    test.nowMs = T0 + MINUTE + 500;
    take(test, aCalendar(2, [TODAY]));

    const { job, nextTickMs } = test.do("job.get", { ref: REF }).view;
    expect(job).toMatchObject({
      state: "paused",
      pause: { reason: 'Version 2 of the calendar "office" leaves this job no tick.' },
    });
    expect(nextTickMs).toBeNull();
    expect(test.runs.map((run) => run.nominalMs)).toEqual([T0 + MINUTE]);
    test.tickAt(T0 + 5 * MINUTE);
    expect(test.runs).toHaveLength(1);
  });

  it("accounts for the ticks of a paused job under the old one", () => {
    const test = aShardWithJob();
    test.do("job.pause", { ref: REF, untilMs: null, reason: null });

    test.nowMs = T0 + 3 * MINUTE + 500;
    take(test, aCalendar(2, [TOMORROW]));
    expect(test.ticks).toMatchObject([
      { nominalMs: T0 + MINUTE, toMs: T0 + 3 * MINUTE, count: 3, reason: "paused" },
    ]);

    test.nowMs = T0 + 4 * MINUTE + 500;
    test.do("job.resume", { ref: REF, missed: "skip" });
    expect(test.ticks.map((tick) => tick.count)).toEqual([3, 1]);
    expect(nextTickOf(test)).toBe(T0 + 5 * MINUTE);
  });

  it("comes with a job, and is for all that use it", () => {
    const test = aShardWithJob();
    const copies = [copyOf(aCalendar(2, [TODAY]))];

    test.put(onOffice({ name: "other" }), { copies });
    expect(nextTickOf(test)).toBe(MIDNIGHT);

    const edited = test.put(onOffice({ description: "changed" }), {
      copies: [copyOf(aCalendar(3))],
    });
    expect(edited).toMatchObject({ version: 2, state: "active", spec: { description: "changed" } });
    expect(nextTickOf(test)).toBe(T0 + MINUTE);
    expect(test.do("job.get", { ref: { ...REF, job: "other" } }).view.nextTickMs).toBe(T0 + MINUTE);
  });

  it("is laid under a new schedule of the job that brings it", () => {
    const test = aShardWithJob();
    const { schedule } = onOffice();
    if (schedule?.kind !== "every") throw new Error("the job has an interval");

    test.nowMs = T0 + MINUTE + 500;
    test.put(onOffice({ schedule: { ...schedule, every: "10m" } }), {
      copies: [copyOf(aCalendar(2, [TODAY]))],
    });

    expect(test.runs.map((run) => run.nominalMs)).toEqual([T0 + MINUTE]);
    expect(nextTickOf(test)).toBe(MIDNIGHT);
  });
});

describe("what a calendar may do", () => {
  it("is refused to a job whose calendar the shard has never seen", () => {
    const test = new TestShard();

    const reply = test.tryPut(onOffice());

    expect(reply).toMatchObject({ ok: false, refusal: { code: "calendar.unknown" } });
  });

  it("is bounded by the number of its users", () => {
    const test = new TestShard({ calendarJobsMax: 2 });
    const copies = [copyOf(aCalendar(1))];
    for (const name of ["report", "b"]) test.put(onOffice({ name }), { copies });

    expect(test.tryPut(onOffice({ name: "c" }), { copies })).toMatchObject({
      ok: false,
      refusal: { code: "quota.exceeded" },
    });
    test.put(onOffice({ name: "b", description: "changed" }), { copies });
    test.do("job.delete", { ref: REF, ifVersion: null, running: "finish" });
    test.put(onOffice({ name: "c" }), { copies });
  });

  it("is told without being done", () => {
    const test = aShardWithJob();
    const copies = [aCalendar(2, [TODAY])];

    const impact = test.do("calendar.impact", { copies, afterJobId: "", jobsMax: 10 });

    expect(impact).toMatchObject({
      jobs: [{ job: "report", removedCount: 12 * 60 - 1, addedCount: 0 }],
      jobsCount: 1,
      deadJobs: [],
      isCut: false,
      nextAfterJobId: null,
    });
    expect(nextTickOf(test)).toBe(T0 + MINUTE);
    expect(test.do("calendar.jobs", { namespace: "default", name: "office" })).toEqual({
      jobs: ["report"],
      jobsCount: 1,
    });
  });

  it("is told page by page", () => {
    const test = new TestShard();
    const copies = [copyOf(aCalendar(1))];
    const names = Array.from({ length: 450 }, (_, i) => `job-${i}`);
    for (const name of names) test.put(onOffice({ name }), { copies });

    const input = { copies: [aCalendar(2, [TODAY])], jobsMax: 0 };
    let count = 0;
    for (let afterJobId: string | null = ""; afterJobId !== null;) {
      const page: { jobsCount: number; isCut: boolean; nextAfterJobId: string | null } = test.do(
        "calendar.impact",
        { ...input, afterJobId },
      );
      expect(page.isCut).toBe(true);
      count += page.jobsCount;
      afterJobId = page.nextAfterJobId;
    }

    expect(count).toBe(450);
  });
});
