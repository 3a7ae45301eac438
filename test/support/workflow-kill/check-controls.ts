import { firstOfEachRun, partText, type FullRun, type KillEvidence } from "./kill-evidence.ts";
import type { Control } from "./workflow-controls.ts";

/** What was on its way when somebody said stop may still arrive so much later, while the host is up. */
const LATE_MS = 5_000;
const RESTARTING: readonly string[] = ["retry", "skip", "succeed"];

/** Nothing new begins in what is canceled or paused, and what was acknowledged can be seen in the end. */
export function checkControls(evidence: KillEvidence): void {
  const { controls } = evidence.all;
  for (const control of controls) {
    evidence.count(control.isTaken ? `${nameOf(control)} taken` : "controls refused");
    const run = evidence.full.get(control.workflowRun);
    if (run === undefined || !control.isTaken) continue;
    if (control.action === "cancel") canceled(evidence, run, control);
    if (control.action === "pause") quiet(evidence, [run], { control, until: ["resume"] });
    if (control.action === "approve" || control.action === "reject")
      decided(evidence, run, control);
  }
  for (const { isTaken, got, path } of controls)
    if (!isTaken && got.status !== 409)
      evidence.violate("a control is refused", `${path} ${got.status} ${got.text}`);
}

function canceled(evidence: KillEvidence, run: FullRun, control: Control): void {
  const tree = evidence.treeOf(run);
  quiet(evidence, tree, { control, until: RESTARTING });
  if (laterThan(evidence, control, RESTARTING) === undefined && run.state !== "canceled")
    evidence.violate(`canceled, and ${run.state}`, `${run.workflow} ${run.id}`);
}

/** No run begins in the tree from some seconds after the answer until somebody lets it go on. */
function quiet(
  evidence: KillEvidence,
  tree: readonly FullRun[],
  { control, until }: { readonly control: Control; readonly until: readonly string[] },
): void {
  const ids = new Set(tree.map(({ id }) => id));
  const fromMs = evidence.later(control.ackMs, LATE_MS);
  const toMs = laterThan(evidence, control, until)?.sentMs ?? Infinity;
  const late = firstOfEachRun(evidence.all.log).filter(
    ({ workflowRun, atMs }) => ids.has(workflowRun) && atMs > fromMs && atMs < toMs,
  );
  for (const arrival of late)
    evidence.violate(`begun after a ${control.action}`, partText(arrival));
}

/** The first of some controls that may have come after another one. */
function laterThan(
  evidence: KillEvidence,
  { workflowRun, sentMs }: Control,
  actions: readonly string[],
): Control | undefined {
  return evidence
    .controlsOf(workflowRun, ...actions)
    .toSorted((a, b) => a.sentMs - b.sentMs)
    .find((control) => control.ackMs > sentMs);
}

/** The newest decision is the one that stands, unless its step is to be done again. */
function decided(evidence: KillEvidence, run: FullRun, control: Control): void {
  const step = run.graph.steps.find(({ name }) => name === control.step);
  if (laterThan(evidence, control, [...RESTARTING, "approve", "reject"]) !== undefined) {
    const others = evidence
      .controlsOf(run.id, ...RESTARTING, "approve", "reject")
      .filter((other) => other !== control && other.ackMs > control.sentMs);
    if (others.length > 0) return;
  }
  const { note } = Object(control.body);
  if (step?.decision?.action !== control.action || step.decision.note !== note)
    evidence.violate("a decision is lost", `${run.id} ${control.action} ${note}`);
}

function nameOf({ action, step }: Control): string {
  return action === "retry" && step !== null ? "retry step" : action;
}
