import type { Backfill } from "../../src/core/backfill.ts";
import type { JobSpec } from "../../src/core/job.ts";
import type { Run } from "../../src/core/run.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import type { ShardCommands } from "../../src/ports/shard-client.ts";
import { OK } from "./a-run.ts";
import { MINUTE, REF, T0, TestShard } from "./a-shard.ts";
import { EVERY_DEFAULTS } from "./specs.ts";

export const DAY = 86_400_000;
/** Where the ranges of these tests begin: a nominal time of the job, a day ago. */
export const FROM = T0 - DAY;

type Create = ShardCommands["backfill.create"]["input"];

/** A job whose ticks, a minute apart, reach back for a week; its next one is a minute ahead. */
export function aBackfillShard(more: Partial<JobSpec> = {}): TestShard {
  const world = new TestShard();
  const anchor = new Date(T0 - 7 * DAY).toISOString();
  world.put({ schedule: { kind: "every", every: "1m", anchor, ...EVERY_DEFAULTS }, ...more });
  return world;
}

export function aRequest(ticks: number, more: Partial<Create> = {}): Create {
  return {
    ref: REF,
    fromMs: FROM,
    toMs: FROM + ticks * MINUTE,
    overlap: "buffer_all",
    rate: 60,
    params: null,
    ...more,
  };
}

export function begin(world: TestShard, ticks: number, more: Partial<Create> = {}): Backfill {
  return world.do("backfill.create", aRequest(ticks, more)).backfill;
}

export function stored(world: TestShard, { id }: Backfill): Backfill {
  return world.do("backfill.get", { ref: { ...REF, backfill: id } }).backfill;
}

export function runsOf(world: TestShard, { id }: Backfill): readonly Run[] {
  return world.runs.filter(({ trigger }) => trigger.kind === "backfill" && trigger.backfill === id);
}

export function waitingOf(world: TestShard, backfill: Backfill): readonly Run[] {
  return runsOf(world, backfill).filter(({ phase }) => phase.state === "waiting");
}

/** Lets the shard tick whenever it wants to until then, and answers what it sends. */
export function pass(
  world: TestShard,
  untilMs: number,
  answer: (delivery: Delivery) => void = (delivery) => world.answer(delivery, OK),
): void {
  for (;;) {
    const nextMs = world.shard.nextTickMs(world.nowMs);
    if (nextMs === undefined || nextMs > untilMs) break;
    for (const delivery of world.tickAt(Math.max(nextMs, world.nowMs))) answer(delivery);
  }
  world.nowMs = untilMs;
}

/** The schedule of that job. */
export function everyMinute() {
  const anchor = new Date(T0 - 7 * DAY).toISOString();
  return { kind: "every", every: "1m", anchor, ...EVERY_DEFAULTS } as const;
}

/** The first ticks of the ranges. */
export function times(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => FROM + i * MINUTE);
}
