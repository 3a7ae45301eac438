import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BACKFILL_LIMITS,
  countEnded,
  liveOf,
  pauseBackfill,
  resumeBackfill,
  stepBackfill,
  wakeMs,
  type Backfill,
} from "../../src/core/backfill.ts";
import { compileSchedule } from "../../src/core/schedule.ts";
import { aBackfill, BACKFILL_MS } from "../support/a-backfill.ts";

/** One thing that happens while a backfill is under way. */
type Event =
  | { readonly kind: "tick"; readonly lateMs: number }
  | { readonly kind: "start"; readonly runs: number }
  | { readonly kind: "end"; readonly runs: number }
  | { readonly kind: "pause"; readonly forMs: number };

const someEvent: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("tick"), lateMs: fc.nat(400) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("tick"), lateMs: fc.nat(5_000) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("start"), runs: fc.integer({ min: 1, max: 60 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("end"), runs: fc.integer({ min: 1, max: 60 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("pause"), forMs: fc.nat(30_000) }) },
);

const someCase = fc.record({
  rate: fc.oneof(
    fc.integer({ min: 1, max: 300 }),
    fc.constantFrom(1, 59, 60, 61, 119, 120, 121, 1_000, BACKFILL_LIMITS.rateMax),
  ),
  overlap: fc.constantFrom("buffer_all", "allow", "skip"),
  ticks: fc.integer({ min: 1, max: 400 }),
  free: fc.integer({ min: 0, max: 3 }),
  events: fc.array(someEvent, { maxLength: 60 }),
});

interface Decision {
  readonly atMs: number;
  readonly tickMs: number;
  readonly isRun: boolean;
}

const LOST = "lost";
const SUCCEEDED = "succeeded";

/** A backfill in a world of its own: its clock, and its runs as mere counts. */
class World {
  readonly #schedule: ReturnType<typeof compileSchedule>;
  readonly #free: number;
  readonly decisions: Decision[] = [];
  nowMs = BACKFILL_MS;
  waiting = 0;
  started = 0;
  waitingTop = 0;
  backfill: Backfill;

  constructor(backfill: Backfill, free: number) {
    this.backfill = backfill;
    this.#schedule = compileSchedule(backfill.schedule);
    this.#free = free;
  }

  happen(event: Event): void {
    if (event.kind === "tick") this.#tick(event.lateMs);
    if (event.kind === "start") this.#start(event.runs);
    if (event.kind === "end") this.#end(event.runs);
    if (event.kind === "pause" && this.backfill.state === "running") {
      this.backfill = pauseBackfill(this.backfill, this.nowMs);
      this.nowMs += event.forMs;
      this.backfill = resumeBackfill(this.backfill, this.nowMs);
    }
  }

  /** Lets time pass and runs end until nothing is left to happen. */
  finish(): void {
    for (let i = 0; i < 20_000 && this.backfill.state === "running"; i++) {
      this.#tick(0);
      this.#start(30);
      this.#end(30);
    }
  }

  #tick(lateMs: number): void {
    const { dueMs, nextMs } = this.backfill;
    if (dueMs === null || this.backfill.state !== "running") return;
    this.nowMs = Math.max(this.nowMs, dueMs) + lateMs;
    const { waiting, nowMs } = this;
    const step = stepBackfill(this.backfill, {
      schedule: this.#schedule,
      nowMs,
      waiting,
      free: this.#free,
    });
    const decided = step.runs.length + step.skipped;
    let tickMs = nextMs ?? Number.NaN;
    for (let i = 0; i < decided; i++) {
      const isRun = i < step.runs.length;
      this.decisions.push({ atMs: nowMs, tickMs: step.runs[i] ?? tickMs, isRun });
      tickMs += 60_000;
    }
    this.waiting += step.runs.length;
    this.waitingTop = Math.max(this.waitingTop, this.waiting);
    this.backfill = step.backfill;
  }

  #start(runs: number): void {
    const starting = Math.min(runs, this.waiting);
    this.waiting -= starting;
    this.started += starting;
    const { backfill, waiting, nowMs } = this;
    const isStuck =
      backfill.state === "running" && backfill.nextMs !== null && backfill.dueMs === null;
    if (isStuck && waiting <= BACKFILL_LIMITS.waitingLow)
      this.backfill = { ...backfill, dueMs: wakeMs(backfill, nowMs) };
  }

  #end(runs: number): void {
    const ending = Math.min(runs, this.started);
    this.started -= ending;
    const states = Array.from({ length: ending }, (_, i) => (i % 3 === 0 ? LOST : SUCCEEDED));
    this.backfill = countEnded(this.backfill, states, this.nowMs);
  }
}

function worldOf({
  rate,
  overlap,
  ticks,
  free,
}: {
  rate: number;
  overlap: Backfill["overlap"];
  ticks: number;
  free: number;
}): World {
  return new World(aBackfill({ rate, overlap, ticks }), free);
}

describe("a backfill, whatever happens around it,", () => {
  test("decides every tick of its range exactly once, in nominal order", () => {
    fc.assert(
      fc.property(someCase, (drawn) => {
        const world = worldOf(drawn);
        for (const event of drawn.events) world.happen(event);
        world.finish();

        const { fromMs } = world.backfill;
        const wanted = Array.from({ length: drawn.ticks }, (_, i) => fromMs + i * 60_000);
        expect(world.decisions.map(({ tickMs }) => tickMs)).toEqual(wanted);
        const { backfill } = world;
        expect([backfill.state, liveOf(backfill), backfill.dueMs]).toEqual(["completed", 0, null]);
        expect(backfill.made).toBe(world.decisions.filter(({ isRun }) => isRun).length);
        expect(backfill.made + backfill.skipped).toBe(backfill.total);
        expect(backfill.succeeded + backfill.failed).toBe(backfill.made);
      }),
      { numRuns: 150 },
    );
  });

  test("never exceeds its rate over any span of time by more than one second's worth", () => {
    fc.assert(
      fc.property(someCase, (drawn) => {
        const world = worldOf(drawn);
        for (const event of drawn.events) world.happen(event);
        world.finish();

        const times = world.decisions.map(({ atMs }) => atMs);
        const everyMs = 60_000 / drawn.rate;
        for (const spanMs of [1, 1_000, 60_000, 600_000]) {
          const bound = Math.ceil((spanMs + 1_000) / everyMs + 1e-6);
          expect(mostWithin(times, spanMs)).toBeLessThanOrEqual(bound);
        }
        expect(mostWithin(times, 1)).toBeLessThanOrEqual(Math.ceil(drawn.rate / 60));
      }),
      { numRuns: 150 },
    );
  });

  test("never has more runs waiting than it may", () => {
    fc.assert(
      fc.property(someCase, (drawn) => {
        const world = worldOf(drawn);
        for (const event of drawn.events) world.happen(event);
        world.finish();

        expect(world.waitingTop).toBeLessThanOrEqual(BACKFILL_LIMITS.waitingMax);
      }),
    );
  });
});

/** The most of these ascending instants that lie within any span of that length. */
function mostWithin(times: readonly number[], spanMs: number): number {
  let most = 0;
  let first = 0;
  for (const [last, atMs] of times.entries()) {
    while ((times[first] ?? atMs) <= atMs - spanMs) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
