import { createRoute } from "@hono/zod-openapi";
import { assert } from "../core/assert.ts";
import { compileJob, type CompiledJob } from "../core/compiled-job.ts";
import { durationMs } from "../core/duration.ts";
import type { JobSpec } from "../core/job.ts";
import { Refusal } from "../core/refusal.ts";
import { scheduleAnomalies, type PreviewAnomaly } from "../core/schedule-anomalies.ts";
import { simulate, SIMULATION_LIMITS, type SimulationInput, type Span } from "../core/simulate.ts";
import { anomaliesJson } from "./anomaly-json.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import type { CalendarStore } from "./calendar-store.ts";
import { mayHandle } from "./executor-limit.ts";
import { jobSpecOf } from "./job-spec.ts";
import type { JobStore } from "./job-store.ts";
import type { Principal } from "./principal.ts";
import { principalOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { simulationJson } from "./simulate-json.ts";
import { type SimulateBody, simulateBody, simulationOut } from "./simulate-schema.ts";
import { jsonAnswer, jsonBody, problemAnswers, sentInstantMs } from "./wire.ts";

const ANOMALIES_MAX = 100;

const simulateJob = createRoute({
  method: "post",
  path: `${BASE_PATH}/schedules/simulate`,
  summary: "What a job would do in a range of time: every tick with its fate",
  request: { body: jsonBody(simulateBody) },
  responses: { 200: jsonAnswer("Every tick, and the load.", simulationOut), ...problemAnswers },
});

/** Plays a job through a range of time with the planner of the shards; nothing is stored. */
export function addSimulateRoute(
  api: Api,
  deps: ApiDeps & { readonly calendars: CalendarStore },
  jobs: JobStore,
): void {
  api.openapi(simulateJob, async (c) => {
    const body = c.req.valid("json");
    const range = rangeOf(body);
    const who = principalOf(c);
    const at = { who, namespace: who.namespace, nowMs: c.get("nowMs"), fromMs: range.fromMs };
    const { spec, jobId, ticksDone } = await jobOf(body, at, { deps, jobs });
    const calendarOf = await deps.calendars.lookup(at.namespace, spec.schedule, at.nowMs);
    const compiled = compileJob(spec, calendarOf);
    const input: SimulationInput = {
      ...range,
      compiled,
      jobId,
      concurrency: spec.concurrency,
      ticksDone,
      durationMs: durationOf(body, compiled.order.timeoutMs),
      outages: merged(spansOf(body.outages, "outages", range)),
      pauses: apart(body, range),
    };
    const anomalies = anomaliesJson(anomaliesOf(spec, compiled, range));
    return c.json(simulationJson(simulate(input), range, anomalies), 200);
  });
}

/** The job that is played: a stored one, or one that would be made at the beginning of the range. */
async function jobOf(
  { job }: SimulateBody,
  at: { readonly who: Principal; readonly namespace: string; readonly fromMs: number },
  {
    deps,
    jobs,
  }: {
    readonly deps: ApiDeps & { readonly calendars: CalendarStore };
    readonly jobs: JobStore;
  },
): Promise<{ readonly spec: JobSpec; readonly jobId: string; readonly ticksDone: number }> {
  if (typeof job !== "string") {
    const made = { namespace: at.namespace, nowMs: at.fromMs, replaced: null };
    const spec = await within("/job", jobSpecOf(job, made, deps));
    return { spec, jobId: job.name, ticksDone: 0 };
  }
  const { job: stored } = await jobs.get(at.namespace, job);
  if (!mayHandle(at.who, stored.spec.target))
    throw new Refusal("job.unknown", `There is no job "${job}".`);
  return { spec: stored.spec, jobId: stored.id, ticksDone: stored.ticksDone };
}

/** What is refused of a part of the body points into that part. */
async function within<T>(pointer: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Refusal) || error.data.errors === undefined) throw error;
    const { code, detail, ...more } = error.data;
    const errors = error.data.errors.map((fault) => ({
      pointer: pointer + fault.pointer,
      message: fault.message,
    }));
    throw new Refusal(code, detail, { ...more, errors });
  }
}

function anomaliesOf(
  { schedule: spec }: JobSpec,
  { schedule }: CompiledJob,
  { fromMs, toMs }: Span,
): readonly PreviewAnomaly[] {
  if (schedule.kind !== "cron" || spec.kind !== "cron") return [];
  const range = { afterMs: fromMs - 1, untilMs: toMs, limit: ANOMALIES_MAX };
  return scheduleAnomalies(spec, schedule, range);
}

function rangeOf({ from, to }: SimulateBody): Span {
  const [fromMs, toMs] = [instantOf(from), instantOf(to)];
  if (fromMs >= toMs) throw invalid("/to", "Not after from.");
  if (toMs - fromMs > SIMULATION_LIMITS.spanMsMax)
    throw invalid("/to", "More than 366 days after from.");
  return { fromMs, toMs };
}

/** The outages or pauses in the order of time; each must lie within the range. */
function spansOf<T extends { readonly from: string; readonly to: string }>(
  items: readonly T[],
  field: "outages" | "pauses",
  range: Span,
): readonly (Span & { readonly item: T })[] {
  const spans: (Span & { readonly item: T })[] = [];
  for (const [i, item] of items.entries()) {
    const [fromMs, toMs] = [instantOf(item.from), instantOf(item.to)];
    if (fromMs >= toMs) throw invalid(`/${field}/${i}/to`, "Not after from.");
    if (fromMs < range.fromMs || toMs > range.toMs)
      throw invalid(`/${field}/${i}`, "Not within the range that is played.");
    spans.push({ fromMs, toMs, item });
  }
  return spans.toSorted((a, b) => a.fromMs - b.fromMs);
}

/** Outages that touch are one. */
function merged(spans: readonly Span[]): readonly Span[] {
  const apartSpans: Span[] = [];
  for (const { fromMs, toMs } of spans) {
    const last = apartSpans.at(-1);
    if (last === undefined || fromMs > last.toMs) apartSpans.push({ fromMs, toMs });
    else
      apartSpans[apartSpans.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, toMs) };
  }
  return apartSpans;
}

function apart(body: SimulateBody, range: Span): SimulationInput["pauses"] {
  const pauses = spansOf(body.pauses, "pauses", range);
  for (const [i, { fromMs }] of pauses.entries()) {
    const before = pauses[i - 1];
    if (before !== undefined && fromMs < before.toMs)
      throw invalid("/pauses", "Two of the pauses overlap.");
  }
  return pauses.map(({ fromMs, toMs, item }) => ({ fromMs, toMs, missed: item.missed ?? null }));
}

/** A run that took longer than its timeout would be ended by it, and tried again. */
function durationOf({ duration }: SimulateBody, timeoutMs: number): number {
  const ms = durationMs(duration);
  assert(ms !== undefined, "the schema has accepted this duration");
  if (ms > timeoutMs)
    throw invalid("/duration", "Longer than the timeout of the job, so that no run would succeed.");
  return ms;
}

function instantOf(text: string): number {
  const ms = sentInstantMs(text);
  assert(ms !== null, "the schema has accepted this instant");
  return ms;
}

function invalid(pointer: string, message: string): Refusal {
  return new Refusal("request.invalid", `${pointer}: ${message}`, {
    errors: [{ pointer, message }],
    hint: "Send from and to at most 366 days apart, and outages and pauses within them.",
  });
}
