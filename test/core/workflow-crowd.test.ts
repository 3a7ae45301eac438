import { describe, expect, test } from "vitest";
import type { PartRef, WorkflowInput } from "../../src/core/workflow-effect.ts";
import { WorkflowMachine } from "../../src/core/workflow-machine.ts";
import { compilePlan, type WorkflowPlan } from "../../src/core/workflow-plan.ts";
import { isWorkflowEnded } from "../../src/core/workflow-run.ts";
import { WORKFLOW_LIMITS, type StepSpec } from "../../src/core/workflow.ts";
import { Dice } from "../support/prng.ts";
import { StoredWorkflowRun } from "../support/stored-workflow-run.ts";
import { aWaitingRun, endOf, START_MS, workflowOf } from "../support/waiting-workflow-run.ts";
import { EMPTY_SPEC } from "../support/workflow-cases.ts";

const ITEMS = Array.from({ length: 700 }, (_, i) => i);
const RUN = { executor: "orders", handler: "work" };
const MAP = { map: { over: "${params.items}", concurrencyMax: 600 }, run: RUN } as const;
const STEPS: readonly StepSpec[] = [
  { name: "last", after: ["one", "two", "three", "single"], run: RUN },
  { name: "one", ...MAP },
  { name: "two", ...MAP },
  { name: "single", run: RUN },
  { name: "three", after: ["single"], ...MAP },
];

describe("a workflow run that wants more runs at once than it may have", () => {
  test.each([1, 2, 3])(
    "keeps to the limit and does everything once, restarts and all (%i)",
    (seed) => {
      const dice = new Dice(seed, "crowd");
      const crowd = new Crowd(STEPS);
      let liveMax = 0;

      crowd.take({ kind: "begin" });
      while (!isWorkflowEnded(crowd.stored.run.phase)) {
        liveMax = Math.max(liveMax, crowd.stored.live.size);
        if (dice.chance(0.01)) crowd.restart();
        if (dice.chance(0.01)) crowd.takeBreath();
        const live = [...crowd.stored.live.values()];
        const ref = live[dice.int(0, live.length - 1)];
        expect(ref, "something lives until the run has ended").toBeDefined();
        if (ref !== undefined) crowd.end(ref);
      }

      expect(liveMax).toBe(WORKFLOW_LIMITS.partsLiveMax);
      expect(crowd.stored.faults).toEqual([]);
      expect(crowd.stored.run.phase.state).toBe("succeeded");
      expect(crowd.stored.ended).toHaveLength(3 * ITEMS.length + 2);
      for (const step of [1, 2, 4]) expect(crowd.stored.row(step, -1)?.output).toEqual(ITEMS);
    },
  );

  test("starts what was due first: a step before items whose turn came later", () => {
    const crowd = new Crowd([
      { name: "one", ...MAP },
      { name: "two", map: { over: "${params.items}", concurrencyMax: 400 }, run: RUN },
      { name: "nap", sleep: "5s" },
      { name: "quick", after: ["nap"], run: RUN },
    ]);

    crowd.take({ kind: "begin" });
    crowd.take({ kind: "due" }, START_MS + 5_000);
    expect(crowd.stored.live.size).toBe(WORKFLOW_LIMITS.partsLiveMax);
    for (const ref of [...crowd.stored.live.values()].slice(0, 1)) crowd.end(ref);

    expect([...crowd.stored.live.values()].some(({ step }) => step === 3)).toBe(true);
  });
});

class Crowd {
  readonly #plan: WorkflowPlan;
  readonly stored: StoredWorkflowRun;
  #machine: WorkflowMachine;

  constructor(steps: readonly StepSpec[]) {
    const spec = { ...EMPTY_SPEC, timeout: "1d", steps };
    this.#plan = compilePlan(workflowOf(spec));
    this.stored = new StoredWorkflowRun(
      aWaitingRun(spec, { params: { items: ITEMS }, context: {} }, 1),
    );
    this.#machine = this.#anew();
  }

  #anew(): WorkflowMachine {
    const memory = this.stored;
    return new WorkflowMachine({ run: memory.run, plan: this.#plan, memory });
  }

  take(input: WorkflowInput, atMs = START_MS): void {
    this.stored.store(this.#machine.take(input, atMs));
  }

  restart(): void {
    this.#machine = this.#anew();
    this.#machine.restore(this.stored.rows(), this.stored.live.values());
  }

  /** Paused and resumed at once: what waits for room keeps waiting. */
  takeBreath(): void {
    this.take({ kind: "pause", reason: null });
    this.restart();
    this.take({ kind: "resume" });
  }

  /** A part succeeds and gives its own number. */
  end(ref: PartRef): void {
    this.stored.leave(ref);
    this.take({ kind: "part_ended", end: { ...endOf(ref, "succeeded"), output: ref.part } });
  }
}
