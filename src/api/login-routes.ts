import type { Context } from "hono";
import { createRoute, z } from "@hono/zod-openapi";
import { Refusal } from "../core/refusal.ts";
import type { User } from "../ports/people.ts";
import type { Api, ApiDeps, ApiEnv } from "./api-deps.ts";
import type { LoginParts } from "./login-parts.ts";
import { meJson } from "./me-json.ts";
import { PASSWORD_LIMITS } from "./password-rules.ts";
import { meOut } from "./people-json.ts";
import { BASE_PATH } from "./routes.ts";
import { addressOf, beginSession } from "./session-begin.ts";
import { loginFailed } from "./session-store.ts";
import { jsonAnswer, jsonBody, problemAnswers } from "./wire.ts";

export const USERNAME_CHARS_MAX = 64;

const loginBody = z
  .strictObject({
    username: z.string().min(1).max(USERNAME_CHARS_MAX),
    password: z.string().min(1).max(PASSWORD_LIMITS.charsMax),
  })
  .openapi("LoginBody");

const logIn = createRoute({
  method: "post",
  path: `${BASE_PATH}/login`,
  summary: "Log in with a password; the session is in a cookie",
  request: { body: jsonBody(loginBody) },
  responses: { 200: jsonAnswer("Who is logged in now.", meOut), ...problemAnswers },
});

const logOut = createRoute({
  method: "post",
  path: `${BASE_PATH}/logout`,
  summary: "End the session of the request",
  responses: { 204: { description: "The session has ended." }, ...problemAnswers },
});

/** Login and logout. */
export function addLoginRoutes(api: Api, deps: ApiDeps, logins: LoginParts): void {
  const place = { deps, logins };
  api.openapi(logIn, async (c) => {
    const { username, password } = c.req.valid("json");
    const account = username.toLowerCase();
    const known = await deps.people.userByName(account);
    const { user, isOutdated } = await verified(c, place, { account, password, known });
    const rehashed = isOutdated ? await deps.passwords.hash(password) : null;
    const begun = await beginSession(c, place, { user, rehashed });
    await endEarlier(c, place);
    return c.json(await meJson(deps, begun.principal, begun.login), 200);
  });

  api.openapi(logOut, async (c) => {
    const login = c.get("login");
    if (login !== null) await deps.people.endSession(login.user.id, login.session.id);
    logins.sessions.forget();
    logins.sessionCookie.clear(c);
    return c.body(null, 204);
  });
}

interface Place {
  readonly deps: ApiDeps;
  readonly logins: LoginParts;
}

/** The user whose password it is. Throws `login.failed` whatever was wrong, and `rate.limited`. */
async function verified(
  c: Context<ApiEnv>,
  { deps, logins }: Place,
  tried: { readonly account: string; readonly password: string; readonly known: User | null },
): Promise<{ readonly user: User; readonly isOutdated: boolean }> {
  const { account, password, known } = tried;
  const nowMs = c.get("nowMs");
  const verdict = await deps.passwords.verify(
    {
      account,
      address: addressOf(c, deps) ?? "unknown",
      device: logins.devices.deviceFor(account, logins.deviceCookie.read(c), nowMs),
      password,
      stored: known?.passwordHash ?? null,
    },
    nowMs,
  );
  if (verdict.kind === "limited") throw tooManyTries(verdict.waitMs);
  if (verdict.kind === "differs" || known === null || known.state !== "active") throw loginFailed();
  return { user: known, isOutdated: verdict.isOutdated };
}

/** For a try that was not even looked at. */
export function tooManyTries(waitMs: number): Refusal {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new Refusal("rate.limited", `Too many tries: the next one in ${seconds} s.`, {
    retryAfterMs: waitMs,
  });
}

/** The session that a browser leaves behind when it logs in anew. */
async function endEarlier(c: Context<ApiEnv>, { deps, logins }: Place): Promise<void> {
  const token = logins.sessionCookie.read(c);
  const earlier = token === null ? null : await logins.sessions.find(token, c.get("nowMs"));
  if (earlier === null) return;
  await deps.people.endSession(earlier.user.id, earlier.session.id);
  logins.sessions.forget();
}
