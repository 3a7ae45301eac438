import { isHeld, type Run } from "../core/run.ts";
import type { Tick } from "../core/tick.ts";
import type { StepPlace, WorkflowOutboxEntry } from "../ports/shard-storage.ts";
import { PAGE, pages, wholePages } from "./pages.ts";
import type { ShardState } from "./shard-state.ts";

/**
 * Reads the memory of a shard anew from storage: at a start, and after a transaction that was rolled back.
 * Returns the runs that wait for a carrier: their attempt was out, or is running, or they are held until other
 * deliveries come back.
 */
export function rebuild(state: ShardState, nowMs: number): readonly string[] {
  state.forget();
  const out = rebuildRuns(state);
  rebuildOutbox(state);
  rebuildWorkflows(state);
  state.live.advance(nowMs);
  state.near.rebuild(nowMs);
  return out;
}

function rebuildRuns({ storage, live, executors, backfillRuns, outbox, inFlight }: ShardState) {
  const out: string[] = [];
  for (const run of pages((last?: Run) => storage.runsAfter(last?.id ?? "", PAGE))) {
    live.index(run);
    executors.follow(run);
    backfillRuns.put(run);
    outbox.noteRun(run.id);
    if (run.phase.state === "dispatching" || run.phase.state === "running") out.push(run.id);
    if (isHeld(run)) out.push(run.id);
  }
  inFlight.rebuild((runId) => live.get(runId));
  return out;
}

/** What the records may not have yet, beside the runs. */
function rebuildOutbox({ storage, outbox }: ShardState): void {
  for (const tick of pages((last?: Tick) =>
    storage.ticksAfter({
      jobId: last?.jobId ?? "",
      nominalMs: last?.nominalMs ?? 0,
      onlyThisJob: false,
      limit: PAGE,
    }),
  ))
    outbox.noteTick(tick);
  for (const entry of pages((last?: { readonly jobId: string }) =>
    storage.jobOutboxAfter(last?.jobId ?? "", PAGE),
  ))
    outbox.noteJob(entry.jobId);
}

function rebuildWorkflows({ storage, outbox, workflows }: ShardState): void {
  workflows.rebuild((run) => outbox.workflows.noteRun(run.id));
  for (const entry of wholePages((last?: WorkflowOutboxEntry) =>
    storage.workflowOutboxAfter(last ?? { workflowId: "", version: 0 }, PAGE),
  ))
    outbox.workflows.noteWorkflow(entry);
  const before: StepPlace = { workflowRun: "", step: -1, part: -1 };
  for (const place of wholePages((last?: StepPlace) =>
    storage.stepPlacesAfter(last ?? before, PAGE),
  ))
    if (workflows.live.get(place.workflowRun) === undefined)
      outbox.workflows.noteStray(place.workflowRun);
    else outbox.workflows.noteStep(place);
}
