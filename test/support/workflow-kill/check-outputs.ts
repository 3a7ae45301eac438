import { isJsonList, isJsonObject, type Json } from "../../../src/core/json.ts";
import type { StepSpec } from "../../../src/core/workflow.ts";
import type { FullRun, GraphStep, KillEvidence } from "./kill-evidence.ts";
import { lastSteps } from "./kill-workflows.ts";
import { isSame, textOf } from "./same-json.ts";
import { countedAnswer, shownOutput } from "./sent-answers.ts";
import { neededOf } from "./step-ends.ts";

/** What each step and each run gave is what follows from the answers of the sink and the words of people. */
export function checkOutputs(evidence: KillEvidence): void {
  for (const run of evidence.all.full) {
    for (const step of run.graph.steps) {
      const isRight =
        step.state === "succeeded" ? gives(evidence, run, step) : step.output === null;
      const whose = `${run.workflow} ${run.id} ${step.name} ${textOf(step.output)}`;
      evidence.demand(isRight, "a step gave something else", whose);
      evidence.count("outputs compared");
    }
    const wanted = run.state === "succeeded" ? outputOf(evidence, run) : null;
    const isRight = isSame(wanted, run.output);
    const whose = `${run.workflow} ${run.id} ${textOf(run.output)}`;
    evidence.demand(isRight, "a run gave something else", whose);
  }
}

function gives(evidence: KillEvidence, run: FullRun, step: GraphStep): boolean {
  const { name, output } = step;
  if (step.decision?.action === "succeed")
    return evidence
      .controlsOf(run.id, "succeed")
      .some((one) => one.step === name && isSame(Object(one.body).result, output));
  const spec = evidence.stepOf(run, name);
  if (spec.map !== undefined) return givesList(evidence, run, step);
  if (spec.tasks !== undefined) return givesParts(evidence, run, { step, spec });
  if (spec.run === undefined) return givesWithoutRun(evidence, run, { step, spec });
  return isSame(countedAnswer(evidence, run, { ...step, part: -1 })?.result, output);
}

interface OfStep {
  readonly step: GraphStep;
  readonly spec: StepSpec;
}

function givesWithoutRun(evidence: KillEvidence, run: FullRun, { step, spec }: OfStep): boolean {
  const { output, name } = step;
  if (spec.workflow !== undefined) {
    const nested = evidence.nestedIn(run.id, name, step.revision);
    const [child, other] = nested.filter(({ state }) => state === "succeeded");
    return other === undefined && isSame(child?.output, output);
  }
  if (spec.waitFor !== undefined) {
    const sent = evidence.controlsOf(run.id, "events").map(({ body }) => Object(body).data);
    return sent.some((data) => data.isPaid === true && isSame(data, output));
  }
  if (spec.approval === undefined) return output === null;
  const { approved, note, result } = Object(output);
  const said = evidence.controlsOf(run.id, "approve").map(({ body }) => Object(body));
  return approved === true && said.some((one) => one.note === note && isSame(one.result, result));
}

/** Of each item what it was answered, in the order of the items. */
function givesList(evidence: KillEvidence, run: FullRun, step: GraphStep): boolean {
  const { output } = step;
  if (!isJsonList(output)) return false;
  return output.every((said, part) =>
    isSame(countedAnswer(evidence, run, { ...step, part })?.result, said),
  );
}

/** As many of the tasks as were needed, each with what it was answered, laid over each other. */
function givesParts(evidence: KillEvidence, run: FullRun, { step, spec }: OfStep): boolean {
  if (!isJsonObject(step.output)) return false;
  const entries = Object.entries(step.output);
  if (entries.length !== neededOf(spec, 0)) return false;
  return entries.every(([key, value]) => {
    const answer = countedAnswer(evidence, run, { ...step, part: Number(key.slice(1)) });
    return isSame(answer?.result, { [key]: value });
  });
}

/** What a run gives that has succeeded: as its workflow says, or of its last steps. */
function outputOf(evidence: KillEvidence, run: FullRun): Json {
  const spec = evidence.specOf(run);
  const wanted = spec.output ?? null;
  if (isJsonObject(wanted)) {
    const entries = Object.entries(wanted).map(([key, template]) => {
      const name = /^\$\{steps\.(\w+)\.output\}$/.exec(textOf(template).slice(1, -1))?.[1] ?? "";
      return [key, shownOutput(run, name)];
    });
    return Object.fromEntries(entries);
  }
  const last = lastSteps(spec);
  const [only = ""] = last;
  if (last.length === 1) return shownOutput(run, only);
  return Object.fromEntries(last.map((name) => [name, shownOutput(run, name)]));
}
