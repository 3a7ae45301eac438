import { Refusal } from "../../src/core/refusal.ts";
import type { PartEnd, WorkflowEffects, WorkflowInput } from "../../src/core/workflow-effect.ts";
import { WorkflowMachine } from "../../src/core/workflow-machine.ts";
import { compilePlan } from "../../src/core/workflow-plan.ts";
import type { StepSpec } from "../../src/core/workflow.ts";
import { StoredWorkflowRun } from "./stored-workflow-run.ts";
import { aWaitingRun, endOf, START_MS, workflowOf } from "./waiting-workflow-run.ts";
import { EMPTY_SPEC } from "./workflow-cases.ts";

const RUN = { executor: "orders", handler: "work" };
const HOUR_MS = 3_600_000;

/** While the run is running, one for each state that a step may have. */
const STEPS: readonly StepSpec[] = [
  { name: "done", run: RUN, compensate: { run: RUN } },
  { name: "broken", run: RUN },
  { name: "dropped", after: ["broken"], run: RUN },
  { name: "passed", when: "params.no", run: RUN },
  { name: "busy", run: RUN },
  { name: "asked", approval: {} },
  { name: "asleep", sleep: "1h" },
  { name: "later", after: ["busy"], run: RUN },
];
const SPEC = {
  ...EMPTY_SPEC,
  timeout: "1d",
  onFailure: "finish_branches" as const,
  steps: STEPS,
};

/** A run of that workflow on the real machine, brought to where a control is to meet it. */
export class StagedRun {
  readonly #stored = new StoredWorkflowRun(
    aWaitingRun(SPEC, { params: { no: false }, context: {} }, 1),
  );
  readonly #machine = new WorkflowMachine({
    run: this.#stored.run,
    plan: compilePlan(workflowOf(SPEC)),
    memory: this.#stored,
  });
  #nowMs = START_MS;

  /** Such as `running, paused`; of one that is about to end, what it will have ended as. */
  get words(): string {
    const { phase, pausedMs } = this.#stored.run;
    const outcome = "outcome" in phase ? ` (${phase.outcome})` : "";
    return `${phase.state}${outcome}${pausedMs === null ? "" : ", paused"}`;
  }

  get revision(): number {
    return this.#stored.run.revision;
  }

  /** The steps by their states, each such as `waiting (sleep)`: the first step that is in it. */
  get steps(): ReadonlyMap<string, string> {
    const pairs = STEPS.map(({ name }) => [this.stateOf(name), name] as const);
    return new Map(pairs.toReversed());
  }

  stateOf(name: string): string {
    const place = STEPS.findIndex((step) => step.name === name);
    const { state } = this.#machine.rowOf(place);
    const kind = STEPS[place]?.sleep === undefined ? "approval" : "sleep";
    return state === "waiting" ? `waiting (${kind})` : state;
  }

  take(input: WorkflowInput): WorkflowEffects {
    const effects = this.#machine.take(input, this.#nowMs);
    this.#stored.store(effects);
    return effects;
  }

  /** The code of the refusal, or what happened. */
  attempt(input: WorkflowInput): WorkflowEffects | string {
    try {
      return this.take(input);
    } catch (error) {
      if (error instanceof Refusal) return error.data.code;
      throw error;
    }
  }

  end(name: string, state: PartEnd["state"]): this {
    const place = STEPS.findIndex((step) => step.name === name);
    const ref = [...this.#stored.live.values()].find(({ step }) => step === place);
    if (ref === undefined) throw new Error(`nothing of ${name} lives`);
    this.#stored.leave(ref);
    this.take({ kind: "part_ended", end: endOf(ref, state) });
    return this;
  }

  begin(): this {
    this.take({ kind: "begin" });
    return this;
  }

  pause(): this {
    this.take({ kind: "pause", reason: null });
    return this;
  }

  cancel(): this {
    this.take({ kind: "cancel", reason: null });
    return this;
  }

  later(hours: number): this {
    this.#nowMs += hours * HOUR_MS;
    this.take({ kind: "due" });
    return this;
  }

  decide(action: "approve" | "skip" | "succeed", step: string): this {
    this.take({ kind: "decide", action, step, result: null, note: null, by: null });
    return this;
  }
}

const waiting = (): StagedRun => new StagedRun();
const running = (): StagedRun => waiting().begin().end("done", "succeeded").end("broken", "failed");
/** Everything has ended but `busy`. */
const nearlyOver = (): StagedRun => running().decide("approve", "asked").later(1);

/** How a run is brought to each state that it may have, in the order in which they come. */
const STAGES: readonly (() => StagedRun)[] = [
  markedEarly,
  () => markedEarly().pause(),
  running,
  () => running().pause(),
  () => running().later(24),
  () => running().cancel(),
  () => running().pause().cancel(),
  () => nearlyOver().end("busy", "failed"),
  () => nearlyOver().pause().end("busy", "failed"),
  () => succeeding().end("later", "succeeded"),
  () => nearlyOver().end("busy", "failed").end("done", "succeeded"),
  () => running().later(24).end("busy", "canceled").end("done", "succeeded"),
  () => running().cancel().end("busy", "canceled"),
];

/** It waits for its turn, and a person has been at its steps. */
function markedEarly(): StagedRun {
  return waiting().decide("skip", "passed").decide("succeed", "done");
}

function succeeding(): StagedRun {
  const begun = waiting().begin().end("done", "succeeded").end("broken", "succeeded");
  return begun
    .end("dropped", "succeeded")
    .decide("approve", "asked")
    .later(1)
    .end("busy", "succeeded");
}

/** Every state of a run by its name, with how it is reached. */
export function stages(): ReadonlyMap<string, () => StagedRun> {
  return new Map(STAGES.map((stage) => [stage().words, stage]));
}
