import { BASE_PATH, type RouteEntry } from "./routes.ts";

/**
 * What somebody may do on a route who is limited to named executors. `free`: as everybody else, or the handler
 * narrows it down. `job`, `run`, `executor`: where the object that the path names is one of theirs. `refused`:
 * never.
 */
export type LimitRule = "free" | "job" | "run" | "executor" | "refused";

/** Routes without an object in their path, and routes whose handlers see to the limit themselves. */
const FREE: ReadonlySet<string> = new Set([
  // The target of a new job is looked at, and what PUT would replace.
  "POST /jobs",
  "PUT /jobs/{name}",
  "GET /jobs",
  "POST /schedules/preview",
  "POST /schedules/simulate",
  "GET /calendars",
  "GET /calendars/{name}",
  "GET /calendars/{name}/days",
  "GET /calendar-seeds",
  "GET /runs",
  "POST /runs/bulk",
  "GET /dead-letters",
  "POST /executors",
  "GET /executors",
  // Nobody gives or touches more than they have.
  "POST /tokens",
  "GET /tokens",
  "GET /tokens/{token}",
  "DELETE /tokens/{token}",
  "POST /users",
  "GET /users",
  "GET /users/{user}",
  "PATCH /users/{user}",
  "DELETE /users/{user}",
  "GET /users/{user}/sessions",
  "DELETE /users/{user}/sessions",
  "GET /namespaces/{namespace}",
  // They count only what belongs to these executors, or refuse.
  "GET /stats/summary",
  "GET /stats/trend",
  "GET /stats/jobs",
  "GET /stats/fires",
  "GET /about",
  // A hub refuses those who are limited, and says why.
  "POST /live/tickets",
  "GET /live",
  "GET /workflow-runs/{workflowRun}/live",
]);

/** The segments below which an object decides. */
const OBJECTS: readonly (readonly [string, LimitRule])[] = [
  ["/jobs/{job}", "job"],
  ["/runs/{run}", "run"],
  ["/executors/{appKey}", "executor"],
];

/** Who may call these is not decided by a role, so that no limit of it counts. */
const UNLIMITED: ReadonlySet<string> = new Set([
  "none",
  "known",
  "session",
  "callback",
  "executor",
]);

/** The rule of a line of the table of routes; a line that nobody thought of is refused. */
export function limitRuleOf({ method, path, access }: RouteEntry): LimitRule {
  if (UNLIMITED.has(access)) return "free";
  const short = path.slice(BASE_PATH.length);
  if (path.startsWith(BASE_PATH) && FREE.has(`${method} ${short}`)) return "free";
  const isBelow = ([start]: readonly [string, LimitRule]): boolean =>
    short === start || short.startsWith(`${start}/`);
  return OBJECTS.find(isBelow)?.[1] ?? "refused";
}
