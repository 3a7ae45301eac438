import type { Role } from "../core/role.ts";
import { PAGES } from "./pages.ts";
import { refuseManySteps } from "./workflow-glance.ts";

/**
 * Who may call a route: nobody in particular, somebody with a role in the namespace (by a token or a
 * session), anybody who is known at all (`known`), whoever has a session (`session`), who administers the
 * instance (`instance`), the bearer of a callback token, an executor with a token that it signed itself, or
 * whoever has a ticket or may see.
 */
export type Access =
  | "none"
  | "known"
  | "session"
  | "instance"
  | "callback"
  | "executor"
  | "ticket"
  | Role;

export interface RouteEntry {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** In the form of OpenAPI: `{name}` stands for one segment. */
  readonly path: string;
  readonly access: Access;
  /** Bytes of the body; 0 refuses any. */
  readonly bodyBytesMax: number;
  /** A type of body that the route takes beside JSON. */
  readonly textType?: string;
  /** What of a body can be refused before it is walked. */
  readonly glance?: (body: unknown) => void;
  /** False for pages and assets, which are no part of the described API. */
  readonly isDescribed: boolean;
  /** Whether what it did goes to the audit log. */
  readonly isAudited: boolean;
  /** Which allowance of requests it takes from. */
  readonly rate: "ordinary" | "login";
}

export const BASE_PATH = "/api/v1";
const BODY_BYTES_MAX = 262_144;
const DEFINITION_BYTES_MAX = 2_000_000;
const RESULT_BYTES_MAX = 1_310_720;

/**
 * The one table of authorisation. A request that matches no line reaches no handler, and a test
 * fails when the app and this table differ.
 */
