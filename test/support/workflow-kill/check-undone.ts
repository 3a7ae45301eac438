import { downstream } from "./check-revisions.ts";
import { partText, type FullRun, type GraphStep, type KillEvidence } from "./kill-evidence.ts";
import { textOf } from "./same-json.ts";
import { firstWellMs } from "./step-ends.ts";
import type { StepArrival } from "./step-sink.ts";

/** What is undone: in the reverse order of the graph, one after the other, each once; and nothing is left out. */
export function checkUndone(evidence: KillEvidence): void {
  for (const run of evidence.all.full) {
    const byStep = Map.groupBy(evidence.undoneOf(run.id), partText);
    const undone = [...byStep.values()].toSorted((a, b) => firstMs(a) - firstMs(b));
    for (const [i, later] of undone.entries())
      for (const earlier of undone.slice(0, i)) oneAfterTheOther(evidence, run, { earlier, later });
    evidence.count("steps undone", undone.length);
    for (const step of run.graph.steps) asWanted(evidence, run, step);
  }
}

function oneAfterTheOther(
  evidence: KillEvidence,
  run: FullRun,
  pair: { readonly earlier: readonly StepArrival[]; readonly later: readonly StepArrival[] },
): void {
  const [before] = pair.earlier;
  const [after] = pair.later;
  if (before === undefined || after === undefined) return;
  const whose = `${run.workflow} ${partText(before)}, ${partText(after)}`;
  const isAfter = firstMs(pair.later) >= firstWellMs(pair.earlier);
  evidence.demand(isAfter, "undone at the same time", whose);
  // What was done again in a revision of its own is undone again.
  const isForward =
    before.revision === after.revision &&
    downstream(evidence.specOf(run), [before.step]).includes(after.step);
  evidence.demand(!isForward, "undone in the order of doing", whose);
}

function asWanted(evidence: KillEvidence, run: FullRun, step: GraphStep): void {
  const sent = evidence
    .undoneOf(run.id)
    .filter((one) => one.step === step.name && one.revision === step.revision);
  const whose = `${run.workflow} ${run.id} ${step.name} ${run.state}`;
  if (isWanted(evidence, run, step)) {
    const isDone = sent.some(({ answer }) => answer?.kind === "ok");
    const isTold = step.compensation?.state === "succeeded";
    evidence.demand(isDone && isTold, "not undone", whose);
  } else {
    const isLeft = sent.length === 0 && step.compensation === null;
    evidence.demand(isLeft, "undone without need", whose);
  }
  for (const { params } of sent) {
    const isSame = textOf(params["undo"]) === textOf(step.output);
    evidence.demand(isSame, "undone with another output", whose);
  }
}

function isWanted(evidence: KillEvidence, run: FullRun, step: GraphStep): boolean {
  if (run.state !== "failed" || step.state !== "succeeded") return false;
  const { compensate } = evidence.stepOf(run, step.name);
  return compensate !== undefined && step.decision?.action !== "succeed";
}

function firstMs(arrivals: readonly StepArrival[]): number {
  return Math.min(...arrivals.map(({ atMs }) => atMs));
}
