import type { Api, ApiDeps } from "./api-deps.ts";
import type { LoginParts } from "./login-parts.ts";
import { addLoginRoutes } from "./login-routes.ts";
import { addMeRoutes } from "./me-routes.ts";
import { addSessionRoutes } from "./session-routes.ts";
import { addSetupRoutes } from "./setup-routes.ts";
import { addUserCreation } from "./user-create-route.ts";
import { addUserRoutes } from "./user-routes.ts";
import { addUserSessionRoutes } from "./user-session-routes.ts";

/** Everything about who uses the deployment, and how they come in. */
export function addPeopleRoutes(api: Api, deps: ApiDeps, logins: LoginParts): void {
  addLoginRoutes(api, deps, logins);
  addSetupRoutes(api, deps, logins);
  addMeRoutes(api, deps, logins);
  addSessionRoutes(api, deps, logins);
  addUserRoutes(api, deps, logins);
  addUserCreation(api, deps, logins);
  addUserSessionRoutes(api, deps, logins);
}
