import { createRoute, z } from "@hono/zod-openapi";
import type { Api, ApiDeps } from "./api-deps.ts";
import { conflict, etagOf } from "./etag.ts";
import type { LoginParts } from "./login-parts.ts";
import { afterOf, cursorOf, cutPage } from "./page-cursor.ts";
import { newUserOut, userOut } from "./people-json.ts";
import { principalOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { deletedUser, patchedUser, type PatchedUser } from "./user-change.ts";
import { lastOwner, mustRemain, refuseUnlessInstanceAdmin } from "./user-rules.ts";
import { userParam, userPatchBody } from "./user-schema.ts";
import { userJson } from "./user-shape.ts";
import { shownTo, UserStore } from "./user-store.ts";
import {
  ifMatchHeader,
  jsonAnswer,
  jsonBody,
  pageOf,
  pageQuery,
  problemAnswers,
  WIRE_LIMITS,
} from "./wire.ts";
import type { User } from "../ports/people.ts";

export const USERS = `${BASE_PATH}/users`;
const ONE_USER = `${USERS}/{user}`;
const LIST = "users";

const listUsers = createRoute({
  method: "get",
  path: USERS,
  summary: "List the members of the namespace",
  request: {
    query: z.strictObject({
      ...pageQuery,
      all: z
        .enum(["true", "false"])
        .optional()
        .openapi({ description: "Everybody, for administrators of the instance." }),
    }),
  },
  responses: { 200: jsonAnswer("One page of users.", pageOf(userOut)), ...problemAnswers },
});

const getUser = createRoute({
  method: "get",
  path: ONE_USER,
  summary: "A user, by id or username",
  request: { params: userParam },
  responses: { 200: jsonAnswer("The user.", userOut), ...problemAnswers },
});

const patchUser = createRoute({
  method: "patch",
  path: ONE_USER,
  summary: "Change what a user may do, disable it, or give it a new password",
  description:
    "The user's sessions end with each change. Tokens that the user made belong to the namespace and go on: " +
    "GET /tokens tells who made which.",
  request: { params: userParam, headers: ifMatchHeader, body: jsonBody(userPatchBody) },
  responses: { 200: jsonAnswer("The user as it is now.", newUserOut), ...problemAnswers },
});

const deleteUser = createRoute({
  method: "delete",
  path: ONE_USER,
  summary: "Take a user out of the namespace, and the account away with its last one",
  description: "Tokens that the user made go on, as after a change.",
  request: { params: userParam, headers: ifMatchHeader },
  responses: { 204: { description: "The user is no member any more." }, ...problemAnswers },
});

/** The people of a namespace: seeing, changing and removing them. */
export function addUserRoutes(api: Api, deps: ApiDeps, logins: LoginParts): void {
  const { people } = deps;
  const store = new UserStore(deps);
  api.openapi(listUsers, async (c) => {
    const { limit = WIRE_LIMITS.pageItemsDefault, cursor, all } = c.req.valid("query");
    const who = principalOf(c);
    if (all === "true") refuseUnlessInstanceAdmin(who);
    const namespace = all === "true" ? null : who.namespace;
    const rows = await people.users({
      namespace,
      limit: limit + 1,
      afterId: afterOf(LIST, cursor),
    });
    const { items, nextCursor } = cutPage(rows, limit, (last) => cursorOf(LIST, last.id));
    const shown = items.map((user) => userJson(user, shownTo(who)));
    return c.json({ items: shown, nextCursor }, 200);
  });

  api.openapi(getUser, async (c) => {
    const who = principalOf(c);
    const user = await store.find(who, c.req.valid("param").user);
    c.header("ETag", etagOf(user.version));
    return c.json(userJson(user, shownTo(who)), 200);
  });

  api.openapi(patchUser, async (c) => {
    const who = principalOf(c);
    const before = await store.findToChange(c, c.req.valid("param").user);
    const patch = c.req.valid("json");
    const patched = await patchedUser(deps, { who, before, patch, nowMs: c.get("nowMs") });
    if (patched.user !== before) await written(deps, logins, before, patched);
    const { user, password } = patched;
    c.header("ETag", etagOf(user.version));
    return c.json({ ...userJson(user, shownTo(who)), password }, 200);
  });

  api.openapi(deleteUser, async (c) => {
    const before = await store.findToChange(c, c.req.valid("param").user);
    const user = deletedUser(principalOf(c), before, c.get("nowMs"));
    await written(deps, logins, before, { user });
    return c.body(null, 204);
  });
}

/** Writes what became of a user; its sessions end. Throws `version.conflict` and `user.last_owner`. */
async function written(
  { people }: ApiDeps,
  { sessions }: LoginParts,
  before: User,
  { user }: { readonly user: PatchedUser["user"] | null },
): Promise<void> {
  const remain = mustRemain(before, user);
  const outcome =
    user === null
      ? await people.deleteUser(before.id, before.version, remain)
      : await people.putUser({ user, ends: "all", remain, reply: null });
  sessions.forget();
  if (outcome === "conflict") throw conflict();
  if (outcome === "last") throw lastOwner(before);
}
