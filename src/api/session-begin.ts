import type { Context } from "hono";
import type { User } from "../ports/people.ts";
import type { ApiDeps, ApiEnv } from "./api-deps.ts";
import { DEVICE_LIFE_MS } from "./login-device.ts";
import type { LoginParts } from "./login-parts.ts";
import type { Principal } from "./principal.ts";
import { SESSION_LIMITS, type Login } from "./session-store.ts";

/** Where a request came from, as far as the host can tell. */
export function addressOf(c: Context<ApiEnv>, deps: ApiDeps): string | null {
  return deps.clientAddress(c.req.raw, c.env);
}

/**
 * Begins a session of a user who has just shown a password, and gives the browser its cookie: always a new
 * one, whatever it came with. From here on the request is that of the user. `rehashed` replaces the stored hash.
 */
export async function beginSession(
  c: Context<ApiEnv>,
  { deps, logins }: { readonly deps: ApiDeps; readonly logins: LoginParts },
  { user, rehashed }: { readonly user: User; readonly rehashed: string | null },
): Promise<{ readonly principal: Principal; readonly login: Login }> {
  const nowMs = c.get("nowMs");
  const { token, login } = await logins.sessions.start(user, {
    address: addressOf(c, deps),
    userAgent: c.req.header("user-agent") ?? null,
    nowMs,
    rehashed,
  });
  logins.sessionCookie.set(c, token, SESSION_LIMITS.lifeMs);
  logins.deviceCookie.set(c, logins.devices.issue(user.username, nowMs), DEVICE_LIFE_MS);
  const principal = await logins.namespaces.ofLogin(login, null, nowMs);
  c.set("login", login);
  c.set("principal", principal);
  return { principal, login };
}
