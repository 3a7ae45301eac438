import type { ShardCommandKind, CommandInput, CommandOutput } from "../ports/shard-client.ts";
import {
  cancelBackfillCommand,
  createBackfill,
  getBackfill,
  listBackfills,
  pauseBackfillCommand,
  resumeBackfillCommand,
} from "./backfill-commands.ts";
import { calendarImpact, jobsOfCalendar } from "./calendar-commands.ts";
import { listCopies, takeCopies } from "./directory-commands.ts";
import { putEvent } from "./event-commands.ts";
import { deleteJob, getJob, putJob } from "./job-commands.ts";
import { pauseJob, resumeJob } from "./job-pause.ts";
import { cancelRun } from "./run-cancel.ts";
import { callBack, createRun, getRun, retryRun } from "./run-commands.ts";
import { extendRun } from "./run-extend.ts";
import type { ShardState } from "./shard-state.ts";
import { statsOf } from "./stats.ts";
import { getTick } from "./tick-query.ts";
import { upcomingFires } from "./upcoming.ts";
import { actOnWorkflowRun } from "./workflow-act.ts";
import { deleteWorkflow, getWorkflow, listVersions, putWorkflow } from "./workflow-commands.ts";
import { createWorkflowRun, stopWorkflowRun } from "./workflow-run-commands.ts";
import { getStep, getWorkflowRun } from "./workflow-views.ts";

/** What each command does. Each refuses before it writes. */
export const COMMANDS: {
  readonly [K in ShardCommandKind]: (
    state: ShardState,
    input: CommandInput<K>,
    nowMs: number,
  ) => CommandOutput<K>;
} = {
  "job.put": putJob,
  "job.get": getJob,
  "tick.get": getTick,
  "job.delete": deleteJob,
  "job.pause": pauseJob,
  "job.resume": resumeJob,
  "backfill.create": createBackfill,
  "backfill.list": listBackfills,
  "backfill.get": getBackfill,
  "backfill.pause": pauseBackfillCommand,
  "backfill.resume": resumeBackfillCommand,
  "backfill.cancel": cancelBackfillCommand,
  "run.create": createRun,
  "run.retry": retryRun,
  "run.get": getRun,
  "run.cancel": cancelRun,
  "run.extend": extendRun,
  "run.callback": callBack,
  "directory.put": (state, { copies }, nowMs) => ({
    taken: takeCopies(state, copies, { nowMs, exceptJobId: null }),
  }),
  "directory.list": listCopies,
  "calendar.impact": calendarImpact,
  "calendar.jobs": jobsOfCalendar,
  "workflow.put": putWorkflow,
  "workflow.get": getWorkflow,
  "workflow.versions": listVersions,
  "workflow.delete": deleteWorkflow,
  "workflow-run.create": createWorkflowRun,
  "workflow-run.get": getWorkflowRun,
  "workflow-run.step": getStep,
  "workflow-run.act": actOnWorkflowRun,
  "workflow-run.stop": stopWorkflowRun,
  "event.put": putEvent,
  "idempotency.claim": () => ({ claimed: true }),
  "due.upcoming": upcomingFires,
  stats: statsOf,
};
