import { BIG_AMOUNT } from "./kill-workflows.ts";
import type { FullRun, KillEvidence } from "./kill-evidence.ts";
import type { SentEvent } from "./workflow-load.ts";

/** Everything that was acknowledged is there, and once: starts, repeated keys, events by their ids. */
export function checkAcknowledged(evidence: KillEvidence): void {
  starts(evidence);
  repeats(evidence);
  const byEvent = Map.groupBy(evidence.all.full, ({ trigger }) => trigger.eventId ?? "");
  byEvent.delete("");
  for (const [id, takes] of Map.groupBy(evidence.all.events, (sent) => sent.id)) {
    ofEvent(evidence, takes, byEvent.get(id) ?? []);
    byEvent.delete(id);
  }
  for (const id of byEvent.keys()) evidence.violate("runs of an event that nobody sent", id);
}

function starts(evidence: KillEvidence): void {
  const { started, full } = evidence.all;
  for (const { id, workflow, key } of started) {
    const isThere = evidence.full.get(id)?.workflow === workflow;
    evidence.demand(isThere, "an acknowledged workflow run is lost", `${id} ${workflow} ${key}`);
  }
  const known = new Set(started.map(({ id }) => id));
  evidence.demand(known.size === started.length, "two keys made one workflow run", "");
  for (const { id, trigger } of full) {
    const isAskedFor = trigger.kind === "api" || trigger.kind === "rerun";
    evidence.demand(!isAskedFor || known.has(id), "a workflow run that nobody was told of", id);
  }
  evidence.count("started", started.length);
}

function repeats(evidence: KillEvidence): void {
  for (const { first, again } of evidence.all.repeats) {
    const said = `${first.path}: ${first.got.text} and ${again.got.text}`;
    const isSame = answerOf(first.got) === answerOf(again.got);
    evidence.demand(isSame, "a repeated key is answered otherwise", said);
    evidence.count("keys repeated");
  }
}

/** The workflow run as it was when it was first answered. */
function answerOf({ json, status }: { readonly json: unknown; readonly status: number }): string {
  const { id, version, state } = Object(json);
  return JSON.stringify({ status, id, version, state });
}

/** One event: each workflow that wants it has one run, and every answer named these. */
function ofEvent(
  evidence: KillEvidence,
  takes: readonly SentEvent[],
  runs: readonly FullRun[],
): void {
  const { id, amount } = takes[0] ?? { id: "", amount: 0 };
  const wanted = amount > BIG_AMOUNT ? "k-big-order,k-order" : "k-order";
  const found = runs.map(({ workflow }) => workflow).toSorted();
  const isRight = found.join() === wanted;
  evidence.demand(isRight, "an event started other runs than it should", `${id} ${found.join()}`);
  const ids = runs.map((run) => run.id).toSorted();
  for (const take of takes) {
    const isSame = take.runs.toSorted().join() === ids.join();
    evidence.demand(isSame, "an event is answered with other runs", `${id} ${take.runs.join()}`);
  }
  for (const { params, id: run } of runs) {
    const said = params["amount"] ?? Object(params["event"]).amount;
    evidence.demand(said === amount, "a run has another event's params", run);
  }
  evidence.count("events");
  evidence.count("events repeated", takes.length - 1);
}
