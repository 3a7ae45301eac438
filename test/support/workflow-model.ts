import { durationMs } from "../../src/core/duration.ts";
import type { Json } from "../../src/core/json.ts";
import type { PartEnd, PartRef, WorkflowInput } from "../../src/core/workflow-effect.ts";
import type { StepState, WorkflowEvent, WorkflowRun } from "../../src/core/workflow-run.ts";
import type { JoinRule, StepSpec, WorkflowSpec } from "../../src/core/workflow.ts";
import { partKey } from "./stored-workflow-run.ts";
import type { meaningOf, Scope } from "./workflow-meanings.ts";

/** What becomes of a step. `order` counts the ends of steps; `ended` has the parts that count. */
class Life {
  state: StepState = "pending";
  revision = 1;
  output: Json = null;
  outputs: Json = null;
  code: string | null = null;
  order = 0;
  dueMs = Infinity;
  items: readonly Json[] = [];
  readonly ended = new Map<number, { readonly code: string | null; readonly output: Json }>();
  decision: Decide["action"] | null = null;
  undo: "running" | "succeeded" | "failed" | null = null;
}
type Change = Partial<Life>;
/** A step with what has become of it. */
export type ModelStep = Life & { readonly place: number; readonly spec: StepSpec };
type Part = PartRef & { readonly owner: ModelStep; readonly params: Json; isCanceled: boolean };
type Decide = Extract<WorkflowInput, { readonly kind: "decide" }>;
type Phase = WorkflowRun["phase"]["state"];
type Given = Pick<WorkflowRun, "params" | "context" | "revision"> & { meaning: typeof meaningOf };

const CHARS_MAX = { output: 1_000_000, context: 65_536, params: 262_144, event: 65_536 } as const;
const MAX = { items: 10_000, events: 100, revisions: 10_000 } as const;
const MAP_CONCURRENCY = 10;

const isLong = (what: keyof typeof CHARS_MAX, json: Json): boolean =>
  JSON.stringify(json).length > CHARS_MAX[what];
const msOf = (text?: string): number => (text ? (durationMs(text) ?? Number.NaN) : Infinity);
const hasEnded = ({ order }: ModelStep): boolean => order > 0;
const isBad = ({ state }: ModelStep): boolean => state === "failed" || state === "canceled";
const isOk = (step: ModelStep): boolean => step.state === "succeeded" || step.decision === "skip";
const isToUndo = ({ spec, state, decision, undo }: ModelStep): boolean =>
  spec.compensate !== undefined && state === "succeeded" && decision !== "succeed" && undo === null;
/** The rest of its parts may finish once it has succeeded by them. */
const isLenient = ({ spec, state, decision }: ModelStep): boolean =>
  spec.complete?.rest === "finish" && state === "succeeded" && decision === null;
const isAfter = (step: ModelStep, parent: ModelStep): boolean =>
  step.spec.after?.includes(parent.spec.name) === true;
const isAwaited = ({ owner, revision, isCompensation }: Part): boolean =>
  isCompensation || (owner.state === "running" && owner.revision === revision);
const bad = (code: string): Change =>
  code === "canceled" ? { state: "canceled" } : { state: "failed", code };
const well = (output: Json, outputs = output): Change => ({ state: "succeeded", output, outputs });
const approved = (by: string | null, note: string | null, result: Json): Change =>
  well({ approved: true, by, note, result });

