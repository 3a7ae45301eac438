import { createRoute, z } from "@hono/zod-openapi";
import { previewSchedule } from "../core/schedule-preview.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import type { CalendarStore } from "./calendar-store.ts";
import { anomaliesJson, anomalyOut } from "./anomaly-json.ts";
import { scheduleSpecOf } from "./job-spec.ts";
import { namespaceOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { scheduleSchema } from "./schedule-schema.ts";
import {
  instant,
  instantOut,
  isoText,
  jsonAnswer,
  jsonBody,
  problemAnswers,
  sentInstantMs,
} from "./wire.ts";

const PREVIEW_TICKS = 10;
const PREVIEW_TICKS_MAX = 100;

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
          anomalies: z.array(anomalyOut),
          rewrites: z
            .array(z.object({ from: z.string(), to: z.string(), reason: z.string() }))
            .readonly(),
        })
        .openapi("Preview"),
    ),
    ...problemAnswers,
  },
});

/** What a schedule would do, for whoever is about to save it. Its calendar is one of the caller's namespace. */
export function addPreviewRoute(
  api: Api,
  deps: ApiDeps & { readonly calendars: CalendarStore },
): void {
  api.openapi(previewTicks, async (c) => {
    const { schedule, from, count } = c.req.valid("json");
    const fromMs = sentInstantMs(from) ?? c.get("nowMs");
    const spec = scheduleSpecOf(schedule, isoText(fromMs));
    const calendarOf = await deps.calendars.lookup(namespaceOf(c), spec, c.get("nowMs"));
    const preview = previewSchedule(spec, { fromMs, count }, calendarOf);
    const { ticks, words, warnings, anomalies, rewrites } = preview;
    const shown = ticks.map(({ atMs, local, note }) =>
      note === undefined ? { at: isoText(atMs), local } : { at: isoText(atMs), local, note },
    );
    const clocks = anomaliesJson(anomalies);
    return c.json({ ticks: shown, words, warnings, anomalies: clocks, rewrites }, 200);
  });
}
