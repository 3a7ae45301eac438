import { assertFires, compileSchedule } from "../core/schedule.ts";
import { idOf } from "../core/placement.ts";
import { Refusal } from "../core/refusal.ts";
import { advanceRun } from "../core/advance-run.ts";
import type { Job } from "../core/job.ts";
import type { CommandInput, CommandOutput } from "../ports/shard-client.ts";
import type { DueEntry } from "../ports/shard-storage.ts";
import { dropBackfills } from "./backfills.ts";
import { refuseFullCalendar } from "./calendar-commands.ts";
import { counted, isAwaiting } from "./delay.ts";
import { keepCopies, settleLost, takeCopies } from "./directory-commands.ts";
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
import { isEqual } from "./equal-json.ts";
import { refuseWithoutRoom } from "./run-commands.ts";
import type { ShardState } from "./shard-state.ts";
import { nextTicksOf } from "./tick-query.ts";

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
  const view = viewOf(state, jobOf(state, input.ref), nowMs);
  return { view, nextTicksMs: nextTicksOf(state, view) };
}

function createJob(
  state: ShardState,
  input: CommandInput<"job.put">,
  nowMs: number,
): CommandOutput<"job.put"> {
  refuseWithoutRoom(state);
  const { namespace, spec } = input;
  refuseWhatNeverFires(state, input, nowMs);
  refuseFullCalendar(state, input, null);
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
  takeCopies(state, input.copies, { nowMs, exceptJobId: null });
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
    takeCopies(state, copies, { nowMs, exceptJobId: null });
    // A newer calendar may have left it without a tick.
    const current = state.job(existing.id) ?? existing;
    return { view: viewOf(state, current, nowMs), isNew: false };
  }
  const next: Job = { ...changed(existing, nowMs), spec };
  const due = dueOf(state, existing, nowMs);
  const isSameSchedule = isEqual(existing.spec.schedule, spec.schedule);
  const isOverdue = due !== undefined && due.dueMs <= nowMs;
  if (isSameSchedule && (existing.state !== "active" || !isOverdue)) {
    takeCopies(state, copies, { nowMs, exceptJobId: null });
    const current: Job = { ...changed(state.job(existing.id) ?? existing, nowMs), spec };
    state.saveJob(current);
    if (spec.priority !== existing.spec.priority) followPriority(state, current, nowMs);
    return { view: viewOf(state, current, nowMs), isNew: false };
  }
  refuseWhatNeverFires(state, input, nowMs);
  refuseFullCalendar(state, input, existing.spec.schedule);
  const stored = reschedule(state, { existing, next, due, copies, nowMs });
  return { view: viewOf(state, stored, nowMs), isNew: false };
}

/** The due entry of a job that was changed in place takes over its priority. */
function followPriority(state: ShardState, job: Job, nowMs: number): void {
  const due = dueOf(state, job, nowMs);
  const { priority } = job.spec;
  if (due !== undefined && due.priority !== priority)
    state.saveDue({ ...due, priority }, due, nowMs);
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
  const copies = keepCopies(state, edit.copies, { nowMs, exceptJobId: existing.id });
  // Ticks that were in the way of a run that is lost now are told of before it ends.
  keepSettled(state, existing, settled, nowMs);
  settleLost(state, copies, nowMs);
  const cursorMs = Math.max(settled.cursorMs, nowMs);
  // A changed schedule counts its ticks anew.
  const isSame = isEqual(existing.spec.schedule, next.spec.schedule);
  const edited = isSame ? counted(next, settled.plans) : { ...next, ticksDone: 0 };
  if (pause === null)
    return armJob(state, { ...edited, state: "active" }, { cursorMs, from: due, nowMs });
  const paused: Job = { ...edited, pause: { ...pause, cursorMs } };
  // The end of a run that its former schedule made is to be remembered, too.
  if (isAwaiting(state, paused)) state.live.watch(paused.id);
  const { priority } = next.spec;
  if (due !== undefined) state.saveDue({ ...due, cursorMs, priority }, due, nowMs);
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
  dropBackfills(state, job, nowMs);
  if (input.running === "cancel") cancelLive(state, job, nowMs);
  state.dropJob(job);
  return { jobId: job.id };
}

/** Ticks that were due and not yet handled are accounted for: the end of the job passed them over. */
function settleDeleted(state: ShardState, job: Job, cursorMs: number, nowMs: number): void {
  const settled = settle(state, job, { cursorMs, nowMs, mode: "resume", missed: "skip" });
  const ended = { reason: "ended", evidence: { jobVersion: job.version } } as const;
  const whose = { jobId: job.id, namespace: job.namespace, plannedMs: nowMs };
  for (const tick of settled.plans.flatMap(({ ticks }) => ticks)) {
    const isTrue = job.pause !== null || tick.reason === "calendar";
    state.saveTick({ ...tick, ...(isTrue ? {} : ended), ...whose });
  }
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

/**
 * A schedule that is over before it began, or whose calendar the shard does not know: the API's look at it
 * was a moment ago.
 */
function refuseWhatNeverFires(
  state: ShardState,
  { namespace, spec, copies }: CommandInput<"job.put">,
  nowMs: number,
): void {
  const calendarOf = state.calendars.lookup(namespace, copies);
  assertFires(compileSchedule(spec.schedule, calendarOf), nowMs);
}
