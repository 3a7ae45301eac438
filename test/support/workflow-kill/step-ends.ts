import { durationMs } from "../../../src/core/duration.ts";
import type { StepSpec } from "../../../src/core/workflow.ts";
import type { FullRun, KillEvidence } from "./kill-evidence.ts";
import { lastSteps } from "./kill-workflows.ts";
import type { StepArrival } from "./step-sink.ts";

/** Where a step is looked at: in a workflow run, as of a revision. */
interface At {
  readonly run: FullRun;
  readonly revision: number;
}

const NEVER = Number.POSITIVE_INFINITY;

/**
 * The earliest instants at which steps can have begun and ended, as follows from what the sink answered and from
 * what people did: what nobody had said yet cannot have been known.
 */
export class StepEnds {
  readonly #evidence: KillEvidence;

  constructor(evidence: KillEvidence) {
    this.#evidence = evidence;
  }

  /** Before this its join cannot have held. */
  beginMs(at: At, step: StepSpec): number {
    const { join = "all", after = [] } = step;
    const parents = after.map((name) => this.#evidence.stepOf(at.run, name));
    if (parents.length === 0) return Date.parse(at.run.createdAt);
    if (join === "all_done") return Math.max(...parents.map((parent) => this.#doneMs(at, parent)));
    const wellMs = parents.map((parent) => this.endMs(at, parent)).toSorted((a, b) => a - b);
    if (join === "all") return wellMs.at(-1) ?? NEVER;
    return wellMs[(join === "any" ? 1 : join.count) - 1] ?? NEVER;
  }

  /** Before this it cannot have ended well, or have been skipped. */
  endMs(at: At, step: StepSpec): number {
    const { run } = at;
    const decided = this.#evidence
      .controlsOf(run.id, "skip", "succeed")
      .filter((control) => control.step === step.name);
    return Math.min(this.#ownEndMs(at, step), ...decided.map(({ sentMs }) => sentMs));
  }

  #ownEndMs(at: At, step: StepSpec): number {
    const { run, revision } = at;
    if (step.run !== undefined || step.tasks !== undefined) {
      const work = this.#evidence.workUpTo(run.id, step.name, revision);
      if (work.length === 0) return this.#mayBeSkipped(at, step) ? this.beginMs(at, step) : NEVER;
      return enoughMs(step, work);
    }
    const beginMs = this.beginMs(at, step);
    return Math.max(beginMs, this.#waitedMs(at, step, beginMs));
  }

  /** Of a step that calls nobody: what it waits for besides its join. */
  #waitedMs({ run, revision }: At, step: StepSpec, beginMs: number): number {
    if (step.sleep !== undefined) return beginMs + (durationMs(step.sleep) ?? 0);
    if (step.waitFor !== undefined) return this.#saidMs(run, "events");
    if (step.approval !== undefined) return this.#saidMs(run, "approve");
    if (step.workflow === undefined) return beginMs;
    const nested = this.#evidence.nestedIn(run.id, step.name, revision);
    return Math.min(NEVER, ...nested.map((child) => this.#runEndMs(child)));
  }

  #runEndMs(run: FullRun): number {
    const last = lastSteps(this.#evidence.specOf(run));
    const at = { run, revision: run.revision };
    return Math.max(...last.map((name) => this.endMs(at, this.#evidence.stepOf(run, name))));
  }

  #saidMs(run: FullRun, action: string): number {
    const said = this.#evidence.controlsOf(run.id, action);
    return Math.min(NEVER, ...said.map(({ sentMs }) => sentMs));
  }

  /** Before this it cannot have ended in any way. What was never sent was skipped, or canceled by another's end. */
  #doneMs(at: At, step: StepSpec): number {
    const work = this.#evidence.workUpTo(at.run.id, step.name, at.revision);
    if (work.length === 0) return 0;
    const badMs = work.flatMap(({ answer }) =>
      answer === null || answer.kind === "ok" ? [] : [answer.atMs],
    );
    return Math.min(this.endMs(at, step), ...badMs);
  }

  /** What became of it in an earlier revision is not shown any more. */
  #mayBeSkipped({ run, revision }: At, { name }: StepSpec): boolean {
    if (run.revision > revision) return true;
    return run.graph.steps.some((step) => step.name === name && step.state === "skipped");
  }
}

/** When as many parts had been answered well as the step needs. */
function enoughMs(step: StepSpec, work: readonly StepArrival[]): number {
  const parts = [...Map.groupBy(work, ({ part }) => part).values()];
  const wellMs = parts.map(firstWellMs).toSorted((a, b) => a - b);
  return wellMs[neededOf(step, parts.length) - 1] ?? NEVER;
}

/** How many parts must succeed. Of a map all that were begun: those that were not are missing in its output. */
export function neededOf({ complete, tasks }: StepSpec, parts: number): number {
  if (complete?.mode === "any") return 1;
  if (complete?.mode === "count") return complete.count;
  return tasks?.length ?? parts;
}

/** When a part was first answered well. */
export function firstWellMs(arrivals: readonly StepArrival[]): number {
  const well = arrivals.flatMap(({ answer }) => (answer?.kind === "ok" ? [answer.atMs] : []));
  return Math.min(NEVER, ...well);
}
