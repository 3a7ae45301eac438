import { beforeAll, describe, expect, it } from "vitest";
import { PAGES } from "../../src/api/pages.ts";
import { BASE_PATH, ROUTES, type RouteEntry } from "../../src/api/routes.ts";
import { ADMIN, type DashboardHost, startStandalone } from "../support/browser/dashboard-host.ts";
import { type Cookies, logIn } from "../support/browser/log-in.ts";
import { eventually } from "../support/eventually.ts";
import type { HostClient } from "../support/host-client.ts";
import { nameOfRoute, pathWith } from "../support/id-routes.ts";
import type { Got } from "../support/open-api.ts";

const START_MS_MAX = 60_000;
const HOUR_MS = 3_600_000;

let host: DashboardHost;
let cookies: Cookies;
let objects: Readonly<Record<string, string>>;

beforeAll(async () => {
  host = await startStandalone();
  return () => host.stop();
}, START_MS_MAX);
beforeAll(async () => {
  cookies = await logIn(host.client.url, ADMIN);
  objects = await oneOfEach(host.client);
});

/** One object of every kind, by the name of the parameter that names it in a path. */
async function oneOfEach(client: HostClient): Promise<Readonly<Record<string, string>>> {
  const post = (path: string, body: unknown, status = 201): ReturnType<HostClient["get"]> =>
    client.get("POST", path, status, { body });
  const address = "https://one.example.com";
  const nodes = [{ address }];
  const executor = await post("/executors", {
    appKey: "orders",
    name: "orders",
    registration: "manual",
    nodes,
  });
  const job = await post("/jobs", {
    name: "hourly",
    schedule: { kind: "every", every: "1h", anchor: "2026-01-01T00:00:00.000Z" },
    target: { kind: "executor", executor: "orders", handler: "report" },
  });
  await post("/jobs/hourly/pause", {}, 200);
  const run = await post("/jobs/hourly/runs", {}, 202);
  const nominalMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS;
  const range = { from: textOf(nominalMs - HOUR_MS), to: textOf(nominalMs) };
  const backfill = await post("/jobs/hourly/backfills", range, 202);
  await post("/calendars", { name: "closed", weekdays: [1] });
  const steps = [{ name: "ok", approval: {} }];
  const workflow = await post("/workflows", { name: "flow", steps });
  const workflowRun = await post("/workflows/flow/runs", {}, 202);
  const token = await post("/tokens", { name: "reader", scopes: ["read"] });
  const user = await post("/users", { username: "reader", role: "viewer" });
  return {
    job: job.id,
    run: run.id,
    backfill: backfill.id,
    nominal: textOf(nominalMs),
    name: "closed",
    workflow: workflow.id,
    workflowRun: workflowRun.id,
    version: "1",
    step: "ok",
    appKey: "orders",
    node: executor.nodes[0].id,
    token: token.id,
    user: user.id,
    namespace: "default",
    kind: "job",
    object: "hourly",
    seq: "1",
    session: "ses_of_nobody",
    file: "none.js",
    section: "audit",
  };
}

