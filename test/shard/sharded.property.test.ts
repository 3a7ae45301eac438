import fc from "fast-check";
import { expect, test } from "vitest";
import { assert, unreachable } from "../../src/core/assert.ts";
import { isEnded, type Run } from "../../src/core/run.ts";
import { decide, tallyOf } from "../../src/core/sharding.ts";
import type { ShardingSpec, SuccessRule } from "../../src/core/job.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import { ACCEPTED, CUT, failedAnswer, OK } from "../support/a-run.ts";
import type { TestShard } from "../support/a-shard.ts";
import { anExecutorShard } from "../support/executor-shard.ts";

const SLICES_MAX = 6;
const HOUR = 3_600_000;
const ANSWERS = { ok: OK, failed: failedAnswer(), accepted: ACCEPTED, cut: CUT } as const;

type Step =
  | { readonly do: "answer"; readonly pick: number; readonly answer: keyof typeof ANSWERS }
  | { readonly do: "call back"; readonly pick: number; readonly status: "succeeded" | "canceled" }
  | { readonly do: "cancel"; readonly pick: number }
  | { readonly do: "confirm"; readonly pick: number }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "restart" | "flush" | "fail" | "run" };

const pick = fc.nat(100);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      pick,
      answer: fc.constantFrom("ok", "failed", "accepted", "cut"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("call back" as const),
      pick,
      status: fc.constantFrom("succeeded", "canceled"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("cancel", "confirm"), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(1, 1_000, 10_000, HOUR, -10_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom("restart", "flush", "fail", "run") }),
  },
);

const rule: fc.Arbitrary<SuccessRule> = fc.oneof(
  fc.constant({ mode: "all" } as const),
  fc.constant({ mode: "any" } as const),
  fc.record({
    mode: fc.constant("count" as const),
    count: fc.integer({ min: 1, max: SLICES_MAX }),
  }),
);

const story = fc.record({
  total: fc.integer({ min: 1, max: SLICES_MAX }),
  success: rule,
  retries: fc.integer({ min: 0, max: 1 }),
  slots: fc.integer({ min: 1, max: 8 }),
  steps: fc.array(step, { maxLength: 40 }),
});

class DiskFull extends Error {}

/** The shard with what its executor and its records saw. */
class Scene {
  readonly world: TestShard;
  readonly records = new Map<string, Run>();
  /** By run, how often its end was told; a start tells of none that it brings. */
  readonly ends = new Map<string, number>();
  /** Runs that went on though they had ended. */
  readonly changedAfterEnd: string[] = [];
  #out: Delivery[] = [];

  constructor(sharding: ShardingSpec, retries: number, slots: number) {
    const backoff = { kind: "exponential", base: "1s", factor: 2, max: "1m" } as const;
    const retry = { max: retries, backoff, jitter: "none", untilNextTick: false } as const;
    const spec = { sharding, retry, overlap: "allow", timeout: "1h" } as const;
    this.world = anExecutorShard(spec, { limits: { slots } });
    this.#listen();
    this.world.runNow();
    this.tick();
  }

  play(one: Step): void {
    if ("pick" in one) this.#playRun(one);
    else if (one.do === "pass") this.world.nowMs += one.ms;
    else this.#playHost(one.do);
    this.tick();
  }