export const ROUTES: readonly RouteEntry[] = [
  open("/healthz"),
  open("/readyz"),
  { ...entry("GET", "/metrics", "viewer"), path: "/metrics" },
  open("/openapi.json"),
  page("/docs"),
  page("/docs/rapidoc-min.js"),
  page(`${BASE_PATH}/openapi.json`),
  page(`${BASE_PATH}/docs`),
  ...PAGES.map(page),
  page("/assets/{file}"),

  { ...entry("POST", "/login", "none"), rate: "login" },
  entry("GET", "/setup", "none"),
  { ...entry("POST", "/setup", "none"), rate: "login" },
  entry("POST", "/logout", "session"),
  entry("GET", "/me", "known"),
  { ...entry("PUT", "/me/password", "session"), rate: "login" },
  entry("GET", "/sessions", "session"),
  entry("DELETE", "/sessions", "session"),
  entry("DELETE", "/sessions/{session}", "session"),

  entry("POST", "/users", "admin"),
  entry("GET", "/users", "admin"),
  entry("GET", "/users/{user}", "admin"),
  entry("PATCH", "/users/{user}", "admin"),
  entry("DELETE", "/users/{user}", "admin"),
  entry("GET", "/users/{user}/sessions", "admin"),
  entry("DELETE", "/users/{user}/sessions", "admin"),

  entry("GET", "/audit", "admin"),
  entry("GET", "/audit/export", "admin"),
  entry("GET", "/audit/verify", "admin"),
  entry("GET", "/audit/{seq}", "admin"),
  entry("GET", "/history/{kind}/{object}", "viewer"),

  entry("GET", "/stats/summary", "viewer"),
  entry("GET", "/stats/trend", "viewer"),
  entry("GET", "/stats/jobs", "viewer"),
  entry("GET", "/stats/fires", "viewer"),
  entry("GET", "/about", "viewer"),

  entry("POST", "/jobs", "editor"),
  entry("PUT", "/jobs/{name}", "editor"),
  entry("GET", "/jobs", "viewer"),
  entry("GET", "/jobs/{job}", "viewer"),
  entry("PATCH", "/jobs/{job}", "editor"),
  entry("DELETE", "/jobs/{job}", "editor"),
  entry("POST", "/jobs/{job}/pause", "operator"),
  entry("POST", "/jobs/{job}/resume", "operator"),
  entry("POST", "/jobs/{job}/runs", "operator"),
  entry("POST", "/jobs/{job}/backfills", "operator"),
  entry("GET", "/jobs/{job}/backfills", "viewer"),
  entry("GET", "/jobs/{job}/backfills/{backfill}", "viewer"),
  entry("POST", "/jobs/{job}/backfills/{backfill}/pause", "operator"),
  entry("POST", "/jobs/{job}/backfills/{backfill}/resume", "operator"),
  entry("DELETE", "/jobs/{job}/backfills/{backfill}", "operator"),
  entry("GET", "/jobs/{job}/ticks", "viewer"),
  entry("GET", "/jobs/{job}/ticks/{nominal}/explain", "viewer"),
  unaudited("POST", "/schedules/preview", "viewer"),
  unaudited("POST", "/schedules/simulate", "viewer"),

  entry("POST", "/calendars", "editor"),
  entry("GET", "/calendars", "viewer"),
  entry("GET", "/calendars/{name}", "viewer"),
  entry("PUT", "/calendars/{name}", "editor"),
  entry("PATCH", "/calendars/{name}", "editor"),
  entry("DELETE", "/calendars/{name}", "editor"),
  { ...entry("POST", "/calendars/{name}/import", "editor"), textType: "text/calendar" },
  entry("GET", "/calendars/{name}/days", "viewer"),
  entry("GET", "/calendar-seeds", "viewer"),

  entry("GET", "/runs", "viewer"),
  entry("GET", "/runs/{run}", "viewer"),
  entry("POST", "/runs/{run}/cancel", "operator"),
  entry("POST", "/runs/{run}/retry", "operator"),
  entry("GET", "/runs/{run}/shards", "viewer"),
  entry("GET", "/runs/{run}/logs", "viewer"),
  entry("POST", "/runs/bulk", "operator"),
  entry("GET", "/dead-letters", "viewer"),

  definition("POST", "/workflows"),
  definition("PUT", "/workflows/{name}"),
  { ...definition("POST", "/workflows/check"), access: "viewer", isAudited: false },
  entry("GET", "/workflows", "viewer"),
  entry("GET", "/workflows/{workflow}", "viewer"),
  entry("DELETE", "/workflows/{workflow}", "editor"),
  entry("GET", "/workflows/{workflow}/versions", "viewer"),
  entry("GET", "/workflows/{workflow}/versions/{version}", "viewer"),
  entry("POST", "/workflows/{workflow}/runs", "operator"),
  entry("GET", "/workflow-runs", "viewer"),
  entry("GET", "/workflow-runs/{workflowRun}", "viewer"),
  entry("GET", "/workflow-runs/{workflowRun}/steps/{step}", "viewer"),
  entry("POST", "/workflow-runs/{workflowRun}/pause", "operator"),
  entry("POST", "/workflow-runs/{workflowRun}/resume", "operator"),
  entry("POST", "/workflow-runs/{workflowRun}/cancel", "operator"),
  entry("POST", "/workflow-runs/{workflowRun}/retry", "operator"),
  entry("POST", "/workflow-runs/{workflowRun}/rerun", "operator"),
  entry("POST", "/workflow-runs/{workflowRun}/events", "operator"),
  decision("/workflow-runs/{workflowRun}/steps/{step}/skip"),
  decision("/workflow-runs/{workflowRun}/steps/{step}/succeed"),
  entry("POST", "/workflow-runs/{workflowRun}/steps/{step}/retry", "operator"),
  decision("/workflow-runs/{workflowRun}/steps/{step}/approve"),
  decision("/workflow-runs/{workflowRun}/steps/{step}/reject"),
  entry("POST", "/events", "operator"),

  unaudited("POST", "/live/tickets", "viewer"),
  entry("GET", "/live", "ticket"),
  entry("GET", "/workflow-runs/{workflowRun}/live", "ticket"),

  entry("POST", "/executors", "editor"),
  entry("GET", "/executors", "viewer"),
  entry("GET", "/executors/{appKey}", "viewer"),
  entry("PATCH", "/executors/{appKey}", "editor"),
  entry("DELETE", "/executors/{appKey}", "editor"),
  entry("POST", "/executors/{appKey}/secrets", "admin"),
  entry("DELETE", "/executors/{appKey}/secrets/previous", "admin"),
  entry("GET", "/executors/{appKey}/history", "viewer"),
  entry("GET", "/executors/{appKey}/nodes", "viewer"),
  entry("PATCH", "/executors/{appKey}/nodes/{node}", "operator"),
  entry("DELETE", "/executors/{appKey}/nodes/{node}", "editor"),
  entry("POST", "/executors/{appKey}/nodes/{node}/ping", "operator"),
  entry("GET", "/executors/{appKey}/nodes/{node}/history", "viewer"),

  entry("POST", "/executor/beat", "executor"),
  entry("POST", "/executor/leave", "executor"),
  entry("POST", "/executor/extend", "executor"),
  { ...entry("POST", "/executor/logs", "executor"), bodyBytesMax: 1_048_576 },
  // A result of 1 MiB is taken, cut and marked.
  { ...entry("POST", "/executor/callback", "callback"), bodyBytesMax: 1_310_720 },

  entry("POST", "/tokens", "admin"),
  entry("GET", "/tokens", "admin"),
  entry("GET", "/tokens/{token}", "admin"),
  entry("DELETE", "/tokens/{token}", "admin"),
  entry("POST", "/namespaces", "instance"),
  entry("GET", "/namespaces", "known"),
  entry("GET", "/namespaces/{namespace}", "viewer"),
  entry("PATCH", "/namespaces/{namespace}", "instance"),
  entry("DELETE", "/namespaces/{namespace}", "instance"),
  entry("POST", "/namespaces/{namespace}/signing-secret", "admin"),
  entry("DELETE", "/namespaces/{namespace}/signing-secret/previous", "admin"),
];

