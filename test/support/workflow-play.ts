import { compilePlan } from "../../src/core/workflow-plan.ts";
import { WorkflowMachine } from "../../src/core/workflow-machine.ts";
import { Refusal } from "../../src/core/refusal.ts";
import type { PartEnd, WorkflowInput } from "../../src/core/workflow-effect.ts";
import { StoredWorkflowRun } from "./stored-workflow-run.ts";
import { aWaitingRun, ENDED_WELL, endOf, START_MS, workflowOf } from "./waiting-workflow-run.ts";
import type { WorkflowCase } from "./workflow-cases.ts";
import {
  differences,
  effectDifferences,
  nextMs,
  partsOf,
  type WorkflowModel,
} from "./workflow-difference.ts";
import { CASE_CONTEXT, CASE_PARAMS } from "./workflow-meanings.ts";
import { workflowModel } from "./workflow-model.ts";
import type { Move } from "./workflow-moves.ts";

const CASE_GIVEN = { params: CASE_PARAMS, context: CASE_CONTEXT };
/** Inputs after the moves within which every run has to end. */
const FINALE_MAX = 3_000;
const ENDS: ReadonlySet<string> = new Set(["succeeded", "failed", "timed_out", "canceled"]);

/** How often what was tried where, by words such as `pause in running: ok`. */
export type Coverage = Map<string, number>;

/** Thrown where machine and model part: the message has all inputs up to there. */
export class Parted extends Error {}

/** Plays a case on machine and model side by side, to the run's end. */
export function playWorkflow(drawn: WorkflowCase, coverage: Coverage): void {
  const play = new WorkflowPlay(drawn, coverage);
  drawn.moves.forEach((move, i) => {
    if (i === drawn.waits) play.begin();
    play.move(move);
  });
  play.finish();
}

class WorkflowPlay {
  readonly #plan;
  readonly #model: WorkflowModel;
  readonly #stored: StoredWorkflowRun;
  readonly #coverage: Coverage;
  readonly #told: string[] = [];
  #machine: WorkflowMachine;
  #nowMs = START_MS;

  constructor({ spec, revision }: WorkflowCase, coverage: Coverage) {
    this.#coverage = coverage;
    this.#plan = compilePlan(workflowOf(spec));
    this.#stored = new StoredWorkflowRun(aWaitingRun(spec, CASE_GIVEN, revision));
    this.#machine = this.#rebuilt();
    this.#model = workflowModel(spec, this.#stored.run);
    this.#told.push(JSON.stringify(spec.steps), `${spec.onFailure}, ${spec.timeout}`);
  }

