import { compileSchedule, nextTick } from "../core/schedule.ts";
import { idOf } from "../core/placement.ts";
import { Refusal } from "../core/refusal.ts";
import { advanceRun } from "../core/advance-run.ts";
import type { Job } from "../core/job.ts";
import type { ShardCommands } from "../ports/shard-client.ts";
import { takeCopies } from "./directory-commands.ts";
import { armJob, dueOf, jobOf, keepSettled, settle, viewOf } from "./job-state.ts";
import { refuseWithoutRoom } from "./run-commands.ts";
import type { ShardState } from "./shard-state.ts";

type Input<K extends keyof ShardCommands> = ShardCommands[K]["input"];
type Output<K extends keyof ShardCommands> = ShardCommands[K]["output"];

export function putJob(
  state: ShardState,
  input: Input<"job.put">,
  nowMs: number,
): Output<"job.put"> {
  const { namespace, spec, mode, ifVersion } = input;
  const existing = state.storage.getJobByName(namespace, spec.name);
  if (existing === undefined) {
    if (mode === "replace") throw new Refusal("job.unknown", `There is no job "${spec.name}".`);
    if (ifVersion !== null) throw versionConflict(spec.name, null);
    return createJob(state, input, nowMs);
  }
  if (mode === "create")
    throw new Refusal("name.taken", `There is a job "${spec.name}" already.`, {
      hint: "Use PUT /jobs/{name} to replace it, or choose another name.",
      errors: [{ pointer: "/name", message: "taken" }],
    });
  if (ifVersion !== null && ifVersion !== existing.version)
    throw versionConflict(spec.name, existing.version);
  return replaceJob(state, existing, input, nowMs);
}

export function getJob(
  state: ShardState,
  input: Input<"job.get">,
  nowMs: number,
): Output<"job.get"> {
  return { view: viewOf(state, jobOf(state, input.ref), nowMs) };
}

function createJob(state: ShardState, input: Input<"job.put">, nowMs: number): Output<"job.put"> {
  refuseWithoutRoom(state);
  const { namespace, spec } = input;
  const { schedule } = spec;
  // A schedule that is over before it began is refused here too: the API's look at it was a moment ago.
  if (schedule.kind !== "manual" && nextTick(compileSchedule(schedule), nowMs) === null)
    throw neverFires();
  const job: Job = {
    id: idOf("job", state.ids.next(nowMs), state.shard),
    namespace,
    version: 1,
    state: "active",
    spec,
    pause: null,
    createdMs: nowMs,
    updatedMs: nowMs,
  };
  takeCopies(state, input.copies);
  const stored = armJob(state, job, { cursorMs: nowMs, from: undefined, nowMs });
  return { view: viewOf(state, stored, nowMs), isNew: true };
}

function replaceJob(
  state: ShardState,
  existing: Job,
  input: Input<"job.put">,
  nowMs: number,
): Output<"job.put"> {
  const { spec } = input;
  if (JSON.stringify(existing.spec) === JSON.stringify(spec)) {
    takeCopies(state, input.copies);
    return { view: viewOf(state, existing, nowMs), isNew: false };
  }
  const next: Job = { ...existing, spec, version: existing.version + 1, updatedMs: nowMs };
  const isSameSchedule = JSON.stringify(existing.spec.schedule) === JSON.stringify(spec.schedule);
  const due = dueOf(state, existing, nowMs);
  const isOverdue = due !== undefined && due.dueMs <= nowMs;
  if (isSameSchedule && (existing.state !== "active" || !isOverdue)) {
    takeCopies(state, input.copies);
    state.saveJob(next);
    return { view: viewOf(state, next, nowMs), isNew: false };
  }
  if (spec.schedule.kind !== "manual" && nextTick(compileSchedule(spec.schedule), nowMs) === null)
    throw neverFires();
  // Ticks up to this instant belong to the old version, later ones to the new.
  const isPaused = existing.pause !== null;
  const cursorMs = existing.pause?.cursorMs ?? due?.cursorMs ?? nowMs;
  const settled = settle(state, existing, {
    cursorMs,
    nowMs,
    mode: isPaused ? "resume" : "settle",
    missed: isPaused ? "skip" : null,
  });
  takeCopies(state, input.copies);
  keepSettled(state, existing, settled, nowMs);
  const newCursorMs = Math.max(settled.cursorMs, nowMs);
  if (existing.pause !== null) {
    const paused: Job = { ...next, pause: { ...existing.pause, cursorMs: newCursorMs } };
    state.saveJob(paused);
    return { view: viewOf(state, paused, nowMs), isNew: false };
  }
  const active: Job = { ...next, state: "active" };
  const stored = armJob(state, active, { cursorMs: newCursorMs, from: due, nowMs });
  return { view: viewOf(state, stored, nowMs), isNew: false };
}

