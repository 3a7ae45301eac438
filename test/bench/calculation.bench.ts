/**
 * Goal: the speed of what is computed for each tick: schedules and the wheel.
 * Method: each operation in a loop within one process, the median of five rounds.
 */
import { compileSchedule, nextTick } from "../../src/core/schedule.ts";
import type { ScheduleSpec } from "../../src/core/job.ts";
import { TimingWheel } from "../../src/core/wheel.ts";
import { CRON_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";

const START_MS = Date.UTC(2026, 10, 21, 2);
const ROUNDS = 5;

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
