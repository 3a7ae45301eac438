import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { routeOf, ROUTES, type RouteEntry } from "../../src/api/routes.ts";
import { assert } from "../../src/core/assert.ts";
import { loggedIn, PASSWORD, type Browser } from "../support/browser.ts";
import { OpenApi, type Got } from "../support/open-api.ts";

let open: OpenApi;
let browser: Browser;

beforeAll(async () => {
  open = await OpenApi.start();
  browser = await loggedIn(open, "boss", { role: "owner", isInstanceAdmin: true });
});
afterAll(() => open.close());

const JSON_TYPE = { "content-type": "application/json" };
const OWN = "http://tickwheel.test";
/** A page of somebody else cannot say less than this, nor lie. */
const FOREIGN: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["a foreign Origin", { origin: "https://evil.example", ...JSON_TYPE }],
  ["the Origin null", { origin: "null", ...JSON_TYPE }],
  ["our name on another port", { origin: "http://tickwheel.test:81", ...JSON_TYPE }],
  ["our name within another", { origin: "http://tickwheel.test.evil.example", ...JSON_TYPE }],
  ["no word of where it is from", JSON_TYPE],
  ["Sec-Fetch-Site cross-site", { "sec-fetch-site": "cross-site", origin: OWN, ...JSON_TYPE }],
  ["Sec-Fetch-Site same-site", { "sec-fetch-site": "same-site", ...JSON_TYPE }],
  ["Sec-Fetch-Site none", { "sec-fetch-site": "none", ...JSON_TYPE }],
];
const FORMS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["no Content-Type", { origin: OWN }],
  ["a form", { origin: OWN, "content-type": "application/x-www-form-urlencoded" }],
  ["a form of parts", { origin: OWN, "content-type": "multipart/form-data; boundary=x" }],
  ["plain text", { origin: OWN, "content-type": "text/plain" }],
  ["JSON in disguise", { origin: OWN, "content-type": "text/plain; application/json" }],
];

const pathOf = ({ path }: RouteEntry): string => path.replaceAll(/\{\w+\}/g, "x");
const nameOf = ({ method, path }: RouteEntry): string => `${method} ${path}`;
const changing = ROUTES.filter(({ method, access }) => {
  const isByCookie = !["none", "callback", "executor", "ticket"].includes(access);
  return method !== "GET" && isByCookie;
});
const taking = changing.filter(({ method }) => method !== "DELETE");

/** As a browser sends it with our user's cookie, from a page that is not ours. */
async function sent(
  entry: RouteEntry,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly code: unknown }> {
  const response = await open.api.request(`${OWN}${pathOf(entry)}`, {
    method: entry.method,
    headers: { cookie: browser.cookie, ...headers },
  });
  const body: unknown = await response.json().catch(() => null);
  const isProblem = typeof body === "object" && body !== null && "code" in body;
  return { status: response.status, code: isProblem ? body.code : null };
}

async function notRefused(
  entries: readonly RouteEntry[],
  headers: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const entry of entries) {
    open.advance(1_000);
    // oxlint-disable-next-line no-await-in-loop -- One after another, as the clock moves.
    const { status, code } = await sent(entry, headers);
    if (status !== 403 || code !== "csrf.refused")
      faults.push(`${nameOf(entry)} ${status} ${String(code)}`);
  }
  return faults;
}

describe("a change with the cookie of a session", () => {
  it("is looked at on every route of the table that changes something", () => {
    expect(changing.length).toBeGreaterThan(50);
  });

  it.each(FOREIGN)("is refused on every route with %s", async (_, headers) => {
    expect(await notRefused(changing, headers)).toEqual([]);
  });

  it.each(FORMS)("is refused on every route that takes a body with %s", async (_, headers) => {
    expect(await notRefused(taking, headers)).toEqual([]);
  });

  it("reaches no handler by GET", async () => {
    const getless = changing.filter(
      ({ path }) => !ROUTES.some((other) => other.method === "GET" && other.path === path),
    );
    for (const entry of getless) {
      open.advance(1_000);
      const headers = { cookie: browser.cookie };
      // oxlint-disable-next-line no-await-in-loop
      const response = await open.api.request(`${OWN}${pathOf(entry)}`, { headers });
      expect([404, 405], nameOf(entry)).toContain(response.status);
    }
  });

  it.each([
    ["Sec-Fetch-Site same-origin", { "sec-fetch-site": "same-origin" }],
    ["our own Origin", { origin: OWN }],
    ["our own Origin behind what ends TLS", { origin: "https://tickwheel.test" }],
  ])("passes with %s and JSON", async (_, headers) => {
    const entry = routeOf("POST", "/api/v1/live/tickets");
    assert(entry !== undefined, "the table has the route");

    expect((await sent(entry, { ...headers, ...JSON_TYPE })).status).toBe(201);
  });

  it("is none of a token's concerns", async () => {
    const headers = { origin: "https://evil.example", "content-type": "application/json" };
    const got = await open.ask("POST", "/api/v1/live/tickets", { headers, text: "{}" });

    expect(got.status).toBe(201);
  });
});

describe("reading with the cookie of a session", () => {
  it("passes from wherever it comes, for it changes nothing", async () => {
    const headers = { cookie: browser.cookie, "sec-fetch-site": "cross-site" };
    const got = await open.ask("GET", "/api/v1/me", { token: null, headers });

    expect(got.status).toBe(200);
    expect(got.headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(got.headers.get("access-control-allow-origin")).toBeNull();
  });
});

const login = (headers: Readonly<Record<string, string>>): Promise<Got> =>
  open.ask("POST", "/api/v1/login", {
    token: null,
    headers,
    body: { username: "boss", password: PASSWORD },
  });

describe("a login", () => {
  it.each([
    ["a foreign Origin", { origin: "https://evil.example" }],
    ["Sec-Fetch-Site cross-site", { "sec-fetch-site": "cross-site" }],
  ])("is refused with %s", async (_, headers) => {
    expect(await login(headers)).toMatchObject({ status: 403, json: { code: "csrf.refused" } });
  });

  it("passes from our own page, and from a program that says nothing", async () => {
    expect((await login({ origin: OWN })).status).toBe(200);
    expect((await login({})).status).toBe(200);
  });
});
