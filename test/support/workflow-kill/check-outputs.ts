import { isJsonList, isJsonObject, type Json } from "../../../src/core/json.ts";
import type { StepSpec } from "../../../src/core/workflow.ts";
import {
  firstOfEachRun,
  partText,
  type FullRun,
  type GraphStep,
  type KillEvidence,
} from "./kill-evidence.ts";
import { lastSteps } from "./kill-workflows.ts";
import { neededOf } from "./step-ends.ts";
import { contextKey, contextValue, type StepArrival } from "./step-sink.ts";

/** What each step and each run gave is what follows from the answers of the sink and the words of people. */
export function checkOutputs(evidence: KillEvidence): void {
  for (const run of evidence.all.full) {
    for (const step of run.graph.steps) {
      const spec = evidence.stepOf(run, step.name);
      const isRight =
        step.state === "succeeded" ? gives(evidence, run, { step, spec }) : step.output === null;
      if (!isRight)
        evidence.violate(
          "a step gave something else",
          `${run.workflow} ${run.id} ${step.name} ${JSON.stringify(step.output)}`,
        );
      if (spec.run !== undefined || spec.tasks !== undefined || spec.workflow !== undefined)
        given(evidence, run, { step, spec });
    }
    const wanted = run.state === "succeeded" ? outputOf(evidence, run) : null;
    if (textOf(run.output) !== textOf(wanted))
      evidence.violate(
        "a run gave something else",
        `${run.workflow} ${run.id} ${textOf(run.output)}`,
      );
    contextOf(evidence, run);
  }
}

interface OfStep {
  readonly step: GraphStep;
  readonly spec: StepSpec;
}

function gives(evidence: KillEvidence, run: FullRun, { step, spec }: OfStep): boolean {
  if (step.decision?.action === "succeed")
    return evidence
      .controlsOf(run.id, "succeed")
      .some(
        (control) => control.step === step.name && isSame(Object(control.body).result, step.output),
      );
  if (spec.map !== undefined) return givesList(evidence, run, step);
  if (spec.tasks !== undefined) return givesParts(evidence, run, { step, spec });
  if (spec.run !== undefined)
    return isSame(wellOf(lastAttempts(evidence, run, step, -1)), step.output);
  return givesWithoutRun(evidence, run, { step, spec });
}

function givesWithoutRun(evidence: KillEvidence, run: FullRun, { step, spec }: OfStep): boolean {
  if (spec.workflow !== undefined) {
    const nested = evidence.nestedIn(run.id, step.name, step.revision);
    const [child, other] = nested.filter(({ state }) => state === "succeeded");
    return child !== undefined && other === undefined && isSame(child.output, step.output);
  }
  if (spec.waitFor !== undefined)
    return evidence
      .controlsOf(run.id, "events")
      .some(({ body }) => isSame(Object(body).data, step.output) && Object(body).data.isPaid);
  if (spec.approval !== undefined)
    return evidence.controlsOf(run.id, "approve").some(({ body }) => {
      const { note, result } = Object(body);
      const said = isJsonObject(step.output) ? step.output : {};
      return said["approved"] === true && said["note"] === note && isSame(said["result"], result);
    });
  return step.output === null;
}

/** Of each item what it was answered, in the order of the items. */
function givesList(evidence: KillEvidence, run: FullRun, step: GraphStep): boolean {
  const { output } = step;
  if (!isJsonList(output)) return false;
  return output.every((said, part) =>
    isSame(wellOf(lastAttempts(evidence, run, step, part)), said),
  );
}

/** As many of the tasks as were needed, each with what it was answered, laid over each other. */
function givesParts(evidence: KillEvidence, run: FullRun, { step, spec }: OfStep): boolean {
  if (!isJsonObject(step.output)) return false;
  const entries = Object.entries(step.output);
  if (entries.length !== neededOf(spec, 0)) return false;
  return entries.every(([key, value]) => {
    const part = Number(key.slice(1));
    return isSame(wellOf(lastAttempts(evidence, run, step, part)), { [key]: value });
  });
}

/** What the sink was sent last for a part in its newest revision. */
function lastAttempts(
  evidence: KillEvidence,
  run: FullRun,
  { name, revision }: Pick<GraphStep, "name" | "revision">,
  part: number,
): readonly StepArrival[] {
  const work = evidence
    .workOf(run.id, name)
    .filter((arrival) => arrival.part === part && arrival.revision === revision);
  const last = Math.max(0, ...work.map(({ attempt }) => attempt));
  return work.filter(({ attempt }) => attempt === last);
}

/** The good answer among the sendings of one attempt; they are answered alike. */
function wellOf(sendings: readonly StepArrival[]): Json | undefined {
  return sendings.find(({ answer }) => answer?.kind === "ok")?.answer?.result;
}

