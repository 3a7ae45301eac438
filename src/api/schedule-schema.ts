import { z } from "@hono/zod-openapi";

/**
 * The shape of a schedule. What its texts mean is judged by `compileSchedule` alone, so that every
 * fault of a schedule is told in one voice (`schedule.invalid`), here as in previews.
 */
const text = z.string().min(1).max(1_024);
const jitter = z.string().max(64).default("0s").openapi({ example: "0s" });

const instant = z.string().max(64).openapi({ format: "date-time" });
const CALENDAR_NAME = /^[A-Za-z0-9._-]{1,128}$/;

const bounds = {
  startAt: instant.nullable().default(null),
  endAt: instant.nullable().default(null),
  ticksMax: z.int().min(1).max(10_000).nullable().default(null),
} as const;

const calendarName = z.string().regex(CALENDAR_NAME);
const calendar = z
  .union([
    z
      .strictObject({
        name: calendarName,
        roll: z.enum(["skip", "previous", "next"]).default("skip"),
      })
      .openapi("CalendarUse"),
    calendarName.transform((name) => ({ name, roll: "skip" as const })),
  ])
  .nullable()
  .default(null);

const dst = z
  .strictObject({
    gap: z.enum(["shift", "skip"]).default("shift"),
    fold: z.enum(["first", "last", "both"]).default("first"),
  })
  .default({ gap: "shift", fold: "first" });

const timezone = z.string().min(1).max(128).default("UTC").openapi({ example: "Asia/Shanghai" });

const cron = z
  .strictObject({
    kind: z.literal("cron"),
    cron: text.openapi({ example: "0 2 * * *" }),
    dialect: z.enum(["standard", "quartz"]).default("standard"),
    timezone,
    dst,
    jitter,
    calendar,
    ...bounds,
  })
  .openapi("CronSchedule");

const every = z
  .strictObject({
    kind: z.literal("every"),
    every: text.openapi({ example: "10s" }),
    anchor: instant.optional(),
    timezone,
    jitter,
    calendar,
    ...bounds,
  })
  .openapi("EverySchedule");

const after = z
  .strictObject({ kind: z.literal("after"), delay: text.openapi({ example: "1m" }), ...bounds })
  .openapi("AfterSchedule");

const at = z
  .strictObject({
    kind: z.literal("at"),
    at: text.openapi({ format: "date-time", example: "2027-01-01T00:00:00Z" }),
  })
  .openapi("AtSchedule");

const manual = z.strictObject({ kind: z.literal("manual") }).openapi("ManualSchedule");

export const scheduleSchema = z
  .discriminatedUnion("kind", [cron, every, after, at, manual])
  .openapi("Schedule");

export type ScheduleBody = z.infer<typeof scheduleSchema>;