function textOf(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** Asks with the cookies of who administers the instance, as a page of ours would, or a link would. */
function asBoss(method: string, path: string): Promise<Got> {
  const headers = {
    cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; "),
    "sec-fetch-site": "same-origin",
  };
  return host.client.ask(method, path, { token: null, headers });
}

let marks = 0;

function isMark({ path }: { readonly path: string }): boolean {
  return path === `${BASE_PATH}/events`;
}

/** The audit log with all that was done until now: a mark of our own was written after it. */
async function auditLog(): Promise<readonly unknown[]> {
  const { client } = host;
  await client.get("POST", "/events", 202, { body: { name: "mark" } });
  marks++;
  const entries = await eventually("the mark is in the audit log", async () => {
    const all: readonly { readonly path: string }[] = await client.all("/audit");
    return all.filter(isMark).length === marks ? all : undefined;
  });
  return entries.filter((entry) => !isMark(entry));
}

/** All that is kept, apart from what time alone changes. */
async function everything(): Promise<unknown> {
  const { client } = host;
  const lists = ["/tokens", "/users", "/calendars", "/workflows", "/executors", "/namespaces"];
  const kept: unknown[] = [await auditLog()];
  // oxlint-disable-next-line no-await-in-loop -- It is one list after the other.
  for (const list of lists) kept.push(await client.all(list));
  const { version, updatedAt } = await client.get("GET", `/jobs/${objects["job"]}`, 200);
  const executor = (await client.get("GET", "/executors/orders", 200)).version;
  const runs = await client.all("/runs");
  const sessions = (await asBoss("GET", `${BASE_PATH}/sessions`)).json;
  const ids = sessions.items.map(({ id }: { readonly id: string }) => id);
  return JSON.parse(
    JSON.stringify({ kept, version, updatedAt, executor, runs: runs.length, ids }, (key, value) =>
      TIMELY.has(key) ? null : value,
    ),
  );
}

const TIMELY: ReadonlySet<string> = new Set(["lastUsedAt", "lastSeenAt", "usage"]);

function html(path: string): Promise<Got> {
  return asBoss("GET", path.replaceAll(/\{\w+\}/g, "x"));
}

describe("a page", () => {
  it.each(PAGES)("at %s lets nothing run or show it that is not its own", async (path) => {
    const { status, headers, text } = await html(path);

    const policy = headers.get("content-security-policy") ?? "";
    const [, nonce] = /style-src 'self' 'nonce-([\w-]{22,})'/.exec(policy) ?? [];
    expect(status).toBe(200);
    expect(nonce).toBeDefined();
    expect(
      policy
        .replace(nonce ?? "", "N")
        .split("; ")
        .toSorted(),
    ).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "img-src 'self' data:",
      "manifest-src 'self'",
      "require-trusted-types-for 'script'",
      "script-src 'self'",
      "style-src 'self' 'nonce-N'",
      "trusted-types 'none'",
    ]);
    expect(Object.fromEntries(headers)).toMatchObject({
      "x-frame-options": "DENY",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": expect.stringMatching(/no-store|no-cache/),
    });
    const scripts = text.match(/<script[^>]*>[^<]*/g) ?? [];
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) expect(script).toMatch(/^<script[^>]* src="\/assets\/[^>]*>\s*$/);
    expect(text).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
  });

  it("has another nonce each time", async () => {
    const policies = new Set(
      (await Promise.all([html("/"), html("/"), html("/jobs")])).map(({ headers }) =>
        headers.get("content-security-policy"),
      ),
    );

    expect(policies.size).toBe(3);
  });

  it("comes with the CORS headers of nobody, whoever asks", async () => {
    for (const origin of ["https://evil.invalid", "null", host.client.url])
      for (const path of ["/", "/jobs", "/api/v1/jobs", "/api/v1/me"]) {
        const { headers } = await host.client.ask("GET", path, { headers: { origin } });
        const names = [...headers.keys()].filter((name) => name.startsWith("access-control"));
        expect(names, `${path} for ${origin}`).toEqual([]);
      }
  });
});

describe("a GET", () => {
  const gets = ROUTES.filter(({ method }) => method === "GET");
  const changing = ROUTES.filter(
    ({ method, path }) => method !== "GET" && !gets.some((one) => one.path === path),
  );
  it("writes nothing, on any route of the table", async () => {
    const before = await everything();
    const wrong: string[] = [];
    for (const entry of gets) {
      const query = QUERIES[nameOfRoute(entry)] ?? "";
      // oxlint-disable-next-line no-await-in-loop -- One after the other, so that nobody is held up.
      const { status } = await asBoss("GET", pathWith(entry, objects) + query);
      if (status !== expectedOf(entry)) wrong.push(`${nameOfRoute(entry)} ${status}`);
    }

    expect(wrong).toEqual([]);
    expect(await everything()).toEqual(before);
  });

  it("is no way to a route that changes something", async () => {
    const before = await everything();
    const wrong: string[] = [];
    for (const entry of changing)
      for (const method of ["GET", "HEAD"]) {
        // oxlint-disable-next-line no-await-in-loop
        const { status } = await asBoss(
          method,
          `${pathWith(entry, objects)}?_method=${entry.method}`,
        );
        if (status < 400) wrong.push(`${method} ${entry.path} ${status}`);
      }

    expect(wrong).toEqual([]);
    expect(await everything()).toEqual(before);
  });
});

/** What some routes cannot do without. */
const QUERIES: Readonly<Record<string, string>> = {
  "GET /stats/jobs": "?job=hourly",
  "GET /stats/fires": "?from=2026-11-16T00:00:00Z&to=2026-11-23T00:00:00Z",
};

/** What a route answers whose objects are there. */
function expectedOf(entry: RouteEntry): number {
  if (entry.access === "ticket") return 426;
  return entry.path === "/assets/{file}" ? 404 : 200;
}
