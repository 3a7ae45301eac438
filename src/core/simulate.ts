/**
 * What a job would do: every tick of a range with its fate, under given outages, pauses and a length of
 * its runs. The fates come from the planner that the shards use; around it stands a model of one shard with
 * room to spare, whose runs succeed at their first attempt.
 *
 * During an outage nobody plans and no answer is taken: what ends then is known at its end, and the ticks of
 * it are found late. At one instant answers come first, then pauses begin or end, then runs start and ticks are
 * planned: the order of a shard.
 */
import { assert } from "./assert.ts";
import type { CompiledJob, MisfirePolicy } from "./compiled-job.ts";
import { OVERLAP_LIMITS, runLimit } from "./overlap.ts";
import { plan, type Plan, type PlanInput } from "./plan.ts";
import { planDelay } from "./plan-delay.ts";
import { countTicks, fireAtMs, isExhausted, nextTick } from "./schedule.ts";
import { SimulatedRuns, type SimulatedRun } from "./simulated-runs.ts";
import type { TickReason } from "./tick.ts";

export const SIMULATION_LIMITS = {
  spanMsMax: 366 * 86_400_000,
  outagesMax: 100,
  pausesMax: 100,
  /** Beyond, ticks are counted and their fates are left open. */
  ticksMax: 100_000,
} as const;

/** A stretch of time, both ends included. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface SimulationInput extends Span {
  readonly compiled: CompiledJob;
  /** Chooses the jitter of each tick. */
  readonly jobId: string;
  readonly concurrency: number | null;
  /** Ticks that a fixed delay has had already, of those that it may have; else 0. */
  readonly ticksDone: number;
  /** How long each run takes. */
  readonly durationMs: number;
  /** In order, apart from each other. */
  readonly outages: readonly Span[];
  /** In order, apart from each other. What resumes each: null takes the job's own misfire policy. */
  readonly pauses: readonly (Span & { readonly missed: MisfirePolicy["policy"] | null })[];
}

/** The fate of one tick, or of a range of ticks that share it. */
export interface SimulatedTick {
  readonly nominalMs: number;
  readonly toMs: number;
  readonly count: number;
  readonly disposition: "fired" | "coalesced" | "skipped" | "dropped";
  readonly reason: TickReason | null;
  readonly intoMs: number | null;
  readonly decidedMs: number;
  /** For a fired tick. */
  readonly run: SimulatedRun | null;
  /** Other runs of the job had not ended. */
  readonly isOverlapping: boolean;
}

export interface Simulation {
  /** In the order of their nominal times; empty when the ticks were only counted. */
  readonly ticks: readonly SimulatedTick[];
  readonly count: number;
  /** There were more than `ticksMax` ticks. */
  readonly isCounted: boolean;
  /** The range was not played to its end: the ticks of a fixed delay cannot be counted beforehand. */
  readonly isCut: boolean;
}

/** Plays the range through. Throws nothing; the input was checked at the door. */
export function simulate(input: SimulationInput): Simulation {
  const { fromMs, toMs, compiled } = input;
  const { schedule } = compiled;
  assert(toMs - fromMs <= SIMULATION_LIMITS.spanMsMax, "a simulation is at most 366 days long");
  if (!isFixedDelay(compiled)) {
    const count = countTicks(schedule, { afterMs: fromMs - 1, untilMs: toMs });
    const isMany = count > SIMULATION_LIMITS.ticksMax;
    if (isMany) return { ticks: [], count, isCounted: true, isCut: false };
  }
  const ticks = new Simulator(input).play();
  const count = ticks.reduce((sum, tick) => sum + tick.count, 0);
  const isCut = ticks.length >= SIMULATION_LIMITS.ticksMax;
  return { ticks, count, isCounted: false, isCut };
}

interface PauseEdge {
  readonly atMs: number;
  readonly isBegin: boolean;
  readonly missed: MisfirePolicy["policy"] | null;
}

class Simulator {
  readonly #input: SimulationInput;
  readonly #runs: SimulatedRuns;
  readonly #ticks: SimulatedTick[] = [];
  readonly #edges: PauseEdge[];
  #nowMs: number;
  /** The last accounted nominal time. */
  #cursorMs: number;
  /** When to plan next; null while paused, while a fixed delay waits for its run, and at the end. */
  #dueMs: number | null = null;
  #isPaused = false;
  /** The run whose end begins the next delay. */
  #awaited: SimulatedRun | null = null;

