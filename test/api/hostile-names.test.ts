import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROUTES } from "../../src/api/routes.ts";
import { Browser, loggedIn } from "../support/browser.ts";
import { OpenApi } from "../support/open-api.ts";

const NAMES = [
  "%00",
  "a%00b",
  "%ED%A0%80",
  "%zz",
  "%",
  "__proto__",
  "constructor",
  "..%2F..",
  "%F0%9F%98%80",
  "'%22;--",
  "a".repeat(3_000),
];
let open: OpenApi;
let browser: Browser;

beforeAll(async () => {
  open = await OpenApi.start();
  browser = await loggedIn(open, "ada", { role: "owner", isInstanceAdmin: true });
});
afterAll(() => open.close());

const named = ROUTES.filter(({ path }) => path.includes("{"));

describe("a name that nobody gives", () => {
  it.each(named)("is no fault of ours in $method $path", async ({ method, path }) => {
    for (const name of NAMES) {
      const url = path.replaceAll(/\{\w+\}/g, () => name);
      const ask = method === "GET" || method === "DELETE" ? {} : { body: {} };
      const got = await browser.ask(method, url, ask);
      expect(got.status, `${url.slice(0, 200)}: ${got.text}`).toBeLessThan(500);
    }
  });

  it.each(["\u0000", "a\u0000b", "\ud800", "__proto__", "İ", "K".repeat(64), "ada\u200b"])(
    "is none that logs in, or that is made: %j",
    async (username) => {
      const stranger = new Browser(open);
      const login = await stranger.login(username, "correct horse battery");
      const made = await browser.ask("POST", "/api/v1/users", {
        body: { username, role: "viewer" },
      });
      const header = await open.ask("GET", "/api/v1/jobs", {
        headers: { "x-namespace": encodeURIComponent(username.toWellFormed()) },
      });

      expect([401, 429]).toContain(login.status);
      expect(made.status).toBeLessThan(500);
      expect(header.status).toBe(404);
    },
  );
});