  #playRun(one: Extract<Step, { readonly pick: number }>): void {
    const { world } = this;
    const { id: run = "", phase } = this.#live(one.pick) ?? {};
    const sent = { runId: run, attempt: phase?.attempt ?? 0 };
    switch (one.do) {
      case "answer": {
        const [delivery] = this.#out.splice(one.pick % Math.max(1, this.#out.length), 1);
        if (delivery !== undefined) world.answer(delivery, ANSWERS[one.answer], null);
        return;
      }
      case "call back":
        world.refusal(...world.callBack({ ...sent, status: one.status }));
        return;
      case "cancel":
        world.refusal("run.cancel", { ref: { namespace: "default", run }, reason: null });
        return;
      case "confirm":
        world.shard.confirmCancel(sent, world.nowMs);
        return;
      default:
        unreachable(one);
    }
  }

  #playHost(what: "restart" | "flush" | "fail" | "run"): void {
    const { world } = this;
    if (what === "run") world.runNow();
    else if (what === "flush") this.flush();
    else if (what === "fail") this.#fail();
    else {
      world.restart();
      this.#out = [];
      this.#listen();
    }
  }

  /** A transaction that ends a run and starts others comes to nothing. */
  #fail(): void {
    const { world } = this;
    const [delivery] = this.#out;
    const failing = (): never => {
      if (delivery !== undefined) world.answer(delivery, OK);
      world.shard.tick(world.nowMs);
      throw new DiskFull();
    };
    try {
      world.shard.group(world.nowMs, failing);
    } catch (error) {
      if (!(error instanceof DiskFull)) throw error;
    }
  }

  tick(): void {
    this.#out.push(...this.world.shard.tick(this.world.nowMs));
  }

  /** Nothing goes wrong any more. */
  drain(): void {
    const { world } = this;
    for (let turns = 0; turns < 200 && this.#isBusy; turns++) {
      for (const delivery of this.#out.splice(0)) world.answer(delivery, OK);
      this.tick();
      const nextMs = world.shard.nextTickMs(world.nowMs);
      if (this.#out.length === 0 && nextMs !== undefined)
        world.nowMs = Math.max(nextMs, world.nowMs);
      this.tick();
    }
    this.flush();
  }

  flush(): void {
    for (const run of this.world.flush().runs) {
      const known = this.records.get(run.id);
      if (known !== undefined && known.version >= run.version) continue;
      this.records.set(run.id, run);
      if (known === undefined || !isEnded(known.phase)) continue;
      if (known.phase.state !== run.phase.state) this.changedAfterEnd.push(run.id);
    }
  }

  get #isBusy(): boolean {
    return this.#out.length > 0 || this.#live(0) !== undefined;
  }

  #live(index: number): Run | undefined {
    const live = this.world.runs.filter(({ phase }) => !isEnded(phase));
    return live[index % Math.max(1, live.length)];
  }

  #listen(): void {
    this.world.shard.onRunEnded = ({ id }) => this.ends.set(id, (this.ends.get(id) ?? 0) + 1);
  }
}

function expectAccounted(parent: Run, slices: readonly Run[]): void {
  const { tally, phase, order } = parent;
  if (tally === null) {
    expect(phase.state).toBe("canceled");
    expect(slices).toEqual([]);
    return;
  }
  assert(order.sharding !== null, "it is sharded");
  const indexes = slices.map(({ slice }) => slice?.index ?? -1).toSorted((a, b) => a - b);
  expect(indexes).toEqual(Array.from({ length: tally.total }, (_, index) => index));
  const { failedSlices, ...counts } = tally;
  const counted = tallyOf(slices.map((slice) => slice.phase.state));
  expect(counts).toEqual(counted);
  expect(failedSlices).toHaveLength(counted.failed);
  const decided = decide(order.sharding.success, counted);
  if (phase.state !== "canceled") expect(phase.state).toBe(decided);
  else expect(decided).toBe("failed");
}

test("whatever happens, a sharded run and each of its slices end once, and agree", () => {
  fc.assert(
    fc.property(story, ({ total, success, retries, slots, steps }) => {
      const scene = new Scene({ mode: "count", total, success }, retries, slots);
      for (const one of steps) scene.play(one);
      scene.drain();

      const runs = [...scene.records.values()];
      expect(scene.world.runs).toEqual([]);
      expect(runs.every(({ phase }) => isEnded(phase))).toBe(true);
      expect(Math.max(...scene.ends.values())).toBeLessThanOrEqual(1);
      expect(scene.changedAfterEnd).toEqual([]);
      for (const parent of runs.filter(({ slice }) => slice === null)) {
        const isItsOwn = ({ trigger }: Run): boolean =>
          trigger.kind === "shard" && trigger.parent === parent.id;
        expectAccounted(parent, runs.filter(isItsOwn));
      }
    }),
    { numRuns: 1_000 },
  );
});
