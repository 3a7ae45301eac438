import { SHARD_LIMITS, type ShardLimits } from "../../src/shard/limits.ts";
import { Dice } from "../support/prng.ts";

/** What may go wrong, and how often: chances are per occasion. */
export interface Faults {
  /** The process dies inside a transaction. */
  readonly crashBeforeCommit: number;
  /** It dies after the commit, before or between the replies and deliveries that follow from it. */
  readonly crashAfterCommit: number;
  /** It dies between two events: this often over the whole phase. */
  readonly crashes: number;
  readonly downMsMax: number;
  /** A write throws once; the process lives on. */
  readonly writeError: number;
  readonly deliveryLost: number;
  /** The carrier of a delivery never reports. */
  readonly answerLost: number;
  readonly answerDoubled: number;
  readonly answerDelayed: number;
  /** Whoever carries a delivery goes on with it though told to break it off. */
  readonly abortIgnored: number;
  /** Deliveries travel in another process, whose answers outlive a crash of the shard. */
  readonly answersSurvive: boolean;
  readonly clockSteps: number;
  readonly clockStepMsMax: number;
  readonly skewMsMax: number;
  /** Stretches during which the records cannot be reached. */
  readonly recordsAway: number;
  readonly recordsReplyLost: number;
  readonly alarmLate: number;
  readonly alarmLost: number;
  readonly alarmDoubled: number;
  /** A shard is not told of a change of an executor before it is mended, or late. */
  readonly pushLost: number;
  readonly pushLate: number;
  /** A caller never gets the answer to its command, and asks again under the same key. */
  readonly replyLost: number;
}

export const NO_FAULTS: Faults = {
  crashBeforeCommit: 0,
  crashAfterCommit: 0,
  crashes: 0,
  downMsMax: 0,
  writeError: 0,
  deliveryLost: 0,
  answerLost: 0,
  answerDoubled: 0,
  answerDelayed: 0,
  abortIgnored: 0,
  answersSurvive: false,
  clockSteps: 0,
  clockStepMsMax: 0,
  skewMsMax: 0,
  recordsAway: 0,
  recordsReplyLost: 0,
  alarmLate: 0,
  alarmLost: 0,
  alarmDoubled: 0,
  pushLost: 0,
  pushLate: 0,
  replyLost: 0,
};

/** What an executor may do with a delivery. */
export const HABITS = [
  "ok",
  "slow",
  "tooSlow",
  "error",
  "busy",
  "gone",
  "final",
  "accepts",
  "refuses",
  "cuts",
] as const;
export type Habit = (typeof HABITS)[number];

/** How long things take in a world: its jobs tick by seconds, minutes or hours. */
export type Scale = "seconds" | "minutes" | "hours";

export interface SimOptions {
  readonly seed: number;
  readonly shards: number;
  readonly storage: "memory" | "sqlite";
  readonly startMs: number;
  /** Where most people of this world live. */
  readonly timezone: string;
  readonly scale: Scale;
  /** How long faults and commands last; then the world heals. */
  readonly stormMs: number;
  readonly limits: ShardLimits;
  /** Some jobs keep to calendars, and people change those. */
  readonly hasCalendars: boolean;
  readonly jobs: number;
  readonly commands: number;
  /** Workflows that people define; none in most worlds. Commands about them. */
  readonly workflows: number;
  readonly workflowCommands: number;
  /** Nodes that each executor has at first, at most, and how often something happens to one. */
  readonly nodesMax: number;
  readonly nodeEvents: number;
  readonly faults: Faults;
  /** Weights. */
  readonly habits: Readonly<Record<Habit, number>>;
  /** Nothing goes wrong here: then every tick must be on time. */
  readonly isCalm: boolean;
  /** Jobs are deleted at the end, or else paused. */
  readonly isCleared: boolean;
}

const HOUR_MS = 3_600_000;

interface WorldMoment {
  readonly atMs: number;
  /** Where something happens then. */
  readonly timezone: string;
}

/** Instants at which clocks change somewhere, a leap day or a year begins, and an ordinary one. */
const MOMENTS: readonly [WorldMoment, ...WorldMoment[]] = [
  { atMs: Date.UTC(2026, 2, 29, 1), timezone: "Europe/Stockholm" },
  { atMs: Date.UTC(2026, 9, 25, 1), timezone: "Europe/Stockholm" },
  { atMs: Date.UTC(2026, 2, 8, 7), timezone: "America/New_York" },
  { atMs: Date.UTC(2026, 10, 1, 6), timezone: "America/New_York" },
  { atMs: Date.UTC(2026, 3, 4, 15), timezone: "Australia/Lord_Howe" },
  { atMs: Date.UTC(2026, 9, 3, 15, 30), timezone: "Australia/Lord_Howe" },
  { atMs: Date.UTC(2028, 1, 29), timezone: "UTC" },
  { atMs: Date.UTC(2026, 11, 31, 23), timezone: "Europe/Stockholm" },
  { atMs: Date.UTC(2026, 5, 10, 12), timezone: "UTC" },
];

interface ScaleSpans {
  readonly stormMs: readonly [number, number];
  /** How long before the moment a world begins. */
  readonly leadMs: readonly [number, number];
}

