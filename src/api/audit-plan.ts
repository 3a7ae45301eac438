import { assert } from "../core/assert.ts";
import { BASE_PATH, type RouteEntry } from "./routes.ts";

/** How the audit log writes down what one route does. */
export interface AuditPlan {
  /** The kind of thing that is acted on, and the verb. */
  readonly action: string;
  /** What the entry is found by: the thing of the first segment. */
  readonly kind: string;
  /**
   * `replaced` keeps what was before and after, `made` and `gone` one of both, `acted` the answer in brief, and
   * `hidden` nothing, because its bodies are secrets.
   */
  readonly keeps: "replaced" | "made" | "gone" | "acted" | "hidden";
}

const KINDS: Readonly<Record<string, string>> = {
  jobs: "job",
  runs: "run",
  workflows: "workflow",
  "workflow-runs": "workflow_run",
  executors: "executor",
  calendars: "calendar",
  tokens: "token",
  users: "user",
  namespaces: "namespace",
  sessions: "session",
  events: "event",
  backfills: "backfill",
  nodes: "node",
  secrets: "secret",
  steps: "step",
  me: "user",
  login: "user",
  logout: "session",
  setup: "user",
};

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  PUT: "replace",
  PATCH: "patch",
  DELETE: "delete",
};

/** Routes whose paths do not say it. */
const NAMED: Readonly<Record<string, string>> = {
  "POST /login": "login.accepted",
  "POST /logout": "session.logout",
  "POST /setup": "setup.create",
  "PUT /me/password": "user.password",
  "POST /jobs/{job}/runs": "job.run",
  "POST /workflows/{workflow}/runs": "workflow.run",
  "DELETE /executors/{appKey}/secrets/previous": "secret.delete",
  "POST /namespaces/{namespace}/signing-secret": "secret.create",
  "DELETE /namespaces/{namespace}/signing-secret/previous": "secret.delete",
};
const HIDDEN: ReadonlySet<string> = new Set([
  "login.accepted",
  "session.logout",
  "setup.create",
  "user.password",
]);
/** Actions by which something becomes another, though the method is POST. */
const CHANGING: ReadonlySet<string> = new Set(["job.pause", "job.resume", "calendar.import"]);
/** What is defined by somebody and not made by running. */
const DEFINED: ReadonlySet<string> = new Set([
  "job",
  "workflow",
  "calendar",
  "executor",
  "namespace",
  "user",
  "token",
]);

/** The plan of an audited line of the table of routes. */
export function auditPlanOf({ method, path }: Pick<RouteEntry, "method" | "path">): AuditPlan {
  const short = path.slice(BASE_PATH.length);
  const segments = short.split("/").slice(1);
  const kind = KINDS[segments[0] ?? ""];
  assert(kind !== undefined, `the audit log has a word for ${path}`);
  const action = NAMED[`${method} ${short}`] ?? actionOf(method, segments);
  return { action, kind, keeps: keptOf(action, method, segments) };
}

function actionOf(method: RouteEntry["method"], segments: readonly string[]): string {
  const literals = segments.filter((segment) => !segment.startsWith("{"));
  const last = literals.at(-1) ?? "";
  const isVerb = segments.at(-1) === last && KINDS[last] === undefined;
  const kind = KINDS[(isVerb ? literals.at(-2) : last) ?? ""];
  assert(kind !== undefined, `the audit log has a word for ${segments.join("/")}`);
  return `${kind}.${isVerb ? last : (VERBS[method] ?? method)}`;
}

function keptOf(
  action: string,
  method: RouteEntry["method"],
  segments: readonly string[],
): AuditPlan["keeps"] {
  if (HIDDEN.has(action)) return "hidden";
  if (CHANGING.has(action)) return "replaced";
  const isDefined = DEFINED.has(action.split(".")[0] ?? "") && segments.length <= 2;
  if (!isDefined) return "acted";
  if (method === "POST") return segments.length === 1 ? "made" : "acted";
  return method === "DELETE" ? "gone" : "replaced";
}
