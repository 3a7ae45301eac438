import { createRoute } from "@hono/zod-openapi";
import { Refusal } from "../core/refusal.ts";
import type { ApiIdempotency } from "../ports/directory.ts";
import { NOBODY_NEEDED, type User } from "../ports/people.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { conflict, etagOf } from "./etag.ts";
import { answerOnce, idempotencyOf, markReplay } from "./idempotency.ts";
import type { LoginParts } from "./login-parts.ts";
import { checkPassword, generatePassword } from "./password-rules.ts";
import { newUserOut } from "./people-json.ts";
import type { Principal } from "./principal.ts";
import { principalOf } from "./request-of.ts";
import { USERS } from "./user-routes.ts";
import { refuseGivingMore, refuseUnlessInstanceAdmin } from "./user-rules.ts";
import { userBody, type UserBody } from "./user-schema.ts";
import { userId, userJson } from "./user-shape.ts";
import { membershipOf, shownTo } from "./user-store.ts";
import { idempotencyHeader, jsonAnswer, jsonBody, problemAnswers } from "./wire.ts";
import type { z } from "@hono/zod-openapi";

type NewUserJson = z.infer<typeof newUserOut>;

/** Namespaces that one user may be a member of. */
const MEMBERSHIPS_MAX = 200;

const createUser = createRoute({
  method: "post",
  path: USERS,
  summary: "Make a user, a member of this namespace; a generated password is shown this once",
  description:
    "For an administrator of the instance a username that there is already is made a member, with 200; its " +
    "password stays.",
  request: { headers: idempotencyHeader, body: jsonBody(userBody) },
  responses: {
    200: jsonAnswer("The user, who is a member here now.", newUserOut),
    201: jsonAnswer("The new user.", newUserOut),
    ...problemAnswers,
  },
});

interface Wish {
  readonly who: Principal;
  readonly body: UserBody;
  readonly nowMs: number;
  /** Turns the answer into the entry that is stored with the user. */
  readonly entryOf: (shown: NewUserJson) => ApiIdempotency | null;
}

/** Makes users and members. */
export function addUserCreation(api: Api, deps: ApiDeps, { sessions }: LoginParts): void {
  const { directory, cipher, people } = deps;
  api.openapi(createUser, async (c) => {
    const who = principalOf(c);
    const body = c.req.valid("json");
    const nowMs = c.get("nowMs");
    refuseGivingMore(who, { role: body.role, executors: body.executors ?? null });
    if (body.isInstanceAdmin !== undefined) refuseUnlessInstanceAdmin(who);
    if (body.password !== undefined) checkPassword(body.password, body.username, "/password");
    const once = { directory, cipher, nowMs, schema: newUserOut, idempotency: idempotencyOf(c) };
    const answer = await answerOnce(once, async (entryOf) => {
      const known = await people.userByName(body.username);
      const wish = { who, body, nowMs, entryOf };
      if (known === null) return newUser(deps, wish);
      const shown = await newMember(deps, wish, known);
      sessions.forget();
      return shown;
    });
    markReplay(c, answer.isReplay);
    c.header("ETag", etagOf(answer.body.version));
    c.header("Location", `${USERS}/${answer.body.id}`);
    return c.json(answer.body, answer.body.version === 1 ? 201 : 200);
  });
}

async function newUser(deps: ApiDeps, { who, body, nowMs, entryOf }: Wish): Promise<NewUserJson> {
  const { ids, passwords, people, secretBytes } = deps;
  const generated = body.password === undefined ? generatePassword(secretBytes) : null;
  const { username, role, executors = null, isInstanceAdmin = false } = body;
  const user: User = {
    id: userId(ids.next(nowMs)),
    username,
    version: 1,
    passwordHash: await passwords.hash(generated ?? body.password ?? ""),
    passwordChangedMs: nowMs,
    mustChangePassword: generated !== null || (body.mustChangePassword ?? true),
    state: "active",
    isInstanceAdmin,
    memberships: [{ namespace: who.namespace, role, executors }],
    createdMs: nowMs,
    updatedMs: nowMs,
    lastLoginMs: null,
  };
  const shown = { ...userJson(user, shownTo(who)), password: generated };
  if (!(await people.createUser(user, entryOf(shown)))) throw taken(username);
  return shown;
}

/** An account is shared between namespaces only by who administers the instance. */
async function newMember(deps: ApiDeps, wish: Wish, known: User): Promise<NewUserJson> {
  const { who, body, nowMs, entryOf } = wish;
  const { username, role, executors = null } = body;
  const isMember = membershipOf(known, who.namespace) !== null;
  if (!who.isInstanceAdmin || isMember) throw taken(username);
  if (body.password !== undefined || body.isInstanceAdmin !== undefined)
    throw taken(username, "Leave out password and isInstanceAdmin to make the user a member.");
  if (known.memberships.length >= MEMBERSHIPS_MAX)
    throw new Refusal("request.invalid", `${username} is a member of too many namespaces.`, {
      hint: `A user may be a member of ${MEMBERSHIPS_MAX}.`,
    });
  const user = {
    ...known,
    version: known.version + 1,
    memberships: [...known.memberships, { namespace: who.namespace, role, executors }],
    updatedMs: nowMs,
  };
  const shown = { ...userJson(user, shownTo(who)), password: null };
  const change = { user, ends: "all", remain: NOBODY_NEEDED, reply: entryOf(shown) } as const;
  if ((await deps.people.putUser(change)) !== "written") throw conflict();
  return shown;
}

function taken(username: string, hint?: string): Refusal {
  return new Refusal("name.taken", `There is a user ${username} already.`, {
    errors: [{ pointer: "/username", message: "Taken." }],
    ...(hint === undefined ? {} : { hint }),
  });
}
