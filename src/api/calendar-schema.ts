import { z } from "@hono/zod-openapi";
import type { CalendarDate, CalendarRules } from "../core/calendar.ts";
import type { StoredCalendar } from "../ports/directory.ts";
import { etagOf } from "./etag.ts";
import { instantOut, isoText, WIRE_LIMITS } from "./wire.ts";

/** Never `.` or `..`: every client would take those for another path. */
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$/;
const DATES_MAX = 5_000;
const PARTS_MAX = 16;
export const DAYS_MAX = 366;
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
const ICS_CHARS = 262_144;

export const calendarName = z
  .string()
  .regex(NAME, "Not 1 to 128 of the characters A-Z a-z 0-9 . _ -, or only one or two dots.")
  .openapi({ example: "cn-workdays" });

/** What a date means is judged by `checkCalendar` alone, so that every fault is told in one voice. */
const dateText = z.string().max(32).openapi({ format: "date", example: "2026-10-01" });

const date = z.union([
  z.strictObject({ date: dateText, name: z.string().max(1_024).nullable().default(null) }),
  dateText.transform((text) => ({ date: text, name: null })),
]);

const dates = z.array(date).max(DATES_MAX);
const names = z.array(calendarName).max(PARTS_MAX);
const weekdays = z
  .array(z.int())
  .max(EVERY_DAY.length)
  .openapi({ description: "Open weekdays: 1 is Monday, 7 is Sunday.", example: [1, 2, 3, 4, 5] });

/** Every part of a calendar may be left out: what that means depends on the route. */
const shape = {
  description: z.string().max(WIRE_LIMITS.textChars).optional(),
  weekdays: weekdays.optional(),
  include: dates.optional(),
  exclude: dates.optional(),
  allOf: names.optional(),
  anyOf: names.optional(),
  knownUntil: dateText.nullable().optional(),
} as const;

const seed = calendarName.optional().openapi({
  description:
    "A seed from GET /calendar-seeds; what else is sent here stands instead of its part.",
});

/** The body of POST /calendars. */
export const calendarBody = z
  .strictObject({ name: calendarName, ...shape, seed })
  .openapi("CalendarBody");

/** The body of PUT /calendars/{name}: the name is in the path, and may be repeated. */
export const calendarPutBody = z
  .strictObject({ name: calendarName.optional(), ...shape, seed })
  .openapi("CalendarPutBody");

/** The body of PATCH /calendars/{name}: each list that is sent replaces the stored one. */
export const calendarPatchBody = z.strictObject(shape).openapi("CalendarPatchBody");

const importAs = z.enum(["exclude", "include"]);

/** The body of POST /calendars/{name}/import. */
export const importBody = z
  .strictObject({
    ics: z.string().max(ICS_CHARS).openapi({ description: "The text of an iCalendar file." }),
    as: importAs,
    replace: z.boolean().default(false).openapi({
      description: "Replaces the dates of that list; without it they are added.",
    }),
  })
  .openapi("CalendarImport");

export type ImportBody = z.infer<typeof importBody>;

const flag = z.enum(["true", "false"]).transform((text) => text === "true");

/** `?dryRun=true`: answers what would be, and stores nothing. */
export const changeQuery = z.strictObject({ dryRun: flag.optional() });

/** For a body of the type text/calendar, which has no room for more. */
export const importQuery = z.strictObject({
  dryRun: flag.optional(),
  as: importAs.optional(),
  replace: flag.optional(),
});

export const daysQuery = z.strictObject({
  from: dateText.optional().openapi({ description: "The first day; today in UTC by default." }),
  to: dateText.optional().openapi({ description: "The last day; 30 days later by default." }),
});

const dateOut = z.object({ date: z.string(), name: z.string().nullable() });

const calendarShape = {
  name: z.string(),
  namespace: z.string(),
  version: z.number(),
  description: z.string(),
  weekdays: z.array(z.number()).readonly(),
  include: z.array(dateOut).readonly(),
  exclude: z.array(dateOut).readonly(),
  allOf: z.array(z.string()).readonly(),
  anyOf: z.array(z.string()).readonly(),
  knownUntil: z.string().nullable(),
  createdAt: instantOut,
  updatedAt: instantOut,
  etag: z.string(),
} as const;

