import { ITEMS_AT_ONCE, QUEUED } from "./kill-workflows.ts";
import { firstOfEachRun, partText, type KillEvidence } from "./kill-evidence.ts";
import { firstWellMs, StepEnds } from "./step-ends.ts";
import type { StepArrival } from "./step-sink.ts";

/** No step begins before those that it comes after have ended, as its join wants it. */
export function checkOrder(evidence: KillEvidence): void {
  const ends = new StepEnds(evidence);
  const work = evidence.all.log.filter(({ isCompensation }) => !isCompensation);
  for (const arrival of firstOfEachRun(work)) {
    const run = evidence.full.get(arrival.workflowRun);
    if (run === undefined) {
      evidence.violate("a workflow run that was delivered is lost", partText(arrival));
      continue;
    }
    const at = { run, revision: arrival.revision };
    const beginMs = ends.beginMs(at, evidence.stepOf(run, arrival.step));
    if (arrival.atMs < beginMs)
      evidence.violate("a step began too early", `${run.workflow} ${partText(arrival)}`);
    evidence.count("parts begun");
  }
}

/** No more items of a map at work at once than it says, and no more runs of a workflow than may be. */
export function checkBounds(evidence: KillEvidence): void {
  const work = evidence.all.log.filter(({ isCompensation }) => !isCompensation);
  const items = work.filter(({ workflowRun, part }) => {
    return part >= 0 && evidence.full.get(workflowRun)?.workflow === "k-map";
  });
  const maps = Map.groupBy(items, ({ workflowRun, step, revision }) =>
    [workflowRun, step, revision].join(" "),
  );
  for (const [map, arrivals] of maps) {
    const parts = Map.groupBy(arrivals, ({ part }) => part);
    if (mostAtOnce([...parts.values()].map(lifeOf)) > ITEMS_AT_ONCE)
      evidence.violate("more items at once than may be", map);
  }
  // What is canceled is let go before its answer comes.
  const queued = work.filter(({ workflowRun }) => {
    const run = evidence.full.get(workflowRun);
    return run?.workflow === QUEUED && run.state !== "canceled";
  });
  const steps = Map.groupBy(queued, ({ run }) => run);
  // From the first sending of a step to its first good answer its workflow run was under way for certain.
  const lives = [...steps.values()].map(lifeOf);
  if (mostAtOnce(lives) > 1)
    evidence.violate("more runs of a workflow at once than may be", QUEUED);
}

interface Life {
  readonly fromMs: number;
  readonly toMs: number;
}

/** While it lived for certain: the host cannot have known its end earlier. */
function lifeOf(arrivals: readonly StepArrival[]): Life {
  const fromMs = Math.min(...arrivals.map(({ atMs }) => atMs));
  const wellMs = firstWellMs(arrivals);
  // What was never answered well may have been canceled at any time.
  return { fromMs, toMs: Number.isFinite(wellMs) ? wellMs : fromMs };
}

function mostAtOnce(lives: readonly Life[]): number {
  const counts = lives.map(
    ({ fromMs }) => lives.filter((other) => other.fromMs <= fromMs && fromMs < other.toMs).length,
  );
  return Math.max(0, ...counts);
}
