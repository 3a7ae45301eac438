import { createRoute, z } from "@hono/zod-openapi";
import { previewSchedule } from "../core/schedule-preview.ts";
import { compileSchedule } from "../core/schedule.ts";
import { Refusal } from "../core/refusal.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { scheduleSpecOf } from "./job-spec.ts";
import { jobParam } from "./job-routes.ts";
import type { JobStore } from "./job-store.ts";
import { namespaceOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { scheduleSchema } from "./schedule-schema.ts";
import { tickJson, tickOut } from "./tick-json.ts";
import {
  instant,
  instantOut,
  isoText,
  jsonAnswer,
  jsonBody,
  pageOf,
  pageQuery,
  problemAnswers,
  sentInstantMs,
  SPAN_MS,
  WIRE_LIMITS,
} from "./wire.ts";

const PREVIEW_TICKS = 10;
const PREVIEW_TICKS_MAX = 100;

const listTicks = createRoute({
  method: "get",
  path: `${BASE_PATH}/jobs/{job}/ticks`,
  summary: "The tick ledger of a job, oldest first; the last day unless asked otherwise",
  request: {
    params: jobParam,
    query: z.strictObject({ ...pageQuery, from: instant.optional(), to: instant.optional() }),
  },
  responses: {
    200: jsonAnswer("One page of ticks, up to a second behind.", pageOf(tickOut)),
    ...problemAnswers,
  },
});

const previewTicks = createRoute({
  method: "post",
  path: `${BASE_PATH}/schedules/preview`,
  summary: "When a schedule would fire, and what it says in words",
  request: {
    body: jsonBody(
      z
        .strictObject({
          schedule: scheduleSchema,
          from: instant.optional(),
          count: z.int().min(1).max(PREVIEW_TICKS_MAX).default(PREVIEW_TICKS),
        })
        .openapi("PreviewBody"),
    ),
  },
  responses: {
    200: jsonAnswer(
      "The next ticks.",
      z
        .object({
          ticks: z.array(
            z.object({ at: instantOut, local: z.string(), note: z.string().optional() }),
          ),
          words: z.object({ en: z.string(), zh: z.string() }),
          warnings: z.array(z.string()).readonly(),
        })
        .openapi("Preview"),
    ),
    ...problemAnswers,
  },
});

/** Ticks that were, and ticks that would be. */
export function addLedgerRoutes(api: Api, deps: ApiDeps, jobs: JobStore): void {
  api.openapi(listTicks, async (c) => {
    const { limit, cursor, from, to } = c.req.valid("query");
    const toMs = sentInstantMs(to) ?? c.get("nowMs") + 1;
    const fromMs = sentInstantMs(from) ?? Math.max(0, toMs - SPAN_MS.day);
    refuseRange(fromMs, toMs);
    const namespace = namespaceOf(c);
    const { job } = await jobs.get(namespace, c.req.valid("param").job);
    const page = await deps.records.ledger({
      namespace,
      jobId: job.id,
      fromMs,
      toMs,
      limit: limit ?? WIRE_LIMITS.pageItemsDefault,
      cursor: cursor ?? null,
    });
    return c.json({ items: page.items.map(tickJson), nextCursor: page.nextCursor }, 200);
  });

  api.openapi(previewTicks, (c) => {
    const { schedule, from, count } = c.req.valid("json");
    const fromMs = sentInstantMs(from) ?? c.get("nowMs");
    const spec = scheduleSpecOf(schedule, isoText(fromMs));
    compileSchedule(spec);
    const { ticks, words, warnings } = previewSchedule(spec, fromMs, count);
    const shown = ticks.map(({ atMs, local, note }) =>
      note === undefined ? { at: isoText(atMs), local } : { at: isoText(atMs), local, note },
    );
    return c.json({ ticks: shown, words, warnings }, 200);
  });
}

function refuseRange(fromMs: number, toMs: number): void {
  const message =
    fromMs >= toMs
      ? "Not after from."
      : toMs - fromMs > SPAN_MS.year
        ? "More than 366 days."
        : null;
  if (message === null) return;
  throw new Refusal("request.invalid", "The range of time is empty or too long.", {
    errors: [{ pointer: "/query/to", message }],
    hint: "Send from and to, at most 366 days apart.",
  });
}