export function pauseJob(
  state: ShardState,
  input: Input<"job.pause">,
  nowMs: number,
): Output<"job.pause"> {
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
  let cursorMs = job.pause?.cursorMs ?? due?.cursorMs ?? nowMs;
  if (job.pause === null && due !== undefined && due.dueMs <= nowMs) {
    // What was due before the pause still happens.
    const settled = settle(state, job, { cursorMs, nowMs, mode: "settle", missed: null });
    keepSettled(state, job, settled, nowMs);
    ({ cursorMs } = settled);
  }
  const sinceMs = job.pause?.sinceMs ?? nowMs;
  const paused: Job = {
    ...job,
    version: job.version + 1,
    state: "paused",
    pause: { sinceMs, untilMs, reason, cursorMs },
    updatedMs: nowMs,
  };
  if (untilMs !== null) state.saveDue({ dueMs: untilMs, jobId: job.id, cursorMs }, due, nowMs);
  else if (due !== undefined) state.dropDue(due);
  state.saveJob(paused);
  return paused;
}

export function resumeJob(
  state: ShardState,
  input: Input<"job.resume">,
  nowMs: number,
): Output<"job.resume"> {
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
  const active: Job = {
    ...job,
    version: job.version + 1,
    state: "active",
    pause: null,
    updatedMs: nowMs,
  };
  const cursorMs = job.pause?.cursorMs ?? nowMs;
  const settled = settle(state, job, { cursorMs, nowMs, mode: "resume", missed });
  keepSettled(state, active, settled, nowMs);
  return armJob(state, active, { cursorMs: settled.cursorMs, from: due, nowMs });
}

export function deleteJob(
  state: ShardState,
  input: Input<"job.delete">,
  nowMs: number,
): Output<"job.delete"> {
  const job = jobOf(state, input.ref);
  if (input.ifVersion !== null && input.ifVersion !== job.version)
    throw versionConflict(job.spec.name, job.version);
  const due = dueOf(state, job, nowMs);
  const cursorMs = due?.cursorMs ?? job.pause?.cursorMs ?? nowMs;
  const settled = settle(state, job, { cursorMs, nowMs, mode: "resume", missed: "skip" });
  for (const planned of settled.plans)
    for (const tick of planned.ticks)
      state.saveTick({
        ...tick,
        reason: job.pause === null ? "ended" : "paused",
        jobId: job.id,
        namespace: job.namespace,
        plannedMs: nowMs,
      });
  if (due !== undefined) state.dropDue(due);
  for (const runId of input.running === "cancel" ? [...state.live.liveOf(job.id)] : []) {
    const run = state.live.get(runId);
    const reason = "The job was deleted.";
    if (run !== undefined) state.saveRun(advanceRun(run, { kind: "canceled", nowMs, reason }));
  }
  state.dropJob(job);
  return { jobId: job.id };
}

function versionConflict(name: string, version: number | null): Refusal {
  const found = version === null ? "does not exist" : `is at version ${version}`;
  return new Refusal("version.conflict", `Job "${name}" ${found}.`, {
    hint: "Read the job again, lay your change over what you find, and send its ETag as If-Match.",
  });
}

function neverFires(): Refusal {
  return new Refusal("schedule.never_fires", "This schedule has no tick in the future.", {
    hint: "POST /jobs/{job}/runs runs a job now or at a time you name.",
    errors: [{ pointer: "/schedule", message: "never fires" }],
  });
}
