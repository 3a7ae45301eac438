import { durationMs } from "../../src/core/duration.ts";
import type { Json } from "../../src/core/json.ts";
import type { PartEnd, PartRef, WorkflowInput } from "../../src/core/workflow-effect.ts";
import type { StepState, WorkflowEvent, WorkflowRun } from "../../src/core/workflow-run.ts";
import type { StepSpec, WorkflowSpec } from "../../src/core/workflow.ts";
import { partKey } from "./stored-workflow-run.ts";
import { meaningOf, type Scope } from "./workflow-meanings.ts";

/** What becomes of a step. */
class Life {
  state: StepState = "pending";
  revision = 1;
  output: Json = null;
  outputs: Json = null;
  code: string | null = null;
  dueMs = Infinity;
  items: readonly Partial<Scope>[] = []; // What each of several parts may read besides.
  readonly ended = new Map<number, Change>(); // The parts that count; the only part of a step is -1.
  decision: Extract<WorkflowInput, { readonly kind: "decide" }>["action"] | null = null;
  undo: "running" | "succeeded" | "failed" | null = null;
}
type Change = Partial<Life>;
export type ModelStep = Life & { readonly place: number; readonly spec: StepSpec };
type Part = PartRef & { owner: ModelStep; params: Json | undefined; isCanceled?: boolean };
type Phase = WorkflowRun["phase"]["state"];
type Verdict = { outcome: Phase; error: Partial<ModelStep> | null; output: Json };

const CHARS_MAX = { output: 1_000_000, context: 65_536, params: 262_144, event: 65_536 } as const;
const MAX = { items: 10_000, events: 100, revisions: 10_000, atOnce: 10 } as const;
const isLong = (json: Json, charsMax: number): boolean => JSON.stringify(json).length > charsMax;
const msOf = (text?: string): number => (text ? (durationMs(text) ?? Number.NaN) : Infinity);
const isOpen = ({ state }: Life): boolean => /pending|running|waiting/.test(state);
const isBad = ({ state }: Life): boolean => state === "failed" || state === "canceled";
const isOk = ({ state, decision }: Change): boolean => state === "succeeded" || decision === "skip";
const isToUndo = ({ spec, state, decision, undo }: ModelStep): boolean =>
  spec.compensate !== undefined && state === "succeeded" && decision !== "succeed" && undo === null;
const isLenient = ({ spec, state, decision }: ModelStep): boolean =>
  spec.complete?.rest === "finish" && state === "succeeded" && decision === null;
const isAwaited = ({ owner, isCanceled, isCompensation }: Part): boolean =>
  isCompensation || (owner.state === "running" && !isCanceled);
const roomOf = ({ map }: StepSpec): number => (map ? (map.concurrencyMax ?? MAX.atOnce) : Infinity);
const bad = (code: string): Change =>
  code === "canceled" ? { state: "canceled" } : { state: "failed", code };
const well = (output: Json, outputs = output): Change => ({ state: "succeeded", output, outputs });

/** What its parts make of a step; undefined while they have not decided. */
function decisionOf({ spec, items, ended }: ModelStep): Change | undefined {
  if (items.length === 0) return ended.get(-1);
  const { map, complete = { mode: "all" } } = spec;
  const needed = { all: items.length, any: 1, count: 0, ...complete }[complete.mode];
  const ok = [...ended.values()].filter(isOk).length;
  if (ok + items.length - ended.size < needed) return bad("of a part");
  if (ok < needed) return undefined;
  const outputs = items.map((_, part) => ended.get(part)?.output ?? null);
  const objects = outputs.filter((each) => typeof each === "object" && !Array.isArray(each));
  const output: Json = map === undefined ? Object.assign({}, ...objects) : outputs;
  return isLong(outputs, CHARS_MAX.output) ? bad("output.too_large") : well(output, outputs);
}
/** What its time makes of a step that has waited. */
function silenceOf({ sleep, approval }: StepSpec): Change {
  if (sleep !== undefined) return well(null);
  if (approval === undefined) return bad("wait.timed_out");
  if (approval.onTimeout !== "approve") return bad("approval.timed_out");
  return well({ approved: true, by: null, note: null, result: null });
}

