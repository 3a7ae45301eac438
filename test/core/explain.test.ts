import { describe, expect, test } from "vitest";
import { compileCalendar } from "../../src/core/calendar.ts";
import { compileJob } from "../../src/core/compiled-job.ts";
import { explainTick, type ExplainInput } from "../../src/core/explain.ts";
import type { Job, JobSpec } from "../../src/core/job.ts";
import type { Tick, TickEvidence } from "../../src/core/tick.ts";
import { spanWords, whenText } from "../../src/core/time-words.ts";
import { zoneOf, type Zone } from "../../src/core/zone.ts";
import { aRun } from "../support/a-run.ts";
import { aSpec, MINUTE } from "../support/a-shard.ts";
import { CRON_DEFAULTS } from "../support/specs.ts";

/** 2:00 in Shanghai on 1 October 2026. */
const TICK_MS = Date.UTC(2026, 8, 30, 18);
const DAY = 1_440 * MINUTE;
const WHEN = "2026-10-01 02:00:00 Asia/Shanghai (2026-09-30T18:00:00.000Z)";
const LATEST = { policy: "latest", graceMs: 5_000, maxAgeMs: 3_600_000, maxCatchup: 10 } as const;

const NIGHTLY = {
  ...CRON_DEFAULTS,
  kind: "cron",
  cron: "0 2 * * *",
  dialect: "standard",
  timezone: "Asia/Shanghai",
} as const;

function zone(name: string): Zone {
  const found = zoneOf(name);
  if (found === undefined) throw new Error(`there is no zone ${name}`);
  return found;
}

function aJob(more: Partial<Job> = {}, spec: Partial<JobSpec> = {}): Job {
  return {
    id: "job_a",
    namespace: "default",
    version: 4,
    state: "active",
    spec: aSpec({ schedule: NIGHTLY, ...spec }),
    pause: null,
    createdMs: TICK_MS - 30 * DAY,
    ticksDone: 0,
    updatedMs: TICK_MS - 20 * DAY,
    ...more,
  };
}

function aTick(evidence: Partial<TickEvidence> | null, more: Partial<Tick> = {}): Tick {
  return {
    jobId: "job_a",
    namespace: "default",
    nominalMs: TICK_MS,
    toMs: TICK_MS,
    count: 1,
    disposition: "skipped",
    reason: "misfire",
    intoMs: null,
    plannedMs: TICK_MS + 10 * MINUTE,
    evidence: evidence === null ? null : { jobVersion: 4, ...evidence },
    ...more,
  };
}

function explain(more: Partial<ExplainInput> = {}) {
  const job = more.job ?? aJob();
  return explainTick({
    job,
    compiled: compileJob(job.spec, (name) => (name === "cn" ? holidays() : undefined)),
    zone: zone("Asia/Shanghai"),
    nominalMs: TICK_MS,
    nowMs: TICK_MS + DAY,
    cursorMs: TICK_MS,
    run: null,
    tick: null,
    intoRun: null,
    dayName: null,
    ...more,
  });
}

function holidays() {
  const rules = { weekdays: [1, 2, 3, 4, 5, 6, 7], include: [], allOf: [], anyOf: [] };
  const exclude = [{ date: "2026-10-01", name: "National Day" }];
  const copy = { namespace: "default", name: "cn", version: 7, parts: {} };
  return compileCalendar({ ...copy, rules: { ...rules, exclude, knownUntil: null } });
}

describe("times in words", () => {
  test("are told in the zone and in UTC", () => {
    expect(whenText(zone("Asia/Shanghai"), TICK_MS)).toBe(WHEN);
    expect(whenText(zone("UTC"), TICK_MS)).toBe("2026-09-30T18:00:00.000Z");
  });

  test.each([
    [0, "0 ms", "0 毫秒"],
    [750, "750 ms", "750 毫秒"],
    [65_000, "1 min 5 s", "1 分 5 秒"],
    [3_600_000, "1 h", "1 小时"],
    [90_061_001, "1 d 1 h", "1 天 1 小时"],
  ])("tell %i ms in two units at most", (ms, en, zh) => {
    expect(spanWords(ms)).toEqual({ en, zh });
  });
});

