import { isJsonList, isJsonObject, type Json } from "../../../src/core/json.ts";
import type { StepSpec } from "../../../src/core/workflow.ts";
import {
  firstOfEachRun,
  partText,
  type FullRun,
  type GraphStep,
  type KillEvidence,
} from "./kill-evidence.ts";
import { isSame } from "./same-json.ts";
import { countedAnswer, shownOutput } from "./sent-answers.ts";
import { contextKey } from "./step-sink.ts";

/** What steps were told is what those before them gave, and the context is what counted was said to be. */
export function checkTold(evidence: KillEvidence): void {
  for (const run of evidence.all.full) {
    for (const step of run.graph.steps) {
      const spec = evidence.stepOf(run, step.name);
      for (const told of toldTo(evidence, run, { step, spec })) {
        params(evidence, run, { spec, told });
        item(evidence, run, { spec, told });
      }
      contextOnTheWay(evidence, run, { step, spec });
      if (isSingle(step, spec)) contextAtTheEnd(evidence, run, step);
    }
    contextOfNobody(evidence, run);
  }
}

interface OfStep {
  readonly step: GraphStep;
  readonly spec: StepSpec;
}

interface Told {
  readonly params: { readonly [key: string]: Json };
  readonly whose: string;
}

/** What a step of its newest revision was told: the sink's deliveries, or the params of what is nested. */
function toldTo(evidence: KillEvidence, run: FullRun, { step, spec }: OfStep): readonly Told[] {
  if (spec.workflow === undefined)
    return evidence
      .workOf(run.id, step.name)
      .filter(({ revision }) => revision === step.revision)
      .map((arrival) => ({ params: arrival.params, whose: partText(arrival) }));
  const nested = evidence.nestedIn(run.id, step.name, step.revision).filter(({ trigger }) => {
    // It may have been canceled before it began again.
    const part = evidence.runs.get(trigger.run ?? "")?.workflow;
    return part?.revision === step.revision;
  });
  // The host's API gives JSON.
  return nested.map((child) => ({ params: Object(child.params), whose: child.id }));
}

interface OfTold {
  readonly spec: StepSpec;
  readonly told: Told;
}

function params(evidence: KillEvidence, run: FullRun, { spec, told }: OfTold): void {
  const { join = "all", after = [] } = spec;
  const from = told.params["from"] ?? null;
  for (const name of after) {
    const said = isJsonObject(from) ? from[name] : undefined;
    // Another one may have let it begin before this one had ended.
    const isRight = isSame(said, shownOutput(run, name)) || (join !== "all" && said === null);
    const whose = `${run.workflow} ${told.whose} of ${name}`;
    evidence.demand(isRight, "a step was told something else", whose);
    evidence.count("params compared");
  }
}

function item(evidence: KillEvidence, run: FullRun, { spec, told }: OfTold): void {
  if (spec.map === undefined) return;
  const { items } = Object(shownOutput(run, "list"));
  const isRight = isJsonList(items) && items[Number(told.params["index"])] === told.params["item"];
  evidence.demand(isRight, "another item", told.whose);
}

/** What a single run before it has laid into the context is there when a step begins. */
function contextOnTheWay(evidence: KillEvidence, run: FullRun, { step, spec }: OfStep): void {
  const { join = "all", after = [] } = spec;
  if (join !== "all") return;
  const before = run.graph.steps.filter(
    (parent) => after.includes(parent.name) && isSingle(parent, evidence.stepOf(run, parent.name)),
  );
  const work = evidence.workOf(run.id, step.name);
  const newest = work.filter(({ revision }) => revision === step.revision);
  for (const arrival of firstOfEachRun(newest))
    for (const parent of before) {
      const isRight = arrival.context[parent.name] === saidBy(evidence, run, parent);
      evidence.demand(isRight, "a step was told another context", partText(arrival));
    }
}

function contextAtTheEnd(evidence: KillEvidence, run: FullRun, step: GraphStep): void {
  const isThere = run.context[step.name] === saidBy(evidence, run, step);
  evidence.demand(isThere, "a context is lost", `${run.workflow} ${run.id} ${step.name}`);
}

function contextOfNobody(evidence: KillEvidence, run: FullRun): void {
  const said = new Set<string>();
  for (const { name } of run.graph.steps)
    for (const { answer, part } of evidence.workOf(run.id, name)) {
      const key = contextKey({ step: name, part });
      if (answer !== null) said.add(JSON.stringify([key, answer.context[key]]));
    }
  for (const entry of Object.entries(run.context))
    evidence.demand(
      said.has(JSON.stringify(entry)),
      "a context of nobody",
      `${run.id} ${entry[0]}`,
    );
}

/** Whether the step has one run, and it is that which made it succeed. */
function isSingle({ state, decision }: GraphStep, { run, map }: StepSpec): boolean {
  return state === "succeeded" && decision === null && run !== undefined && map === undefined;
}

function saidBy(evidence: KillEvidence, run: FullRun, step: GraphStep): Json | undefined {
  return countedAnswer(evidence, run, { ...step, part: -1 })?.context[step.name];
}
