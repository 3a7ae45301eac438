import { createRoute, z } from "@hono/zod-openapi";
import { dateOfDay } from "../core/civil-date.ts";
import { firesByDay, FIRES_LIMITS } from "../core/fires.ts";
import type { Job } from "../core/job.ts";
import { Refusal } from "../core/refusal.ts";
import {
  compileSchedule,
  compileScheduleLeniently,
  type CalendarLookup,
} from "../core/schedule.ts";
import { zoneOf, type Zone } from "../core/zone.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { narrowedTo } from "./executor-limit.ts";
import type { JobStore } from "./job-store.ts";
import { namespaceOf, principalOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { firesOut, type FiresJson } from "./stats-json.ts";
import { instant, isoText, jsonAnswer, pageQuery, problemAnswers, sentInstantMs } from "./wire.ts";

const JOBS_A_PAGE = 50;

const getFires = createRoute({
  method: "get",
  path: `${BASE_PATH}/stats/fires`,
  summary: "When the jobs of a page fire, by day",
  description:
    "At most 8 days. Days without a fire are left out, and so are the days that a job's calendar " +
    "closes. Of a fixed delay, and of a job that has ended, nothing is told. A paused job would fire so.",
  request: {
    query: z.strictObject({
      from: instant,
      to: instant,
      timezone: z.string().min(1).max(64).default("UTC").openapi({ description: "An IANA name." }),
      cursor: pageQuery.cursor,
    }),
  },
  responses: { 200: jsonAnswer("Up to 50 jobs, by name.", firesOut), ...problemAnswers },
});

/** What the calendar page shows: computed from the schedules of a page of jobs, counted and not listed. */
export function addFiresRoute(api: Api, { records }: ApiDeps, jobs: JobStore): void {
  api.openapi(getFires, async (c) => {
    const { from, to, timezone, cursor } = c.req.valid("query");
    const fromMs = sentInstantMs(from) ?? 0;
    const toMs = sentInstantMs(to) ?? 0;
    refuseRange(fromMs, toMs);
    const zone = zoneNamed(timezone);
    const page = await records.jobs({
      namespace: namespaceOf(c),
      ...narrowedTo(principalOf(c)),
      state: null,
      executor: null,
      tag: null,
      q: null,
      limit: JOBS_A_PAGE,
      cursor: cursor ?? null,
    });
    const calendarsOf = await jobs.calendarsOf(page.items, c.get("nowMs"));
    const range = { fromMs, toMs, zone };
    const items = page.items.map((job) => firesOfJob(job, calendarsOf(job), range));
    return c.json({ timezone: zone.name, items, nextCursor: page.nextCursor }, 200);
  });
}

/** A job whose calendar cannot be read now is shown without it: null stands for that. */
function firesOfJob(
  { state, spec }: Job,
  calendarOf: CalendarLookup | null,
  range: Parameters<typeof firesByDay>[1],
): FiresJson["items"][number] {
  const { name: job, schedule } = spec;
  if (state === "ended") return { job, state, days: [] };
  const compiled =
    calendarOf === null
      ? compileScheduleLeniently(schedule)
      : compileSchedule(schedule, calendarOf);
  const days = firesByDay(compiled, range).map(({ day, count, timesMs }) => ({
    date: dateOfDay(day),
    count,
    times: timesMs === null ? null : timesMs.map(isoText),
  }));
  return { job, state, days };
}

function zoneNamed(name: string): Zone {
  const zone = zoneOf(name);
  if (zone !== undefined) return zone;
  throw invalid("timezone", "No time zone of the IANA database, such as Asia/Shanghai.");
}

function refuseRange(fromMs: number, toMs: number): void {
  if (fromMs >= toMs) throw invalid("to", "Not after from.");
  if (toMs - fromMs > FIRES_LIMITS.spanMsMax) throw invalid("to", "More than 8 days after from.");
}

function invalid(field: string, message: string): Refusal {
  return new Refusal("request.invalid", `${field}: ${message}`, {
    errors: [{ pointer: `/query/${field}`, message }],
  });
}
