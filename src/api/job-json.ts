import { z } from "@hono/zod-openapi";
import {
  type CalendarLookup,
  compileSchedule,
  compileScheduleLeniently,
  nextOpenTick,
} from "../core/schedule.ts";
import type { Job } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import type { JobView } from "../ports/shard-client.ts";
import { jobParts } from "./job-schema.ts";
import { runJson, runOut } from "./run-json.ts";
import { instantOut, isoText, isoTextOrNull } from "./wire.ts";

const jobShape = {
  id: z.string(),
  name: z.string(),
  namespace: z.string(),
  version: z.number(),
  state: z.enum(["active", "paused", "ended"]),
  ...jobParts,
  pause: z
    .object({ since: instantOut, until: instantOut.nullable(), reason: z.string().nullable() })
    .nullable(),
  nextTick: instantOut.nullable(),
  createdAt: instantOut,
  updatedAt: instantOut,
} as const;

/** A job as lists show it. */
export const jobOut = z
  .object({
    ...jobShape,
    lastRun: runOut.nullable().optional().openapi({ description: "Absent where it is not known." }),
  })
  .openapi("Job");

/** A job by itself: with what comes next and what came last. */
export const jobFullOut = z
  .object({
    ...jobShape,
    lastRun: runOut.nullable(),
    nextTicks: z.array(instantOut),
    lastRuns: z.array(runOut),
  })
  .openapi("JobWithRuns");

export type JobJson = z.infer<typeof jobOut>;

/**
 * A job as its shard sees it. Without a run in the shard it is not known whether there ever was
 * one.
 */
export function jobViewJson(view: JobView): JobJson {
  const last = view.runs[0];
  return {
    ...jobJson(view.job, view.nextTickMs),
    ...(last === undefined ? {} : { lastRun: runJson(last) }),
  };
}

/** A job with its next ticks, and its last runs from wherever they are; newest first. */
export function jobFullJson(
  view: JobView,
  nextTicksMs: readonly number[],
  lastRuns: readonly Run[],
): z.infer<typeof jobFullOut> {
  const last = lastRuns[0];
  return {
    ...jobJson(view.job, view.nextTickMs),
    lastRun: last === undefined ? null : runJson(last),
    nextTicks: nextTicksMs.map(isoText),
    lastRuns: lastRuns.map(runJson),
  };
}

/**
 * A job from the records, where nobody keeps its next tick: it is computed from now. Of a fixed delay it
 * is not known here.
 */
export function listedJobJson(job: Job, nowMs: number, calendarOf: CalendarLookup | null): JobJson {
  const { schedule } = job.spec;
  const isKnown = job.state === "active" && schedule.kind !== "manual" && schedule.kind !== "after";
  if (!isKnown) return jobJson(job, null);
  const compiled =
    calendarOf === null
      ? compileScheduleLeniently(schedule)
      : compileSchedule(schedule, calendarOf);
  return jobJson(job, nextOpenTick(compiled, nowMs));
}

function jobJson(job: Job, nextTickMs: number | null): JobJson {
  const { pause } = job;
  return {
    id: job.id,
    namespace: job.namespace,
    version: job.version,
    state: job.state,
    ...job.spec,
    pause:
      pause === null
        ? null
        : {
            since: isoText(pause.sinceMs),
            until: isoTextOrNull(pause.untilMs),
            reason: pause.reason,
          },
    nextTick: isoTextOrNull(nextTickMs),
    createdAt: isoText(job.createdMs),
    updatedAt: isoText(job.updatedMs),
  };
}
