import type { Context } from "hono";
import { createRoute } from "@hono/zod-openapi";
import type { User } from "../ports/people.ts";
import type { Api, ApiDeps, ApiEnv } from "./api-deps.ts";
import type { LoginParts } from "./login-parts.ts";
import { sessionOut } from "./people-json.ts";
import { principalOf } from "./request-of.ts";
import { sessionJson } from "./session-routes.ts";
import { isOver } from "./session-store.ts";
import { USERS } from "./user-routes.ts";
import { refuseTouchingAccount, refuseTouchingMore } from "./user-rules.ts";
import { userParam } from "./user-schema.ts";
import { membershipOf, UserStore } from "./user-store.ts";
import { jsonAnswer, pageOf, problemAnswers } from "./wire.ts";

const USER_SESSIONS = `${USERS}/{user}/sessions`;

const listSessions = createRoute({
  method: "get",
  path: USER_SESSIONS,
  summary: "The sessions of a user, newest first",
  request: { params: userParam },
  responses: { 200: jsonAnswer("All of them.", pageOf(sessionOut)), ...problemAnswers },
});

const endSessions = createRoute({
  method: "delete",
  path: USER_SESSIONS,
  summary: "End all sessions of a user",
  request: { params: userParam },
  responses: { 204: { description: "They have ended." }, ...problemAnswers },
});

/** The sessions of others. */
export function addUserSessionRoutes(api: Api, deps: ApiDeps, { sessions }: LoginParts): void {
  const { people } = deps;
  const store = new UserStore(deps);
  const handled = async (c: Context<ApiEnv>, idOrName: string): Promise<User> => {
    const who = principalOf(c);
    const user = await store.find(who, idOrName);
    const membership = membershipOf(user, who.namespace);
    if (membership !== null) refuseTouchingMore(who, membership);
    refuseTouchingAccount(who, user);
    return user;
  };

  api.openapi(listSessions, async (c) => {
    const user = await handled(c, c.req.valid("param").user);
    const rows = await people.sessions(user.id);
    const live = rows.filter((row) => !isOver(row, c.get("nowMs")));
    const items = live.map((row) => sessionJson(row, principalOf(c).session));
    return c.json({ items, nextCursor: null }, 200);
  });

  api.openapi(endSessions, async (c) => {
    const user = await handled(c, c.req.valid("param").user);
    await people.endSessions(user.id, null);
    sessions.forget();
    return c.body(null, 204);
  });
}
