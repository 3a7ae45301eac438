import { durationMs } from "../../src/core/duration.ts";
import type { ScheduleSpec } from "../../src/core/job.ts";
import { isEnded, type Run } from "../../src/core/run.ts";
import { hold, type Scene } from "./scene.ts";
import type { JobStory } from "./job-story.ts";

/**
 * The instants that the next tick of a fixed delay may be counted from: the job's beginning, the end of
 * its last tick's run, or the moment at which its last tick was passed over.
 */
export class DelayStory {
  readonly #bases = new Set<number>();
  #ticks = 0;
  /** Of a run that ended while another one lived. */
  earlierEndMs = Number.NEGATIVE_INFINITY;

  /** A new schedule, or the same one begun again. */
  begin(instants: readonly number[]): void {
    this.#bases.clear();
    this.#ticks = 0;
    for (const instant of instants) this.#bases.add(instant);
  }

  alsoFrom(instant: number): void {
    this.#bases.add(instant);
  }

  /** A tick's fate is known, and nothing but what follows from it counts. */
  follow(instants: readonly number[]): void {
    this.#bases.clear();
    for (const instant of instants) this.#bases.add(instant);
  }

  tick(): number {
    return ++this.#ticks;
  }

  get bases(): readonly number[] {
    return [...this.#bases];
  }
}

type Delay = Extract<ScheduleSpec, { readonly kind: "after" }>;

/** The next tick of a fixed delay is counted from the end of a run that lives. */
export function isAwaiting({ row, live }: JobStory): boolean {
  if (row.spec.schedule.kind !== "after") return false;
  return [...live.values()].some((run) => run.row.trigger.kind === "tick");
}

/** A tick of a fixed delay, fired or not, is one delay after what came before it. */
export function checkDelayTick(job: JobStory, nominalMs: number, scene: Scene): void {
  const { schedule } = job.row.spec;
  if (schedule.kind !== "after") return;
  const wanted = job.delay.bases.map((base) => tickAfter(schedule, base));
  const said = (): string =>
    `${job.row.spec.name}: ${nominalMs}, but ${wanted.join(" or ") || "none"} was to come`;
  hold("D1 one delay after the end", wanted.includes(nominalMs), said);
  const { ticksMax, endAt } = schedule;
  hold("T1 no tick beyond the last", endAt === null || nominalMs <= Date.parse(endAt), said);
  const ticks = job.delay.tick();
  hold("T1 no tick beyond the last", ticksMax === null || ticks <= ticksMax, said);
  if (ticks > 1) scene.reach("after: armed again");
}

function tickAfter(schedule: Delay, baseMs: number): number {
  const startMs = schedule.startAt === null ? baseMs : Date.parse(schedule.startAt);
  return Math.max(baseMs + (durationMs(schedule.delay) ?? Number.NaN), startMs);
}

/** The run of a tick has begun or ended: the next tick waits for its end, or is counted from it. */
export function noteDelayRun(job: JobStory, run: Run, before: Run | undefined): void {
  if (run.trigger.kind !== "tick" || job.row.spec.schedule.kind !== "after") return;
  if (before === undefined) job.delay.follow([]);
  if (!isEnded(run.phase) || (before !== undefined && isEnded(before.phase))) return;
  const endMs = Math.max(run.phase.endedMs, run.nominalMs, job.row.updatedMs);
  // Of runs that an earlier schedule made, several may end at once.
  const others = [...job.live.values()].filter(({ row }) => row.id !== run.id);
  const isLast = !others.some(({ row }) => row.trigger.kind === "tick");
  job.delay.follow(isLast ? [endMs, Math.max(endMs, job.delay.earlierEndMs)] : []);
  job.delay.earlierEndMs = isLast ? Number.NEGATIVE_INFINITY : endMs;
}
