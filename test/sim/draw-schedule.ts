import { unreachable } from "../../src/core/assert.ts";
import { durationMs } from "../../src/core/duration.ts";
import type { CalendarUse, DstRule, ScheduleBounds, ScheduleSpec } from "../../src/core/job.ts";
import type { Dice } from "../support/prng.ts";
import { CALENDAR_NAMES } from "./draw-calendar.ts";
import type { Scale, SimOptions } from "./options.ts";

interface Palette {
  readonly every: readonly [string, ...string[]];
  readonly crons: readonly [string, ...string[]];
  /** Crons that name times of the wall clock, around those at which it changes. */
  readonly fixed: readonly [string, ...string[]];
  readonly delays: readonly [string, ...string[]];
  readonly jitters: readonly [string, ...string[]];
}

const PALETTES: Readonly<Record<Scale, Palette>> = {
  seconds: {
    every: ["4s", "10s", "15s", "1m"],
    crons: ["*/10 * * * * *", "* * * * *", "5,25,45 * * * * *"],
    fixed: ["10,30,50 0,1,2,29,30,31,58,59 1,2,3 * * *"],
    delays: ["1s", "7s", "30s"],
    jitters: ["0s", "0s", "0s", "3s", "1m"],
  },
  minutes: {
    every: ["1m", "3m", "10m"],
    crons: [
      "*/5 * * * *",
      "7,37 * * * *",
      "*/15 1-9 * * *",
      "3,33 * * * 0,2,4,6",
      "*/20 * * * 1,3,5",
    ],
    fixed: ["5,20,35,50 1,2,3 * * *", "10,20,30 1,2,3 * * *"],
    delays: ["20s", "5m"],
    jitters: ["0s", "0s", "30s", "10m"],
  },
  hours: {
    every: ["30m", "1h", "6h"],
    crons: ["0 * * * *", "*/30 0-5 * * *", "0 0 * * 1-5", "50 * * * 0,2,4,6", "25 */2 * * 1,3,5"],
    fixed: ["30 1,2 * * *", "10,40 0,1,2,3 * * *", "15 1,13 * * *"],
    delays: ["10m", "3h"],
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

const KINDS = { every: 4, cron: 5, after: 2, at: 1, manual: 1 } as const;
const UNBOUNDED: ScheduleBounds = { startAt: null, endAt: null, ticksMax: null };

interface Draw {
  readonly dice: Dice;
  readonly options: SimOptions;
  readonly palette: Palette;
  readonly nowMs: number;
}

export function drawSchedule(dice: Dice, options: SimOptions, nowMs: number): ScheduleSpec {
  const draw = { dice, options, palette: PALETTES[options.scale], nowMs };
  const kind = dice.weighted(["every", "cron", "after", "at", "manual"], KINDS);
  switch (kind) {
    case "cron":
      return drawCron(draw);
    case "at": {
      const atMs = nowMs + dice.int(1_000, Math.floor(options.stormMs / 2));
      return { kind: "at", at: iso(atMs) };
    }
    case "manual":
      return { kind: "manual" };
    case "every":
      return drawEvery(draw);
    case "after":
      return { kind, delay: dice.pick(draw.palette.delays), ...drawBounds(draw) };
    default:
      return unreachable(kind);
  }
}

function drawCron(draw: Draw): ScheduleSpec {
  const { dice, options, palette } = draw;
  const isStill = options.faults.clockStepMsMax <= 3_600_000;
  const drawn = dice.pick(dice.chance(0.5) ? palette.fixed : palette.crons);
  // Where clocks jump by a day, a pattern by the second would miss too much to look through.
  const cron = isStill || drawn.split(" ").length === 5 ? drawn : "* * * * *";
  return {
    kind: "cron",
    cron,
    dialect: "standard",
    timezone: drawZone(draw),
    dst: drawDst(dice),
    jitter: dice.pick(palette.jitters),
    ...drawBounds(draw),
    calendar: drawCalendarUse(draw, cron.split(" ").length === 5 && cron !== "* * * * *"),
  };
}

function drawZone({ dice, options }: Draw): string {
  return dice.chance(0.7) ? options.timezone : dice.pick(ZONES);
}

function drawDst(dice: Dice): DstRule {
  return {
    gap: dice.pick(["shift", "skip"]),
    fold: dice.pick(["first", "last", "both"]),
  };
}

function drawEvery(draw: Draw): ScheduleSpec {
  const { dice, palette, nowMs } = draw;
  const every = dice.pick(palette.every);
  return {
    kind: "every",
    every,
    anchor: iso(nowMs + dice.int(dice.pick([-100_000, -150_000_000]), 20_000)),
    timezone: drawZone(draw),
    jitter: dice.pick(palette.jitters),
    ...drawBounds(draw),
    calendar: drawCalendarUse(draw, (durationMs(every) ?? 0) >= 300_000),
  };
}

function drawBounds({ dice, options, nowMs }: Draw): ScheduleBounds {
  if (dice.chance(0.6)) return UNBOUNDED;
  const third = Math.floor(options.stormMs / 3);
  const startMs = nowMs + dice.int(-10_000, third);
  const endAt = dice.chance(0.5) ? iso(startMs + dice.int(1_000, 2 * third)) : null;
  if (dice.chance(0.3)) return { startAt: null, endAt, ticksMax: null };
  const ticksMax = dice.chance(0.5) ? dice.int(1, 12) : null;
  return { startAt: iso(startMs), endAt, ticksMax };
}

/** Dense schedules do not move: their ticks would fall together. */
function drawCalendarUse({ dice, options }: Draw, canRoll: boolean): CalendarUse | null {
  if (!options.hasCalendars || dice.chance(0.4)) return null;
  const roll = dice.pick<CalendarUse["roll"]>(["skip", "previous", "next"]);
  return { name: dice.pick(CALENDAR_NAMES), roll: canRoll ? roll : "skip" };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
