import { nominalTimes } from "../ledger.ts";
import type { FullRun, GraphStep, KillEvidence } from "./kill-evidence.ts";
import { TICKED } from "./kill-workflows.ts";
import { TICK_GRACE_MS, TICK_MS } from "./workflow-load.ts";

const ENDED: readonly string[] = ["succeeded", "failed", "timed_out", "canceled"];
const BAD: readonly string[] = ["failed", "canceled"];

/** Everything has ended, each for a cause, and a list says the same as the single resource. */
export function checkRest(evidence: KillEvidence): void {
  const { listed, full, runs, single } = evidence.all;
  for (const run of full) {
    evidence.count(`workflow runs ${run.state}`);
    if (!ENDED.includes(run.state)) evidence.violate(`a workflow run is ${run.state}`, run.id);
    else if (!hasCause(evidence, run))
      evidence.violate(
        `a workflow run is ${run.state}`,
        `${run.workflow} ${run.id} ${run.error?.message}`,
      );
    for (const step of run.graph.steps) stepEnd(evidence, run, step);
    const counted = run.graph.steps.filter(({ state }) => state === "succeeded").length;
    if (counted !== run.counts.succeeded || run.counts.total !== run.graph.steps.length)
      evidence.violate("the counts are not those of the steps", run.id);
  }
  const shown = new Map(listed.map((run) => [run.id, run]));
  for (const { graph: _, ...run } of full)
    if (JSON.stringify(run) !== JSON.stringify(shown.get(run.id)))
      evidence.violate("a list says something else", `${run.workflow} ${run.id}`);
  const shownRuns = new Map(runs.map((run) => [run.id, run]));
  for (const run of single)
    if (JSON.stringify(run) !== JSON.stringify(shownRuns.get(run.id)))
      evidence.violate("a list says something else", `run ${run.id}`);
}

function hasCause(evidence: KillEvidence, run: FullRun): boolean {
  const bad = run.graph.steps.filter(({ state }) => BAD.includes(state));
  if (run.state === "succeeded") return bad.length === 0;
  if (run.state === "failed") return run.graph.steps.some((step) => step.state === "failed");
  if (run.state !== "canceled") return false;
  if (evidence.controlsOf(run.id, "cancel").length > 0) return true;
  // What is nested is canceled when the step that started it is let go.
  const part = evidence.runs.get(run.trigger.run ?? "")?.workflow ?? null;
  const parent = evidence.full.get(part?.run ?? "");
  if (part === null || parent === undefined) return false;
  const step = parent.graph.steps.find(({ name }) => name === part.step);
  return parent.state === "canceled" || parent.revision > 1 || step?.decision != null;
}

function stepEnd(evidence: KillEvidence, run: FullRun, step: GraphStep): void {
  const whose = `${run.workflow} ${run.id} ${step.name} is ${step.state}`;
  if (["pending", "running", "waiting"].includes(step.state) && ENDED.includes(run.state))
    evidence.violate("a step has not ended", whose);
  if (step.state === "failed" && !isFailed(evidence, run, step))
    evidence.violate("a step failed without a cause", `${whose} ${step.error?.message}`);
  const isPassed = step.state === "skipped" && step.decision?.action === "skip";
  const spec = evidence.stepOf(run, step.name);
  if (step.state === "skipped" && !isPassed && !isNeutral(run, step, spec.when))
    evidence.violate("a step was skipped without a cause", whose);
  if ((step.state === "succeeded" || step.state === "failed") && step.decision === null)
    if (!joinHolds(run, step, spec.join ?? "all"))
      evidence.violate("a step ran though its join does not hold", whose);
}

/** Its condition is false, as the answers have it, or what it comes after was skipped likewise. */
function isNeutral(run: FullRun, step: GraphStep, when: string | undefined): boolean {
  const v = Number(Object(run.graph.steps.find(({ name }) => name === "a")?.output ?? {}).v);
  if (when === "false") return true;
  if (when?.includes(">=") === true) return v < 500;
  if (when?.includes("<") === true) return v >= 500;
  return step.after.every((name) => stateOf(run, name) === "skipped");
}

function joinHolds(
  run: FullRun,
  { after }: GraphStep,
  join: "all" | "any" | "all_done" | { readonly count: number },
): boolean {
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
  if (nested.some(({ state }) => state === "failed" || state === "canceled")) return true;
  const work = evidence.workUpTo(run.id, step.name, step.revision);
  return work.some(({ answer }) => answer?.kind === "final");
}

/** Each tick has one fate, and each that fired has one workflow run that succeeded. */
export function checkTicks(evidence: KillEvidence): void {
  const { anchorMs, createdMs, pausedMs, ledger } = evidence.all.ticks;
  const everyMs = TICK_MS;
  const nominal = new Set(
    nominalTimes({ anchorMs, everyMs, fromMs: createdMs + 1, toMs: pausedMs }),
  );
  const seen = new Set<number>();
  for (const { nominalMs, disposition, run, plannedMs } of ledger) {
    const at = new Date(nominalMs).toISOString();
    if (seen.has(nominalMs)) evidence.violate("a tick is accounted for twice", at);
    if (!nominal.has(nominalMs)) evidence.violate("a tick at no nominal time", at);
    seen.add(nominalMs);
    evidence.count(`ticks ${disposition}`);
    if (disposition !== "fired" && plannedMs - nominalMs <= TICK_GRACE_MS)
      evidence.violate(`a tick is ${disposition} without a cause`, at);
    const [made, other] = run === null ? [] : evidence.startedBy(run);
    const isRight = made?.workflow === TICKED && made.state === "succeeded" && other === undefined;
    if (disposition === "fired" && !isRight)
      evidence.violate("a tick has not one workflow run that succeeded", `${at} ${run ?? ""}`);
    if (disposition === "fired" && evidence.runs.get(run ?? "")?.state !== "succeeded")
      evidence.violate("the run of a tick has not succeeded", `${at} ${run ?? ""}`);
  }
  for (const nominalMs of nominal)
    if (!seen.has(nominalMs))
      evidence.violate("a tick is not accounted for", new Date(nominalMs).toISOString());
  const fired = new Set(ledger.map(({ run }) => run));
  for (const { workflow, trigger, id } of evidence.all.full)
    if (workflow === TICKED && !fired.has(trigger.run ?? null))
      evidence.violate("a workflow run of no tick", id);
}
