import type { Context } from "hono";
import { createRoute, z } from "@hono/zod-openapi";
import { assert } from "../core/assert.ts";
import { Refusal } from "../core/refusal.ts";
import type { Session } from "../ports/people.ts";
import type { Api, ApiDeps, ApiEnv } from "./api-deps.ts";
import type { LoginParts } from "./login-parts.ts";
import { sessionOut, type SessionJson } from "./people-json.ts";
import { BASE_PATH } from "./routes.ts";
import { isOver, type Login } from "./session-store.ts";
import { isoText, jsonAnswer, pageOf, problemAnswers } from "./wire.ts";

const SESSIONS = `${BASE_PATH}/sessions`;

const listSessions = createRoute({
  method: "get",
  path: SESSIONS,
  summary: "One's own sessions, newest first",
  responses: { 200: jsonAnswer("All of them.", pageOf(sessionOut)), ...problemAnswers },
});

const endOthers = createRoute({
  method: "delete",
  path: SESSIONS,
  summary: "End all of one's own sessions but this one",
  responses: { 204: { description: "The others have ended." }, ...problemAnswers },
});

const endSession = createRoute({
  method: "delete",
  path: `${SESSIONS}/{session}`,
  summary: "End one of one's own sessions",
  request: { params: z.strictObject({ session: z.string().min(1).max(64) }) },
  responses: { 204: { description: "It has ended." }, ...problemAnswers },
});

/** One's own sessions. */
export function addSessionRoutes(api: Api, deps: ApiDeps, { sessions }: LoginParts): void {
  const { people } = deps;
  api.openapi(listSessions, async (c) => {
    const { user, session } = loginOf(c);
    const rows = await people.sessions(user.id);
    const live = rows.filter((row) => !isOver(row, c.get("nowMs")));
    const items = live.map((row) => sessionJson(row, session.id));
    return c.json({ items, nextCursor: null }, 200);
  });

  api.openapi(endOthers, async (c) => {
    const { user, session } = loginOf(c);
    await people.endSessions(user.id, session.id);
    sessions.forget();
    return c.body(null, 204);
  });

  api.openapi(endSession, async (c) => {
    const { session: id } = c.req.valid("param");
    const isEnded = await people.endSession(loginOf(c).user.id, id);
    sessions.forget();
    if (!isEnded) throw new Refusal("session.unknown", `You have no session ${id}.`);
    return c.body(null, 204);
  });
}

/** A session in JSON; `currentId` is that of the request, null when it is somebody else's. */
export function sessionJson(session: Session, currentId: string | null): SessionJson {
  const { id, createdMs, seenMs, expiresMs, address, userAgent } = session;
  return {
    id,
    createdAt: isoText(createdMs),
    seenAt: isoText(seenMs),
    expiresAt: isoText(expiresMs),
    address,
    userAgent,
    isCurrent: id === currentId,
  };
}

function loginOf(c: Context<ApiEnv>): Login {
  const login = c.get("login");
  assert(login !== null, "the guard lets only sessions to this route");
  return login;
}
