import { firstOfEachRun, partText, type FullRun, type KillEvidence } from "./kill-evidence.ts";
import type { Control } from "./workflow-controls.ts";

/**
 * What was on its way when somebody said stop may still arrive so much later, while the host is up. A cancel goes
 * from one workflow run to those within it, and is told again a second later when nobody answers.
 */
const LATE_MS = { pause: 1_000, cancel: 3_000 } as const;
/** After these a run may go on that was canceled. */
const RESTARTING = ["retry", "skip", "succeed"] as const;
/** After these one may go on that was paused: a pause ends with the run. */
const GOING_ON = ["resume", ...RESTARTING] as const;
const JUDGING = ["approve", "reject"] as const;
const CONFLICT = 409;

/** Nothing new begins in what is canceled or paused, and what was acknowledged can be seen in the end. */
export function checkControls(evidence: KillEvidence): void {
  for (const control of evidence.all.controls) {
    const { isTaken, got, path, workflowRun } = control;
    evidence.count(isTaken ? `${nameOf(control)} taken` : "controls refused");
    const isRefused = got.status === CONFLICT;
    evidence.demand(isTaken || isRefused, "a control fails", `${path} ${got.status} ${got.text}`);
    const run = evidence.full.get(workflowRun);
    if (run !== undefined && isTaken) ofTaken(evidence, run, control);
  }
}

function ofTaken(evidence: KillEvidence, run: FullRun, control: Control): void {
  const { action } = control;
  if (action === "cancel") canceled(evidence, run, control);
  if (action === "pause")
    quiet(evidence, [run], { control, until: GOING_ON, lateMs: LATE_MS.pause });
  if (action === "approve" || action === "reject") judged(evidence, run, control);
}

function canceled(evidence: KillEvidence, run: FullRun, control: Control): void {
  const tree = evidence.treeOf(run);
  quiet(evidence, tree, { control, until: RESTARTING, lateMs: LATE_MS.cancel });
  const isRestarted = othersAfter(evidence, control, RESTARTING).length > 0;
  const isRight = isRestarted || run.state === "canceled";
  evidence.demand(isRight, `canceled, and ${run.state}`, `${run.workflow} ${run.id}`);
}

/** No run begins in the tree from some seconds after the answer until somebody lets it go on. */
function quiet(
  evidence: KillEvidence,
  tree: readonly FullRun[],
  how: {
    readonly control: Control;
    readonly until: readonly string[];
    readonly lateMs: number;
  },
): void {
  const { control, until, lateMs } = how;
  const ids = new Set(tree.map(({ id }) => id));
  const fromMs = evidence.later(control.ackMs, lateMs);
  const others = othersAfter(evidence, control, until);
  const toMs = Math.min(Infinity, ...others.map(({ sentMs }) => sentMs));
  for (const arrival of firstOfEachRun(evidence.all.log)) {
    const { workflowRun, atMs } = arrival;
    const isLate = ids.has(workflowRun) && atMs > fromMs && atMs < toMs;
    evidence.demand(!isLate, `begun after a ${control.action}`, partText(arrival));
  }
}

/** What may have been done to the same run after a control. */
function othersAfter(
  evidence: KillEvidence,
  control: Control,
  actions: readonly string[],
): readonly Control[] {
  return evidence
    .controlsOf(control.workflowRun, ...actions)
    .filter((other) => other !== control && other.ackMs > control.sentMs);
}

/** The newest decision stands, unless its step is to be done again. */
function judged(evidence: KillEvidence, run: FullRun, control: Control): void {
  if (othersAfter(evidence, control, [...RESTARTING, ...JUDGING]).length > 0) return;
  const found = run.graph.steps.find(({ name }) => name === control.step)?.decision;
  const { note } = Object(control.body);
  const isThere = found?.action === control.action && found.note === note;
  evidence.demand(isThere, "a decision is lost", `${run.id} ${control.action} ${note}`);
}

function nameOf({ action, step }: Control): string {
  return action === "retry" && step !== null ? "retry step" : action;
}
