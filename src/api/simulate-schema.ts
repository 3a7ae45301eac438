import { z } from "@hono/zod-openapi";
import { SIMULATION_LIMITS } from "../core/simulate.ts";
import { jobBody } from "./job-schema.ts";
import { anomalyOut } from "./anomaly-json.ts";
import { TICK_REASONS } from "./tick-json.ts";
import { duration, instant, instantOut, SPAN_MS, WIRE_LIMITS } from "./wire.ts";

const { outagesMax, pausesMax } = SIMULATION_LIMITS;
const span = { from: instant, to: instant } as const;

export const simulateBody = z
  .strictObject({
    job: z
      .union([z.string().min(1).max(WIRE_LIMITS.nameChars), jobBody])
      .openapi({ description: "The id or name of a job, or a job as POST /jobs takes it." }),
    ...span,
    outages: z
      .array(z.strictObject(span))
      .max(outagesMax)
      .default([])
      .openapi({ description: "When the scheduler is down." }),
    pauses: z
      .array(z.strictObject({ ...span, missed: z.enum(["skip", "latest", "all"]).optional() }))
      .max(pausesMax)
      .default([])
      .openapi({ description: "When the job is paused, and with which policy it resumes." }),
    duration: duration({ msMin: 1, msMax: SPAN_MS.day })
      .default("1s")
      .openapi({ description: "How long each run takes." }),
  })
  .openapi("SimulateBody");

export type SimulateBody = z.infer<typeof simulateBody>;

const DISPOSITIONS = ["fired", "coalesced", "skipped", "dropped"] as const;

const line = z
  .object({
    nominalAt: instantOut.optional(),
    from: instantOut.optional(),
    to: instantOut.optional(),
    count: z.number().optional(),
    disposition: z.enum(DISPOSITIONS).optional(),
    reason: z.enum(TICK_REASONS).optional(),
    into: instantOut.optional(),
    startsAt: instantOut.optional(),
    endsAt: instantOut.optional(),
    outcome: z.enum(["succeeded", "canceled"]).optional(),
  })
  .openapi("SimulatedTick");

const counts = z
  .object({
    fired: z.number(),
    coalesced: z.number(),
    skipped: z.object({
      overlap: z.number(),
      paused: z.number(),
      misfire: z.number(),
      calendar: z.number(),
    }),
    dropped: z.number(),
  })
  .openapi("TickCounts");

const load = z
  .object({
    perMinute: z.array(z.object({ minute: instantOut, runs: z.number() })),
    maxPerMinute: z.number(),
    maxConcurrent: z.number(),
    isCut: z.boolean(),
  })
  .openapi("RunLoad");

/** What a simulation answers. Counts and load are null where ticks were only counted. */
export const simulationOut = z
  .object({
    items: z.array(line),
    nextCursor: z.null(),
    ticks: z.number().openapi({ description: "All nominal ticks of the range." }),
    counts: counts.nullable(),
    overlaps: z
      .number()
      .nullable()
      .openapi({ description: "Ticks whose time came while a run of the job had not ended." }),
    anomalies: z.array(anomalyOut),
    load: load.nullable(),
    isCounted: z.boolean().openapi({ description: "Too many ticks to play through." }),
    isCut: z.boolean().openapi({ description: "There are more lines than are listed." }),
  })
  .openapi("Simulation");

export type SimulationJson = z.infer<typeof simulationOut>;
