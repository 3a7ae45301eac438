import { beforeAll, expect, it } from "vitest";
import { ROUTES } from "../../src/api/routes.ts";
import { OpenApi } from "../support/open-api.ts";
import { type Browser, loggedIn } from "../support/browser.ts";

/** What stands for the parameters of paths: words that each route takes for a name or an id. */
const PLACES: Readonly<Record<string, string>> = {
  seq: "1",
  kind: "job",
  version: "1",
  nominal: "2026-11-20T10:00:00.000Z",
  file: "main.js",
};
const QUERIES: Readonly<Record<string, string>> = {
  "/api/v1/stats/jobs": "?job=a",
  "/api/v1/stats/fires": "?from=2026-11-20T10:00:00.000Z&to=2026-11-21T10:00:00.000Z",
  "/api/v1/calendars/{name}/days": "?from=2026-11-20&to=2026-11-21",
};
const BODIES: Readonly<Record<string, unknown>> = {
  "POST /api/v1/login": { username: "ada", password: "correct horse battery" },
  "POST /api/v1/users": { username: "ada", role: "viewer" },
  "PATCH /api/v1/users/{user}": { role: "viewer" },
  "PUT /api/v1/me/password": { current: "correct horse battery", next: "correct horse batteries" },
  "POST /api/v1/tokens": { name: "ci", scopes: ["read"] },
  "POST /api/v1/namespaces": { name: "team-a" },
  "PATCH /api/v1/namespaces/{namespace}": { description: "A team" },
};

let open: OpenApi;
let browser: Browser;

beforeAll(async () => {
  open = await OpenApi.start();
  browser = await loggedIn(open, "ada");
  await open.close();
});

/** Whether it is ready is what it tells, with 503 and without a time. */
const routes = ROUTES.filter(({ path }) => path !== "/readyz");

it.each(routes)("$method $path is no fault of ours while the records are away", async (route) => {
  const { method, path } = route;
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => PLACES[name] ?? "a");
  const url = filled + (QUERIES[path] ?? "");
  const body = BODIES[`${method} ${path}`] ?? {};
  const ask = method === "GET" || method === "DELETE" ? {} : { body };
  const byToken = await open.ask(method, url, ask);
  const bySession = await browser.ask(method, url, ask);

  for (const got of [byToken, bySession]) {
    expect(got.status, got.text).not.toBe(500);
    if (got.status === 503) expect(got.headers.get("retry-after")).not.toBeNull();
  }
});
