import { OpenAPIHono } from "@hono/zod-openapi";
import { addAboutRoute } from "./about-route.ts";
import type { Api, ApiDeps, ApiEnv } from "./api-deps.ts";
import { addHistoryRoute } from "./audit-history-route.ts";
import { InsideCalls } from "./audit-inside.ts";
import { auditTrail } from "./audit-middleware.ts";
import { addAuditRoutes } from "./audit-routes.ts";
import { Authenticator } from "./auth.ts";
import { addBackfillRoutes } from "./backfill-routes.ts";
import { addBulkRoutes } from "./bulk-routes.ts";
import { addCallbackRoute } from "./callback-route.ts";
import { addCalendarDayRoutes } from "./calendar-day-routes.ts";
import { addCalendarRoutes } from "./calendar-routes.ts";
import { CalendarStore } from "./calendar-store.ts";
import { CalendarWriter } from "./calendar-writer.ts";
import { addDashboard } from "./dashboard-routes.ts";
import { DirectoryCopies } from "./directory-copies.ts";
import { addDocs } from "./docs.ts";
import { addEventRoute } from "./event-routes.ts";
import { addExecRoutes } from "./exec-routes.ts";
import { limitExecutors } from "./executor-limit.ts";
import { addExecutorNodeRoutes } from "./executor-node-routes.ts";
import { addExecutorRoutes } from "./executor-routes.ts";
import { addExecutorSecretRoutes } from "./executor-secret-routes.ts";
import { addExplainRoute } from "./explain-route.ts";
import { guard } from "./guard.ts";
import { addJobActionRoutes } from "./job-action-routes.ts";
import { addJobRoutes } from "./job-routes.ts";
import { JobStore } from "./job-store.ts";
import { addLedgerRoutes } from "./ledger-routes.ts";
import { addLiveRoutes } from "./live-routes.ts";
import { createLoginParts, type LoginParts } from "./login-parts.ts";
import { addLogIntake } from "./log-intake.ts";
import { addLogRoutes } from "./log-routes.ts";
import { addNamespaceRoutes } from "./namespace-routes.ts";
import { addNamespaceSecretRoutes } from "./namespace-secret-routes.ts";
import { NamespaceStore } from "./namespace-store.ts";
import { addOperations } from "./operations.ts";
import { addPeopleRoutes } from "./people-routes.ts";
import { addPreviewRoute } from "./preview-route.ts";
import { QuotaDesk } from "./quota-desk.ts";
import { requestContext } from "./request-context.ts";
import { answerUnrouted, errorResponder } from "./respond.ts";
import { addRunActionRoutes } from "./run-action-routes.ts";
import { addRunRoutes } from "./run-routes.ts";
import { RunStore } from "./run-store.ts";
import { addSimulateRoute } from "./simulate-route.ts";
import { addFiresRoute } from "./stats-fires-route.ts";
import { addStatsRoutes } from "./stats-routes.ts";
import { addTokenRoutes } from "./token-routes.ts";
import { addWorkflowActionRoutes, addWorkflowRerunRoute } from "./workflow-action-routes.ts";
import { addWorkflowDecisionRoutes } from "./workflow-decision-routes.ts";
import { addWorkflowRoutes } from "./workflow-routes.ts";
import { addWorkflowRunRoutes } from "./workflow-run-routes.ts";
import { WorkflowRunStore } from "./workflow-run-store.ts";
import { addWorkflowStepRoute } from "./workflow-step-routes.ts";
import { WorkflowStore } from "./workflow-store.ts";
import { addWorkflowVersionRoutes } from "./workflow-version-routes.ts";
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
  const inside = new InsideCalls(api);
  const authenticator = new Authenticator(deps);
  const logins = createLoginParts(deps);
  const copies = new DirectoryCopies(deps);
  const calendars = new CalendarStore(deps);
  const withCalendars = { ...deps, calendars };
  const quotas = new QuotaDesk(deps);
  const jobs = new JobStore(withCalendars, copies, quotas);
  const runs = new RunStore(deps);
  const calendarWriter = new CalendarWriter(deps, calendars, copies);

  addLayers(api, deps, { authenticator, logins, inside, jobs });

  addOperations(api, deps);
  addAuditRoutes(api, deps);
  addHistoryRoute(api, deps, inside);
  addDocs(api, deps);
  addDashboard(api, deps);
  addJobRoutes(api, deps, jobs);
  addJobActionRoutes(api, deps, runs);
  addBackfillRoutes(api, deps);
  addCalendarRoutes(api, deps, calendarWriter);
  addCalendarDayRoutes(api, deps, calendarWriter);
  addLedgerRoutes(api, deps, jobs);
  addExplainRoute(api, withCalendars);
  addPreviewRoute(api, withCalendars);
  addSimulateRoute(api, withCalendars, jobs);
  addStatsRoutes(api, deps, jobs);
  addFiresRoute(api, deps, jobs);
  addAboutRoute(api, deps);
  addRunRoutes(api, deps, runs);
  addRunActionRoutes(api, deps, runs);
  addBulkRoutes(api, deps, runs);
  addLogRoutes(api, deps, runs);
  addLogIntake(api, deps, runs);
  addAllOfWorkflows(api, deps, { copies, quotas });
  addLiveRoutes(api, deps);
  addExecutorRoutes(api, deps, { copies, quotas });
  addExecutorSecretRoutes(api, deps);
  addExecutorNodeRoutes(api, deps);
  addExecRoutes(api, deps);
  addCallbackRoute(api, deps);
  addPeopleRoutes(api, deps, logins);
  addTenancy(api, deps, { authenticator, logins, quotas, copies });

  api.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
  });
  return api;
}

