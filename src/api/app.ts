import { OpenAPIHono } from "@hono/zod-openapi";
import type { Api, ApiDeps, ApiEnv } from "./api-deps.ts";
import { Authenticator } from "./auth.ts";
import { addCallbackRoute } from "./callback-route.ts";
import { DirectoryCopies } from "./directory-copies.ts";
import { addDocs } from "./docs.ts";
import { addExecutorRoutes } from "./executor-routes.ts";
import { guard } from "./guard.ts";
import { addJobActionRoutes } from "./job-action-routes.ts";
import { addJobRoutes } from "./job-routes.ts";
import { JobStore } from "./job-store.ts";
import { addLedgerRoutes } from "./ledger-routes.ts";
import { addNamespaceRoutes } from "./namespace-routes.ts";
import { addOperations } from "./operations.ts";
import { requestContext } from "./request-context.ts";
import { answerUnrouted, errorResponder } from "./respond.ts";
import { addRunRoutes } from "./run-routes.ts";
import { RunStore } from "./run-store.ts";
import { addTokenRoutes } from "./token-routes.ts";
import { refusalOfIssues } from "./zod-refusal.ts";

/**
 * The whole HTTP API over the host's ports: `fetch` of what it returns answers requests. Made once
 * for the life of the process (or isolate): rate limits and what was read of the directory live in
 * it.
 */
export function createApi(deps: ApiDeps): Api {
  const api: Api = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw refusalOfIssues(result.error.issues, result.target);
    },
  });
  const authenticator = new Authenticator(deps);
  const copies = new DirectoryCopies(deps);
  const jobs = new JobStore(deps, copies);
  const runs = new RunStore(deps);

  api.onError(errorResponder(deps.log));
  api.notFound(answerUnrouted);
  api.use("*", requestContext(deps));
  api.use("*", guard(deps, authenticator));

  addOperations(api, deps);
  addDocs(api, deps);
  addJobRoutes(api, deps, jobs);
  addJobActionRoutes(api, deps, runs);
  addLedgerRoutes(api, deps, jobs);
  addRunRoutes(api, deps, runs);
  addExecutorRoutes(api, deps, copies);
  addCallbackRoute(api, deps);
  addTokenRoutes(api, deps, authenticator);
  addNamespaceRoutes(api, deps, copies);

  api.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
  });
  return api;
}