interface CompiledRoute {
  readonly entry: RouteEntry;
  /** Null stands for a parameter. */
  readonly segments: readonly (string | null)[];
}

const COMPILED: readonly CompiledRoute[] = ROUTES.map((line) => ({
  entry: line,
  segments: line.path.split("/").map((segment) => (segment.startsWith("{") ? null : segment)),
}));

/** The lines whose path matches, whatever their method. */
export function routesAt(path: string): readonly RouteEntry[] {
  const segments = path.split("/");
  return COMPILED.filter((route) => doesMatch(route.segments, segments)).map(({ entry: e }) => e);
}

/** The line of a request; HEAD is a GET without its body. */
export function routeOf(method: string, path: string): RouteEntry | undefined {
  const wanted = method === "HEAD" ? "GET" : method;
  const segments = path.split("/");
  return COMPILED.find(
    (route) => route.entry.method === wanted && doesMatch(route.segments, segments),
  )?.entry;
}

function doesMatch(pattern: readonly (string | null)[], segments: readonly string[]): boolean {
  if (pattern.length !== segments.length) return false;
  return pattern.every((wanted, i) =>
    wanted === null ? segments[i] !== "" : wanted === segments[i],
  );
}

function entry(method: RouteEntry["method"], path: string, access: Access): RouteEntry {
  const takesBody = method === "POST" || method === "PUT" || method === "PATCH";
  return {
    method,
    path: `${BASE_PATH}${path}`,
    access,
    bodyBytesMax: takesBody ? BODY_BYTES_MAX : 0,
    isDescribed: true,
    isAudited: method !== "GET" && access !== "executor" && access !== "callback",
    rate: "ordinary",
  };
}

/** Changes nothing, though it is no GET. */
function unaudited(method: RouteEntry["method"], path: string, access: Access): RouteEntry {
  return { ...entry(method, path, access), isAudited: false };
}

/** Takes the definition of a workflow: up to ten thousand steps. */
function definition(method: RouteEntry["method"], path: string): RouteEntry {
  const bodyBytesMax = DEFINITION_BYTES_MAX;
  return { ...entry(method, path, "editor"), bodyBytesMax, glance: refuseManySteps };
}

/** Takes a result, which is as long as that of a step may be. */
function decision(path: string): RouteEntry {
  return { ...entry("POST", path, "operator"), bodyBytesMax: RESULT_BYTES_MAX };
}

function open(path: string): RouteEntry {
  return {
    method: "GET",
    path,
    access: "none",
    bodyBytesMax: 0,
    isDescribed: true,
    isAudited: false,
    rate: "ordinary",
  };
}

function page(path: string): RouteEntry {
  return { ...open(path), isDescribed: false };
}
