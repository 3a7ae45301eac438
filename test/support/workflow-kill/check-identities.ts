import type { RunJson } from "../../../src/api/run-json.ts";
import { partText, type FullRun, type GraphStep, type KillEvidence } from "./kill-evidence.ts";
import type { PartOfStep, StepArrival } from "./step-sink.ts";

/** An attempt is sent a second time when nobody knows what came of the first. */
const SENDS_MAX = 2;
/** Of its runs a step names so many. */
const RUNS_SHOWN_MAX = 10;
const ENDED: ReadonlySet<string> = new Set([
  "succeeded",
  "failed",
  "timed_out",
  "canceled",
  "lost",
]);

/** A part of a step has one run, whatever happened, and no attempt is sent more often than it may. */
export function checkIdentities(evidence: KillEvidence): void {
  const { log, strange } = evidence.all;
  for (const arrival of strange) evidence.violate("a delivery of no step", arrival.body);
  for (const [part, arrivals] of Map.groupBy(log, partText)) {
    const runs = new Set(arrivals.map(({ run }) => run));
    if (runs.size > 1) evidence.violate("a part has several runs", `${part}: ${[...runs].join()}`);
  }
  for (const [run, arrivals] of Map.groupBy(log, (arrival) => arrival.run)) {
    const parts = new Set(arrivals.map(partText));
    if (parts.size > 1) evidence.violate("a run of several parts", `${run}: ${[...parts].join()}`);
    const [first] = arrivals;
    if (first !== undefined) ofTheApi(evidence, evidence.runs.get(run), first);
    for (const sendings of Map.groupBy(arrivals, ({ attempt }) => attempt).values())
      resends(evidence, sendings);
  }
  for (const run of evidence.all.full)
    for (const step of run.graph.steps) named(evidence, run, step);
  evidence.count("deliveries", log.length);
}

/** A step that has ended by itself names the runs that the sink was sent of its newest revision: the first ten. */
function named(evidence: KillEvidence, run: FullRun, step: GraphStep): void {
  const { name, revision, runs, state, decision } = step;
  const isByItself = (state === "succeeded" || state === "failed") && decision === null;
  if (!isByItself || runs.length >= RUNS_SHOWN_MAX) return;
  const shown = new Set(runs);
  for (const arrival of evidence.workOf(run.id, name)) {
    const isShown = arrival.revision !== revision || shown.has(arrival.run);
    evidence.demand(isShown, "a step does not name its run", `${arrival.run} ${partText(arrival)}`);
  }
}

function ofTheApi(evidence: KillEvidence, run: RunJson | undefined, first: StepArrival): void {
  if (run === undefined) {
    evidence.violate("a run that was delivered is lost", `${first.run} ${partText(first)}`);
    return;
  }
  evidence.demand(ENDED.has(run.state), `a run is ${run.state}`, run.id);
  if (run.workflow === null || partText(partOf(run.workflow)) !== partText(first))
    evidence.violate("a run is another one's", `${run.id} ${partText(first)}`);
}

function partOf({ run, step, part, revision, compensation }: NonNullable<RunJson["workflow"]>) {
  const place: PartOfStep = {
    workflowRun: run,
    step,
    part: part ?? -1,
    revision,
    isCompensation: compensation,
  };
  return place;
}

function resends(evidence: KillEvidence, sendings: readonly StepArrival[]): void {
  const [first, second] = sendings;
  if (first === undefined || second === undefined) return;
  evidence.count("sent again");
  const whose = `${first.run}#${first.attempt} ${partText(first)}`;
  if (sendings.length > SENDS_MAX) evidence.violate(`sent ${sendings.length} times`, whose);
  const isUnknown = first.answer?.kind === "reset";
  if (!isUnknown && !evidence.wasKilled(first.atMs, second.atMs))
    evidence.violate("sent twice without a crash", whose);
}
