import { z } from "@hono/zod-openapi";

/**
 * The shape of a schedule. What its texts mean is judged by `compileSchedule` alone, so that every
 * fault of a schedule is told in one voice (`schedule.invalid`), here as in previews.
 */
const text = z.string().min(1).max(1_024);
const jitter = z.string().max(64).default("0s").openapi({ example: "0s" });

const cron = z
  .strictObject({
    kind: z.literal("cron"),
    cron: text.openapi({ example: "0 2 * * *" }),
    dialect: z.enum(["standard", "quartz"]).default("standard"),
    timezone: z.string().min(1).max(128).default("UTC").openapi({ example: "Asia/Shanghai" }),
    jitter,
  })
  .openapi("CronSchedule");

const every = z
  .strictObject({
    kind: z.literal("every"),
    every: text.openapi({ example: "10s" }),
    anchor: z.string().max(64).optional().openapi({ format: "date-time" }),
    jitter,
  })
  .openapi("EverySchedule");

const at = z
  .strictObject({
    kind: z.literal("at"),
    at: text.openapi({ format: "date-time", example: "2027-01-01T00:00:00Z" }),
  })
  .openapi("AtSchedule");

const manual = z.strictObject({ kind: z.literal("manual") }).openapi("ManualSchedule");

export const scheduleSchema = z
  .discriminatedUnion("kind", [cron, every, at, manual])
  .openapi("Schedule");

export type ScheduleBody = z.infer<typeof scheduleSchema>;