/** What a workflow run does, as plainly as it can be said; it shares nothing with the machine, and is slow. */
export function workflowModel(spec: WorkflowSpec, given: WorkflowRun) {
  const steps = spec.steps.map((step, place) => Object.assign(new Life(), { place, spec: step }));
  const byName = Object.fromEntries(steps.map((step) => [step.spec.name, step]));
  const events: WorkflowEvent[] = [];
  const live = new Map<string, Part>(); // Without a bound: no case has so many at once.
  const ends = new Set<ModelStep>(); // In their order.
  let looks: ModelStep[] = []; // At steps that may have something to do, first in, first out.
  let { context, revision } = given;
  let phase: Phase = "waiting";
  let verdict: Verdict | null = null;
  let nowMs = 0;
  let deadlineMs = Infinity;
  let pausedMs: number | null = null;
  let heldMs = 0; // Since when a pause puts the deadline off.
  const endMs = (): number => (phase === "running" && pausedMs === null ? deadlineMs : Infinity);
  const childrenOf = (name: string) => steps.filter((each) => each.spec.after?.includes(name));
  /** What a template gives; undefined where an expression in it has an error. */
  const valueOf = (template: Json, more: Partial<Scope> = {}): Json | undefined =>
    meaningOf(template, { params: given.params, context, steps: byName, ...more });
  const isHeard = ({ waitFor }: StepSpec, event: WorkflowEvent): boolean =>
    waitFor?.event === event.name &&
    event.atMs >= nowMs - msOf(waitFor.lookBack) &&
    valueOf(waitFor.match === undefined || `\${${waitFor.match}}`, { event }) === true;
  const read = () => ({ phase, verdict, revision, context, pausedMs, deadlineMs });
  /** The code with which an input is refused: of the first rule of which everything is true. */
  function refusalOf(input: WorkflowInput): string | undefined {
    const control = input.kind === "decide" ? input.action : input.kind;
    const is = (...controls: readonly string[]): boolean => controls.includes(control);
    const name = "step" in input ? input.step : null;
    const named = steps.filter((step) => step.spec.name === name);
    const isEnded = named.some((step) => !isOpen(step));
    const isAsked = named.some((step) => step.spec.approval && step.state === "waiting");
    const isOver = phase === verdict?.outcome;
    const rules: readonly (readonly [code: string, ...all: boolean[]])[] = [
      ["workflow_run.not_ended", is("retry"), phase === "waiting"],
      ["workflow_run.not_ended", is("retry"), phase === "running", name === null],
      ["workflow_run.ending", phase === "ending", !is("resume", "cancel", "part_ended", "due")],
      ["workflow_run.ending", phase === "compensating", !is("resume", "part_ended", "due")],
      ["workflow_run.ended", isOver, is("pause", "resume", "event", "approve", "reject")],
      ["workflow_run.ended", isOver, is("cancel"), phase !== "canceled"],
      ["workflow_run.ended", phase === "succeeded", is("skip", "succeed")],
      ["workflow_run.ended", phase === "succeeded", is("retry"), name === null],
      ["workflow_run.paused", is("pause"), pausedMs !== null],
      ["workflow_run.not_paused", is("resume"), pausedMs === null],
      ["step.unknown", name !== null, named.length === 0],
      ["step.not_ended", is("retry"), name !== null, !isEnded],
      ["step.ended", is("skip", "succeed"), isEnded, phase === "waiting"],
      ["step.ended", is("skip", "succeed"), named.some(({ state }) => state === "succeeded")],
      ["step.ended", is("approve", "reject"), isEnded, phase === "running"],
      ["step.not_waiting", is("approve", "reject"), !isAsked],
      ["output.too_large", input.kind === "decide" && isLong(input.result, CHARS_MAX.output)],
      ["output.too_large", input.kind === "event" && isLong(input.data, CHARS_MAX.event)],
      ["quota.exceeded", is("event"), events.length >= MAX.events],
      ["quota.exceeded", is("retry") || isEnded, revision >= MAX.revisions],
    ];
    return rules.find(([, ...all]) => all.every(Boolean))?.[0];
  }
  /** Takes what is not refused. */
  function take(input: WorkflowInput, atMs: number): void {
    const former = revision;
    nowMs = atMs;
    if (input.kind === "begin") begin();
    else if (input.kind === "part_ended") partEnded(input.end);
    else if (input.kind === "due") due();
    else if (input.kind === "event") hear({ ...input, workflowRun: "", seq: 0, atMs });
    else if (input.kind === "pause") pausedMs = heldMs = nowMs;
    else if (input.kind === "resume") resume();
    else if (input.kind === "cancel") stop("canceled");
    else retryOrDecide(input);
    if (revision > former) looks = [...steps];
    for (let step = looks.shift(); step !== undefined; step = looks.shift()) look(step);
    conclude();
  }
  function begin(): void {
    phase = "running";
    verdict = null;
    heldMs = nowMs;
    deadlineMs = nowMs + msOf(spec.timeout);
    looks = [...steps];
  }
  function resume(): void {
    deadlineMs += nowMs - heldMs;
    pausedMs = null;
    looks = [...steps];
  }
  function hear(event: WorkflowEvent): void {
    events.push(event);
    for (const step of steps)
      if (step.state === "waiting" && isHeard(step.spec, event)) become(step, well(event.data));
  }
  function due(): void {
    const dues = steps.filter(({ dueMs }) => dueMs <= nowMs && dueMs < endMs());
    for (const step of dues.toSorted((a, b) => a.dueMs - b.dueMs))
      if (isOpen(step)) become(step, silenceOf(step.spec));
    if (endMs() <= nowMs) stop("timed_out", { code: "workflow.timed_out" });
  }
  function retryOrDecide(input: Extract<WorkflowInput, { readonly step: string | null }>): void {
    const step = byName[input.step ?? ""];
    if (step === undefined || !isOpen(step)) revise(step);
    if (step === undefined || input.kind === "retry") return;
    const { action, result, note, by } = input;
    const changes: Readonly<Record<typeof action, Change>> = {
      skip: { state: "skipped" },
      reject: bad("approval.rejected"),
      approve: well({ approved: true, by, note, result }),
      succeed: well(result),
    };
    become(step, { ...changes[action], decision: action });
  }
  /** Makes anew what is named, what went wrong in a run that had ended, and all that follows. */
  function revise(named: ModelStep | undefined): void {
    const wrong = verdict === null ? [] : steps.filter((step) => isBad(step) || step.undo !== null);
    const again = new Set(named === undefined ? wrong : [named, ...wrong]);
    for (const step of again) for (const child of childrenOf(step.spec.name)) again.add(child);
    for (const part of live.values()) part.isCanceled ||= again.has(part.owner);
    revision++;
    for (const step of again) Object.assign(step, new Life(), { revision });
    for (const step of again) ends.delete(step);
    if (verdict !== null) begin();
  }
  /** Does with a step all that there is to do: what its rules say, or else its next part starts. */
  function look(step: ModelStep): void {
    if (phase !== "running" || !/pending|running/.test(step.state)) return;
    const change = step.state === "running" ? decisionOf(step) : startOf(step);
    const parts = step.items.length === 0 ? [-1] : [...step.items.keys()];
    const busy = [...live.values()].filter((part) => part.owner === step && isAwaited(part)).length;
    const next = parts[step.ended.size + busy];
    const hasRoom = step.state === "running" && pausedMs === null && busy < roomOf(step.spec);
    if (change !== undefined) become(step, change);
    else if (hasRoom && next !== undefined) startPart(step, next);
    else return;
    look(step);
  }
  /** What the ends of those that it comes after make of a step. */
  function startOf({ spec: step }: ModelStep): Change | undefined {
    const { after = [], join = "all" } = step;
    const parents = steps.filter((each) => after.includes(each.spec.name));
    const open = parents.filter(isOpen).length;
    const failed = parents.filter(isBad).length;
    const ok = parents.filter(isOk).length;
    const counts = { any: 1, all: Math.max(1, ok + open + failed), all_done: ok + open };
    const needed = Math.min(parents.length, typeof join === "object" ? join.count : counts[join]);
    if (ok + open < needed) return { state: failed > 0 ? "canceled" : "skipped" };
    return ok < needed || pausedMs !== null ? undefined : { ...workOf(step), revision };
  }
  /** What a step becomes when it starts. */
  function workOf(step: StepSpec): Change {
    const { when, sleep, waitFor, approval } = step;
    const holds = valueOf(when === undefined || `\${${when}}`);
    const heard = events.find((event) => isHeard(step, event));
    const wait = waitFor ?? approval ?? (sleep && { timeout: sleep });
    if (typeof holds !== "boolean") return bad("expression.failed");
    if (!holds) return { state: "skipped" };
    if (heard !== undefined) return well(heard.data);
    return wait ? { state: "waiting", dueMs: nowMs + msOf(wait.timeout) } : partsOf(step);
  }
  function partsOf({ tasks, map, run, workflow }: StepSpec): Change {
    if ([tasks, run, workflow].every((each) => each === undefined)) return well(null);
    const items = map ? valueOf(map.over) : (tasks ?? []).map(() => null);
    if (items === undefined) return bad("expression.failed");
    if (!Array.isArray(items)) return bad("map.not_a_list");
    if (items.length > MAX.items) return bad("map.too_large");
    const scopes = items.map((item: Json, index) => (map ? { item, index } : {}));
    return map && items.length === 0 ? well([]) : { state: "running", items: scopes };
  }
  function startPart(owner: ModelStep, part: number, isCompensation = false): void {
    const { map, tasks, compensate, params: shared } = owner.spec;
    const own = isCompensation ? compensate : tasks?.[part];
    const base = isCompensation && map ? {} : shared; // What undoes a map has no item.
    const params = valueOf({ ...base, ...own?.params }, owner.items[part]);
    const ref = { step: owner.place, part, revision: owner.revision, isCompensation };
    const started = { ...ref, owner, params };
    if (params === undefined) endPart(started, bad("expression.failed"));
    else if (isLong(params, CHARS_MAX.params)) endPart(started, bad("params.too_large"));
    else live.set(partKey(started), started);
  }
  function partEnded(end: PartEnd): void {
    const part = live.get(partKey(end));
    live.delete(partKey(end));
    if (part === undefined || !isAwaited(part)) return;
    const wider = { ...context, ...(end.isCompensation ? {} : end.context) };
    if (end.state !== "succeeded") return endPart(part, bad(end.error?.code ?? end.state));
    if (isLong(wider, CHARS_MAX.context)) return endPart(part, bad("context.too_large"));
    context = wider;
    endPart(part, well(end.output));
  }
  function endPart({ owner, part, isCompensation }: Part, end: Change): void {
    if (isCompensation) owner.undo = end.state === "succeeded" ? "succeeded" : "failed";
    else owner.ended.set(part, end);
    look(owner);
  }
  function become(step: ModelStep, change: Change): void {
    Object.assign(step, { dueMs: Infinity }, change);
    if (isOpen(step)) return;
    ends.add(step);
    looks.push(...childrenOf(step.spec.name));
    if (!isLenient(step)) for (const part of live.values()) part.isCanceled ||= part.owner === step;
    if (isBad(step) && phase === "running" && spec.onFailure === "fail_fast") stop("failed", step);
  }
  function stop(outcome: Phase, error = verdict?.error ?? null, output: Json = null): void {
    phase = "ending";
    verdict = { outcome, error, output };
    for (const step of steps) if (isOpen(step)) become(step, { state: "canceled" });
    for (const part of live.values()) part.isCanceled = true;
  }
  /** Ends a run in which nothing lives, once all is undone: what ended last first. */
  function conclude(): void {
    if (live.size > 0) return;
    if (phase === "running" && ends.size === steps.length) judge();
    if (verdict === null || phase === verdict.outcome) return;
    const isUndone = /failed|timed_out/.test(verdict.outcome);
    const step = [...ends].findLast((each) => isUndone && isToUndo(each));
    phase = step === undefined ? verdict.outcome : "compensating";
    if (step === undefined) pausedMs = null;
    if (step === undefined || pausedMs !== null) return;
    step.undo = "running";
    startPart(step, -1, true);
    conclude();
  }
  /** What a run gives all of whose steps have ended. */
  function judge(): void {
    const wrong = [...ends].filter(isBad);
    const first = wrong.find(({ state }) => state === "failed") ?? wrong[0];
    const last = steps.filter((step) => childrenOf(step.spec.name).length === 0);
    const outputs = Object.fromEntries(last.map((step) => [step.spec.name, step.output]));
    const own = last.length === 1 ? last[0]?.output : outputs;
    const output = spec.output === null ? own : valueOf(spec.output);
    if (first !== undefined) stop("failed", first);
    else if (output === undefined) stop("failed", { code: "expression.failed" });
    else stop("succeeded", null, output);
  }
  return { steps, events, live, ends, refusalOf, take, endMs, read };
}
