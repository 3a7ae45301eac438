/**
 * Goal: the speed of what is computed for each tick: schedules and the wheel.
 * Method: each operation in a loop within one process, the median of five rounds. The mix is 10,000
 * different jobs in 30 zones, each asked for its next tick again and again; the bare calculator of
 * the cron library answers the same questions in the same run, for a part of the jobs.
 */
import { Cron } from "croner";
import { compileSchedule, nextTick } from "../../src/core/schedule.ts";
import type { ScheduleSpec } from "../../src/core/job.ts";
import { TimingWheel } from "../../src/core/wheel.ts";
import { CRON_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";

const START_MS = Date.UTC(2026, 10, 21, 2);
const ROUNDS = 5;
/** Ticks that each job of the mix is asked for in a round. */
const TURNS = 5;
/** Bare calculators weigh 80 KB each. */
const CALCULATORS = 300;
const ZONES = Intl.supportedValuesOf("timeZone").filter((_, i) => i % 14 === 0);

const SCHEDULES: Readonly<Record<string, ScheduleSpec>> = {
  everyTenSeconds: {
    kind: "every",
    every: "10s",
    anchor: "2026-01-01T00:00:00.000Z",
    ...EVERY_DEFAULTS,
  },
  everyMinute: cron("* * * * *", "UTC"),
  everyFiveMinutesStockholm: cron("*/5 * * * *", "Europe/Stockholm"),
  nightlyNewYork: cron("0 2 * * *", "America/New_York"),
};

export function calculation(options: { readonly operations: number }): object {
  const { operations } = options;
  const nextPerSecond: Record<string, number> = {};
  for (const [name, spec] of Object.entries(SCHEDULES)) {
    const schedule = compileSchedule(spec);
    nextPerSecond[name] = rate(operations, () => {
      let atMs = START_MS;
      for (let i = 0; i < operations; i++) atMs = nextTick(schedule, atMs) ?? START_MS;
    });
  }
  return {
    bench: "calculation",
    operations,
    nextPerSecond,
    mix: mixOfJobs(Math.min(10_000, operations)),
    wheelPerSecond: {
      insertAndExpire: rate(operations, () => {
        const wheel = new TimingWheel<string>();
        for (let i = 0; i < operations; i++)
          wheel.insert(`k${i}`, START_MS + ((i * 7_919) % 60_000));
        wheel.advance(START_MS + 60_000);
      }),
      insertAndCancel: rate(operations, () => {
        const wheel = new TimingWheel<string>();
        for (let i = 0; i < operations; i++)
          wheel.insert(`k${i}`, START_MS + ((i * 7_919) % 60_000));
        for (let i = 0; i < operations; i++) wheel.cancel(`k${i}`);
      }),
    },
  };
}

/** Microseconds a tick, and how often the bare calculator's time that fits into. */
function mixOfJobs(count: number): object {
  const jobs = Array.from({ length: count }, (_, i) => {
    const timezone = ZONES[i % ZONES.length] ?? "UTC";
    return { pattern: patternOf(i), timezone };
  });
  const schedules = jobs.map(({ pattern, timezone }) => compileSchedule(cron(pattern, timezone)));
  const microsPerTick = 1e6 / rateOf(schedules, (schedule, atMs) => nextTick(schedule, atMs));
  const calculators = jobs
    .filter((_, i) => i % Math.ceil(count / CALCULATORS) === 0)
    .map(({ pattern, timezone }) => new Cron(pattern, { timezone, paused: true }));
  const bareMicrosPerTick =
    1e6 / rateOf(calculators, (bare, atMs) => bare.nextRun(new Date(atMs))?.getTime() ?? null);
  return {
    jobs: count,
    microsPerTick: Number(microsPerTick.toFixed(3)),
    bareMicrosPerTick: Number(bareMicrosPerTick.toFixed(1)),
    timesFaster: Math.round(bareMicrosPerTick / microsPerTick),
  };
}

/** Nightly and weekdays at any minute, monthly, and every 5 minutes. */
function patternOf(i: number): string {
  const [minute, hour] = [(i * 7) % 60, Math.floor(i / 60) % 24];
  const patterns = [
    `${minute} ${hour} * * *`,
    `${minute} ${hour} * * 1-5`,
    `${minute} ${hour} ${1 + (i % 28)} * *`,
    `${minute % 5}-59/5 * * * *`,
  ];
  return patterns[i % patterns.length] ?? "";
}

/** How many next ticks a second, over all of some things in turn, each from its own last tick. */
function rateOf<T>(things: readonly T[], next: (thing: T, atMs: number) => number | null): number {
  const last = things.map(() => START_MS);
  const turns = things.length * TURNS;
  return rate(turns, () => {
    for (let i = 0; i < turns; i++) {
      const at = i % things.length;
      const thing = things[at];
      if (thing !== undefined) last[at] = next(thing, last[at] ?? START_MS) ?? START_MS;
    }
  });
}

function cron(pattern: string, timezone: string): ScheduleSpec {
  return { kind: "cron", cron: pattern, dialect: "standard", timezone, ...CRON_DEFAULTS };
}

function rate(operations: number, work: () => void): number {
  const rates = Array.from({ length: ROUNDS }, () => {
    const beganMs = performance.now();
    work();
    return operations / ((performance.now() - beganMs) / 1_000);
  });
  return Math.round(rates.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0);
}
