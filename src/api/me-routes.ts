import { createRoute, z } from "@hono/zod-openapi";
import { assert } from "../core/assert.ts";
import { Refusal } from "../core/refusal.ts";
import { NOBODY_NEEDED, type User } from "../ports/people.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { tooManyTries } from "./login-routes.ts";
import type { LoginParts } from "./login-parts.ts";
import { meJson } from "./me-json.ts";
import { checkPassword, PASSWORD_LIMITS } from "./password-rules.ts";
import { meOut } from "./people-json.ts";
import { principalOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { addressOf, beginSession } from "./session-begin.ts";
import { jsonAnswer, jsonBody, problemAnswers } from "./wire.ts";

const ME = `${BASE_PATH}/me`;

const passwordBody = z
  .strictObject({
    current: z.string().min(1).max(PASSWORD_LIMITS.charsMax),
    next: z.string().max(PASSWORD_LIMITS.charsMax),
  })
  .openapi("OwnPasswordBody");

const getMe = createRoute({
  method: "get",
  path: ME,
  summary: "Who is asking, and what that one may do",
  responses: { 200: jsonAnswer("Who is asking.", meOut), ...problemAnswers },
});

const changePassword = createRoute({
  method: "put",
  path: `${ME}/password`,
  summary: "Change one's own password; every other session ends",
  request: { body: jsonBody(passwordBody) },
  responses: {
    204: { description: "It is changed. The session goes on under a new cookie." },
    ...problemAnswers,
  },
});

/** Oneself. */
export function addMeRoutes(api: Api, deps: ApiDeps, logins: LoginParts): void {
  const { people, passwords } = deps;
  api.openapi(getMe, async (c) => c.json(await meJson(deps, principalOf(c), c.get("login")), 200));

  api.openapi(changePassword, async (c) => {
    const { current, next } = c.req.valid("json");
    const login = c.get("login");
    assert(login !== null, "the guard lets only sessions to this route");
    const nowMs = c.get("nowMs");
    // Read anew: the session may have been read a moment ago.
    const user = await people.user(login.user.id);
    if (user === null || user.state !== "active") throw ended();
    const tried = {
      account: user.username,
      address: addressOf(c, deps) ?? "unknown",
      device: login.session.id,
      password: current,
      stored: user.passwordHash,
    };
    checkPassword(next, user.username, "/next");
    const verdict = await passwords.verify(tried, nowMs);
    if (verdict.kind === "limited") throw tooManyTries(verdict.waitMs);
    if (verdict.kind === "differs") throw wrongCurrent();
    if (next === current) throw unchanged();
    const changed = changedPassword(user, await passwords.hash(next), nowMs);
    const change = { ends: "all", remain: NOBODY_NEEDED, reply: null } as const;
    const outcome = await people.putUser({ user: changed, ...change });
    logins.sessions.forget();
    if (outcome !== "written") throw changedMeanwhile();
    await beginSession(c, { deps, logins }, { user: changed, rehashed: null });
    return c.body(null, 204);
  });
}

function changedPassword(user: User, passwordHash: string, nowMs: number): User {
  return {
    ...user,
    version: user.version + 1,
    passwordHash,
    passwordChangedMs: nowMs,
    mustChangePassword: false,
    updatedMs: nowMs,
  };
}

function ended(): Refusal {
  return new Refusal("login.needed", "The session has ended.");
}

function wrongCurrent(): Refusal {
  return new Refusal("login.failed", "The current password is wrong.", {
    errors: [{ pointer: "/current", message: "Not your password." }],
    hint: "Send the password that you logged in with.",
  });
}

function unchanged(): Refusal {
  return new Refusal("password.weak", "The new password is the old one.", {
    errors: [{ pointer: "/next", message: "The same as the current one." }],
  });
}

function changedMeanwhile(): Refusal {
  return new Refusal("version.conflict", "Your account was changed at the same moment.", {
    hint: "Log in and try again.",
  });
}
