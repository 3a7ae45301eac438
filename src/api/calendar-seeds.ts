import type { z } from "@hono/zod-openapi";
import { Refusal } from "../core/refusal.ts";
import cnWorkdays from "./calendar-seeds/cn-workdays.json" with { type: "json" };
import usFederalHolidays from "./calendar-seeds/us-federal-holidays.json" with { type: "json" };
import type { CalendarDraft, seedsOut } from "./calendar-schema.ts";

// The data are made by test/support/make-calendar-seeds.ts, from the source that each file names.
const SEEDS = [cnWorkdays, usFederalHolidays] as const;

/** The seeds without their dates. */
export function seedsJson(): z.infer<typeof seedsOut> {
  const items = SEEDS.map(({ name, description, source, weekdays, ...rest }) => {
    const { include, exclude, knownUntil } = rest;
    const counts = { includeCount: include.length, excludeCount: exclude.length };
    return { name, description, source, weekdays, ...counts, knownUntil };
  });
  return { items };
}

/** What a calendar begins with when it names a seed. */
export function seedDraft(name: string): CalendarDraft {
  const seed = SEEDS.find((one) => one.name === name);
  if (seed === undefined) {
    const message = `There is no seed "${name}".`;
    throw new Refusal("calendar.unknown", message, {
      hint: `GET /api/v1/calendar-seeds lists them: ${SEEDS.map((one) => one.name).join(", ")}.`,
      errors: [{ pointer: "/seed", message }],
    });
  }
  const { description, weekdays, include, exclude, knownUntil } = seed;
  return { description, rules: { weekdays, include, exclude, allOf: [], anyOf: [], knownUntil } };
}
