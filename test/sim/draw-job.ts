import { unreachable } from "../../src/core/assert.ts";
import type { JobSpec, RetrySpec, ScheduleSpec, TargetSpec } from "../../src/core/job.ts";
import type { Dice } from "../support/prng.ts";
import type { Scale, SimOptions } from "./options.ts";
import { CRON_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";

interface Palette {
  readonly every: readonly [string, ...string[]];
  readonly crons: readonly [string, ...string[]];
  readonly timeouts: readonly [string, ...string[]];
  readonly backoffs: readonly [string, ...string[]];
  readonly jitters: readonly [string, ...string[]];
}

const PALETTES: Readonly<Record<Scale, Palette>> = {
  seconds: {
    every: ["4s", "10s", "15s", "1m"],
    crons: ["*/10 * * * * *", "* * * * *", "5,25,45 * * * * *"],
    timeouts: ["1s", "3s", "10s"],
    backoffs: ["200ms", "1s", "5s"],
    jitters: ["0s", "0s", "0s", "3s", "1m"],
  },
  minutes: {
    every: ["1m", "3m", "10m"],
    crons: ["*/5 * * * *", "7,37 * * * *", "*/15 1-9 * * *", "30 1,2,3 * * *"],
    timeouts: ["5s", "30s", "60s"],
    backoffs: ["1s", "20s", "60s"],
    jitters: ["0s", "0s", "30s", "10m"],
  },
  hours: {
    every: ["30m", "1h", "6h"],
    crons: ["30 2 * * *", "0 * * * *", "*/30 0-5 * * *", "15 1,13 * * *", "0 0 * * 1-5"],
    timeouts: ["30s", "5m"],
    backoffs: ["10s", "5m"],
    jitters: ["0s", "0s", "5m", "2h"],
  },
};

/** Zones whose clocks change on the days that worlds begin with, and one whose clocks never do. */
const ZONES: readonly [string, ...string[]] = [
  "UTC",
  "Europe/Stockholm",
  "America/New_York",
  "Australia/Lord_Howe",
];

export function drawSpec(
  dice: Dice,
  options: SimOptions,
  of: { name: string; nowMs: number },
): JobSpec {
  const palette = PALETTES[options.scale];
  const schedule = drawSchedule(dice, options, of.nowMs);
  const target = drawTarget(dice);
  return {
    name: of.name,
    description: `drawn ${dice.int(0, 1_000_000)}`,
    owner: "",
    tags: [],
    schedule,
    target,
    params: { n: dice.int(0, 9) },
    misfire: {
      policy: dice.pick(["latest", "skip", "all"]),
      grace: dice.pick(["5s", "5s", "0s", "1m"]),
      maxAge: dice.pick(["1h", "2m", "1d", "0s"]),
      maxCatchup: dice.pick([10, 2, 0]),
    },
    overlap: dice.pick(["skip", "allow"]),
    retry: drawRetry(dice, palette),
    timeout: dice.pick(palette.timeouts),
    startWithin: dice.chance(0.2) ? dice.pick(["1s", "2m", "1h"]) : null,
    delivery: dice.chance(0.3) ? "at_most_once" : "at_least_once",
    priority: 0,
    concurrency: null,
  };
}

const KINDS = { every: 4, cron: 4, at: 1, manual: 1 } as const;

export function drawSchedule(dice: Dice, options: SimOptions, nowMs: number): ScheduleSpec {
  const palette = PALETTES[options.scale];
  const jitter = dice.pick(palette.jitters);
  const isStill = options.faults.clockStepMsMax <= 3_600_000;
  const crons = isStill ? palette.crons : noSeconds(palette.crons);
  const kind = dice.weighted(["every", "cron", "at", "manual"], KINDS);
  switch (kind) {
    case "cron": {
      const [cron, timezone] = [dice.pick(crons), dice.pick(ZONES)];
      return { kind: "cron", cron, dialect: "standard", timezone, ...CRON_DEFAULTS, jitter };
    }
    case "at": {
      const atMs = nowMs + dice.int(1_000, Math.floor(options.stormMs / 2));
      return { kind: "at", at: new Date(atMs).toISOString() };
    }
    case "manual":
      return { kind: "manual" };
    case "every": {
      const anchorMs = nowMs + dice.int(-100_000, 20_000);
      const anchor = new Date(anchorMs).toISOString();
      const every = dice.pick(palette.every);
      return { kind: "every", every, anchor, ...EVERY_DEFAULTS, jitter };
    }
    default:
      return unreachable(kind);
  }
}

/** Where clocks jump by a day, a pattern by the second would miss too much to look through. */
function noSeconds(crons: readonly [string, ...string[]]): readonly [string, ...string[]] {
  const [first = "* * * * *", ...rest] = crons.filter((cron) => cron.split(" ").length === 5);
  return [first, ...rest];
}

function drawTarget(dice: Dice): TargetSpec {
  if (dice.chance(0.25))
    return {
      kind: "executor",
      executor: dice.pick(["billing", "billing", "billing", "nobody"]),
      handler: "report",
      route: "round_robin",
    };
  return {
    kind: "webhook",
    url: "https://hooks.example.com/run",
    method: "POST",
    headers: {},
    body: null,
    mode: dice.pick(["async", "sync"]),
  };
}

function drawRetry(dice: Dice, palette: Palette): RetrySpec {
  return {
    max: dice.pick([3, 0, 1, 2]),
    backoff: {
      kind: "exponential",
      base: dice.pick(palette.backoffs),
      factor: dice.pick([3, 2, 1, 1.5, 1.7]),
      max: dice.pick(["1d", "1m", "2s"]),
    },
    jitter: dice.pick(["full", "none"]),
    untilNextTick: dice.chance(0.3),
  };
}
