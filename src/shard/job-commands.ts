import { compileSchedule, nextTick } from "../core/schedule.ts";
import { idOf } from "../core/placement.ts";
import { Refusal } from "../core/refusal.ts";
import { advanceRun } from "../core/advance-run.ts";
import type { Job, JobSpec } from "../core/job.ts";
import type { CommandInput, CommandOutput } from "../ports/shard-client.ts";
import type { DueEntry } from "../ports/shard-storage.ts";
import { takeCopies } from "./directory-commands.ts";
import {
  armJob,
  changed,
  cursorOf,
  dueOf,
  jobOf,
  keepSettled,
  settle,
  viewOf,
} from "./job-state.ts";
import { refuseWithoutRoom } from "./run-commands.ts";
import type { ShardState } from "./shard-state.ts";

export function putJob(
  state: ShardState,
  input: CommandInput<"job.put">,
  nowMs: number,
): CommandOutput<"job.put"> {
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
  input: CommandInput<"job.get">,
  nowMs: number,
): CommandOutput<"job.get"> {
  return { view: viewOf(state, jobOf(state, input.ref), nowMs) };
}

function createJob(
  state: ShardState,
  input: CommandInput<"job.put">,
  nowMs: number,
): CommandOutput<"job.put"> {
  refuseWithoutRoom(state);
  const { namespace, spec } = input;
  refuseWhatNeverFires(spec, nowMs);
  const job: Job = {
    id: idOf("job", state.ids.next(nowMs), state.shard),
    namespace,
    version: 1,
    state: "active",
    spec,
    pause: null,
    createdMs: nowMs,
    ticksDone: 0,
    updatedMs: nowMs,
  };
  takeCopies(state, input.copies);
  const stored = armJob(state, job, { cursorMs: nowMs, from: undefined, nowMs });
  return { view: viewOf(state, stored, nowMs), isNew: true };
}

function replaceJob(
  state: ShardState,
  existing: Job,
  input: CommandInput<"job.put">,
  nowMs: number,
): CommandOutput<"job.put"> {
  const { spec, copies } = input;
  if (isEqual(existing.spec, spec)) {
    takeCopies(state, copies);
    return { view: viewOf(state, existing, nowMs), isNew: false };
  }
  const next: Job = { ...changed(existing, nowMs), spec };
  const due = dueOf(state, existing, nowMs);
  const isSameSchedule = isEqual(existing.spec.schedule, spec.schedule);
  const isOverdue = due !== undefined && due.dueMs <= nowMs;
  if (isSameSchedule && (existing.state !== "active" || !isOverdue)) {
    takeCopies(state, copies);
    state.saveJob(next);
    return { view: viewOf(state, next, nowMs), isNew: false };
  }
  refuseWhatNeverFires(spec, nowMs);
  const stored = reschedule(state, { existing, next, due, copies, nowMs });
  return { view: viewOf(state, stored, nowMs), isNew: false };
}

/** Ticks up to this instant belong to the old version, later ones to the new. */
function reschedule(
  state: ShardState,
  edit: {
    readonly existing: Job;
    readonly next: Job;
    readonly due: DueEntry | undefined;
    readonly copies: CommandInput<"job.put">["copies"];
    readonly nowMs: number;
  },
): Job {
  const { existing, next, due, nowMs } = edit;
  const { pause } = existing;
  const from = cursorOf(existing, due, nowMs);
  const settled = settle(
    state,
    existing,
    pause === null
      ? { cursorMs: from, nowMs, mode: "settle", missed: null }
      : { cursorMs: from, nowMs, mode: "resume", missed: "skip" },
  );
  takeCopies(state, edit.copies);
  keepSettled(state, existing, settled, nowMs);
  const cursorMs = Math.max(settled.cursorMs, nowMs);
  if (pause === null)
    return armJob(state, { ...next, state: "active" }, { cursorMs, from: due, nowMs });
  const paused: Job = { ...next, pause: { ...pause, cursorMs } };
  if (due !== undefined) state.saveDue({ ...due, cursorMs }, due, nowMs);
  state.saveJob(paused);
  return paused;
}

export function deleteJob(
  state: ShardState,
  input: CommandInput<"job.delete">,
  nowMs: number,
): CommandOutput<"job.delete"> {
  const job = jobOf(state, input.ref);
  if (input.ifVersion !== null && input.ifVersion !== job.version)
    throw versionConflict(job.spec.name, job.version);
  const due = dueOf(state, job, nowMs);
  settleDeleted(state, job, cursorOf(job, due, nowMs), nowMs);
  if (due !== undefined) state.dropDue(due);
  if (input.running === "cancel") cancelLive(state, job, nowMs);
  state.dropJob(job);
  return { jobId: job.id };
}

/** Ticks that were due and not yet handled are accounted for: the end of the job passed them over. */
function settleDeleted(state: ShardState, job: Job, cursorMs: number, nowMs: number): void {
  const settled = settle(state, job, { cursorMs, nowMs, mode: "resume", missed: "skip" });
  const fate = {
    reason: job.pause === null ? ("ended" as const) : ("paused" as const),
    jobId: job.id,
    namespace: job.namespace,
    plannedMs: nowMs,
    evidence: { jobVersion: job.version },
  };
  for (const planned of settled.plans)
    for (const tick of planned.ticks) state.saveTick({ ...tick, ...fate });
}

function cancelLive(state: ShardState, job: Job, nowMs: number): void {
  const reason = "The job was deleted.";
  for (const runId of Array.from(state.live.liveOf(job.id))) {
    const run = state.live.get(runId);
    if (run !== undefined) state.saveRun(advanceRun(run, { kind: "canceled", nowMs, reason }));
  }
}

function versionConflict(name: string, version: number | null): Refusal {
  const found = version === null ? "does not exist" : `is at version ${version}`;
  return new Refusal("version.conflict", `Job "${name}" ${found}.`, {
    hint: "Read the job again, lay your change over what you find, and send its ETag as If-Match.",
  });
}

/** A schedule that is over before it began: the API's look at it was a moment ago. */
function refuseWhatNeverFires(spec: JobSpec, nowMs: number): void {
  if (spec.schedule.kind === "manual") return;
  if (nextTick(compileSchedule(spec.schedule), nowMs) !== null) return;
  throw new Refusal("schedule.never_fires", "This schedule has no tick in the future.", {
    hint: "POST /jobs/{job}/runs runs a job now or at a time you name.",
    errors: [{ pointer: "/schedule", message: "never fires" }],
  });
}

/** Specs come from one parser, which puts their fields in one order. */
function isEqual(one: object, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
