import type { TokenScope } from "../ports/directory.ts";
import { refuseManySteps } from "./workflow-glance.ts";

/**
 * Who may call a route: nobody in particular, a token with a scope, the bearer of a callback token, an
 * executor with a token that it signed itself, or whoever has a ticket or a token with the scope `read`.
 */
type Access = "none" | "callback" | "executor" | "ticket" | TokenScope;

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
  { ...entry("GET", "/metrics", "read"), path: "/metrics" },
  open("/openapi.json"),
  page("/docs"),
  page("/docs/rapidoc-min.js"),
  page(`${BASE_PATH}/openapi.json`),
  page(`${BASE_PATH}/docs`),

  entry("POST", "/jobs", "write"),
  entry("PUT", "/jobs/{name}", "write"),
  entry("GET", "/jobs", "read"),
  entry("GET", "/jobs/{job}", "read"),
  entry("PATCH", "/jobs/{job}", "write"),
  entry("DELETE", "/jobs/{job}", "write"),
  entry("POST", "/jobs/{job}/pause", "write"),
  entry("POST", "/jobs/{job}/resume", "write"),
  entry("POST", "/jobs/{job}/runs", "write"),
  entry("POST", "/jobs/{job}/backfills", "write"),
  entry("GET", "/jobs/{job}/backfills", "read"),
  entry("GET", "/jobs/{job}/backfills/{backfill}", "read"),
  entry("POST", "/jobs/{job}/backfills/{backfill}/pause", "write"),
  entry("POST", "/jobs/{job}/backfills/{backfill}/resume", "write"),
  entry("DELETE", "/jobs/{job}/backfills/{backfill}", "write"),
  entry("GET", "/jobs/{job}/ticks", "read"),
  entry("GET", "/jobs/{job}/ticks/{nominal}/explain", "read"),
  entry("POST", "/schedules/preview", "read"),
  entry("POST", "/schedules/simulate", "read"),

  entry("POST", "/calendars", "write"),
  entry("GET", "/calendars", "read"),
  entry("GET", "/calendars/{name}", "read"),
  entry("PUT", "/calendars/{name}", "write"),
  entry("PATCH", "/calendars/{name}", "write"),
  entry("DELETE", "/calendars/{name}", "write"),
  { ...entry("POST", "/calendars/{name}/import", "write"), textType: "text/calendar" },
  entry("GET", "/calendars/{name}/days", "read"),
  entry("GET", "/calendar-seeds", "read"),

  entry("GET", "/runs", "read"),
  entry("GET", "/runs/{run}", "read"),
  entry("POST", "/runs/{run}/cancel", "write"),
  entry("POST", "/runs/{run}/retry", "write"),
  entry("GET", "/runs/{run}/shards", "read"),
  entry("GET", "/runs/{run}/logs", "read"),
  entry("POST", "/runs/bulk", "write"),
  entry("GET", "/dead-letters", "read"),

  definition("POST", "/workflows"),
  definition("PUT", "/workflows/{name}"),
  { ...definition("POST", "/workflows/check"), access: "read" },
  entry("GET", "/workflows", "read"),
  entry("GET", "/workflows/{workflow}", "read"),
  entry("DELETE", "/workflows/{workflow}", "write"),
  entry("GET", "/workflows/{workflow}/versions", "read"),
  entry("GET", "/workflows/{workflow}/versions/{version}", "read"),
  entry("POST", "/workflows/{workflow}/runs", "write"),
  entry("GET", "/workflow-runs", "read"),
  entry("GET", "/workflow-runs/{workflowRun}", "read"),
  entry("GET", "/workflow-runs/{workflowRun}/steps/{step}", "read"),
  entry("POST", "/workflow-runs/{workflowRun}/pause", "write"),
  entry("POST", "/workflow-runs/{workflowRun}/resume", "write"),
  entry("POST", "/workflow-runs/{workflowRun}/cancel", "write"),
  entry("POST", "/workflow-runs/{workflowRun}/retry", "write"),
  entry("POST", "/workflow-runs/{workflowRun}/rerun", "write"),
  entry("POST", "/workflow-runs/{workflowRun}/events", "write"),
  decision("/workflow-runs/{workflowRun}/steps/{step}/skip"),
  decision("/workflow-runs/{workflowRun}/steps/{step}/succeed"),
  entry("POST", "/workflow-runs/{workflowRun}/steps/{step}/retry", "write"),
  decision("/workflow-runs/{workflowRun}/steps/{step}/approve"),
  decision("/workflow-runs/{workflowRun}/steps/{step}/reject"),
  entry("POST", "/events", "write"),

  entry("POST", "/live/tickets", "read"),
  entry("GET", "/live", "ticket"),
  entry("GET", "/workflow-runs/{workflowRun}/live", "ticket"),

  entry("POST", "/executors", "write"),
  entry("GET", "/executors", "read"),
  entry("GET", "/executors/{appKey}", "read"),
  entry("PATCH", "/executors/{appKey}", "write"),
  entry("DELETE", "/executors/{appKey}", "write"),
  entry("POST", "/executors/{appKey}/secrets", "admin"),
  entry("DELETE", "/executors/{appKey}/secrets/previous", "admin"),
  entry("GET", "/executors/{appKey}/history", "read"),
  entry("GET", "/executors/{appKey}/nodes", "read"),
  entry("PATCH", "/executors/{appKey}/nodes/{node}", "write"),
  entry("DELETE", "/executors/{appKey}/nodes/{node}", "write"),
  entry("POST", "/executors/{appKey}/nodes/{node}/ping", "write"),
  entry("GET", "/executors/{appKey}/nodes/{node}/history", "read"),

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
  };
}

/** Takes the definition of a workflow: up to ten thousand steps. */
function definition(method: RouteEntry["method"], path: string): RouteEntry {
  const bodyBytesMax = DEFINITION_BYTES_MAX;
  return { ...entry(method, path, "write"), bodyBytesMax, glance: refuseManySteps };
}

/** Takes a result, which is as long as that of a step may be. */
function decision(path: string): RouteEntry {
  return { ...entry("POST", path, "write"), bodyBytesMax: RESULT_BYTES_MAX };
}

function open(path: string): RouteEntry {
  return { method: "GET", path, access: "none", bodyBytesMax: 0, isDescribed: true };
}

function page(path: string): RouteEntry {
  return { ...open(path), isDescribed: false };
}
