import type { DueEntry } from "../../src/ports/shard-storage.ts";
import { isAwaiting } from "./delay-laws.ts";
import type { History } from "./history.ts";
import { hold } from "./scene.ts";
import type { Change } from "./watched-storage.ts";

/** Follows the due table: each job, and each backfill, has one row of it at most. */
export function takeDue(
  history: History,
  change: Extract<Change, { readonly kind: "due" | "dueGone" }>,
): void {
  if (change.kind === "dueGone") {
    if (history.due.get(change.jobId)?.dueMs === change.dueMs) history.due.delete(change.jobId);
    return;
  }
  const { entry, fromMs } = change;
  const { jobId, dueMs, cursorMs } = entry;
  history.scene.note(`stores: ${jobId} is due at ${dueMs} after ${cursorMs}`);
  const known = history.due.get(jobId)?.dueMs ?? null;
  hold("S5 due once", known === fromMs, () => `${jobId}: from ${fromMs}, due at ${known}`);
  checkCursor(history, entry);
  history.due.set(jobId, entry);
}

/** The last accounted tick of a job never moves back. */
function checkCursor(history: History, { jobId, cursorMs }: DueEntry): void {
  const job = history.jobs.get(jobId);
  if (job === undefined) return; // Its row follows in the same transaction.
  // While the run of its last tick lives, a fixed delay has nothing to count from.
  if (isAwaiting(job)) return;
  // In a pause the job itself remembers the end of its last run.
  if (job.row.pause !== null && job.row.spec.schedule.kind === "after") return;
  const was = job.cursorMs;
  hold("T12 the cursor never falls", cursorMs >= was, () => `${jobId}: ${was} to ${cursorMs}`);
  job.cursorMs = cursorMs;
}
