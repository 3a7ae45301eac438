import { throws } from "node:assert/strict";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BACKFILL_LIMITS, type Backfill } from "../../src/core/backfill.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import { failedAnswer, OK } from "../support/a-run.ts";
import { REF, T0, type TestShard } from "../support/a-shard.ts";
import {
  aBackfillShard,
  begin,
  pass,
  runsOf,
  stored,
  times,
  waitingOf,
} from "../support/backfill-shard.ts";

/** What happens to the shard next; numbers choose among what is there. */
const someEvents = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant("tick"), n: fc.nat(700) }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("answer"), n: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("fail"), n: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("crash"), n: fc.constant(0) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("rollback"), n: fc.nat(700) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("pause"), n: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("resume"), n: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("flush"), n: fc.constant(0) }) },
  ),
  { maxLength: 60 },
);

const someCase = fc.record({
  ticks: fc.integer({ min: 1, max: 150 }),
  rate: fc.constantFrom(30, 600, BACKFILL_LIMITS.rateMax),
  overlap: fc.constantFrom("buffer_all", "allow", "skip"),
  concurrency: fc.constantFrom(null, 1, 3),
  events: someEvents,
});

type Case = typeof someCase extends fc.Arbitrary<infer T> ? T : never;

class World {
  readonly world: TestShard;
  readonly backfill: Backfill;
  /** Sent, by nominal time: the runs that each tick became. */
  readonly sent = new Map<number, Set<string>>();
  waitingTop = 0;
  #out: Delivery[] = [];

  constructor({ ticks, rate, overlap, concurrency }: Case) {
    this.world = aBackfillShard({ concurrency });
    this.backfill = begin(this.world, ticks, { rate, overlap });
  }

  happen({ kind, n }: { readonly kind: string; readonly n: number }): void {
    const { world } = this;
    const ref = { ...REF, backfill: this.backfill.id };
    if (kind === "tick") this.#send(world.tickAt(world.nowMs + n));
    if (kind === "answer" || kind === "fail") this.#answer(n, kind === "fail");
    if (kind === "crash") world.restart();
    if (kind === "rollback") this.#rollBack(n);
    if (kind === "pause") world.refusal("backfill.pause", { ref });
    if (kind === "resume") world.refusal("backfill.resume", { ref });
    if (kind === "flush") world.flush();
    this.waitingTop = Math.max(this.waitingTop, waitingOf(world, this.backfill).length);
  }

  /** Lets everything come to its end. */
  finish(): void {
    const { world } = this;
    world.refusal("backfill.resume", { ref: { ...REF, backfill: this.backfill.id } });
    for (const delivery of this.#out.splice(0)) world.answer(delivery, OK);
    pass(world, world.nowMs + 1_000_000, (delivery) => {
      this.#send([delivery]);
      world.answer(delivery, OK);
    });
  }

  #send(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      if (delivery.trigger !== "backfill") continue;
      const runs = this.sent.get(delivery.nominalMs) ?? new Set();
      this.sent.set(delivery.nominalMs, runs.add(delivery.runId));
    }
    this.#out.push(...deliveries);
  }

  #answer(n: number, isFailure: boolean): void {
    const [delivery] = this.#out.splice(n % Math.max(1, this.#out.length), 1);
    if (delivery !== undefined) this.world.answer(delivery, isFailure ? failedAnswer() : OK);
  }

  /** A tick whose commit fails: nothing of it is kept, and nothing of it is sent. */
  #rollBack(n: number): void {
    const { world } = this;
    world.nowMs += n;
    const failing = (): void =>
      world.shard.group(world.nowMs, () => {
        world.shard.tick(world.nowMs);
        throw new Error("disk full");
      });
    throws(failing, /disk full/);
  }
}

test("whatever happens, each tick of a backfill becomes one run or is skipped, and all is counted", () => {
  fc.assert(
    fc.property(someCase, (drawn) => {
      const seen = new World(drawn);
      for (const event of drawn.events) seen.happen(event);
      seen.finish();

      const done = stored(seen.world, seen.backfill);
      const made = [...seen.sent.keys()].toSorted((a, b) => a - b);
      expect(done).toMatchObject({ state: "completed", nextMs: null, dueMs: null });
      expect(done.made + done.skipped).toBe(drawn.ticks);
      expect(done.succeeded + done.failed + done.canceled).toBe(done.made);
      expect(made).toHaveLength(done.made);
      expect(seen.waitingTop).toBeLessThanOrEqual(BACKFILL_LIMITS.waitingMax);
      expect(times(drawn.ticks)).toEqual(expect.arrayContaining(made));
      expect([...seen.sent.values()].every(({ size }) => size === 1)).toBe(true);
      if (drawn.overlap !== "skip") expect(made).toEqual(times(drawn.ticks));
      expect(runsOf(seen.world, seen.backfill).every(({ nominalMs }) => nominalMs < T0)).toBe(true);
    }),
    { numRuns: 60 },
  );
});
