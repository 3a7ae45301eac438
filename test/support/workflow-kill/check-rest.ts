import type { StepSpec } from "../../../src/core/workflow.ts";
import type { FullRun, GraphStep, KillEvidence } from "./kill-evidence.ts";
import { textOf } from "./same-json.ts";

const ENDED: ReadonlySet<string> = new Set(["succeeded", "failed", "timed_out", "canceled"]);
const STEP_ENDED: ReadonlySet<string> = new Set(["succeeded", "failed", "skipped", "canceled"]);
const BAD: ReadonlySet<string> = new Set(["failed", "canceled"]);

/** Everything has ended, each for a cause. */
export function checkRest(evidence: KillEvidence): void {
  for (const run of evidence.all.full) {
    const { workflow, id, state, error, graph, counts } = run;
    evidence.count(`workflow runs ${state}`);
    const whose = `${workflow} ${id} ${error?.message ?? ""}`;
    evidence.demand(
      ENDED.has(state) && hasCause(evidence, run),
      `a workflow run is ${state}`,
      whose,
    );
    for (const step of graph.steps) ended(evidence, run, step);
    const succeeded = graph.steps.filter((step) => step.state === "succeeded").length;
    const isCounted = succeeded === counts.succeeded && counts.total === graph.steps.length;
    evidence.demand(isCounted, "the counts are not those of the steps", id);
  }
}

/** A list says the same as the single resource. */
export function checkLists(evidence: KillEvidence): void {
  const { listed, full, runs, single } = evidence.all;
  const shown = new Map([...listed, ...runs].map((row) => [row.id, textOf(row)]));
  // A list has no graphs, and what JSON leaves out is not there.
  for (const row of [...full.map((run) => ({ ...run, graph: undefined })), ...single])
    evidence.demand(shown.get(row.id) === textOf(row), "a list says something else", row.id);
  const isWhole = full.length === listed.length && single.length === runs.length;
  evidence.demand(isWhole, "a list is not whole", "");
  evidence.count("rows compared", full.length + single.length);
}

function hasCause(evidence: KillEvidence, run: FullRun): boolean {
  const { steps } = run.graph;
  if (run.state === "succeeded") return steps.every(({ state }) => !BAD.has(state));
  if (run.state === "failed") return steps.some(({ state }) => state === "failed");
  if (run.state !== "canceled") return false;
  return evidence.controlsOf(run.id, "cancel").length > 0 || wasLetGo(evidence, run);
}

/** What is nested is canceled when the step that started it is let go. */
function wasLetGo(evidence: KillEvidence, run: FullRun): boolean {
  const part = evidence.runs.get(run.trigger.run ?? "")?.workflow;
  const parent = evidence.full.get(part?.run ?? "");
  const step = parent?.graph.steps.find(({ name }) => name === part?.step);
  if (parent === undefined || step === undefined) return false;
  return BAD.has(parent.state) || parent.revision > 1 || step.decision !== null;
}

function ended(evidence: KillEvidence, run: FullRun, step: GraphStep): void {
  const { name, state, decision, error } = step;
  const whose = `${run.workflow} ${run.id} ${name} is ${state}: ${error?.message ?? ""}`;
  evidence.demand(STEP_ENDED.has(state), "a step has not ended", whose);
  const spec = evidence.stepOf(run, name);
  if (decision !== null && decision.action !== "approve" && decision.action !== "reject") return;
  if (state === "failed")
    evidence.demand(isFailed(evidence, run, step), "a step failed without a cause", whose);
  if (state === "skipped")
    evidence.demand(isNeutral(run, spec), "a step was skipped without a cause", whose);
  if (state === "succeeded" || state === "failed")
    evidence.demand(holds(run, spec), "a step ran though its join does not hold", whose);
}

/** Its condition is false, as the answers have it, or what it comes after was skipped likewise. */
function isNeutral(run: FullRun, { when, after = [] }: StepSpec): boolean {
  if (when === undefined) return after.every((name) => stateOf(run, name) === "skipped");
  const { v } = Object(run.graph.steps.find(({ name }) => name === "a")?.output);
  return when === "false" || (when.includes(">=") ? v < 500 : v >= 500);
}

function holds(run: FullRun, { join = "all", after = [] }: StepSpec): boolean {
  const states = after.map((name) => stateOf(run, name));
  const well = states.filter((state) => state === "succeeded" || state === "skipped").length;
  if (states.length === 0 || join === "all_done") return true;
  if (join === "all") return well === states.length;
  return well >= (join === "any" ? 1 : join.count);
}

function stateOf(run: FullRun, name: string): string {
  return run.graph.steps.find((step) => step.name === name)?.state ?? "";
}

/** The last answer was bad, a person said no, or what is nested did not succeed. */
function isFailed(evidence: KillEvidence, run: FullRun, step: GraphStep): boolean {
  if (step.decision?.action === "reject") return true;
  const nested = evidence.nestedIn(run.id, step.name, step.revision);
  const work = evidence.workUpTo(run.id, step.name, step.revision);
  return (
    nested.some(({ state }) => BAD.has(state)) ||
    work.some(({ answer }) => answer?.kind === "final")
  );
}