/** The code with which an input is refused: of the first rule of which everything is true. */
function refusalOf(run: WorkflowModel, input: WorkflowInput): string | undefined {
  const { phase, outcome, pausedMs, events, revision } = run;
  const control = input.kind === "decide" ? input.action : input.kind;
  const is = (...controls: readonly string[]): boolean => controls.includes(control);
  const isNamed = "step" in input && input.step !== null;
  const step = isNamed ? run.stepOf(input.step) : undefined;
  const isEnded = step !== undefined && hasEnded(step);
  const isOver = phase === outcome;
  const state = step?.state;
  const rules: readonly (readonly [code: string, ...all: boolean[]])[] = [
    ["workflow_run.not_ended", is("retry"), phase === "waiting"],
    ["workflow_run.not_ended", is("retry"), phase === "running", !isNamed],
    ["workflow_run.ending", phase === "ending", !is("resume", "cancel", "part_ended", "due")],
    ["workflow_run.ending", phase === "compensating", !is("resume", "part_ended", "due")],
    ["workflow_run.ended", isOver, is("pause", "resume", "event", "approve", "reject")],
    ["workflow_run.ended", isOver, is("cancel"), phase !== "canceled"],
    ["workflow_run.ended", phase === "succeeded", is("skip", "succeed")],
    ["workflow_run.ended", phase === "succeeded", is("retry"), !isNamed],
    ["workflow_run.paused", is("pause"), pausedMs !== null],
    ["workflow_run.not_paused", is("resume"), pausedMs === null],
    ["step.unknown", isNamed, step === undefined],
    ["step.not_ended", is("retry"), isNamed, !isEnded],
    ["step.ended", is("skip", "succeed"), state === "succeeded"],
    ["step.ended", is("skip", "succeed"), isEnded, phase === "waiting"],
    ["step.ended", is("approve", "reject"), isEnded, phase === "running"],
    ["step.not_waiting", is("approve", "reject"), !step?.spec.approval],
    ["step.not_waiting", is("approve", "reject"), state !== "waiting"],
    ["output.too_large", input.kind === "decide" && isLong("output", input.result)],
    ["output.too_large", input.kind === "event" && isLong("event", input.data)],
    ["quota.exceeded", is("event"), events.length >= MAX.events],
    ["quota.exceeded", is("retry"), revision >= MAX.revisions],
    ["quota.exceeded", isEnded, revision >= MAX.revisions],
  ];
  return rules.find(([, ...all]) => all.every(Boolean))?.[0];
}
/** What the ends of its parents make of a step; running is that it may start. */
function joinOf(join: JoinRule, parents: readonly ModelStep[]): StepState {
  const open = parents.filter((parent) => !hasEnded(parent)).length;
  const failed = parents.filter(isBad).length;
  const ok = parents.filter(isOk).length;
  const needed = typeof join === "object" ? join.count : 1;
  if (join === "all_done") return open === 0 ? "running" : "pending";
  if (join === "all" && failed + open > 0) return failed > 0 ? "canceled" : "pending";
  if (ok >= needed) return "running";
  if (ok + open >= needed) return "pending";
  return failed > 0 ? "canceled" : "skipped";
}
/** What several parts make of their step; undefined while they have not decided. */
function decisionOf({ spec, items, ended }: ModelStep): Change | undefined {
  const { map, complete = { mode: "all" } } = spec;
  const needed = { all: items.length, any: 1, count: 0, ...complete }[complete.mode];
  const ok = [...ended.values()].filter(({ code }) => code === null).length;
  if (ok + items.length - ended.size < needed) return bad("of a part");
  if (ok < needed) return undefined;
  const outputs = items.map((_, part) => ended.get(part)?.output ?? null);
  const objects = outputs.filter((each) => typeof each === "object" && !Array.isArray(each));
  const output: Json = map === undefined ? Object.assign({}, ...objects) : outputs;
  return isLong("output", outputs) ? bad("output.too_large") : well(output, outputs);
}
/** What its time makes of a step that has waited. */
function silenceOf({ sleep, approval }: StepSpec): Change {
  if (sleep !== undefined) return well(null);
  if (approval?.onTimeout === "approve") return approved(null, null, null);
  return bad(approval === undefined ? "wait.timed_out" : "approval.timed_out");
}

/**
 * What a workflow run does, as plainly as it can be said. It shares nothing with the machine, and
 * is slow. It knows no bound of parts that live at once, because no case has as many.
 */
export class WorkflowModel {
  phase: Phase = "waiting";
  outcome: Phase | null = null;
  pausedMs: number | null = null;
  deadlineMs = Infinity;
  revision: number;
  /** With the step that its message names. */
  error: { readonly code: string | null; readonly spec?: StepSpec } | null = null;
  output: Json = null;
  context: WorkflowRun["context"];
  readonly events: WorkflowEvent[] = [];
  readonly steps: readonly ModelStep[];
  live: readonly Part[] = [];
  readonly #spec: WorkflowSpec;
  readonly #given: Given;
  #nowMs = 0;
  /** Since when a pause puts the deadline off. */
  #heldMs = 0;
  #ends = 0;
  /** Those that may have something to do, in the order in which they are looked at. */
  #looks: ModelStep[] = [];

