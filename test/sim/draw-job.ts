import type { JobSpec, OverlapPolicy, RetrySpec, TargetSpec } from "../../src/core/job.ts";
import type { Dice } from "../support/prng.ts";
import { drawSchedule } from "./draw-schedule.ts";
import type { Scale, SimOptions } from "./options.ts";
import { drawSharding, drawTarget } from "./draw-target.ts";

interface Palette {
  readonly timeouts: readonly [string, ...string[]];
  readonly backoffs: readonly [string, ...string[]];
}

const PALETTES: Readonly<Record<Scale, Palette>> = {
  seconds: { timeouts: ["1s", "3s", "10s", "30s"], backoffs: ["200ms", "1s", "5s"] },
  minutes: { timeouts: ["5s", "30s", "60s"], backoffs: ["1s", "20s", "60s"] },
  hours: { timeouts: ["30s", "5m"], backoffs: ["10s", "5m"] },
};

const POLICIES: readonly [OverlapPolicy, ...OverlapPolicy[]] = [
  "skip",
  "skip",
  "allow",
  "allow",
  "buffer_one",
  "buffer_all",
  "buffer_all",
  "cancel_other",
  "cancel_other",
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
    sharding: target.kind === "executor" ? drawSharding(dice) : null,
    misfire: {
      policy: dice.pick(["latest", "skip", "all"]),
      grace: dice.pick(["5s", "5s", "0s", "1m"]),
      maxAge: dice.pick(["1h", "2m", "1d", "0s"]),
      maxCatchup: dice.pick([10, 2, 0]),
    },
    overlap: dice.pick(POLICIES),
    retry: drawRetry(dice, palette),
    timeout: drawTimeout(dice, palette, target),
    startWithin: dice.chance(0.2) ? dice.pick(["1s", "2m", "1h"]) : null,
    delivery: dice.chance(0.3) ? "at_most_once" : "at_least_once",
    priority: dice.chance(0.6) ? dice.pick([-10, 5, 100]) : 0,
    concurrency: dice.chance(0.4) ? dice.pick([1, 2, 3]) : null,
  };
}

/** Executors may work for longer, some of them for days. */
function drawTimeout(dice: Dice, { timeouts }: Palette, { kind }: TargetSpec): string {
  if (kind === "webhook" || dice.chance(0.6)) return dice.pick(timeouts);
  return dice.chance(0.08) ? "1d" : dice.pick(["30s", "2m", "5m"]);
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
