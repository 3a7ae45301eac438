import { assert } from "../../src/core/assert.ts";
import type { Got, OpenApi } from "./open-api.ts";

const API = "/api/v1";
const NODE = "https://one.example.com";

/** What the parameters of the table of routes may name, by the name of the parameter. */
export type Named = Readonly<Record<string, string>>;

interface Place {
  readonly open: OpenApi;
  /** Who makes them; the namespace is that of the token. */
  readonly token: string;
  readonly namespace: string;
  readonly appKey: string;
  /** Stands before every name, so that two sets of objects fit into one namespace. */
  readonly prefix: string;
}

async function made({ open, token }: Place, path: string, body?: unknown): Promise<Got["json"]> {
  const ask = body === undefined ? { token } : { token, body };
  const got = await open.ask("POST", API + path, ask);
  assert(got.status < 300, `POST ${path} is done: ${got.text}`);
  return got.json;
}

/** One object of every kind that an id can name, all of one executor and in one namespace. */
export async function tenantObjects(place: Place): Promise<Named> {
  const { open, appKey, prefix } = place;
  await made(place, "/executors", { appKey, name: appKey, registration: "auto" });
  const node = await open.beat(appKey, NODE);
  const anchor = "2026-11-20T00:00:00.000Z";
  const job = await made(place, "/jobs", {
    name: `${prefix}job`,
    schedule: { kind: "every", every: "1h", anchor },
    target: { kind: "executor", executor: appKey, handler: "report" },
  });
  const run = await made(place, `/jobs/${job.name}/runs`);
  const range = { from: "2026-11-20T10:00:00.000Z", to: "2026-11-20T12:00:00.000Z" };
  const backfill = await made(place, `/jobs/${job.name}/backfills`, range);
  const calendar = await made(place, "/calendars", { name: `${prefix}calendar`, weekdays: [1] });
  const steps = [{ name: "ok", approval: {} }];
  const workflow = await made(place, "/workflows", { name: `${prefix}workflow`, steps });
  const workflowRun = await made(place, `/workflows/${workflow.name}/runs`);
  const token = await made(place, "/tokens", { name: `${prefix}token`, scopes: ["read"] });
  const user = await made(place, "/users", {
    username: `${prefix}user`,
    role: "viewer",
    password: "correct horse battery",
  });
  await open.recordsCaughtUp();
  return {
    job: job.id,
    name: `${prefix}calendar`,
    run: run.id,
    backfill: backfill.id,
    workflow: workflow.id,
    workflowRun: workflowRun.id,
    appKey,
    node: node.id,
    token: token.id,
    user: user.id,
    namespace: place.namespace,
    object: job.name,
    calendar: calendar.name,
    session: "ses_of_nobody",
    ...FIXED,
  };
}

/** Parameters that are no ids: they have a value that fits. */
export const FIXED = {
  nominal: "2026-11-21T01:00:00.000Z",
  version: "1",
  step: "ok",
  kind: "job",
  // Entries of the audit log are counted in each namespace of its own.
  seq: "987654",
} as const;

/** An id ends with its shard in two characters: what is absent is asked of the same shard. */
function swapped(id: string): string {
  return id.replace(/[0-9a-f]{12}(..)$/, "ffffffffffff$1");
}

/** Names that nothing ever had. */
export function absentObjects(known: Named): Named {
  return {
    ...known,
    job: swapped(known["job"] ?? ""),
    run: swapped(known["run"] ?? ""),
    backfill: swapped(known["backfill"] ?? ""),
    workflow: swapped(known["workflow"] ?? ""),
    workflowRun: swapped(known["workflowRun"] ?? ""),
    appKey: "absent-app",
    node: "node_absent",
    token: "tok_absent",
    user: "usr_absent",
    namespace: "absent",
    name: "absent-calendar",
    object: "absent-job",
    session: "ses_absent",
  };
}

/** The bodies of requests that name an object in their path. Each is one that the object itself would take. */
export const BODIES: Readonly<Record<string, unknown>> = {
  "PATCH /users/{user}": { role: "viewer" },
  "PATCH /jobs/{job}": { priority: 7 },
  "POST /jobs/{job}/pause": {},
  "POST /jobs/{job}/resume": {},
  "POST /jobs/{job}/runs": {},
  "POST /jobs/{job}/backfills": {
    from: "2026-11-20T10:00:00.000Z",
    to: "2026-11-20T12:00:00.000Z",
  },
  "POST /jobs/{job}/backfills/{backfill}/pause": {},
  "POST /jobs/{job}/backfills/{backfill}/resume": {},
  "PATCH /calendars/{name}": { weekdays: [2] },
  "POST /calendars/{name}/import": { ics: "BEGIN:VCALENDAR\r\nEND:VCALENDAR", as: "exclude" },
  "POST /runs/{run}/cancel": {},
  "POST /runs/{run}/retry": {},
  "POST /workflows/{workflow}/runs": {},
  "POST /workflow-runs/{workflowRun}/pause": {},
  "POST /workflow-runs/{workflowRun}/resume": {},
  "POST /workflow-runs/{workflowRun}/cancel": {},
  "POST /workflow-runs/{workflowRun}/retry": {},
  "POST /workflow-runs/{workflowRun}/rerun": {},
  "POST /workflow-runs/{workflowRun}/events": { name: "paid" },
  "POST /workflow-runs/{workflowRun}/steps/{step}/skip": {},
  "POST /workflow-runs/{workflowRun}/steps/{step}/succeed": {},
  "POST /workflow-runs/{workflowRun}/steps/{step}/retry": {},
  "POST /workflow-runs/{workflowRun}/steps/{step}/approve": {},
  "POST /workflow-runs/{workflowRun}/steps/{step}/reject": {},
  "PATCH /executors/{appKey}": { name: "Mine" },
  "POST /executors/{appKey}/secrets": undefined,
  "PATCH /executors/{appKey}/nodes/{node}": { state: "draining" },
  "POST /executors/{appKey}/nodes/{node}/ping": undefined,
  "PATCH /namespaces/{namespace}": { description: "Mine" },
  "POST /namespaces/{namespace}/signing-secret": undefined,
};
