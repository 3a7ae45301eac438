import type { Json } from "../../src/core/json.ts";
import type { PartEnd, WorkflowInput } from "../../src/core/workflow-effect.ts";
import type { EndedWorkflowState, WorkflowEvent } from "../../src/core/workflow-run.ts";
import type { WorkflowSpec } from "../../src/core/workflow.ts";
import { ModelParts, partKey } from "./workflow-model-parts.ts";
import { refusalOf } from "./workflow-model-refusals.ts";
import { endByDecision, judge, nextToUndo, silenceOf } from "./workflow-model-end.ts";
import type { Decide, ModelError } from "./workflow-model-end.ts";
import * as does from "./workflow-model-step.ts";
import { canceled, hasEnded } from "./workflow-model-step.ts";
import type { CountedEnd, Ending, Given, ModelStep, World } from "./workflow-model-step.ts";

/**
 * What a workflow run does, as plainly as it can be said: after each input all steps are searched for one that can
 * move, until none can. It shares nothing with the machine that it is compared with, and is slow.
 */
export class WorkflowModel {
  phase: "waiting" | "running" | "ending" | "compensating" | "ended" = "waiting";
  outcome: EndedWorkflowState | null = null;
  pausedMs: number | null = null;
  deadlineMs: number | null = null;
  #heldMs = 0;
  revision: number;
  error: ModelError | null = null;
  notUndone: string[] = [];
  output: Json = null;
  context: { readonly [key: string]: Json };
  events: WorkflowEvent[] = [];
  readonly steps: readonly ModelStep[];
  readonly parts = new ModelParts();
  readonly #spec: WorkflowSpec;
  readonly #given: Given;
  #nowMs = 0;
  #ends = 0;

  constructor(spec: WorkflowSpec, given: Given) {
    this.#spec = spec;
    this.#given = given;
    this.context = given.context;
    this.revision = given.revision;
    this.steps = spec.steps.map((step, place) => ({
      place,
      spec: step,
      ...does.blank(1),
    }));
  }

  stepOf(name: string): ModelStep | undefined {
    return this.steps.find((step) => step.spec.name === name);
  }

  get dueMs(): number | null {
    const dues = this.steps.filter((step) => step.state === "waiting").map((step) => step.dueMs);
    if (this.pausedMs === null) dues.push(this.deadlineMs);
    const known = this.phase === "running" ? dues.filter((dueMs) => dueMs !== null) : [];
    return known.length === 0 ? null : Math.min(...known);
  }

  /** The code of the refusal, or null when it was taken. */
  take(input: WorkflowInput, nowMs: number): string | null {
    this.parts.starts = [];
    this.parts.cancels = [];
    this.#nowMs = nowMs;
    const refusal = refusalOf(this, input);
    if (refusal !== null) return refusal;
    this.#do(input);
    for (let next = this.#fresh(); next !== undefined; next = this.#fresh()) {
      next.isFresh = false;
      const { name } = next.spec;
      for (const child of this.steps.filter(({ spec }) => spec.after?.includes(name) === true))
        this.#look(child);
    }
    this.#conclude();
    return null;
  }

