import { describe, expect, test } from "vitest";
import { compileCalendar } from "../../src/core/calendar.ts";
import { compileJob } from "../../src/core/compiled-job.ts";
import type { JobSpec } from "../../src/core/job.ts";
import {
  simulate,
  SIMULATION_LIMITS,
  type SimulatedTick,
  type Simulation,
  type SimulationInput,
} from "../../src/core/simulate.ts";
import { LINE_LIMITS, linesOf } from "../../src/core/simulated-lines.ts";
import { loadOf } from "../../src/core/simulated-load.ts";
import { aSpec, MINUTE, T0 } from "../support/a-shard.ts";
import { AFTER_DEFAULTS, CRON_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";

const EVERY = { kind: "every", every: "1m", anchor: new Date(T0).toISOString() } as const;

/** Ten minutes of a job that ticks each minute, from T0 on; its runs take a second. */
function play(spec: Partial<JobSpec> = {}, more: Partial<SimulationInput> = {}): Simulation {
  return simulate({
    compiled: compileJob(aSpec(spec), (name) => (name === "work" ? workdays() : undefined)),
    jobId: "job_a",
    concurrency: spec.concurrency ?? null,
    ticksDone: 0,
    fromMs: T0,
    toMs: T0 + 10 * MINUTE,
    durationMs: 1_000,
    outages: [],
    pauses: [],
    ...more,
  });
}

function workdays() {
  const rules = { weekdays: [1, 2, 3, 4, 5], include: [], exclude: [], allOf: [], anyOf: [] };
  const copy = { namespace: "default", name: "work", version: 2, parts: {} };
  return compileCalendar({ ...copy, rules: { ...rules, knownUntil: null } });
}

function minutes(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : (ms - T0) / MINUTE;
}

/** `minute disposition reason` of each line. */
function fates({ ticks }: Simulation): readonly string[] {
  return ticks.map(({ nominalMs, disposition, reason, intoMs, count }) => {
    const more = reason ?? (intoMs === null ? "" : `into ${minutes(intoMs)}`);
    return `${minutes(nominalMs)} ${disposition} ${more}${count > 1 ? ` x${count}` : ""}`.trim();
  });
}

function starts({ ticks }: Simulation): readonly (number | null)[] {
  return ticks.flatMap(({ run }) => (run === null ? [] : [minutes(run.startsMs)]));
}

describe("a simulated range", () => {
  test("counts a tick at either end, and none beyond", () => {
    const played = play();

    expect(starts(played)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(played).toMatchObject({ count: 11, isCounted: false });
  });

  test("finds the ticks of an outage late, and treats them by the misfire policy", () => {
    const outages = [{ fromMs: T0 + 2.5 * MINUTE, toMs: T0 + 6.5 * MINUTE }];

    const played = play({}, { outages });

    expect(fates(played).slice(2, 8)).toEqual([
      "2 fired",
      "3 coalesced into 6 x3",
      "6 fired",
      "7 fired",
      "8 fired",
      "9 fired",
    ]);
    expect(starts(played)).toEqual([0, 1, 2, 6.5, 7, 8, 9, 10]);
  });

  test("knows the end of a run in an outage when the outage is over", () => {
    const outages = [{ fromMs: T0 + 1.5 * MINUTE, toMs: T0 + 4.5 * MINUTE }];

    const played = play({}, { outages, durationMs: MINUTE });

    expect(minutes(played.ticks[1]?.run?.endsMs)).toBe(4.5);
  });

  test("ends a pause with the policy that is named", () => {
    const pauses = [{ fromMs: T0 + 1.5 * MINUTE, toMs: T0 + 4.5 * MINUTE, missed: "all" as const }];

    const played = play({ overlap: "allow" }, { pauses });

    expect(starts(played)).toEqual([0, 1, 4.5, 4.5, 4.5, 5, 6, 7, 8, 9, 10]);
  });

  test("skips the ticks of closed days", () => {
    const schedule = { kind: "cron", cron: "0 9 * * *", dialect: "standard" } as const;
    const calendar = { name: "work", roll: "skip" } as const;
    const daily = { ...CRON_DEFAULTS, ...schedule, timezone: "UTC", calendar };

    const played = play({ schedule: daily }, { toMs: T0 + 4 * 1_440 * MINUTE });

    // T0 is the noon of a Friday.
    expect(played.ticks.map(({ disposition, reason }) => reason ?? disposition)).toEqual([
      "calendar",
      "calendar",
      "fired",
      "fired",
    ]);
  });

  test("counts a fixed delay from the end of each run", () => {
    const schedule = { ...AFTER_DEFAULTS, kind: "after", delay: "2m" } as const;

    const played = play({ schedule }, { durationMs: MINUTE });

    expect(starts(played)).toEqual([2, 5, 8]);
  });

  test("ends a fixed delay with the last of its ticks", () => {
    const startAt = new Date(T0).toISOString();
    const schedule = { kind: "after", delay: "1m", startAt, endAt: null, ticksMax: 2 } as const;

    expect(starts(play({ schedule }))).toHaveLength(2);
  });
});

describe("runs that take longer than the ticks are apart", () => {
  const long = { durationMs: 2.5 * MINUTE };

  test.each([
    ["skip", ["0 fired", "1 skipped overlap", "2 skipped overlap", "3 fired"], [0, 3]],
    ["buffer_one", ["0 fired", "1 fired", "2 skipped overlap", "3 fired"], [0, 2.5, 5]],
    ["buffer_all", ["0 fired", "1 fired", "2 fired", "3 fired"], [0, 2.5, 5, 7.5]],
    ["cancel_other", ["0 fired", "1 fired", "2 fired", "3 fired"], [0, 1, 2, 3]],
    ["allow", ["0 fired", "1 fired", "2 fired", "3 fired"], [0, 1, 2, 3]],
  ] as const)("meet the overlap policy %s", (overlap, expected, started) => {
    const played = play({ overlap }, { ...long, toMs: T0 + 3 * MINUTE });

    expect(fates(played)).toEqual(expected);
    expect(starts(played)).toEqual(started);
  });

  test("are canceled for the newest where the policy says so", () => {
    const played = play({ overlap: "cancel_other" }, { ...long, toMs: T0 + MINUTE });

    expect(played.ticks.map(({ run }) => [minutes(run?.endsMs), run?.isCanceled])).toEqual([
      [1, true],
      [3.5, false],
    ]);
  });

  test("wait for the concurrency of the job", () => {
    const played = play({ overlap: "allow", concurrency: 2 }, { ...long, toMs: T0 + 3 * MINUTE });

    expect(starts(played)).toEqual([0, 1, 2.5, 3.5]);
  });

  test("are canceled when they would start too late", () => {
    const rules = { overlap: "buffer_all", startWithin: "1m" } as const;

    const played = play(rules, { ...long, toMs: T0 + 2 * MINUTE });

    expect(starts(played)).toEqual([0, null, 2.5]);
    expect(played.ticks[1]?.run).toMatchObject({ isCanceled: true });
  });
});

describe("a dense range", () => {
  test("is counted and not played, in no time", () => {
    const schedule = { kind: "cron", cron: "* * * * * *", dialect: "standard" } as const;
    const perSecond = { ...CRON_DEFAULTS, ...schedule, timezone: "Europe/Berlin" };

    const played = play(
      { schedule: perSecond },
      { toMs: T0 + SIMULATION_LIMITS.spanMsMax - 1_000 },
    );

    expect(played).toEqual({ ticks: [], count: 366 * 86_400, isCounted: true, isCut: false });
  });

  test("of a fixed delay breaks off", () => {
    const schedule = { ...AFTER_DEFAULTS, kind: "after", delay: "1s" } as const;

    const played = play({ schedule }, { toMs: T0 + 10 * 1_440 * MINUTE, durationMs: 1 });

    expect(played).toMatchObject({ count: SIMULATION_LIMITS.ticksMax, isCut: true });
  });
});

describe("the lines of a simulation", () => {
  const day = { toMs: T0 + 1_440 * MINUTE };

  test("are single ticks while these are few", () => {
    expect(linesOf(play().ticks).lines).toHaveLength(11);
  });

  test("put neighbours of one fate together when there are many", () => {
    const outages = [{ fromMs: T0 + 600 * MINUTE, toMs: T0 + 700.5 * MINUTE }];

    const { lines, isCut } = linesOf(
      play({ schedule: { ...EVERY_DEFAULTS, ...EVERY } }, { ...day, outages }).ticks,
    );

    expect(isCut).toBe(false);
    expect(lines.map(({ disposition, count }) => [disposition, count])).toEqual([
      ["fired", 600],
      ["skipped", 41],
      ["coalesced", 59],
      ["fired", 741],
    ]);
  });

  test("are cut off when there are too many still", () => {
    const tick = play().ticks[0];
    const alternating = Array.from({ length: LINE_LIMITS.linesMax + 1 }, (_, i): SimulatedTick => {
      if (tick === undefined) throw new Error("there is a tick");
      return i % 2 === 0 ? tick : { ...tick, disposition: "skipped", reason: "overlap", run: null };
    });

    const { lines, isCut } = linesOf(alternating);

    expect([lines.length, isCut]).toEqual([LINE_LIMITS.linesMax, true]);
  });
});

describe("the load of a simulation", () => {
  test("counts the runs of each minute, and those at once", () => {
    const schedule = { ...EVERY_DEFAULTS, ...EVERY, every: "20s" };

    const load = loadOf(
      play({ schedule, overlap: "allow" }, { durationMs: 50_000, toMs: T0 + MINUTE }).ticks,
    );

    expect(load).toEqual({
      perMinute: [
        { minuteMs: T0, runs: 3 },
        { minuteMs: T0 + MINUTE, runs: 1 },
      ],
      maxPerMinute: 3,
      maxConcurrent: 3,
      isCut: false,
    });
  });
});
