import { createRoute, z } from "@hono/zod-openapi";
import { Refusal } from "../core/refusal.ts";
import type { User } from "../ports/people.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { isSameDigest, sha256Hex } from "./digest.ts";
import type { LoginParts } from "./login-parts.ts";
import { meJson } from "./me-json.ts";
import { checkPassword, PASSWORD_LIMITS } from "./password-rules.ts";
import { meOut } from "./people-json.ts";
import { BASE_PATH } from "./routes.ts";
import { beginSession } from "./session-begin.ts";
import { firstUser, username } from "./user-shape.ts";
import { jsonAnswer, jsonBody, problemAnswers } from "./wire.ts";

const SETUP = `${BASE_PATH}/setup`;

const setupBody = z
  .strictObject({
    setupToken: z.string().min(1).max(1_024),
    username,
    password: z.string().max(PASSWORD_LIMITS.charsMax),
  })
  .openapi("SetupBody");

const setupOut = z
  .object({ needed: z.boolean().openapi({ description: "Nobody was made yet." }) })
  .openapi("Setup");

const getSetup = createRoute({
  method: "get",
  path: SETUP,
  summary: "Whether the first user is still to be made here",
  responses: { 200: jsonAnswer("Whether it is.", setupOut), ...problemAnswers },
});

const setUp = createRoute({
  method: "post",
  path: SETUP,
  summary: "Make the first user, who administers the instance, and log in",
  description: "Once, with the setup token that the operator gave to the host.",
  request: { body: jsonBody(setupBody) },
  responses: { 201: jsonAnswer("The first user.", meOut), ...problemAnswers },
});

/** How a deployment that nobody has a password for gets its first user. */
export function addSetupRoutes(api: Api, deps: ApiDeps, logins: LoginParts): void {
  api.openapi(getSetup, async (c) => c.json({ needed: await logins.setup.isOpen() }, 200));

  api.openapi(setUp, async (c) => {
    const { setupToken, username: name, password } = c.req.valid("json");
    if (!(await logins.setup.isOpen())) throw closed();
    const expected = deps.settings.setupTokenHash ?? "";
    if (!isSameDigest(sha256Hex(setupToken), expected))
      throw new Refusal("token.invalid", "This is not the setup token.", {
        errors: [{ pointer: "/setupToken", message: "Not the setup token." }],
        hint: "It is the secret SETUP_TOKEN of the deployment.",
      });
    checkPassword(password, name, "/password");
    const passwordHash = await deps.passwords.hash(password);
    const nowMs = c.get("nowMs");
    const user: User = firstUser({ id: deps.ids.next(nowMs), username: name, passwordHash, nowMs });
    if (!(await deps.people.createFirstUser(user))) throw closed();
    const place = { deps, logins };
    const { principal, login } = await beginSession(c, place, { user, rehashed: null });
    return c.json(await meJson(deps, principal, login), 201);
  });
}

function closed(): Refusal {
  return new Refusal("setup.closed", "There is nothing to set up here.");
}