describe("a fired tick", () => {
  test("tells how late it was, and how its run went", () => {
    const run = aRun({
      nominalMs: TICK_MS,
      jobVersion: 4,
      createdMs: TICK_MS + 12,
      startedMs: TICK_MS + 12,
      phase: { state: "succeeded", attempt: 2, endedMs: TICK_MS + 3_012 },
    });

    const told = explain({ run });

    expect(told).toMatchObject({ disposition: "fired", reason: null, startsMs: null });
    expect(told.words.en).toBe(
      `The tick of ${WHEN} fired: run run_a was made 12 ms later. ` +
        "Its first attempt was sent at once. The run succeeded at " +
        "2026-10-01 02:00:03 Asia/Shanghai (2026-09-30T18:00:03.012Z), 3 s after it started, " +
        "with attempt 2 of at most 3.",
    );
    expect(told.words.zh).toContain("12 毫秒后生成运行 run_a");
    expect(told.evidence).toContainEqual({ what: "lateMs", value: 12 });
  });

  test("of a sharded run tells how its shards stand", () => {
    const sharding = { mode: "count", total: 3, success: { mode: "all" } } as const;
    const tally = { total: 3, succeeded: 1, failed: 1, canceled: 0, failedSlices: [2] };
    const run = aRun({
      nominalMs: TICK_MS,
      createdMs: TICK_MS,
      startedMs: TICK_MS,
      order: { sharding },
      tally,
      phase: { state: "running", attempt: 0, send: 0, dueMs: TICK_MS + DAY },
    });
    const { words } = explain({ run });

    expect(words.en).toContain(
      "It was split into 3 shards. 2 of its 3 shards have ended: 1 succeeded, 1 failed.",
    );
    expect(words.zh).toContain("它被拆分为 3 个分片。");
    const whole = explain({ run: { ...run, tally: null } }).words.en;
    expect(whole).not.toContain("attempt was sent");
  });

  test("that was missed tells which policy let it run", () => {
    const run = aRun({ nominalMs: TICK_MS, jobVersion: 4, createdMs: TICK_MS + 10 * MINUTE });

    const { en, zh } = explain({ run }).words;

    expect(en).toContain(
      'later than the grace of 5 s, so it counted as missed, and the misfire policy "latest"',
    );
    expect(en).toContain("It has not started yet.");
    expect(zh).toContain("宽限 5 秒");
  });

  test("tells the jitter of its schedule", () => {
    const job = aJob({}, { schedule: { ...NIGHTLY, jitter: "1h" } });

    const run = aRun({ nominalMs: TICK_MS, createdMs: TICK_MS + 3_600_000, jobVersion: 4 });

    expect(explain({ job, run }).words.en).toContain(
      "The jitter of the schedule put its start off by",
    );
  });

  test.each([
    [{ state: "dispatching", attempt: 1, send: 1, dueMs: 0 }, "Attempt 1 is out."],
    [{ state: "running", attempt: 1, send: 1, dueMs: TICK_MS }, "was accepted by its target"],
    [
      { state: "retrying", attempt: 1, resend: 0, dueMs: TICK_MS },
      "Attempt 1 has failed: It broke; it is tried again at",
    ],
    [{ state: "failed", attempt: 3, endedMs: TICK_MS }, "The run failed at"],
    [{ state: "canceled", attempt: 0, endedMs: TICK_MS }, "before it had started: By hand."],
    [{ state: "lost", attempt: 1, endedMs: TICK_MS }, "nobody knows its outcome"],
  ] as const)("tells the state of its run: %j", (phase, words) => {
    const error = { message: "It broke.", code: null };

    const run = aRun({ nominalMs: TICK_MS, phase, error, cancelReason: "By hand" });

    expect(explain({ run }).words.en).toContain(words);
  });
});

