import { createHash } from "node:crypto";
import { assert } from "../../src/core/assert.ts";
import { newExecutor } from "./exec-call.ts";
import { aJob, OpenApi, type Ask, type Got } from "./open-api.ts";
import { aStep, aWorkflow, failStep, started } from "./workflow-api.ts";

/** Brings a deployment to where the request succeeds, and gives the request. */
export type Driver = (open: OpenApi) => Promise<() => Promise<Got>>;

const API = "/api/v1";
const SETUP_TOKEN = "the setup token of a test";
export const PASSWORD = "correct horse battery";
const NODE = "https://one.example.com";
/** A calendar file with one day. */
export const ICS = [
  "BEGIN:VCALENDAR",
  "BEGIN:VEVENT",
  "UID:1@test",
  "DTSTART;VALUE=DATE:20261225",
  "END:VEVENT",
  "END:VCALENDAR",
].join("\r\n");

/** A deployment of its own, in which the first user is still to be made. */
export async function openAudited(): Promise<OpenApi> {
  const plain = await OpenApi.start();
  await plain.close();
  const setupTokenHash = createHash("sha256").update(SETUP_TOKEN).digest("hex");
  return OpenApi.start({ deps: { settings: { ...plain.deps.settings, setupTokenHash } } });
}

async function made(open: OpenApi, path: string, ask: Ask = {}): Promise<Got["json"]> {
  const got = await open.ask("POST", API + path, ask);
  assert(got.status < 300, `${path} is done: ${got.text}`);
  return got.json;
}

function setup(open: OpenApi): Promise<Got> {
  const body = { setupToken: SETUP_TOKEN, username: "root", password: PASSWORD };
  return open.ask("POST", `${API}/setup`, { token: null, body });
}

/** The headers of a browser in which the first user is logged in. */
export async function loggedIn(open: OpenApi): Promise<Record<string, string>> {
  return browser(await setup(open));
}

function browser(got: Got): Record<string, string> {
  const cookie = got.headers
    .getSetCookie()
    .map((set) => set.split(";")[0])
    .join("; ");
  return { cookie, "sec-fetch-site": "same-origin", "content-type": "application/json" };
}

/** One request after the objects that it needs. */
function after(prepare: (open: OpenApi) => Promise<string>, method: string, ask: Ask = {}): Driver {
  return async (open) => {
    const path = await prepare(open);
    return () => open.ask(method, API + path, ask);
  };
}

/** The same with the cookie of the first user. */
function withSession(
  method: string,
  pathOf: (open: OpenApi, session: string) => string,
  ask: Ask = {},
): Driver {
  return async (open) => {
    const headers = await loggedIn(open);
    const got = await open.ask("GET", `${API}/sessions`, { token: null, headers });
    const path = pathOf(open, got.json.items[0].id);
    return () => open.ask(method, API + path, { ...ask, token: null, headers });
  };
}

const at = (path: string) => (): Promise<string> => Promise.resolve(path);
const job = async (open: OpenApi): Promise<string> => {
  const anchor = "2026-11-20T00:00:00.000Z";
  const { name } = await made(open, "/jobs", {
    body: aJob({ schedule: { kind: "every", every: "1m", anchor } }),
  });
  return `/jobs/${name}`;
};
const RANGE = { from: "2026-11-20T10:00:00.000Z", to: "2026-11-20T10:03:00.000Z" };
const backfill = async (open: OpenApi): Promise<string> => {
  const path = await job(open);
  const { id } = await made(open, `${path}/backfills`, { body: RANGE });
  return `${path}/backfills/${id}`;
};
const run = async (open: OpenApi): Promise<string> => {
  const { id } = await made(open, `${await job(open)}/runs`);
  return `/runs/${id}`;
};
const failedRun = async (open: OpenApi): Promise<string> => {
  const path = await run(open);
  await open.ask("POST", `${API}${path}/cancel`);
  return path;
};
const calendar = async (open: OpenApi): Promise<string> => {
  await made(open, "/calendars", { body: { name: "office", weekdays: [1, 2] } });
  return "/calendars/office";
};
const workflow = async (open: OpenApi): Promise<string> => {
  await made(open, "/workflows", { body: aWorkflow() });
  return "/workflows/etl";
};
const LIVE = { steps: [aStep("a"), { name: "ok", approval: {} }] };
const workflowRun = async (open: OpenApi): Promise<string> =>
  `/workflow-runs/${await started(open, LIVE)}`;
