import { isDeepStrictEqual } from "node:util";
import { Refusal } from "../../src/core/refusal.ts";
import type {
  PartEnd,
  PartRef,
  WorkflowEffects,
  WorkflowInput,
  WorkflowMemory,
} from "../../src/core/workflow-effect.ts";
import { WorkflowMachine } from "../../src/core/workflow-machine.ts";
import { compilePlan, type WorkflowPlan } from "../../src/core/workflow-plan.ts";
import type { StepRow, WorkflowEvent, WorkflowRun } from "../../src/core/workflow-run.ts";
import type { WorkflowSpec } from "../../src/core/workflow.ts";
import { GIVEN } from "./workflow-specs.ts";

export const BEGIN_MS = 1_790_000_000_000;

export const keyOf = (ref: PartRef): string =>
  `${ref.step}/${ref.part}@${ref.revision}${ref.isCompensation ? "~" : ""}`;

/** A machine with the shard's part played around it: rows, events and live runs, as its effects say. */
export class PlayedMachine {
  readonly spec: WorkflowSpec;
  readonly plan: WorkflowPlan;
  readonly rows = new Map<string, StepRow>();
  readonly events: WorkflowEvent[] = [];
  readonly live = new Map<string, PartRef>();
  readonly canceled = new Set<string>();
  readonly memory: WorkflowMemory;
  /** As it is stored. */
  run: WorkflowRun;
  machine: WorkflowMachine;
  nowMs = BEGIN_MS;
  /** Rows that the machine has read from what is stored. */
  reads = 0;

  constructor(spec: WorkflowSpec, given: Partial<WorkflowRun> = {}) {
    this.spec = spec;
    this.plan = compilePlan({
      id: "wf",
      namespace: "default",
      version: 1,
      spec,
      createdMs: 1,
      updatedMs: 1,
    });
    this.run = aRun(spec, given);
    this.memory = {
      row: (step, part) => {
        this.reads++;
        return this.rows.get(`${step}/${part}`);
      },
      events: () => this.events,
    };
    this.machine = this.restored();
  }

  /** Another machine, made from what is stored and lives, in another order than it came. */
  restored(): WorkflowMachine {
    const machine = new WorkflowMachine({ run: this.run, plan: this.plan, memory: this.memory });
    machine.restore([...this.rows.values()].toReversed(), [...this.live.values()].toReversed());
    return machine;
  }

  take(input: WorkflowInput): WorkflowEffects {
    const effects = this.machine.take(input, this.nowMs);
    if (input.kind === "part_ended") this.live.delete(keyOf(input.end));
    this.store(effects);
    return effects;
  }

  store(effects: WorkflowEffects): void {
    for (const { step, part, revision, isCompensation } of effects.starts) {
      const ref = { step, part, revision, isCompensation };
      this.live.set(keyOf(ref), ref);
    }
    for (const ref of effects.cancels) this.canceled.add(keyOf(ref));
    for (const row of effects.rows) this.rows.set(`${row.step}/${row.part}`, row);
    this.events.push(...effects.events);
    if (effects.run !== null) this.run = effects.run;
  }

  begin(): WorkflowEffects {
    return this.take({ kind: "begin" });
  }

  /** Tells the end of the run of a step, or of one of its parts, that lives now. */
  end(name: string, more: Partial<PartEnd> = {}): WorkflowEffects {
    const step = this.placeOf(name);
    const { part = -1, isCompensation = false } = more;
    const ref = [...this.live.values()].find(
      (each) => each.step === step && each.part === part && each.isCompensation === isCompensation,
    );
    if (ref === undefined) throw new Error(`no run of ${name} lives`);
    return this.take({ kind: "part_ended", end: endOf(ref, more) });
  }

  placeOf(name: string): number {
    return this.spec.steps.findIndex((step) => step.name === name);
  }

  row(name: string): StepRow {
    return this.machine.rowOf(this.placeOf(name));
  }

  /** The states of the steps, in the order of the definition. */
  get states(): string {
    return this.spec.steps.map((_, i) => this.machine.rowOf(i).state).join(" ");
  }

  /** What two machines that are the same have alike. */
  pictureOf(machine: WorkflowMachine): unknown {
    const steps = this.spec.steps.map((_, i) => [machine.rowOf(i), machine.partsOf(i)]);
    return { steps, run: machine.run, dueMs: machine.dueMs, live: machine.livePartCount };
  }

  /** The code with which an input is refused; it changes nothing, or this throws. */
  refusedWith(input: WorkflowInput): string {
    const before = structuredClone(this.pictureOf(this.machine));
    try {
      this.take(input);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (!isDeepStrictEqual(before, this.pictureOf(this.machine)))
        throw new Error("a refusal changed something", { cause: error });
      return error.data.code;
    }
    return "taken";
  }
}

export function endOf(ref: PartRef, more: Partial<PartEnd> = {}): PartEnd {
  const { step, part, revision, isCompensation } = ref;
  const isFailure = more.state !== undefined && more.state !== "succeeded";
  return {
    state: "succeeded",
    output: null,
    outputTruncated: false,
    error: isFailure ? { message: "No luck.", code: "no.luck" } : null,
    startedMs: BEGIN_MS,
    context: null,
    ...more,
    step,
    part,
    revision,
    isCompensation,
  };
}

function aRun(spec: WorkflowSpec, given: Partial<WorkflowRun>): WorkflowRun {
  return {
    id: "wr",
    namespace: "default",
    workflowId: "wf",
    workflowName: spec.name,
    workflowVersion: 1,
    trigger: { kind: "api" },
    params: GIVEN.params,
    context: GIVEN.context,
    phase: { state: "waiting" },
    pausedMs: null,
    pauseReason: null,
    deadlineMs: null,
    revision: 1,
    revisions: [],
    nesting: 0,
    output: null,
    error: null,
    cancelReason: null,
    traceparent: null,
    counts: { total: spec.steps.length, succeeded: 0, failed: 0, skipped: 0, canceled: 0 },
    createdMs: BEGIN_MS,
    startedMs: null,
    version: 1,
    ...given,
  };
}