describe("a coalesced tick", () => {
  test("names the tick and the run that did its work, the grace and the policy", () => {
    const tick = aTick(
      { misfire: LATEST },
      { disposition: "coalesced", reason: null, intoMs: TICK_MS + DAY },
    );

    const told = explain({ tick, intoRun: "run_b" });

    expect(told).toMatchObject({ disposition: "coalesced", reason: null });
    expect(told.words.en).toContain("decided at 2026-10-01 02:10:00 Asia/Shanghai");
    expect(told.words.en).toContain("10 min after its time");
    expect(told.words.en).toContain("The tick that ran for it is that of 2026-10-02 02:00:00");
    expect(told.words.en).toContain("run run_b");
    expect(told.words.en).toContain("more than 5 s late (the grace) counts as missed");
    expect(told.words.en).toContain('"latest" only the newest of the ticks missed within 1 h');
    expect(told.words.zh).toContain("错过策略“latest”");
    expect(told.evidence).toContainEqual({ what: "intoRun", value: "run_b" });
  });

  test("tells when a newer run would have canceled it at once", () => {
    const tick = aTick(
      { overlap: "cancel_other" },
      { disposition: "coalesced", reason: null, intoMs: TICK_MS + DAY },
    );

    expect(explain({ tick }).words.en).toContain('overlap policy "cancel_other" only the newest');
  });
});

describe("a skipped tick", () => {
  test.each([
    ["skip", 'By the overlap policy "skip" no other one waits', "重叠策略“skip”"],
    ["buffer_one", "one more may wait for its turn, and one did", "buffer_one"],
  ] as const)("names the run that stood in its way: %s", (overlap, en, zh) => {
    const evidence = { overlap, live: 2, limit: 1, blockedBy: "run_b" };

    const told = explain({ tick: aTick(evidence, { reason: "overlap", plannedMs: TICK_MS + 3 }) });

    expect(told.words.en).toContain("2 runs of the job had not ended, the oldest of them run_b");
    expect(told.words.en).toContain("and 1 may run at a time");
    expect(told.words.en).toContain(en);
    expect(told.words.zh).toContain(zh);
    expect(told.evidence).toContainEqual({ what: "blockedBy", value: "run_b" });
  });

  test("tells the pause, its reason, and what the end of it did", () => {
    const pause = { sinceMs: TICK_MS - MINUTE, untilMs: TICK_MS + MINUTE, reason: "maintenance" };

    const tick = aTick({ pause, misfire: { ...LATEST, policy: "skip" } }, { reason: "paused" });
    const { words, evidence } = explain({ tick });

    expect(words.en).toContain("The job was paused at 2026-10-01 01:59:00 Asia/Shanghai");
    expect(words.en).toContain("to resume at 2026-10-01 02:01:00 Asia/Shanghai");
    expect(words.en).toContain('for this reason: "maintenance".');
    expect(words.en).toContain('By the misfire policy "skip" no missed tick runs.');
    expect(words.en).toContain('own misfire policy is "latest"; the resume named another');
    expect(words.zh).toContain("原因：“maintenance”");
    expect(evidence).toContainEqual({
      what: "pause",
      value: {
        since: "2026-09-30T17:59:00.000Z",
        until: "2026-09-30T18:01:00.000Z",
        reason: "maintenance",
      },
    });
  });

  test.each([
    [{ misfire: { ...LATEST, policy: "skip" } }, 'By the misfire policy "skip"'],
    [{ misfire: { ...LATEST, maxAgeMs: MINUTE } }, "A missed tick older than 1 min (maxAge)"],
    [{ misfire: { ...LATEST, policy: "all", maxCatchup: 2 } }, "the newest 2 of the missed ticks"],
    [{ misfire: LATEST }, "this was an older one, and no run was made then"],
    [{ startWithinMs: 30_000 }, "at most 30 s after its tick (startWithin)"],
  ] as const)("tells which rule of the misfire policy met it: %j", (evidence, words) => {
    expect(explain({ tick: aTick(evidence) }).words.en).toContain(words);
  });

  test("names the calendar, its version and the day", () => {
    const calendar = { name: "cn", version: 7 };

    const tick = aTick({ calendar }, { reason: "calendar", plannedMs: TICK_MS });
    const told = explain({ tick, dayName: "National Day" });

    expect(told.words.en).toContain(
      'The calendar "cn", at version 7, has 2026-10-01 closed (National Day).',
    );
    expect(told.words.zh).toContain("日历“cn”（版本 7）在 2026-10-01（National Day）不开放");
    expect(told.evidence).toContainEqual({ what: "day", value: "National Day" });
  });

  test("tells that the job had ended", () => {
    const { words } = explain({ tick: aTick({}, { reason: "ended" }) });

    expect(words.en).toContain("ended or deleted before the tick was handled");
  });

  test("in a range tells how many share its fate", () => {
    const tick = aTick({ misfire: LATEST }, { nominalMs: TICK_MS - DAY, toMs: TICK_MS, count: 2 });

    const told = explain({ tick });

    expect(told.words.en).toContain("one of 2 ticks with this fate, from 2026-09-30 02:00:00");
    expect(told.words.en).toContain("1 more.");
  });

  test("tells that another version of the job was in force", () => {
    const { words } = explain({ tick: aTick({ jobVersion: 2, misfire: LATEST }) });

    expect(words.en).toContain("version 2 of the job; the job is at version 4 now");
  });

  test("of a time when no evidence was kept says so", () => {
    expect(explain({ tick: aTick(null) }).words.en).toContain("was not kept at that time");
  });
});

