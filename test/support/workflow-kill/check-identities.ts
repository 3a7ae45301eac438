import type { RunJson } from "../../../src/api/run-json.ts";
import { BIG_AMOUNT } from "./kill-workflows.ts";
import { partText, type KillEvidence } from "./kill-evidence.ts";
import type { PartOfStep, StepArrival } from "./step-sink.ts";

/** An attempt is sent a second time when nobody knows what came of the first. */
const SENDS_MAX = 2;
const ENDED: readonly string[] = ["succeeded", "failed", "timed_out", "canceled", "lost"];

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
  evidence.count("deliveries", log.length);
}

function ofTheApi(evidence: KillEvidence, run: RunJson | undefined, first: StepArrival): void {
  if (run === undefined) {
    evidence.violate("a run that was delivered is lost", `${first.run} ${partText(first)}`);
    return;
  }
  if (!ENDED.includes(run.state)) evidence.violate(`a run is ${run.state}`, run.id);
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

/** Everything that was acknowledged is there, and once: starts, repeated keys, events by their ids. */
export function checkAcknowledged(evidence: KillEvidence): void {
  const { started, repeats, full } = evidence.all;
  for (const { id, workflow, key } of started)
    if (evidence.full.get(id)?.workflow !== workflow)
      evidence.violate("an acknowledged workflow run is lost", `${id} ${workflow} ${key}`);
  if (new Set(started.map(({ id }) => id)).size !== started.length)
    evidence.violate("two keys made one workflow run", "");
  for (const { first, again } of repeats)
    if (first.got.status !== again.got.status || answerOf(first.got) !== answerOf(again.got))
      evidence.violate(
        "a repeated key is answered otherwise",
        `${first.path} ${first.got.status} ${first.got.text} ${again.got.status} ${again.got.text}`,
      );
  const known = new Set(started.map(({ id }) => id));
  for (const { id, trigger } of full)
    if ((trigger.kind === "api" || trigger.kind === "rerun") && !known.has(id))
      evidence.violate("a workflow run that nobody was told of", `${id} ${trigger.kind}`);
  evidence.count("started", started.length);
  evidence.count("keys repeated", repeats.length);
  eventsOf(evidence);
}

/** A workflow run is answered as it was; what is refused may be told at another moment. */
function answerOf({ json, status }: { readonly json: unknown; readonly status: number }): string {
  const { id, code, version } = Object(json);
  return JSON.stringify(status < 300 ? { id, version } : { code });
}

function eventsOf(evidence: KillEvidence): void {
  const byEvent = Map.groupBy(evidence.all.full, ({ trigger }) => trigger.eventId ?? "");
  byEvent.delete("");
  for (const [id, takes] of Map.groupBy(evidence.all.events, (event) => event.id)) {
    const runs = byEvent.get(id) ?? [];
    byEvent.delete(id);
    const amount = takes[0]?.amount ?? 0;
    const wanted = amount > BIG_AMOUNT ? ["k-big-order", "k-order"] : ["k-order"];
    const found = runs.map(({ workflow }) => workflow).toSorted();
    if (found.join() !== wanted.join())
      evidence.violate("an event started other runs than it should", `${id} ${found.join()}`);
    const ids = JSON.stringify(runs.map((run) => run.id).toSorted());
    for (const take of takes)
      if (JSON.stringify(take.runs.toSorted()) !== ids)
        evidence.violate("an event is answered with other runs", `${id} ${take.runs.join()}`);
    for (const run of runs) {
      const said =
        run.workflow === "k-order" ? Object(run.params["event"]).amount : run.params["amount"];
      if (said !== amount) evidence.violate("a run has another event's params", run.id);
    }
    evidence.count("events");
    evidence.count("events repeated", takes.length - 1);
  }
  for (const id of byEvent.keys()) evidence.violate("runs of an event that nobody sent", id);
}