  constructor(input: SimulationInput) {
    const { compiled, durationMs, fromMs, pauses } = input;
    const { startWithinMs } = compiled;
    this.#input = input;
    this.#runs = new SimulatedRuns({ limit: limitOf(input), durationMs, startWithinMs });
    this.#edges = pauses.flatMap(({ fromMs: beginMs, toMs: endMs, missed }) => [
      { atMs: beginMs, isBegin: true, missed },
      { atMs: endMs, isBegin: false, missed },
    ]);
    this.#nowMs = fromMs;
    // A tick at the very beginning counts; a fixed delay is counted from there.
    this.#cursorMs = isFixedDelay(compiled) ? fromMs : fromMs - 1;
    this.#arm();
  }

  play(): readonly SimulatedTick[] {
    for (let atMs = this.#nextMs(); atMs !== null; atMs = this.#nextMs()) {
      this.#nowMs = atMs;
      this.#step();
      if (this.#ticks.length >= SIMULATION_LIMITS.ticksMax) break;
    }
    return this.#ticks.toSorted((a, b) => a.nominalMs - b.nominalMs);
  }

  /** The next instant at which something happens while the scheduler is up. */
  #nextMs(): number | null {
    const times = [this.#runs.nextEndMs, this.#dueMs, this.#edges[0]?.atMs ?? null];
    const next = times.reduce(earlier, null);
    return next === null ? null : this.#upAt(Math.max(next, this.#nowMs));
  }

  #upAt(atMs: number): number {
    const outage = this.#input.outages.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
    return outage === undefined ? atMs : outage.toMs;
  }

  #step(): void {
    const nowMs = this.#nowMs;
    this.#ended(this.#runs.end(nowMs));
    while ((this.#edges[0]?.atMs ?? Infinity) <= nowMs) this.#passEdge();
    this.#ended(this.#runs.start(nowMs));
    if (this.#dueMs !== null && this.#dueMs <= nowMs) this.#planDue();
    this.#ended(this.#runs.start(nowMs));
  }

  #passEdge(): void {
    const edge = this.#edges.shift();
    assert(edge !== undefined, "an edge was seen");
    if (edge.isBegin) this.#pause();
    else this.#resume(edge.missed);
  }

  /** What was due before the pause still happens. */
  #pause(): void {
    this.#isPaused = true;
    if (this.#dueMs !== null && this.#dueMs <= this.#nowMs) this.#settle("settle", null);
    this.#dueMs = null;
  }

  #resume(missed: MisfirePolicy["policy"] | null): void {
    this.#isPaused = false;
    if (!this.#isIdle()) this.#settle("resume", missed);
    this.#arm();
  }

  #planDue(): void {
    const planned = this.#planOnce("due", null);
    this.#keep(planned);
    this.#arm();
    if (!planned.isComplete && this.#dueMs !== null) this.#dueMs = this.#nowMs;
  }

  /** Decides everything up to now, in as many steps as it takes. */
  #settle(mode: PlanInput["mode"], missed: MisfirePolicy["policy"] | null): void {
    for (;;) {
      const planned = this.#planOnce(mode, missed);
      this.#keep(planned);
      if (planned.isComplete || this.#isIdle()) return;
    }
  }

  #planOnce(mode: PlanInput["mode"], missed: MisfirePolicy["policy"] | null): Plan {
    const { compiled, jobId } = this.#input;
    const { schedule, misfire, startWithinMs, order } = compiled;
    const input: PlanInput = {
      schedule,
      jobId,
      jobVersion: 1,
      cursorMs: this.#cursorMs,
      nowMs: this.#nowMs,
      misfire: { ...misfire, policy: missed ?? misfire.policy },
      startWithinMs,
      overlap: order.overlap,
      liveRuns: this.#runs.live,
      limit: limitOf(this.#input),
      bufferedMax: OVERLAP_LIMITS.bufferedMax,
      blockedBy: null,
      pause: null,
      mode,
    };
    return isFixedDelay(compiled) ? planDelay(input) : plan(input);
  }

  /** Writes down what a plan decided, and starts its runs on their way. */
  #keep(planned: Plan): void {
    const decidedMs = this.#nowMs;
    const live = this.#runs.live;
    for (const tick of planned.ticks) {
      const isOverlapping = live > 0 || tick.reason === "overlap" || tick.reason === "limit";
      this.#ticks.push({ ...tick, decidedMs, run: null, isOverlapping });
    }
    const isReplacing = this.#input.compiled.order.overlap === "cancel_other";
    for (const { nominalMs } of planned.fires) {
      const isOverlapping = this.#runs.live > 0;
      if (isReplacing) this.#ended(this.#runs.cancel(decidedMs));
      const run = this.#runs.add(nominalMs);
      if (isFixedDelay(this.#input.compiled)) this.#awaited = run;
      const fate = { disposition: "fired", reason: null, intoMs: null } as const;
      const tick = { nominalMs, toMs: nominalMs, count: 1, ...fate };
      this.#ticks.push({ ...tick, decidedMs, run, isOverlapping });
    }
    this.#cursorMs = planned.cursorMs;
  }

  /** A fixed delay counts on from the end of its run. */
  #ended(runs: readonly SimulatedRun[]): void {
    for (const run of runs) {
      if (run !== this.#awaited) continue;
      this.#awaited = null;
      this.#cursorMs = Math.max(this.#nowMs, run.nominalMs);
      if (!this.#isPaused) this.#arm();
    }
  }

  /** A fixed delay has no tick ahead while its run lives, nor after the last that it may have. */
  #isIdle(): boolean {
    const { compiled, ticksDone } = this.#input;
    return this.#awaited !== null || isExhausted(compiled.schedule, ticksDone + this.#ticks.length);
  }

  /** Sets when the next tick is to be planned: none beyond the range. */
  #arm(): void {
    const { compiled, jobId, toMs } = this.#input;
    const { schedule } = compiled;
    const nextMs = this.#isIdle() ? null : nextTick(schedule, this.#cursorMs);
    const isWithin = nextMs !== null && nextMs <= toMs;
    this.#dueMs = isWithin ? fireAtMs(schedule, jobId, nextMs) : null;
  }
}

function isFixedDelay({ schedule }: CompiledJob): boolean {
  return schedule.kind === "after";
}

function limitOf({ compiled, concurrency }: SimulationInput): number {
  return runLimit({ overlap: compiled.order.overlap, concurrency });
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