describe("a dropped tick", () => {
  test("tells how many ran and waited", () => {
    const evidence = { overlap: "buffer_all", live: 1_001, limit: 1, blockedBy: "run_b" } as const;

    const tick = aTick(evidence, { disposition: "dropped", reason: "limit" });
    const told = explain({ tick });

    expect(told.disposition).toBe("dropped");
    expect(told.words.en).toContain("1001 runs of the job had not ended");
    expect(told.words.en).toContain("as many as may wait did");
  });
});

describe("a tick without a row", () => {
  const ahead = { nominalMs: TICK_MS, nowMs: TICK_MS - DAY, cursorMs: TICK_MS - 2 * DAY };

  test("that is still to come tells when its run starts", () => {
    const told = explain(ahead);

    expect(told).toMatchObject({ disposition: "pending", startsMs: TICK_MS });
    expect(told.words.en).toBe(`The tick of ${WHEN} is still to come.`);
  });

  test("that a calendar will skip says so", () => {
    const calendar = { name: "cn", roll: "skip" } as const;
    const job = aJob({}, { schedule: { ...NIGHTLY, calendar } });

    const told = explain({ ...ahead, job, dayName: "National Day" });

    expect(told.startsMs).toBeNull();
    expect(told.words.en).toContain('the calendar "cn" has that day closed (National Day)');
  });

  test("within a pause waits for its end", () => {
    const pause = { sinceMs: TICK_MS - DAY, untilMs: null, reason: null, cursorMs: TICK_MS - DAY };

    const told = explain({ job: aJob({ state: "paused", pause }), cursorMs: TICK_MS - DAY });

    expect(told.disposition).toBe("pending");
    expect(told.words.en).toContain("is not decided yet. The job was paused at");
  });

  test("that was due a moment ago is not decided yet", () => {
    const told = explain({ nowMs: TICK_MS + 2_000, cursorMs: TICK_MS - DAY });

    expect(told.disposition).toBe("pending");
    expect(told.words.en).toContain("not decided yet, 2 s after its time");
  });

  test("before the job was made belongs to nobody", () => {
    const told = explain({ job: aJob({ createdMs: TICK_MS + MINUTE }) });

    expect(told.disposition).toBe("none");
    expect(told.words.en).toContain("the job was made later");
  });

  test("of a time before the schedule was changed belongs to the older one", () => {
    const told = explain({ job: aJob({ updatedMs: TICK_MS + MINUTE }) });

    expect(told.disposition).toBe("none");
    expect(told.words.en).toContain("the version of the job that was then in force had none");
  });

  test("of a job that has ended will never be", () => {
    const told = explain({ job: aJob({ state: "ended" }) });

    expect(told).toMatchObject({ disposition: "none" });
    expect(told.words.en).toContain("it fires no more");
  });
});
