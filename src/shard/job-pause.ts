import { Refusal } from "../core/refusal.ts";
import type { Job } from "../core/job.ts";
import type { CommandInput, CommandOutput } from "../ports/shard-client.ts";
import type { DueEntry } from "../ports/shard-storage.ts";
import { counted, isAwaiting } from "./delay.ts";
import {
  armJob,
  changed,
  cursorOf,
  dueOf,
  jobOf,
  keepSettled,
  settle,
  viewOf,
  type Settled,
} from "./job-state.ts";
import type { ShardState } from "./shard-state.ts";

export function pauseJob(
  state: ShardState,
  input: CommandInput<"job.pause">,
  nowMs: number,
): CommandOutput<"job.pause"> {
  const job = jobOf(state, input.ref);
  const { untilMs, reason } = input;
  if (job.state === "ended")
    throw new Refusal("job.ended", `Job "${job.spec.name}" has ended: it fires no more.`);
  if (untilMs !== null && untilMs <= nowMs)
    throw new Refusal("request.invalid", "The pause would end before it began.", {
      errors: [{ pointer: "/until", message: "must be in the future" }],
    });
  return { view: viewOf(state, pauseNow(state, job, { untilMs, reason, nowMs }), nowMs) };
}

/** Pauses a job that has not ended; one that is paused gets the new end and reason. */
export function pauseNow(
  state: ShardState,
  job: Job,
  pause: {
    readonly untilMs: number | null;
    readonly reason: string | null;
    readonly nowMs: number;
  },
): Job {
  const { untilMs, reason, nowMs } = pause;
  const due = dueOf(state, job, nowMs);
  const settled = settleDue(state, job, due, nowMs);
  // The end of a run that was settled just now is to be remembered, too.
  if (isAwaiting(state, job)) state.live.watch(job.id);
  const { cursorMs } = settled;
  const sinceMs = job.pause?.sinceMs ?? nowMs;
  const paused: Job = {
    ...changed(counted(job, settled.plans), nowMs),
    state: "paused",
    pause: { sinceMs, untilMs, reason, cursorMs },
  };
  const { priority } = job.spec;
  if (untilMs !== null)
    state.saveDue({ dueMs: untilMs, jobId: job.id, cursorMs, priority }, due, nowMs);
  else if (due !== undefined) state.dropDue(due);
  state.saveJob(paused);
  return paused;
}

/** What was due before the pause still happens. */
function settleDue(state: ShardState, job: Job, due: DueEntry | undefined, nowMs: number): Settled {
  const cursorMs = cursorOf(job, due, nowMs);
  if (due === undefined || job.pause !== null || due.dueMs > nowMs) return { plans: [], cursorMs };
  const settled = settle(state, job, { cursorMs, nowMs, mode: "settle", missed: null });
  keepSettled(state, job, settled, nowMs);
  return settled;
}

export function resumeJob(
  state: ShardState,
  input: CommandInput<"job.resume">,
  nowMs: number,
): CommandOutput<"job.resume"> {
  const job = jobOf(state, input.ref);
  if (job.pause === null)
    throw new Refusal("job.not_paused", `Job "${job.spec.name}" is not paused.`);
  return { view: viewOf(state, resumeNow(state, job, { missed: input.missed, nowMs }), nowMs) };
}

/** Ends a pause: the ticks since it began count as missed, and `missed` (or the job's policy) decides on them. */
export function resumeNow(
  state: ShardState,
  job: Job,
  resume: { readonly missed: "skip" | "latest" | "all" | null; readonly nowMs: number },
): Job {
  const { missed, nowMs } = resume;
  const due = dueOf(state, job, nowMs);
  const active: Job = { ...changed(job, nowMs), state: "active", pause: null };
  const cursorMs = cursorOf(job, due, nowMs);
  const settled = settle(state, job, { cursorMs, nowMs, mode: "resume", missed });
  keepSettled(state, active, settled, nowMs);
  return armJob(state, counted(active, settled.plans), {
    cursorMs: settled.cursorMs,
    from: due,
    nowMs,
  });
}