const SCALES: Readonly<Record<Scale, ScaleSpans>> = {
  seconds: { stormMs: [120_000, 400_000], leadMs: [20_000, 200_000] },
  minutes: { stormMs: [HOUR_MS / 2, 2 * HOUR_MS], leadMs: [HOUR_MS / 6, HOUR_MS] },
  hours: { stormMs: [20 * HOUR_MS, 60 * HOUR_MS], leadMs: [3 * HOUR_MS, 7 * HOUR_MS] },
};

/** Worlds with workflows take longer. */
const WORKFLOW_SHARE = Number(process.env["SIM_WORKFLOWS"] ?? 0.16);

/** The options of a seed: each world has its own weather, of a few kinds of fault and not of all. */
export function drawOptions(seed: number): SimOptions {
  const dice = new Dice(seed, "options");
  const isCalm = dice.chance(0.08);
  const scale = dice.pick<Scale>(["seconds", "seconds", "minutes", "minutes", "hours"]);
  const stormMs = dice.int(...SCALES[scale].stormMs);
  const { atMs, timezone } = dice.pick(MOMENTS);
  return withWorkflows({
    seed,
    shards: dice.pick([1, 1, 1, 2, 3]),
    storage: seed % 20 === 7 ? "sqlite" : "memory",
    startMs: atMs - dice.int(...SCALES[scale].leadMs),
    timezone,
    scale,
    stormMs,
    limits: isCalm ? SHARD_LIMITS : drawLimits(dice),
    hasCalendars: dice.chance(0.5),
    jobs: dice.int(2, 5),
    commands: dice.int(8, 35),
    workflows: 0,
    workflowCommands: 0,
    nodesMax: dice.pick([1, 2, 3, 6]),
    nodeEvents: dice.int(0, 20),
    faults: isCalm ? NO_FAULTS : drawFaults(dice, stormMs),
    habits: drawHabits(dice, isCalm),
    isCalm,
    isCleared: dice.chance(0.5),
  });
}

/** From a stream of its own, so that worlds without workflows stay as they were. */
function withWorkflows(options: SimOptions): SimOptions {
  const dice = new Dice(options.seed, "workflow options");
  if (!dice.chance(WORKFLOW_SHARE)) return options;
  const limits: ShardLimits = {
    ...options.limits,
    machineStepsMax: dice.pick([1, 8, 30_000]),
    planStepsMax: dice.pick([1, 30_000]),
    errandsOutMax: dice.pick([1, 32]),
  };
  return {
    ...options,
    workflows: dice.int(1, 4),
    workflowCommands: dice.int(10, 50),
    limits: options.isCalm ? options.limits : limits,
  };
}

/** Small enough that worlds reach the bounds. In some there is nothing but a lack of slots. */
function drawLimits(dice: Dice): ShardLimits {
  const isCrowded = dice.chance(0.3);
  return {
    ...SHARD_LIMITS,
    slots: isCrowded ? dice.pick([1, 2]) : dice.pick([1, 2, 4, 128]),
    claimMax: isCrowded ? 500 : dice.pick([1, 3, 500]),
    outboxMax: isCrowded ? 100_000 : dice.pick([6, 20, 100_000]),
    liveRunsMax: isCrowded ? 100_000 : dice.pick([3, 10, 100_000]),
    flushRowsMax: dice.pick([1, 7, 500]),
    nearMax: isCrowded ? 50_000 : dice.pick([1, 3, 50_000]),
    runCacheMax: dice.pick([1, 4_000]),
    jobCacheMax: dice.pick([1, 10_000]),
    bufferedMax: dice.pick([1, 1, 3, 1_000]),
    hostConcurrency: isCrowded ? 384 : dice.pick([1, 2, 384]),
  };
}

function drawFaults(dice: Dice, stormMs: number): Faults {
  /** Each class is on in half of the worlds, and weak more often than strong. */
  const some = (max: number): number => (dice.chance(0.4) ? max * dice.next() ** 2 : 0);
  const count = (max: number): number => Math.round(some(max));
  return {
    crashBeforeCommit: some(0.1),
    crashAfterCommit: some(0.15),
    crashes: count(8),
    downMsMax: Math.floor(stormMs * 0.2 * dice.next()),
    writeError: some(0.1),
    deliveryLost: some(0.4),
    answerLost: some(0.4),
    answerDoubled: some(0.5),
    answerDelayed: some(0.4),
    abortIgnored: dice.pick([0, 0.3, 1, 1]),
    answersSurvive: dice.chance(0.5),
    clockSteps: count(8),
    clockStepMsMax: dice.pick([1_500, 30_000, 3_600_000, 86_400_000]),
    skewMsMax: Math.floor(some(5_000)),
    recordsAway: count(4),
    recordsReplyLost: some(0.5),
    alarmLate: some(0.5),
    alarmLost: some(0.3),
    alarmDoubled: some(0.5),
    pushLost: some(0.5),
    pushLate: some(0.5),
    replyLost: some(0.5),
  };
}

function drawHabits(dice: Dice, isCalm: boolean): Record<Habit, number> {
  const some = (max: number): number => (!isCalm && dice.chance(0.5) ? max * dice.next() : 0);
  return {
    ok: 1,
    slow: some(1),
    tooSlow: some(1),
    error: some(2),
    busy: some(1),
    gone: some(0.15),
    final: some(0.3),
    accepts: dice.chance(0.5) ? 2 * dice.next() : 0,
    refuses: some(1),
    cuts: some(1),
  };
}
