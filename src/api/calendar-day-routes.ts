import type { Context } from "hono";
import { createRoute, z } from "@hono/zod-openapi";
import { compileCalendar, type CalendarDate } from "../core/calendar.ts";
import { dateOfDay, dayOfDate } from "../core/civil-date.ts";
import { Refusal } from "../core/refusal.ts";
import type { Api, ApiDeps, ApiEnv } from "./api-deps.ts";
import { isTextOf } from "./body.ts";
import { calendarParam, ONE_CALENDAR, storedDraft, targetOf } from "./calendar-routes.ts";
import {
  changedCalendarOut,
  DAYS_MAX,
  daysOut,
  daysQuery,
  importBody,
  importQuery,
  type CalendarDraft,
  type ImportBody,
} from "./calendar-schema.ts";
import { copyAmong } from "./calendar-store.ts";
import { changedJson, unknownCalendar, type CalendarWriter } from "./calendar-writer.ts";
import { etagOf } from "./etag.ts";
import { answerOnce, idempotencyOf, markReplay } from "./idempotency.ts";
import { namespaceOf } from "./request-of.ts";
import {
  idempotencyHeader,
  ifMatchHeader,
  jsonAnswer,
  optionalJsonBody,
  problemAnswers,
  SPAN_MS,
} from "./wire.ts";
import { refusalOfIssues } from "./zod-refusal.ts";

const DAYS_DEFAULT = 31;
const ICS = "text/calendar";

const importDays = createRoute({
  method: "post",
  path: `${ONE_CALENDAR}/import`,
  summary: "Take days from an iCalendar text; the answer shows which ticks move",
  description:
    "The text is sent in JSON, or by itself as text/calendar with ?as= and ?replace= in the query.",
  request: {
    headers: idempotencyHeader.extend(ifMatchHeader.shape),
    params: calendarParam,
    query: importQuery,
    body: {
      content: { ...optionalJsonBody(importBody).content, [ICS]: { schema: z.string() } },
    },
  },
  responses: {
    200: jsonAnswer("The calendar as it is now, or would be.", changedCalendarOut),
    ...problemAnswers,
  },
});

const listDays = createRoute({
  method: "get",
  path: `${ONE_CALENDAR}/days`,
  summary: "Which days are open, and why; at most 366",
  request: { params: calendarParam, query: daysQuery },
  responses: { 200: jsonAnswer("The days.", daysOut), ...problemAnswers },
});

export function addCalendarDayRoutes(api: Api, deps: ApiDeps, writer: CalendarWriter): void {
  api.openapi(importDays, async (c) => {
    const { name } = c.req.valid("param");
    const { dryRun = false } = c.req.valid("query");
    const sent = importOf(c);
    const dates = deps.icsDates(sent.ics);
    const once = { ...deps, nowMs: c.get("nowMs"), schema: changedCalendarOut };
    const answer = await answerOnce({ ...once, idempotency: idempotencyOf(c) }, async (entryOf) => {
      const changed = await writer.write(
        targetOf(c, name, dryRun),
        (before) => withDates(storedDraft(before, name), sent, dates),
        (stored) => entryOf(changedJson(stored, dryRun)),
      );
      return changedJson(changed, dryRun);
    });
    markReplay(c, answer.isReplay);
    c.header("ETag", etagOf(answer.body.version));
    return c.json(answer.body, 200);
  });

  api.openapi(listDays, async (c) => {
    const { name } = c.req.valid("param");
    const { from, to } = c.req.valid("query");
    const fromDay = dayOf(from, "from") ?? Math.floor(c.get("nowMs") / SPAN_MS.day);
    const toDay = dayOf(to, "to") ?? fromDay + DAYS_DEFAULT - 1;
    refuseRange(fromDay, toDay);
    const namespace = namespaceOf(c);
    const copy = copyAmong(await deps.directory.calendarWithParts(namespace, name), name);
    if (copy === null) throw unknownCalendar(name);
    const calendar = compileCalendar(copy);
    const items = Array.from({ length: toDay - fromDay + 1 }, (_, i) => {
      const day = fromDay + i;
      return { date: dateOfDay(day), open: calendar.isOpen(day), name: calendar.nameOf(day) };
    });
    const { knownUntil } = calendar;
    return c.json({ items, knownUntil: knownUntil === null ? null : dateOfDay(knownUntil) }, 200);
  });
}

/** What was sent, in either of the two forms. */
function importOf(c: Context<ApiEnv>): ImportBody {
  const text = c.get("bodyText");
  const { as, replace } = c.req.query();
  const isText = isTextOf({ bodyBytesMax: 0, textType: ICS }, c.req.header("content-type"));
  const sent: unknown = isText
    ? { ics: text, as, replace: replace === "true" }
    : JSON.parse(text === "" ? "{}" : text);
  const parsed = importBody.safeParse(sent);
  if (parsed.success) return parsed.data;
  throw refusalOfIssues(parsed.error.issues, "json");
}

/** Adds days to a list, or puts them in the place of it. A day of the other list is not taken from there. */
function withDates(
  draft: CalendarDraft,
  sent: ImportBody,
  imported: readonly CalendarDate[],
): CalendarDraft {
  const { rules } = draft;
  const other = new Set(
    (sent.as === "exclude" ? rules.include : rules.exclude).map(({ date }) => date),
  );
  const doubled = imported.find(({ date }) => other.has(date));
  if (doubled !== undefined) throw inBoth(doubled, sent.as);
  const kept = sent.replace ? [] : rules[sent.as];
  const dates = new Map([...kept, ...imported].map((date) => [date.date, date]));
  return { ...draft, rules: { ...rules, [sent.as]: [...dates.values()] } };
}

function inBoth({ date, name }: CalendarDate, as: ImportBody["as"]): Refusal {
  const other = as === "exclude" ? "included" : "excluded";
  const named = name === null ? "" : ` (${name})`;
  const message = `${date}${named} is ${other} by this calendar already.`;
  return new Refusal("calendar.invalid", message, {
    hint: "Take it out of the text, or out of the calendar first.",
    errors: [{ pointer: "/ics", message }],
  });
}

function dayOf(date: string | undefined, member: "from" | "to"): number | undefined {
  if (date === undefined) return undefined;
  const day = dayOfDate(date);
  if (day === undefined) throw badDays(member, "Not a date such as 2026-10-01.");
  return day;
}

function refuseRange(fromDay: number, toDay: number): void {
  if (toDay < fromDay) throw badDays("to", "Before from.");
  if (toDay - fromDay >= DAYS_MAX) throw badDays("to", `More than ${DAYS_MAX} days.`);
}

function badDays(member: "from" | "to", message: string): Refusal {
  const errors = [{ pointer: `/query/${member}`, message }];
  return new Refusal("request.invalid", `/query/${member}: ${message}`, { errors });
}
