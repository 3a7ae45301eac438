import type { FullRun, KillEvidence } from "./kill-evidence.ts";
import type { StepSpec } from "../../../src/core/workflow.ts";
import type { SentWorkflow } from "./kill-workflows.ts";
import type { StepArrival } from "./step-sink.ts";

type Revision = FullRun["revisions"][number];

/** By then the host knows what it was told, unless it was killed. */
const KNOWN_AFTER_MS = 1_000;

/** Each change that was acknowledged is a revision, once, and nothing else is one. */
export function checkRevisions(evidence: KillEvidence): void {
  for (const run of evidence.all.full) {
    const retries = evidence.controlsOf(run.id, "retry").map(({ step }) => step ?? "");
    const found = run.revisions.filter(({ action }) => action === "retry");
    if (textOf(found.map(({ step }) => step ?? "")) !== textOf(retries))
      evidence.violate("retries and revisions differ", `${run.workflow} ${run.id}`);
    if (run.revision !== run.revisions.length + 1)
      evidence.violate("a revision is missing", `${run.workflow} ${run.id}`);
    for (const { action, step } of run.revisions)
      if (action !== "retry" && !evidence.controlsOf(run.id, action).some((c) => c.step === step))
        evidence.violate("a revision that nobody asked for", `${run.id} ${action} ${step}`);
    evidence.count("revisions", run.revisions.length);
    for (const step of run.graph.steps) redone(evidence, run, step.name);
  }
}

/** A step that had succeeded is not done again, unless it comes after what was to be done again. */
function redone(evidence: KillEvidence, run: FullRun, step: string): void {
  const work = evidence.workOf(run.id, step);
  const revisions = [...new Set(work.map(({ revision }) => revision))].toSorted((a, b) => a - b);
  for (const [i, revision] of revisions.entries()) {
    const before = revisions[i - 1];
    if (before === undefined) continue;
    const since = run.revisions.filter((one) => one.revision > before && one.revision <= revision);
    const last = since.find((one) => one.revision === revision);
    const whose = `${run.workflow} ${run.id} ${step} r${before} r${revision}`;
    if (last === undefined) evidence.violate("done again in a revision that is none", whose);
    else if (!since.some((one) => mayRedo(evidence, { run, step, revision: one })))
      evidence.violate("what had succeeded is done again", whose);
    evidence.count("steps done again");
  }
}

/** Whether the step comes after the one that was named, or after one that had not succeeded for certain. */
function mayRedo(
  evidence: KillEvidence,
  {
    run,
    step,
    revision,
  }: { readonly run: FullRun; readonly step: string; readonly revision: Revision },
): boolean {
  const spec = evidence.specOf(run);
  const { action, step: named } = revision;
  const roots = spec.steps
    .filter(({ name }) => !hadSucceeded(evidence, { run, name, revision }))
    .map(({ name }) => name);
  const again = new Set(downstream(spec, roots));
  for (const root of roots) again.add(root);
  if (named !== null) for (const name of downstream(spec, [named])) again.add(name);
  if (action === "retry" && named !== null) again.add(named);
  return again.has(step);
}

/** Whether the host knew for certain, when the revision began, that a step had succeeded and was not undone. */
function hadSucceeded(
  evidence: KillEvidence,
  {
    run,
    name,
    revision,
  }: { readonly run: FullRun; readonly name: string; readonly revision: Revision },
): boolean {
  const atMs = Date.parse(revision.at);
  const before = revision.revision - 1;
  const isUndone = evidence
    .undoneOf(run.id)
    .some((arrival) => arrival.step === name && arrival.revision <= before);
  if (isUndone) return false;
  const work = evidence.workUpTo(run.id, name, before);
  if (isOneCall(evidence.stepOf(run, name)) && work.some((one) => isKnownWell(evidence, one, atMs)))
    return true;
  // Whatever it is, what comes after it alone has begun.
  const since = Math.max(0, ...work.map((arrival) => arrival.revision));
  return evidence
    .specOf(run)
    .steps.filter(({ after = [], join = "all" }) => after.includes(name) && join === "all")
    .flatMap((child) => evidence.workUpTo(run.id, child.name, before))
    .some((arrival) => arrival.atMs < atMs && arrival.revision >= since);
}

function isOneCall({ run, map }: StepSpec): boolean {
  return run !== undefined && map === undefined;
}

function isKnownWell(
  evidence: KillEvidence,
  { workflowRun, answer, takenMs }: StepArrival,
  atMs: number,
): boolean {
  if (answer === null || answer.kind !== "ok") return false;
  const knownMs = answer.atMs + KNOWN_AFTER_MS;
  const cancels = evidence.controlsOf(workflowRun, "cancel");
  if (cancels.some(({ sentMs }) => sentMs < knownMs)) return false;
  if (takenMs !== null) return takenMs < atMs;
  return knownMs < atMs && !evidence.wasKilled(answer.atMs - KNOWN_AFTER_MS, knownMs);
}

/** The steps that come after some, however far, in their order. */
export function downstream({ steps }: SentWorkflow, roots: readonly string[]): readonly string[] {
  const found: string[] = [];
  const before = new Set(roots);
  // The steps of these workflows stand behind those that they come after.
  for (const { name, after = [] } of steps)
    if (after.some((parent) => before.has(parent))) {
      before.add(name);
      found.push(name);
    }
  return found;
}

function textOf(names: readonly string[]): string {
  return JSON.stringify(names.toSorted());
}