const failedWorkflowRun = async (open: OpenApi): Promise<string> => {
  const id = await started(open, { steps: [aStep("a")] });
  await failStep(open, id, "a");
  return `/workflow-runs/${id}`;
};
const executor = async (open: OpenApi): Promise<string> => {
  await newExecutor(open);
  return "/executors/orders";
};
const node = async (open: OpenApi): Promise<string> => {
  const path = await executor(open);
  const { id } = await open.beat("orders", NODE);
  return `${path}/nodes/${id}`;
};
const token = async (open: OpenApi): Promise<string> => {
  const { id } = await made(open, "/tokens", { body: { name: "ci", scopes: ["read"] } });
  return `/tokens/${id}`;
};
const USER = { username: "ada", password: PASSWORD, role: "editor" };
const user = async (open: OpenApi): Promise<string> => {
  const { id } = await made(open, "/users", { body: USER });
  return `/users/${id}`;
};
const namespace = async (open: OpenApi): Promise<string> => {
  await made(open, "/namespaces", { body: { name: "team-a" } });
  return "/namespaces/team-a";
};
const below =
  (prepare: (open: OpenApi) => Promise<string>, rest: string) =>
  async (open: OpenApi): Promise<string> =>
    (await prepare(open)) + rest;

/** A driver for every audited line of the table of routes. */
export const DRIVERS: Readonly<Record<string, Driver>> = {
  "POST /login": async (open) => {
    await setup(open);
    const body = { username: "Root", password: PASSWORD };
    return () => open.ask("POST", `${API}/login`, { token: null, body });
  },
  "POST /setup": (open) => Promise.resolve(() => setup(open)),
  "POST /logout": withSession("POST", () => "/logout"),
  "PUT /me/password": withSession("PUT", () => "/me/password", {
    body: { current: PASSWORD, next: `${PASSWORD} staple` },
  }),
  "DELETE /sessions": withSession("DELETE", () => "/sessions"),
  "DELETE /sessions/{session}": withSession("DELETE", (_, session) => `/sessions/${session}`),
  "POST /users": after(at("/users"), "POST", { body: USER }),
  "PATCH /users/{user}": after(user, "PATCH", { body: { role: "viewer" } }),
  "DELETE /users/{user}": after(user, "DELETE"),
  "DELETE /users/{user}/sessions": after(below(user, "/sessions"), "DELETE"),

  "POST /jobs": after(at("/jobs"), "POST", { body: aJob() }),
  "PUT /jobs/{name}": after(at("/jobs/nightly-report"), "PUT", { body: aJob() }),
  "PATCH /jobs/{job}": after(job, "PATCH", { body: { priority: 7 } }),
  "DELETE /jobs/{job}": after(job, "DELETE"),
  "POST /jobs/{job}/pause": after(below(job, "/pause"), "POST", { body: {} }),
  "POST /jobs/{job}/resume": after(
    async (open) => {
      const path = await job(open);
      await made(open, `${path}/pause`);
      return `${path}/resume`;
    },
    "POST",
    { body: {} },
  ),
  "POST /jobs/{job}/runs": after(below(job, "/runs"), "POST"),
  "POST /jobs/{job}/backfills": after(below(job, "/backfills"), "POST", { body: RANGE }),
  "POST /jobs/{job}/backfills/{backfill}/pause": after(below(backfill, "/pause"), "POST"),
  "POST /jobs/{job}/backfills/{backfill}/resume": after(async (open) => {
    const path = await backfill(open);
    await made(open, `${path}/pause`);
    return `${path}/resume`;
  }, "POST"),
  "DELETE /jobs/{job}/backfills/{backfill}": after(backfill, "DELETE"),

  "POST /calendars": after(at("/calendars"), "POST", { body: { name: "office" } }),
  "PUT /calendars/{name}": after(calendar, "PUT", { body: { weekdays: [5] } }),
  "PATCH /calendars/{name}": after(calendar, "PATCH", { body: { weekdays: [6] } }),
  "DELETE /calendars/{name}": after(calendar, "DELETE"),
  "POST /calendars/{name}/import": after(below(calendar, "/import"), "POST", {
    body: { ics: ICS, as: "exclude" },
  }),

  "POST /runs/{run}/cancel": after(below(run, "/cancel"), "POST"),
  "POST /runs/{run}/retry": after(below(failedRun, "/retry"), "POST"),
  "POST /runs/bulk": after(
    async (open) => {
      await run(open);
      await open.recordsCaughtUp();
      return "/runs/bulk";
    },
    "POST",
    { body: { action: "cancel", filter: { job: "nightly-report" } } },
  ),

  "POST /workflows": after(at("/workflows"), "POST", { body: aWorkflow() }),
  "PUT /workflows/{name}": after(workflow, "PUT", { body: aWorkflow({ steps: [aStep("only")] }) }),
  "DELETE /workflows/{workflow}": after(workflow, "DELETE"),
  "POST /workflows/{workflow}/runs": after(below(workflow, "/runs"), "POST"),
  "POST /workflow-runs/{workflowRun}/pause": after(below(workflowRun, "/pause"), "POST"),
  "POST /workflow-runs/{workflowRun}/resume": after(async (open) => {
    const path = await workflowRun(open);
    await made(open, `${path}/pause`);
    return `${path}/resume`;
  }, "POST"),
  "POST /workflow-runs/{workflowRun}/cancel": after(below(workflowRun, "/cancel"), "POST"),
  "POST /workflow-runs/{workflowRun}/retry": after(below(failedWorkflowRun, "/retry"), "POST"),
  "POST /workflow-runs/{workflowRun}/rerun": after(below(failedWorkflowRun, "/rerun"), "POST"),
  "POST /workflow-runs/{workflowRun}/events": after(below(workflowRun, "/events"), "POST", {
    body: { name: "paid" },
  }),
  "POST /workflow-runs/{workflowRun}/steps/{step}/skip": after(
    below(workflowRun, "/steps/a/skip"),
    "POST",
  ),
  "POST /workflow-runs/{workflowRun}/steps/{step}/succeed": after(
    below(workflowRun, "/steps/a/succeed"),
    "POST",
    { body: { result: { sum: 1 } } },
  ),
  "POST /workflow-runs/{workflowRun}/steps/{step}/retry": after(
    below(failedWorkflowRun, "/steps/a/retry"),
    "POST",
  ),
  "POST /workflow-runs/{workflowRun}/steps/{step}/approve": after(
    below(workflowRun, "/steps/ok/approve"),
    "POST",
  ),
  "POST /workflow-runs/{workflowRun}/steps/{step}/reject": after(
    below(workflowRun, "/steps/ok/reject"),
    "POST",
  ),
  "POST /events": after(at("/events"), "POST", { body: { name: "paid" } }),

  "POST /executors": after(at("/executors"), "POST", {
    body: { appKey: "orders", name: "Orders", registration: "auto" },
  }),
  "PATCH /executors/{appKey}": after(executor, "PATCH", { body: { name: "Orders" } }),
  "DELETE /executors/{appKey}": after(executor, "DELETE"),
  "POST /executors/{appKey}/secrets": after(below(executor, "/secrets"), "POST"),
  "DELETE /executors/{appKey}/secrets/previous": after(async (open) => {
    const path = await executor(open);
    await made(open, `${path}/secrets`);
    return `${path}/secrets/previous`;
  }, "DELETE"),
  "PATCH /executors/{appKey}/nodes/{node}": after(node, "PATCH", { body: { state: "draining" } }),
  "DELETE /executors/{appKey}/nodes/{node}": after(async (open) => {
    const path = await node(open);
    await open.ask("PATCH", API + path, { body: { state: "disabled" } });
    return path;
  }, "DELETE"),
  "POST /executors/{appKey}/nodes/{node}/ping": after(below(node, "/ping"), "POST"),

  "POST /tokens": after(at("/tokens"), "POST", { body: { name: "ci", scopes: ["read"] } }),
  "DELETE /tokens/{token}": after(token, "DELETE"),
  "POST /namespaces": after(at("/namespaces"), "POST", { body: { name: "team-a" } }),
  "PATCH /namespaces/{namespace}": after(namespace, "PATCH", { body: { description: "A team" } }),
  "DELETE /namespaces/{namespace}": after(namespace, "DELETE"),
  "POST /namespaces/{namespace}/signing-secret": after(
    at("/namespaces/default/signing-secret"),
    "POST",
  ),
  "DELETE /namespaces/{namespace}/signing-secret/previous": after(async (open) => {
    await made(open, "/namespaces/default/signing-secret");
    return "/namespaces/default/signing-secret/previous";
  }, "DELETE"),
};
