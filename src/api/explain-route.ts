import { createRoute, z } from "@hono/zod-openapi";
import { compileJob } from "../core/compiled-job.ts";
import { explainTick, type ExplainInput } from "../core/explain.ts";
import { INSTANT_LIMITS, instantMs } from "../core/instant.ts";
import { shardOfId, tickRunId } from "../core/placement.ts";
import type { Run } from "../core/run.ts";
import type { Tick } from "../core/tick.ts";
import type { CommandOutput } from "../ports/shard-client.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import type { CalendarStore } from "./calendar-store.ts";
import { explanationJson, explanationOut } from "./explain-json.ts";
import { jobParam } from "./job-routes.ts";
import { namespaceOf, placeOfJob } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { callShard } from "./shard-call.ts";
import { closedDayName, refuseNoTick, zoneOfSpec } from "./tick-neighbours.ts";
import { jsonAnswer, problemAnswers } from "./wire.ts";

const MILLISECONDS = /^\d{1,15}$/;

/** An instant of a path: RFC 3339, or milliseconds since the epoch. */
const nominal = z
  .string()
  .max(40)
  .transform((text, ctx) => {
    const ms = MILLISECONDS.test(text) ? Number(text) : instantMs(text);
    if (ms !== undefined && ms <= INSTANT_LIMITS.msMax) return ms;
    ctx.addIssue({ code: "custom", message: "Not an instant in RFC 3339, nor milliseconds." });
    return z.NEVER;
  })
  .openapi({ type: "string", example: "2027-01-01T00:00:00.000Z" });

const explain = createRoute({
  method: "get",
  path: `${BASE_PATH}/jobs/{job}/ticks/{nominal}/explain`,
  summary: "Why a tick ran, or did not: in words, with the policy and the evidence",
  request: { params: jobParam.extend({ nominal }) },
  responses: { 200: jsonAnswer("What became of the tick.", explanationOut), ...problemAnswers },
});

/** Tells one tick's story from what the shard, the records and the calendars know of it. */
export function addExplainRoute(
  api: Api,
  deps: ApiDeps & { readonly calendars: CalendarStore },
): void {
  const { shards } = deps;
  api.openapi(explain, async (c) => {
    const { job: named, nominal: nominalMs } = c.req.valid("param");
    const namespace = namespaceOf(c);
    const { shard, ref } = placeOfJob(namespace, named, shards.count);
    const input = { ref, nominalMs };
    const order = { shard, kind: "tick.get", input, idempotency: null } as const;
    const held = (await callShard(shards, order)).value;
    const row = await rowOf(deps, held, nominalMs);
    const nowMs = c.get("nowMs");
    const found = await inputOf(deps, { held, row, nominalMs, nowMs });
    refuseNoTick(found, held.view.nextTickMs);
    return c.json(explanationJson(found, explainTick(found)), 200);
  });
}

interface Row {
  readonly run: Run | null;
  readonly tick: Tick | null;
}

/** The row from the shard, or from the records once it has left: a row is in one of them at least. */
async function rowOf(
  deps: Pick<ApiDeps, "records">,
  { view, run, tick }: CommandOutput<"tick.get">,
  nominalMs: number,
): Promise<Row> {
  if (run !== null || tick !== null) return { run, tick };
  const page = await deps.records.ledger({
    namespace: view.job.namespace,
    jobId: view.job.id,
    fromMs: nominalMs,
    toMs: nominalMs + 1,
    limit: 2,
    cursor: null,
  });
  const runs = page.items.flatMap((entry) => (entry.kind === "run" ? [entry.run] : []));
  const ticks = page.items.flatMap((entry) => (entry.kind === "tick" ? [entry.tick] : []));
  return { run: runs[0] ?? null, tick: runs.length > 0 ? null : (ticks[0] ?? null) };
}

async function inputOf(
  deps: Pick<ApiDeps, "shards"> & { readonly calendars: CalendarStore },
  known: {
    readonly held: CommandOutput<"tick.get">;
    readonly row: Row;
    readonly nominalMs: number;
    readonly nowMs: number;
  },
): Promise<ExplainInput> {
  const { held, row, nominalMs, nowMs } = known;
  const { job } = held.view;
  const calendarOf = await deps.calendars.lookup(job.namespace, job.spec.schedule, nowMs);
  const shard = shardOfId("job", job.id, deps.shards.count);
  const intoMs = row.tick?.intoMs ?? null;
  return {
    job,
    compiled: compileJob(job.spec, calendarOf),
    zone: zoneOfSpec(job.spec.schedule),
    nominalMs,
    nowMs,
    cursorMs: held.cursorMs,
    ...row,
    intoRun: intoMs === null || shard === undefined ? null : tickRunId(job.id, intoMs, shard),
    dayName: closedDayName(job.spec.schedule, calendarOf, { nominalMs, tick: row.tick }),
  };
}