/** What a step of the newest revision was told of those that it comes after. */
function given(evidence: KillEvidence, run: FullRun, { step, spec }: OfStep): void {
  const told =
    spec.workflow === undefined ? toldBySink(evidence, run, step) : toldNested(evidence, run, step);
  const { join = "all", after = [] } = spec;
  const list = run.graph.steps.find(({ name }) => name === "list")?.output;
  for (const { params, whose } of told) {
    const from = params["from"];
    for (const name of after) {
      const parent = run.graph.steps.find((known) => known.name === name)?.output ?? null;
      const said = isJsonObject(from) ? from[name] : undefined;
      // Another one may have let it begin before this one had ended.
      const isRight = isSame(said, parent) || (join !== "all" && said === null);
      if (!isRight)
        evidence.violate("a step was told something else", `${run.workflow} ${whose} of ${name}`);
    }
    if (spec.map === undefined || !isJsonObject(list) || !isJsonList(list["items"])) continue;
    const { item, index } = params;
    if (list["items"][Number(index)] !== item) evidence.violate("another item", whose);
  }
}

interface Told {
  readonly params: { readonly [key: string]: Json };
  readonly whose: string;
}

function toldBySink(evidence: KillEvidence, run: FullRun, step: GraphStep): readonly Told[] {
  const work = evidence
    .workOf(run.id, step.name)
    .filter(({ revision }) => revision === step.revision);
  for (const arrival of firstOfEachRun(work)) contextTold(evidence, run, arrival);
  return work.map((arrival) => ({ params: arrival.params, whose: partText(arrival) }));
}

function toldNested(evidence: KillEvidence, run: FullRun, step: GraphStep): readonly Told[] {
  const nested = evidence.nestedIn(run.id, step.name, step.revision);
  // The host's API gives JSON.
  return nested.map(({ id, params }) => ({ params: Object(params), whose: id }));
}

/** What a single run before it has laid into the context is there when a step begins. */
function contextTold(evidence: KillEvidence, run: FullRun, arrival: StepArrival): void {
  const { join = "all", after = [] } = evidence.stepOf(run, arrival.step);
  if (join !== "all") return;
  for (const name of after) {
    const parent = run.graph.steps.find((known) => known.name === name);
    if (parent === undefined || parent.state !== "succeeded" || parent.decision !== null) continue;
    const well = lastAttempts(evidence, run, parent, -1).find(
      ({ answer }) => answer?.kind === "ok",
    );
    const wanted = well?.answer == null ? null : contextValue(well.answer, name);
    if (wanted !== null && arrival.context[name] !== wanted)
      evidence.violate("a step was told another context", partText(arrival));
  }
}

/** What counted is in the run's context, and nothing is that nobody said. */
function contextOf(evidence: KillEvidence, run: FullRun): void {
  const said = new Map<string, Set<Json>>();
  const spec = evidence.specOf(run);
  for (const { name } of spec.steps)
    for (const { answer, part } of evidence.workOf(run.id, name)) {
      if (answer?.kind !== "ok") continue;
      const key = contextKey({ step: name, part });
      said.set(key, (said.get(key) ?? new Set()).add(contextValue(answer, key)));
    }
  for (const [key, value] of Object.entries(Object(run.context)))
    // The host's API gives JSON.
    if (said.get(key)?.has(Object(run.context)[key]) !== true)
      evidence.violate("a context that nobody said", `${run.id} ${key} ${String(value)}`);
  for (const step of run.graph.steps) {
    if (step.state !== "succeeded" || step.decision !== null) continue;
    if (evidence.stepOf(run, step.name).run === undefined) continue;
    const well = wellOf(lastAttempts(evidence, run, step, -1));
    if (isJsonObject(well ?? null) && Object(well).v !== Object(run.context)[step.name])
      evidence.violate("a context is lost", `${run.workflow} ${run.id} ${step.name}`);
  }
}

/** What a run gives that has succeeded: as its workflow says, or of its last steps. */
function outputOf(evidence: KillEvidence, run: FullRun): Json {
  const spec = evidence.specOf(run);
  const of = (name: string): Json =>
    // The host's API gives JSON.
    Object(run.graph.steps.find((step) => step.name === name)?.output ?? null) &&
    (run.graph.steps.find((step) => step.name === name)?.output ?? null);
  if (isJsonObject(spec.output ?? null))
    return Object.fromEntries(
      Object.entries(Object(spec.output)).map(([key, template]) => {
        const name = /^\$\{steps\.(\w+)\.output\}$/.exec(String(template))?.[1] ?? "";
        return [key, of(name)];
      }),
    );
  const last = lastSteps(spec);
  const [only = ""] = last;
  return last.length === 1 ? of(only) : Object.fromEntries(last.map((name) => [name, of(name)]));
}

function isSame(a: unknown, b: unknown): boolean {
  return a !== undefined && textOf(a) === textOf(b);
}

/** Equal for values that are equal, in whatever order their fields are. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
