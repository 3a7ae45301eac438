import { z } from "@hono/zod-openapi";
import type { Explanation, ExplainInput } from "../core/explain.ts";
import { calendarOfSchedule } from "../core/schedule.ts";
import { isEnded, type Run } from "../core/run.ts";
import { localText } from "../core/zone.ts";
import { jobParts } from "./job-schema.ts";
import { RUN_STATES, runError } from "./run-json.ts";
import { TICK_REASONS } from "./tick-json.ts";
import { anyJson, instantOut, isoText, isoTextOrNull } from "./wire.ts";

const runSummary = z
  .object({
    id: z.string(),
    state: z.enum(RUN_STATES),
    attempt: z.number(),
    attemptsMax: z.number(),
    createdAt: instantOut,
    startedAt: instantOut.nullable(),
    endedAt: instantOut.nullable(),
    error: runError.nullable(),
    cancelReason: z.string().nullable(),
  })
  .openapi("RunSummary");

const policy = z
  .object({
    jobVersion: z.number(),
    misfire: jobParts.misfire,
    overlap: jobParts.overlap,
    concurrency: jobParts.concurrency,
    startWithin: jobParts.startWithin,
    jitter: z.string().nullable(),
    dst: z.object({ gap: z.string(), fold: z.string() }).nullable(),
    calendar: z
      .object({ name: z.string(), roll: z.string(), version: z.number().nullable() })
      .nullable(),
  })
  .openapi("TickPolicy", { description: "The rules of the job as it is now." });

/** Why one tick ran, or did not. */
export const explanationOut = z
  .object({
    nominalAt: instantOut,
    local: z.string(),
    disposition: z.enum(["fired", "coalesced", "skipped", "dropped", "pending", "none"]),
    reason: z.enum(TICK_REASONS).optional(),
    run: z.string().optional(),
    into: instantOut.optional(),
    intoRun: z.string().optional(),
    plannedAt: instantOut.optional(),
    lagMs: z.number().optional(),
    startsAt: instantOut.optional(),
    from: instantOut.optional(),
    to: instantOut.optional(),
    count: z.number().optional(),
    words: z.object({ en: z.string(), zh: z.string() }),
    policy,
    evidence: z.array(z.object({ what: z.string(), value: anyJson })),
    runSummary: runSummary.optional(),
  })
  .openapi("TickExplanation");

type ExplanationJson = z.infer<typeof explanationOut>;

export function explanationJson(input: ExplainInput, explanation: Explanation): ExplanationJson {
  const { nominalMs, zone } = input;
  const { disposition, reason, words, evidence, startsMs } = explanation;
  return {
    nominalAt: isoText(nominalMs),
    local: localText(zone, nominalMs),
    disposition,
    ...(reason === null ? {} : { reason }),
    ...rowJson(input),
    ...(startsMs === null ? {} : { startsAt: isoText(startsMs) }),
    words,
    policy: policyJson(input),
    evidence: [...evidence],
  };
}

/** What the row of the ledger says, in the words of the ledger. */
function rowJson({ run, tick, nominalMs, intoRun }: ExplainInput): Partial<ExplanationJson> {
  if (run !== null)
    return {
      run: run.id,
      plannedAt: isoText(run.createdMs),
      lagMs: run.createdMs - run.nominalMs,
      runSummary: summaryOf(run),
    };
  if (tick === null) return {};
  const { intoMs, plannedMs, count, toMs } = tick;
  return {
    ...(intoMs === null ? {} : { into: isoText(intoMs) }),
    ...(intoRun === null ? {} : { intoRun }),
    plannedAt: isoText(plannedMs),
    lagMs: plannedMs - nominalMs,
    ...(count === 1 ? {} : { from: isoText(tick.nominalMs), to: isoText(toMs), count }),
  };
}

function summaryOf(run: Run): z.infer<typeof runSummary> {
  const { phase } = run;
  return {
    id: run.id,
    state: phase.state,
    attempt: phase.attempt,
    attemptsMax: run.order.retry.attemptsMax,
    createdAt: isoText(run.createdMs),
    startedAt: isoTextOrNull(run.startedMs),
    endedAt: isEnded(phase) ? isoText(phase.endedMs) : null,
    error: run.error,
    cancelReason: run.cancelReason,
  };
}

function policyJson({ job, compiled }: ExplainInput): z.infer<typeof policy> {
  const { spec, version } = job;
  const { schedule } = spec;
  const use = "calendar" in schedule ? schedule.calendar : null;
  const known = calendarOfSchedule(compiled.schedule);
  return {
    jobVersion: version,
    misfire: spec.misfire,
    overlap: spec.overlap,
    concurrency: spec.concurrency,
    startWithin: spec.startWithin,
    jitter: "jitter" in schedule ? schedule.jitter : null,
    dst: schedule.kind === "cron" ? schedule.dst : null,
    calendar: use === null ? null : { ...use, version: known?.version ?? null },
  };
}
