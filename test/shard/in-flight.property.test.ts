import { expect, test } from "vitest";
import { InFlight } from "../../src/shard/in-flight.ts";
import { aRun, RUN_MS } from "../support/a-run.ts";
import { Dice } from "../support/prng.ts";

const PLAYS = 400;
const STEPS = 80;
const RUNS = ["run-1", "run-2", "run-3", "run-4", "run-5", "run-6"] as const;
const HOST_KEYS = ["host:a", "host:b"] as const;
const NOBODY = { took: () => {}, freed: () => {} };

interface Out {
  readonly send: number;
  readonly silentMs: number;
  readonly patienceMs: number;
  readonly hostKey: string | null;
}

interface Clock {
  nowMs: number;
  /** So far: each has its own number. */
  sends: number;
}

/** The same by counting: every question looks at everything, and a mark is a copy. */
class Model {
  #out = new Map<string, Out>();
  #marked = new Map<string, Out>();

  add(runId: string, out: Out): void {
    this.#out.set(runId, out);
  }

  answered(runId: string, send: number): void {
    if (this.#out.get(runId)?.send === send) this.#out.delete(runId);
  }

  clamp(nowMs: number): void {
    for (const [runId, out] of this.#out) {
      const silentMs = Math.min(out.silentMs, nowMs + out.patienceMs);
      this.#out.set(runId, { ...out, silentMs });
    }
  }

  mark(): void {
    this.#marked = new Map(this.#out);
  }

  rollBack(): void {
    this.#out = new Map(this.#marked);
  }

  clear(): void {
    this.#out.clear();
    this.#marked.clear();
  }

  told(nowMs: number): object {
    const all = [...this.#out];
    const times = all.map(([, { silentMs }]) => silentMs);
    return {
      out: all.map(([runId]) => runId).toSorted(),
      toHosts: HOST_KEYS.map((key) => all.filter(([, out]) => out.hostKey === key).length),
      nextSilentMs: times.length === 0 ? undefined : Math.min(...times),
      silent: all
        .filter(([, { silentMs }]) => silentMs <= nowMs)
        .map(([runId]) => runId)
        .toSorted(),
    };
  }
}

function told(inFlight: InFlight, nowMs: number): object {
  return {
    out: RUNS.filter((runId) => inFlight.has(runId)),
    toHosts: HOST_KEYS.map((key) => inFlight.outTo(key)),
    nextSilentMs: inFlight.nextSilentMs(),
    silent: inFlight.silent(nowMs).toSorted(),
  };
}

/** One thing happens to both. */
function step(
  dice: Dice,
  both: { readonly real: InFlight; readonly model: Model },
  at: Clock,
): void {
  const { real, model } = both;
  const runId = dice.pick(RUNS);
  const kind = dice.weighted(["add", "answered", "clamp", "mark", "rollBack", "clear"], {
    add: 10,
    answered: 8,
    clamp: 1,
    mark: 3,
    rollBack: 2,
    clear: 0.2,
  });
  if (kind === "add") {
    at.sends++;
    const [send, patienceMs] = [at.sends, dice.int(1, 4) * 100];
    const [silentMs, hostKey] = [at.nowMs + patienceMs, dice.pick([null, ...HOST_KEYS])];
    real.add({ runId, attempt: 1, send }, { hostKey, nowMs: at.nowMs, silentMs });
    model.add(runId, { send, silentMs, patienceMs, hostKey });
  } else if (kind === "answered") {
    const send = at.sends - dice.int(0, 5);
    real.answered({ runId, attempt: 1, send }, undefined);
    model.answered(runId, send);
  } else if (kind === "clamp") {
    at.nowMs -= dice.int(0, 300);
    real.clamp(at.nowMs);
    model.clamp(at.nowMs);
  } else {
    real[kind]();
    model[kind]();
  }
}

test("what is out is known by run, host and time, and a rollback brings it back", () => {
  for (let seed = 0; seed < PLAYS; seed++) {
    const dice = new Dice(seed, "in flight");
    const real = new InFlight(NOBODY);
    const model = new Model();
    const at: Clock = { nowMs: 10_000, sends: 0 };
    for (let i = 0; i < STEPS; i++) {
      step(dice, { real, model }, at);
      at.nowMs += dice.int(0, 120);
      expect(told(real, at.nowMs), `seed ${seed}, step ${i}`).toEqual(model.told(at.nowMs));
    }
  }
});

test("a failed transaction breaks off no delivery", () => {
  const inFlight = new InFlight(NOBODY);
  const run = aRun();
  const sending = { runId: run.id, attempt: 1, send: 1 };
  inFlight.add(sending, { hostKey: null, nowMs: RUN_MS, silentMs: RUN_MS + 1_000 });

  inFlight.mark();
  inFlight.cancel(run);
  inFlight.rollBack();
  expect(inFlight.takeAborts()).toEqual([]);

  inFlight.mark();
  inFlight.cancel(run);
  expect(inFlight.takeAborts()).toEqual([sending]);
});