  begin(): void {
    if (this.#model.read().phase === "waiting") this.#take({ kind: "begin" });
  }

  move(move: Move): void {
    this.#nowMs += move.afterMs;
    if (move.kind === "restore") this.#restore();
    else if (move.kind === "end") this.#endLive(move);
    else if (move.kind === "stale") this.#endStale(move);
    else if (move.kind === "go on") for (let i = 0; i < move.count; i++) this.#endNext();
    else if (move.kind === "due") this.#due(move.shiftMs);
    else this.#take(this.#inputOf(move));
  }

  /** Lets the run go on until it has ended, which it must. */
  finish(): void {
    this.begin();
    for (let i = 0; !ENDS.has(this.#model.read().phase); i++) {
      if (i >= FINALE_MAX) throw this.#parted(["the run does not end"]);
      if (this.#model.read().pausedMs !== null) this.#take({ kind: "resume" });
      else if (this.#stored.live.size > 0) this.#endNext();
      else this.#due(0);
    }
    if (this.#stored.live.size > 0) throw this.#parted(["parts outlive the run"]);
  }

  #rebuilt(): WorkflowMachine {
    const memory = this.#stored;
    return new WorkflowMachine({ run: memory.run, plan: this.#plan, memory });
  }

  #restore(): void {
    this.#told.push("restore");
    this.#machine = this.#rebuilt();
    this.#machine.restore(this.#stored.rows(), this.#stored.live.values());
    this.#compare([]);
  }

  #endNext(): void {
    const [ref] = this.#stored.live.values();
    if (ref !== undefined) this.#tellEnd({ ...ENDED_WELL, ...ref });
  }

  #endLive({ pick, state, output, context }: Extract<Move, { kind: "end" }>): void {
    const live = [...this.#stored.live.values()];
    const ref = live[pick % live.length];
    if (ref !== undefined) this.#tellEnd({ ...endOf(ref, state), output, context });
  }

  #endStale({ pick, state }: Extract<Move, { kind: "stale" }>): void {
    const { ended } = this.#stored;
    const never = { step: 0, part: 77, revision: 1, isCompensation: false };
    this.#take({ kind: "part_ended", end: endOf(ended[pick % ended.length] ?? never, state) });
  }

  #tellEnd(end: PartEnd): void {
    this.#stored.leave(end);
    const isBad = end.state !== "succeeded";
    // What is not counted is not looked at, so that this holds for all kinds of ends.
    this.#take({ kind: "part_ended", end: isBad ? { ...end, output: null, context: null } : end });
  }

  #due(shiftMs: number): void {
    const dueMs = nextMs(this.#model);
    if (dueMs < Infinity) this.#nowMs = Math.max(this.#nowMs, dueMs + shiftMs);
    this.#take({ kind: "due" });
  }

  #inputOf(
    move: Exclude<Move, { kind: "restore" | "end" | "stale" | "go on" | "due" }>,
  ): WorkflowInput {
    if (move.kind === "event") return { kind: "event", name: move.name, data: move.data };
    if (move.kind === "pause" || move.kind === "cancel") return { kind: move.kind, reason: "so" };
    if (move.kind === "resume") return { kind: "resume" };
    const step = move.pick === null ? null : this.#nameOf(move.pick);
    if (move.kind === "retry") return { kind: "retry", step, by: "ann" };
    const { action, result } = move;
    return { kind: "decide", action, step: step ?? "", result, note: "note", by: "ann" };
  }

  #nameOf(pick: number): string {
    const { steps } = this.#model;
    return pick >= 59 ? "nowhere" : (steps[pick % steps.length]?.spec.name ?? "nowhere");
  }

  #take(input: WorkflowInput): void {
    const before = partsOf(this.#model);
    const words = this.#wordsOf(input);
    this.#told.push(`+${this.#nowMs - START_MS} ${JSON.stringify(input).slice(0, 300)}`);
    const meant = this.#model.refusalOf(input);
    if (meant === undefined) this.#model.take(input, this.#nowMs);
    for (const word of words) this.#count(`${word}: ${meant ?? "ok"}`);
    try {
      const effects = this.#machine.take(input, this.#nowMs);
      this.#stored.store(effects);
      const refused = meant === undefined ? [] : [`it is taken, the model says ${meant}`];
      this.#compare([...refused, ...effectDifferences(effects, this.#model, before)]);
    } catch (error) {
      if (!(error instanceof Refusal)) throw this.#parted([`it throws ${String(error)}`], error);
      const { code } = error.data;
      this.#compare(code === meant ? [] : [`it is refused with ${code}, the model says ${meant}`]);
    }
  }

  #compare(found: readonly string[]): void {
    const { model, stored } = { model: this.#model, stored: this.#stored };
    const all = [...found, ...differences({ model, stored, machine: this.#machine })];
    if (all.length > 0) throw this.#parted(all);
  }

  #parted(found: readonly string[], cause?: unknown): Parted {
    return cause instanceof Parted
      ? cause
      : new Parted(`${this.#told.join("\n")}\n=> ${found.join("\n=> ")}`, { cause });
  }

  /** Where the input finds the run, and if it names a step, that step. */
  #wordsOf(input: WorkflowInput): readonly string[] {
    const { phase: where, pausedMs } = this.#model.read();
    const name = input.kind === "decide" ? input.action : input.kind;
    const words = [`${name} in ${where}${pausedMs === null ? "" : ", paused"}`];
    if (input.kind !== "retry" && input.kind !== "decide") return words;
    const step = this.#model.steps.find(({ spec }) => spec.name === input.step);
    return step === undefined ? words : [...words, `${name} of ${step.state} in ${where}`];
  }

  #count(word: string): void {
    this.#coverage.set(word, (this.#coverage.get(word) ?? 0) + 1);
  }
}
