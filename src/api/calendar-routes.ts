import type { Context } from "hono";
import { createRoute, z } from "@hono/zod-openapi";
import { Refusal } from "../core/refusal.ts";
import type { StoredCalendar } from "../ports/directory.ts";
import type { Api, ApiDeps, ApiEnv } from "./api-deps.ts";
import { seedDraft, seedsJson } from "./calendar-seeds.ts";
import {
  calendarBody,
  calendarJson,
  calendarName,
  calendarOut,
  calendarPatchBody,
  calendarPutBody,
  changedCalendarOut,
  changeQuery,
  deletedCalendarOut,
  draftOver,
  EMPTY_DRAFT,
  NO_IMPACT,
  seedsOut,
  type CalendarDraft,
} from "./calendar-schema.ts";
import {
  changedJson,
  unknownCalendar,
  type CalendarTarget,
  type CalendarWriter,
} from "./calendar-writer.ts";
import { etagOf, ifMatchOf } from "./etag.ts";
import { answerOnce, idempotencyOf, markReplay } from "./idempotency.ts";
import { afterOf, cursorOf, cutPage } from "./page-cursor.ts";
import { namespaceOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import {
  idempotencyHeader,
  ifMatchHeader,
  jsonAnswer,
  jsonBody,
  pageOf,
  pageQuery,
  problemAnswers,
  WIRE_LIMITS,
} from "./wire.ts";

const CALENDARS = `${BASE_PATH}/calendars`;
export const ONE_CALENDAR = `${CALENDARS}/{name}`;
const LIST = "calendars";

export const calendarParam = z.strictObject({ name: calendarName });

const createCalendar = createRoute({
  method: "post",
  path: CALENDARS,
  summary: "Create a calendar: which days are open",
  request: { headers: idempotencyHeader, body: jsonBody(calendarBody) },
  responses: { 201: jsonAnswer("The new calendar.", calendarOut), ...problemAnswers },
});

const listCalendars = createRoute({
  method: "get",
  path: CALENDARS,
  summary: "List calendars by name",
  request: { query: z.strictObject(pageQuery) },
  responses: { 200: jsonAnswer("One page of calendars.", pageOf(calendarOut)), ...problemAnswers },
});

const listSeeds = createRoute({
  method: "get",
  path: `${BASE_PATH}/calendar-seeds`,
  summary: "What a calendar may begin with",
  responses: { 200: jsonAnswer("The seeds.", seedsOut), ...problemAnswers },
});

const getCalendar = createRoute({
  method: "get",
  path: ONE_CALENDAR,
  summary: "A calendar",
  request: { params: calendarParam },
  responses: { 200: jsonAnswer("The calendar.", calendarOut), ...problemAnswers },
});

const putCalendar = createRoute({
  method: "put",
  path: ONE_CALENDAR,
  summary: "Create a calendar or replace it; the answer shows which ticks move",
  request: {
    headers: ifMatchHeader,
    params: calendarParam,
    query: changeQuery,
    body: jsonBody(calendarPutBody),
  },
  responses: {
    200: jsonAnswer("The calendar as it is now, or would be.", changedCalendarOut),
    201: jsonAnswer("The new calendar.", changedCalendarOut),
    ...problemAnswers,
  },
});

const patchCalendar = createRoute({
  method: "patch",
  path: ONE_CALENDAR,
  summary: "Change parts of a calendar; the answer shows which ticks move",
  request: {
    headers: ifMatchHeader,
    params: calendarParam,
    query: changeQuery,
    body: jsonBody(calendarPatchBody),
  },
  responses: {
    200: jsonAnswer("The calendar as it is now, or would be.", changedCalendarOut),
    ...problemAnswers,
  },
});

const deleteCalendar = createRoute({
  method: "delete",
  path: ONE_CALENDAR,
  summary: "Delete a calendar that neither a job nor a calendar uses",
  request: { headers: ifMatchHeader, params: calendarParam, query: changeQuery },
  responses: {
    200: jsonAnswer("The calendar is gone, or could go.", deletedCalendarOut),
    ...problemAnswers,
  },
});

export function addCalendarRoutes(api: Api, deps: ApiDeps, writer: CalendarWriter): void {
  addCalendarReads(api, deps);
  addCalendarChanges(api, writer);

  api.openapi(createCalendar, async (c) => {
    const { name, ...body } = c.req.valid("json");
    const once = { ...deps, nowMs: c.get("nowMs"), schema: calendarOut };
    const answer = await answerOnce({ ...once, idempotency: idempotencyOf(c) }, async (entryOf) => {
      const changed = await writer.write(
        { ...targetOf(c, name, false), ifMatch: null },
        (before) => {
          if (before !== null) throw nameTaken(name);
          return draftOver(baseOf(body.seed), body);
        },
        ({ calendar }) => entryOf(calendarJson(calendar)),
      );
      return calendarJson(changed.calendar);
    });
    markReplay(c, answer.isReplay);
    c.header("ETag", etagOf(answer.body.version));
    c.header("Location", `${CALENDARS}/${name}`);
    return c.json(answer.body, 201);
  });
}

function addCalendarReads(api: Api, { directory }: ApiDeps): void {
  api.openapi(listCalendars, async (c) => {
    const { limit = WIRE_LIMITS.pageItemsDefault, cursor } = c.req.valid("query");
    const page = { limit: limit + 1, afterName: afterOf(LIST, cursor) };
    const rows = await directory.calendars(namespaceOf(c), page);
    const { items, nextCursor } = cutPage(rows, limit, (last) => cursorOf(LIST, last.name));
    return c.json({ items: items.map(calendarJson), nextCursor }, 200);
  });

  api.openapi(listSeeds, (c) => c.json(seedsJson(), 200));

  api.openapi(getCalendar, async (c) => {
    const { name } = c.req.valid("param");
    const calendar = await directory.calendar(namespaceOf(c), name);
    if (calendar === null) throw unknownCalendar(name);
    c.header("ETag", etagOf(calendar.version));
    return c.json(calendarJson(calendar), 200);
  });
}

function addCalendarChanges(api: Api, writer: CalendarWriter): void {
  api.openapi(putCalendar, async (c) => {
    const { name } = c.req.valid("param");
    const { name: repeated, ...body } = c.req.valid("json");
    if (repeated !== undefined && repeated !== name) throw otherName(name);
    const { dryRun = false } = c.req.valid("query");
    const draft = draftOver(baseOf(body.seed), body);
    const changed = await writer.write(
      targetOf(c, name, dryRun),
      () => draft,
      () => null,
    );
    c.header("ETag", etagOf(changed.calendar.version));
    return c.json(changedJson(changed, dryRun), changed.isNew && !dryRun ? 201 : 200);
  });

  api.openapi(patchCalendar, async (c) => {
    const { name } = c.req.valid("param");
    const body = c.req.valid("json");
    const { dryRun = false } = c.req.valid("query");
    const changed = await writer.write(
      targetOf(c, name, dryRun),
      (before) => draftOver(storedDraft(before, name), body),
      () => null,
    );
    c.header("ETag", etagOf(changed.calendar.version));
    return c.json(changedJson(changed, dryRun), 200);
  });

  api.openapi(deleteCalendar, async (c) => {
    const { name } = c.req.valid("param");
    const { dryRun = false } = c.req.valid("query");
    await writer.delete(targetOf(c, name, dryRun));
    return c.json({ name, dryRun, impact: NO_IMPACT }, 200);
  });
}

export function targetOf(c: Context<ApiEnv>, name: string, isDryRun: boolean): CalendarTarget {
  const ifMatch = ifMatchOf(c.req.header("If-Match"));
  return { namespace: namespaceOf(c), name, nowMs: c.get("nowMs"), ifMatch, isDryRun };
}

/** What a change is laid over; throws `calendar.unknown` where there is no such calendar. */
export function storedDraft(before: StoredCalendar | null, name: string): CalendarDraft {
  if (before === null) throw unknownCalendar(name);
  return { description: before.description, rules: before.rules };
}

function baseOf(seed: string | undefined): CalendarDraft {
  return seed === undefined ? EMPTY_DRAFT : seedDraft(seed);
}

function nameTaken(name: string): Refusal {
  return new Refusal("name.taken", `There is a calendar "${name}" already.`, {
    hint: "Use PUT /calendars/{name} to replace it, or choose another name.",
    errors: [{ pointer: "/name", message: "taken" }],
  });
}

function otherName(name: string): Refusal {
  return new Refusal("request.invalid", `The path names the calendar "${name}".`, {
    errors: [{ pointer: "/name", message: "Not the name in the path." }],
    hint: "Leave the name out of the body, or repeat it.",
  });
}