function addTenancy(
  api: Api,
  deps: ApiDeps,
  held: {
    readonly authenticator: Authenticator;
    readonly logins: LoginParts;
    readonly quotas: QuotaDesk;
    readonly copies: DirectoryCopies;
  },
): void {
  const { authenticator, logins, quotas, copies } = held;
  const { sessions, namespaces: choice } = logins;
  const namespaces = new NamespaceStore(deps, { authenticator, sessions, choice, quotas });
  addTokenRoutes(api, deps, authenticator);
  addNamespaceRoutes(api, deps, { namespaces, quotas });
  addNamespaceSecretRoutes(api, deps, copies);
}

interface Layers {
  readonly authenticator: Authenticator;
  readonly logins: LoginParts;
  readonly inside: InsideCalls;
  readonly jobs: JobStore;
}

/** What stands before every handler, from the outside in. */
function addLayers(api: Api, deps: ApiDeps, layers: Layers): void {
  const { authenticator, logins, inside, jobs } = layers;
  api.onError(errorResponder(deps.log));
  api.notFound(answerUnrouted);
  api.use("*", inside.context);
  api.use("*", inside.outside(requestContext(deps, logins.sessionCookie)));
  api.use("*", inside.outside(guard(deps, authenticator, logins)));
  api.use("*", limitExecutors(deps, new RunStore(deps)));
  api.use("*", auditTrail({ deps, inside, jobs }));
}

function addAllOfWorkflows(
  api: Api,
  deps: ApiDeps,
  { copies, quotas }: { readonly copies: DirectoryCopies; readonly quotas: QuotaDesk },
): void {
  const workflows = new WorkflowStore(deps, copies, quotas);
  const workflowRuns = new WorkflowRunStore(deps);
  const stores = { workflows, workflowRuns };
  addWorkflowRoutes(api, deps, workflows);
  addWorkflowVersionRoutes(api, workflows);
  addWorkflowRunRoutes(api, deps, stores);
  addWorkflowStepRoute(api, workflowRuns, new RunStore(deps));
  addWorkflowActionRoutes(api, workflowRuns);
  addWorkflowRerunRoute(api, deps, stores);
  addWorkflowDecisionRoutes(api, workflowRuns);
  addEventRoute(api, deps);
}