  constructor(spec: WorkflowSpec, given: Given) {
    this.#spec = spec;
    this.#given = given;
    this.context = given.context;
    this.revision = given.revision;
    this.steps = spec.steps.map((step, place) => Object.assign(new Life(), { place, spec: step }));
  }
  stepOf(name: string | null): ModelStep | undefined {
    return this.steps.find(({ spec }) => spec.name === name);
  }
  /** When the run is to be looked at though nothing has happened. */
  get dueMs(): number {
    return Math.min(this.#timeoutMs, ...this.steps.map(({ dueMs }) => dueMs));
  }
  get #timeoutMs(): number {
    return this.phase === "running" && this.pausedMs === null ? this.deadlineMs : Infinity;
  }

  /** The code of the refusal, or null when it was taken. */
  take(input: WorkflowInput, nowMs: number): string | null {
    const refusal = refusalOf(this, input);
    if (refusal !== undefined) return refusal;
    const { revision } = this;
    this.#nowMs = nowMs;
    this.#looks = [];
    this.#do(input);
    const isWide = input.kind === "begin" || input.kind === "resume" || this.revision > revision;
    if (isWide) this.#looks = [...this.steps];
    for (const step of this.#looks) this.#look(step); // And at those that are added meanwhile.
    this.#conclude();
    return null;
  }
  #do(input: WorkflowInput): void {
    if (input.kind === "begin") this.#run();
    else if (input.kind === "part_ended") this.#partEnded(input.end);
    else if (input.kind === "due") this.#due();
    else if (input.kind === "event") this.#event(input.name, input.data);
    else if (input.kind === "pause") this.pausedMs = this.#heldMs = this.#nowMs;
    else if (input.kind === "resume") this.#resume();
    else if (input.kind === "cancel") this.#stop("canceled");
    else if (input.kind === "decide") this.#decide(input);
    else this.#revise(this.stepOf(input.step));
  }
  #run(): void {
    this.phase = "running";
    this.#heldMs = this.#nowMs;
    this.deadlineMs = this.#nowMs + msOf(this.#spec.timeout);
  }
  #resume(): void {
    this.deadlineMs += this.#nowMs - this.#heldMs;
    this.pausedMs = null;
  }
  #event(name: string, data: Json): void {
    const event = { workflowRun: "", seq: 0, name, data, atMs: this.#nowMs };
    this.events.push(event);
    for (const step of this.steps) this.#hear(step, event);
  }
  #due(): void {
    const timeoutMs = this.#timeoutMs;
    const dues = this.steps.filter(({ dueMs }) => dueMs <= this.#nowMs && dueMs < timeoutMs);
    for (const step of dues.toSorted((a, b) => a.dueMs - b.dueMs))
      if (!hasEnded(step)) this.#end(step, silenceOf(step.spec));
    if (timeoutMs <= this.#nowMs && this.outcome === null)
      this.#stop("timed_out", { code: "workflow.timed_out" });
  }
  #decide({ step: name, action, result, note, by }: Decide): void {
    const step = this.stepOf(name);
    if (step === undefined) return;
    const changes: Readonly<Record<Decide["action"], Change>> = {
      skip: { state: "skipped" },
      reject: bad("approval.rejected"),
      approve: approved(by, note, result),
      succeed: well(result),
    };
    if (hasEnded(step)) this.#revise(step);
    this.#end(step, { ...changes[action], decision: action });
  }
  /** Makes anew what is named, what went wrong in a run that had ended, and all that follows. */
  #revise(named: ModelStep | undefined): void {
    const hadEnded = this.outcome !== null;
    const mended = this.steps.filter((step) => hadEnded && (isBad(step) || step.undo !== null));
    const again = new Set(named === undefined ? mended : [named, ...mended]);
    for (const step of again)
      for (const each of this.steps) if (isAfter(each, step)) again.add(each);
    this.revision++;
    for (const step of again) Object.assign(step, new Life(), { revision: this.revision });
    for (const part of this.live) part.isCanceled ||= again.has(part.owner);
    Object.assign(this, { outcome: null, error: null, output: null });
    if (hadEnded) this.#run();
  }
  #look(step: ModelStep): void {
    if (this.phase !== "running") return;
    if (step.state === "running") this.#goOn(step);
    if (step.state !== "pending") return;
    const parents = this.steps.filter((each) => isAfter(step, each));
    const state = parents.length === 0 ? "running" : joinOf(step.spec.join ?? "all", parents);
    if (state === "skipped" || state === "canceled") this.#end(step, { state });
    if (state === "running" && this.pausedMs === null) this.#start(step);
  }
  #start(step: ModelStep): void {
    const { when, sleep, waitFor, approval, tasks, map, run, workflow } = step.spec;
    const holds = when === undefined || this.#valueOf(`\${${when}}`);
    const isWait = [sleep, waitFor, approval].some(Boolean);
    step.revision = this.revision;
    if (typeof holds !== "boolean") this.#end(step, bad("expression.failed"));
    else if (!holds) this.#end(step, { state: "skipped" });
    else if (isWait) this.#wait(step);
    else if (tasks ?? map) this.#goOver(step);
    else if (run ?? workflow) this.#startPart(Object.assign(step, { state: "running" }), -1);
    else this.#end(step, well(null));
  }
  #wait(step: ModelStep): void {
    const { sleep, waitFor, approval } = step.spec;
    const ms = msOf(sleep ?? waitFor?.timeout ?? approval?.timeout);
    const sinceMs = this.#nowMs - msOf(waitFor?.lookBack);
    Object.assign(step, { state: "waiting", dueMs: this.#nowMs + ms });
    for (const event of this.events) if (event.atMs >= sinceMs) this.#hear(step, event);
  }
  #hear(step: ModelStep, event: WorkflowEvent): void {
    const { waitFor } = step.spec;
    if (step.state !== "waiting" || waitFor?.event !== event.name) return;
    const match = waitFor.match === undefined || this.#valueOf(`\${${waitFor.match}}`, { event });
    if (match === true) this.#end(step, well(event.data));
  }
  #goOver(step: ModelStep): void {
    const { tasks, map } = step.spec;
    const items = tasks?.map(() => null) ?? this.#valueOf(map?.over);
    if (items === undefined) this.#end(step, bad("expression.failed"));
    else if (!Array.isArray(items)) this.#end(step, bad("map.not_a_list"));
    else if (items.length > MAX.items) this.#end(step, bad("map.too_large"));
    else if (items.length === 0) this.#end(step, well([]));
    else this.#goOn(Object.assign(step, { state: "running", items }));
  }
  /** Ends a step whose parts have decided; else starts the next one, if there is room. */
  #goOn(step: ModelStep): void {
    const { items, ended, spec } = step;
    const decision = items.length === 0 ? undefined : decisionOf(step);
    if (decision !== undefined) return this.#end(step, decision);
    const busy = this.live.filter((part) => part.owner === step && isAwaited(part)).length;
    const room = spec.map ? (spec.map.concurrencyMax ?? MAP_CONCURRENCY) : items.length;
    const next = ended.size + busy;
    if (this.pausedMs !== null || busy >= room || next >= items.length) return;
    this.#startPart(step, next);
    this.#look(step);
  }
  #startPart(owner: ModelStep, part: number, isCompensation = false): void {
    const ref = { step: owner.place, part, revision: owner.revision, isCompensation };
    const params = this.#paramsOf(owner, ref);
    const started = { ...ref, owner, params, isCanceled: false };
    if (typeof params === "string") this.#count(started, params);
    else this.live = [...this.live, started];
  }
  #partEnded(end: PartEnd): void {
    const part = this.live.find((each) => partKey(each) === partKey(end));
    this.live = this.live.filter((each) => each !== part);
    if (part === undefined || !isAwaited(part)) return;
    const context = { ...this.context, ...(end.isCompensation ? {} : end.context) };
    if (end.state !== "succeeded") return this.#count(part, end.error?.code ?? end.state);
    if (isLong("context", context)) return this.#count(part, "context.too_large");
    this.context = context;
    this.#count(part, null, end.output);
  }
  /** A part has ended, with the code of what went wrong. */
  #count({ owner, part, isCompensation }: Part, code: string | null, output: Json = null): void {
    if (isCompensation) owner.undo = code === null ? "succeeded" : "failed";
    else if (part < 0) this.#end(owner, code === null ? well(output) : bad(code));
    else {
      owner.ended.set(part, { code, output });
      this.#look(owner);
    }
  }
  #end(step: ModelStep, change: Change): void {
    const isByPerson = change.state === "canceled" && step.state === "running";
    const isFailure = change.state === "failed" || isByPerson;
    Object.assign(step, { dueMs: Infinity, order: ++this.#ends }, change);
    this.#looks.push(...this.steps.filter((each) => isAfter(each, step)));
    if (!isLenient(step)) for (const part of this.live) part.isCanceled ||= part.owner === step;
    if (isFailure && this.phase === "running" && this.#spec.onFailure === "fail_fast")
      this.#stop("failed", step);
  }
  /** Nothing goes on: what has not ended is canceled. */
  #stop(outcome: Phase, error = this.error): void {
    Object.assign(this, { phase: "ending", outcome, error });
    for (const step of this.steps) if (!hasEnded(step)) this.#end(step, bad("canceled"));
    for (const part of this.live) part.isCanceled = true;
  }
  /** Ends a run in which nothing lives, once all is undone: what ended last first. */
  #conclude(): void {
    if (this.live.length > 0) return;
    if (this.phase === "running" && this.steps.every(hasEnded)) this.#judge();
    if (this.outcome === null || this.phase === this.outcome) return;
    const isUndone = this.outcome === "failed" || this.outcome === "timed_out";
    const [step] = this.steps.filter(isToUndo).toSorted((a, b) => b.order - a.order);
    if (!step || !isUndone)
      return void Object.assign(this, { phase: this.outcome, pausedMs: null });
    this.phase = "compensating";
    if (this.pausedMs !== null) return;
    step.undo = "running";
    this.#startPart(step, -1, true);
    this.#conclude();
  }
  /** What a run gives all of whose steps have ended. */
  #judge(): void {
    const byOrder = this.steps.filter(isBad).toSorted((a, b) => a.order - b.order);
    const first = byOrder.find(({ state }) => state === "failed") ?? byOrder[0];
    if (first !== undefined) return this.#stop("failed", first);
    const last = this.steps.filter((step) => !this.steps.some((each) => isAfter(each, step)));
    const byName = Object.fromEntries(last.map(({ spec, output }) => [spec.name, output]));
    const own = last.length === 1 ? last[0]?.output : byName;
    const output = this.#spec.output === null ? own : this.#valueOf(this.#spec.output);
    if (output === undefined) return this.#stop("failed", { code: "expression.failed" });
    this.output = output;
    this.#stop("succeeded");
  }
  /** What a part is given, or the code of what is wrong. What undoes a map has no item. */
  #paramsOf({ spec, items }: ModelStep, { part, isCompensation }: PartRef): Json {
    const own = isCompensation ? spec.compensate : spec.tasks?.[part];
    const shared = isCompensation && spec.map ? {} : spec.params;
    const more = items[part] === undefined ? {} : { item: items[part], index: part };
    const params = this.#valueOf({ ...shared, ...own?.params }, spec.map ? more : {});
    if (params === undefined) return "expression.failed";
    return isLong("params", params) ? "params.too_large" : params;
  }
  /** What a template gives; undefined where an expression in it has an error. */
  #valueOf(template: Json = null, more: Partial<Scope> = {}): Json | undefined {
    const { params, meaning } = this.#given;
    const steps = Object.fromEntries(this.steps.map((step) => [step.spec.name, step]));
    return meaning(template, { params, context: this.context, steps, ...more });
  }
}