export const calendarOut = z.object(calendarShape).openapi("Calendar");

const jobImpact = z.object({
  job: z.string(),
  removed: z.array(instantOut),
  added: z.array(instantOut),
  removedCount: z.number(),
  addedCount: z.number(),
});

export const impactOut = z
  .object({
    jobs: z
      .array(jobImpact)
      .openapi({ description: "The jobs whose ticks of the next 366 days move." }),
    jobsCount: z.number().openapi({ description: "How many jobs use what changes." }),
    isCut: z.boolean().openapi({ description: "More jobs move than are listed here." }),
  })
  .openapi("CalendarImpact");

export type ImpactJson = z.infer<typeof impactOut>;

export const NO_IMPACT: ImpactJson = { jobs: [], jobsCount: 0, isCut: false };

/** A calendar as it is after a change, or would be, and what that moves. */
export const changedCalendarOut = z
  .object({ ...calendarShape, dryRun: z.boolean(), impact: impactOut })
  .openapi("ChangedCalendar");

export const deletedCalendarOut = z
  .object({ name: z.string(), dryRun: z.boolean(), impact: impactOut })
  .openapi("DeletedCalendar");

export const daysOut = z
  .object({
    items: z.array(z.object({ date: z.string(), open: z.boolean(), name: z.string().nullable() })),
    knownUntil: z.string().nullable(),
  })
  .openapi("CalendarDays");

export const seedsOut = z
  .object({
    items: z.array(
      z.object({
        name: z.string(),
        description: z.string(),
        source: z.string(),
        weekdays: z.array(z.number()).readonly(),
        includeCount: z.number(),
        excludeCount: z.number(),
        knownUntil: z.string().nullable(),
      }),
    ),
  })
  .openapi("CalendarSeeds");

/** The parts of a calendar that a caller may set. */
export interface CalendarDraft {
  readonly description: string;
  readonly rules: CalendarRules;
}

export const EMPTY_DRAFT: CalendarDraft = {
  description: "",
  rules: {
    weekdays: EVERY_DAY,
    include: [],
    exclude: [],
    allOf: [],
    anyOf: [],
    knownUntil: null,
  },
};

/** What a body says, laid over a draft. */
export function draftOver(
  base: CalendarDraft,
  body: z.infer<typeof calendarPatchBody>,
): CalendarDraft {
  const { rules } = base;
  return {
    description: body.description ?? base.description,
    rules: {
      weekdays: body.weekdays ?? rules.weekdays,
      include: body.include ?? rules.include,
      exclude: body.exclude ?? rules.exclude,
      allOf: body.allOf ?? rules.allOf,
      anyOf: body.anyOf ?? rules.anyOf,
      knownUntil: body.knownUntil === undefined ? rules.knownUntil : body.knownUntil,
    },
  };
}

/** One spelling for what means the same, so that a repeated PUT changes nothing. */
export function inOrder({ description, rules }: CalendarDraft): CalendarDraft {
  const { weekdays: open, include, exclude, allOf, anyOf, knownUntil } = rules;
  return {
    description,
    rules: {
      weekdays: open.toSorted((a, b) => a - b),
      include: byDate(include),
      exclude: byDate(exclude),
      allOf,
      anyOf,
      knownUntil,
    },
  };
}

function byDate(list: readonly CalendarDate[]): readonly CalendarDate[] {
  return list.toSorted((a, b) => (a.date < b.date ? -1 : 1));
}

export function calendarJson(calendar: StoredCalendar): z.infer<typeof calendarOut> {
  const { name, namespace, version, description, createdMs, updatedMs } = calendar;
  return {
    name,
    namespace,
    version,
    description,
    ...calendar.rules,
    createdAt: isoText(createdMs),
    updatedAt: isoText(updatedMs),
    etag: etagOf(version),
  };
}
