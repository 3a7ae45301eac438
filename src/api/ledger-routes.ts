import { createRoute, z } from "@hono/zod-openapi";
import { Refusal } from "../core/refusal.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { jobParam } from "./job-routes.ts";
import type { JobStore } from "./job-store.ts";
import { namespaceOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { tickJson, tickOut } from "./tick-json.ts";
import {
  instant,
  jsonAnswer,
  pageOf,
  pageQuery,
  problemAnswers,
  sentInstantMs,
  SPAN_MS,
  WIRE_LIMITS,
} from "./wire.ts";

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

/** The ticks that were. */
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