  /** The step that ended first of those whose children have not been looked at. */
  #fresh(): ModelStep | undefined {
    return this.steps.filter((step) => step.isFresh).toSorted((a, b) => a.order - b.order)[0];
  }

  #do(input: WorkflowInput): void {
    if (input.kind === "begin") this.#begin();
    else if (input.kind === "part_ended") this.#partEnded(input.end);
    else if (input.kind === "due") this.#due();
    else if (input.kind === "event") this.#event(input.name, input.data);
    else if (input.kind === "pause") this.pausedMs = this.#heldMs = this.#nowMs;
    else if (input.kind === "resume") this.#resume();
    else if (input.kind === "cancel") this.#cancel();
    else if (input.kind === "decide") this.#decide(input);
    else this.#retry(input.step);
  }

  #begin(): void {
    this.phase = "running";
    this.#heldMs = this.#nowMs;
    this.deadlineMs = this.#nowMs + does.ms(this.#spec.timeout);
    this.#lookAtAll();
  }

  #resume(): void {
    if (this.deadlineMs !== null) this.deadlineMs += this.#nowMs - this.#heldMs;
    this.pausedMs = null;
    for (const step of this.steps) {
      this.#look(step);
      if (step.state === "running" && step.items.length > 0) this.#weigh(step);
    }
    this.#drain();
  }

  #cancel(): void {
    if (this.phase === "ending") this.outcome = "canceled";
    else if (this.phase !== "ended") this.#stop("canceled", null);
  }

  /** Nothing goes on: what has not ended is canceled. */
  #stop(outcome: EndedWorkflowState, error: ModelError | null): void {
    this.phase = "ending";
    this.outcome = outcome;
    this.error = error;
    for (const step of this.steps.filter((each) => !hasEnded(each)))
      this.#end(step, canceled("by the run's end"));
    for (const step of this.steps) this.parts.cancel(step);
  }

  #lookAtAll(): void {
    for (const step of this.steps) this.#look(step);
  }

  #look(step: ModelStep): void {
    if (this.phase !== "running" || step.state !== "pending") return;
    const parents = this.steps.filter(({ spec }) => step.spec.after?.includes(spec.name) === true);
    const verdict = does.joinOf(step, parents);
    if (verdict === "cancel") this.#end(step, canceled("by its parents"));
    if (verdict === "skip") this.#end(step, { ...canceled("by its parents"), state: "skipped" });
    if (verdict === "holds" && this.pausedMs === null) this.#start(step);
  }

  #world(): World {
    const steps = this.steps.map(({ spec, output, outputs }) => [spec.name, { output, outputs }]);
    const { params, meanings } = this.#given;
    const scope = { params, context: this.context, steps: Object.fromEntries(steps) };
    return { meanings, scope, nowMs: this.#nowMs, events: this.events };
  }

  #start(step: ModelStep): void {
    step.revision = this.revision;
    const beginning = does.beginningOf(step, this.#world());
    if (beginning.kind === "end") this.#end(step, beginning);
    else if (beginning.kind === "wait")
      Object.assign(step, { state: "waiting", dueMs: beginning.dueMs });
    else if (beginning.kind === "run") {
      step.state = "running";
      this.parts.push(step, -1, beginning.params);
      this.#drain();
    } else {
      Object.assign(step, { state: "running", items: beginning.items });
      this.#weigh(step);
    }
  }

  /** Ends a step with several parts when they have decided; else its next ones stand in line. */
  #weigh(step: ModelStep): void {
    const decision = does.decisionOf(step);
    if (decision !== null) return this.#end(step, decision);
    if (this.pausedMs !== null) return;
    const room = does.roomOf(step) - this.parts.busy(step);
    const until = Math.min(step.items.length, step.nextPart + room);
    while (step.nextPart < until) this.parts.push(step, step.nextPart++);
    this.#drain();
  }

  /** Starts what stands in line, as far as there is room. */
  #drain(): void {
    if (this.phase !== "running" || this.pausedMs !== null) return;
    const next = this.parts.shift();
    if (next === undefined) return;
    const step = this.#at(next.step);
    const { params, code } = does.partParams(step, next.part, this.#world());
    if (next.params !== undefined) this.parts.start(next, next.params);
    else if (code === null) this.parts.start(next, params);
    else this.#count(step, { part: next.part, isOk: false, output: null, code, context: null });
    this.#drain();
  }

  #partEnded(end: PartEnd): void {
    if (!this.parts.live.delete(partKey(end))) return;
    const step = this.#at(end.step);
    if (end.isCompensation) this.#undone(step, end.state === "succeeded");
    else if (step.state === "running" && step.revision === end.revision) {
      if (end.part === -1 && end.state === "canceled") this.#end(step, canceled("by a person"));
      else this.#count(step, does.countedEnd(end));
    }
    this.#drain();
  }

  #count(step: ModelStep, end: CountedEnd): void {
    const context = { ...this.context, ...end.context };
    const isTooLarge = end.isOk && end.context !== null && does.isOver("context", context);
    const isOk = end.isOk && !isTooLarge;
    const code = isTooLarge ? "context.too_large" : end.code;
    const output = isOk ? end.output : null;
    if (isOk) this.context = context;
    if (end.part >= 0) {
      step.parts.set(end.part, { isOk, output });
      this.#weigh(step);
    } else this.#end(step, isOk ? does.succeeded(output) : { ...does.failed(""), more: { code } });
  }

  #end(step: ModelStep, { state, more }: Ending): void {
    Object.assign(step, { state, dueMs: null, isFresh: true, order: ++this.#ends }, more);
    const isLeft = state === "succeeded" && step.spec.complete?.rest === "finish";
    if (isLeft && more.decision === undefined) this.parts.leave(step);
    else this.parts.cancel(step);
    const isFailure = state === "failed" || more.reason === "by a person";
    if (this.phase !== "running" || !isFailure || this.#spec.onFailure !== "fail_fast") return;
    this.#stop("failed", { step: step.spec.name, code: step.code ?? null });
  }

  #due(): void {
    if (this.phase !== "running") return;
    const isLate = this.pausedMs === null && this.#isPast(this.deadlineMs);
    for (const step of does.byDue(this.steps, isLate ? this.deadlineMs : null))
      if (step.state === "waiting" && this.#isPast(step.dueMs)) this.#end(step, silenceOf(step));
    const error = { step: null, code: "workflow.timed_out" };
    if (isLate && this.phase === "running") this.#stop("timed_out", error);
  }

  #isPast(dueMs: number | null): boolean {
    return dueMs !== null && dueMs <= this.#nowMs;
  }

  #event(name: string, data: Json): void {
    const event = { workflowRun: "", seq: 0, name, data, atMs: this.#nowMs };
    this.events.push(event);
    for (const step of this.steps)
      if (step.state === "waiting" && does.matches(step.spec, this.#world(), event))
        this.#end(step, does.succeeded(data));
  }

  #decide(input: Decide): void {
    const step = this.stepOf(input.step);
    if (step === undefined) return;
    const isRevision = hasEnded(step);
    if (isRevision) this.#revise([step]);
    this.#end(step, endByDecision(input));
    if (!isRevision) return;
    step.isFresh = false; // All that comes after it is pending again, and looked at now.
    this.#lookAtAll();
  }

  #retry(name: string | null): void {
    const step = this.stepOf(name ?? "");
    this.#revise(step === undefined ? [] : [step]);
    this.#lookAtAll();
  }

  /** Makes steps pending again: those given, of a run that had ended also all that is to be mended, and what follows. */
  #revise(from: readonly ModelStep[]): void {
    this.revision++;
    const hadEnded = this.phase === "ended";
    const mended = this.steps.filter((step) => does.isBad(step) || step.undo !== null);
    const again = does.downstreamOf([...from, ...(hadEnded ? mended : [])], this.steps);
    for (const step of again) {
      this.parts.cancel(step);
      Object.assign(step, does.blank(this.revision));
    }
    if (!hadEnded) return;
    Object.assign(this, { phase: "running", outcome: null, error: null, output: null });
    this.notUndone = [];
    this.deadlineMs = this.#nowMs + does.ms(this.#spec.timeout);
  }

  #conclude(): void {
    if (this.phase === "running" && this.parts.live.size === 0 && this.steps.every(hasEnded))
      Object.assign(this, { phase: "ending" }, judge(this.#spec, this.steps, this.#world()));
    while (["ending", "compensating"].includes(this.phase) && this.parts.live.size === 0) {
      const step = nextToUndo(this.outcome, this.steps);
      this.phase = step === undefined ? "ended" : "compensating";
      if (step === undefined) this.pausedMs = null;
      else if (this.pausedMs === null) this.#undo(step);
      else return;
    }
  }

  #undo(step: ModelStep): void {
    const { params, code } = does.undoParams(step, this.#world());
    if (code !== null) return this.#undone(step, false);
    step.undo = "running";
    this.parts.start({ ...step, step: step.place, part: -1, isCompensation: true }, params);
  }

  #undone(step: ModelStep, isOk: boolean): void {
    step.undo = isOk ? "succeeded" : "failed";
    if (!isOk) this.notUndone.push(step.spec.name);
  }

  #at(place: number): ModelStep {
    return this.steps[place] ?? does.unknownStep(place);
  }
}
