import type { Cookie } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { browserOfFile } from "../support/browser/browser-of-file.ts";
import { ADMIN, type DashboardHost, startStandalone } from "../support/browser/dashboard-host.ts";
import { FOREIGN_ATTACKS, submitForm } from "../support/browser/foreign-attacks.ts";
import { foreignSite } from "../support/browser/foreign-site.ts";
import { type Cookies, logIn } from "../support/browser/log-in.ts";
import type { Got } from "../support/open-api.ts";

const START_MS_MAX = 60_000;
const TOUR_MS_MAX = 120_000;
/** How soon a page whose session has ended says so by itself. */
const NOTICE_MS_MAX = 20_000;
const SITES = ["localhost", "127.0.0.1"] as const;
const ANOTHER = "another-eleven-ticks-and-a-wheel";

const open = browserOfFile();
let host: DashboardHost;
let cookies: Cookies;

beforeAll(async () => {
  host = await startStandalone();
  return () => host.stop();
}, START_MS_MAX);
beforeAll(async () => {
  const { client } = host;
  await client.get("POST", "/jobs", 201, {
    body: {
      name: "prey",
      schedule: { kind: "manual" },
      target: { kind: "webhook", url: `${client.url}/healthz` },
    },
  });
  cookies = await logIn(client.url, ADMIN);
});

/** Asks as a page of ours does that has these cookies. */
function ask(own: Cookies, method: string, path: string, body?: unknown): Promise<Got> {
  const headers = { cookie: headerOf(own), origin: host.client.url };
  const sent = method === "GET" || method === "DELETE" ? {} : { body: body ?? {} };
  return host.client.ask(method, `/api/v1${path}`, { token: null, headers, ...sent });
}

function headerOf(own: Cookies): string {
  return own.map(({ name, value }) => `${name}=${value}`).join("; ");
}

function sessionOf(own: Cookies): string | undefined {
  return own.find(({ name }) => name === "tw_session")?.value;
}

/** A user of its own, and the cookies of two logins. */
async function somebody(username: string): Promise<readonly [Cookies, Cookies]> {
  const who = { username, password: ADMIN.password };
  const body = { ...who, role: "editor", mustChangePassword: false };
  await host.client.get("POST", "/users", 201, { body });
  const { url } = host.client;
  return [await logIn(url, who), await logIn(url, who)];
}

/** Everything that a foreign page could have changed. */
async function stateOfAll(): Promise<unknown> {
  const { client } = host;
  const [job, tokens, users, runs, me, sessions] = [
    await client.get("GET", "/jobs/prey", 200),
    await client.all("/tokens"),
    await client.all("/users"),
    await client.all("/runs"),
    (await ask(cookies, "GET", "/me")).json,
    (await ask(cookies, "GET", "/sessions")).json,
  ];
  const ids = sessions.items.map(({ id }: { readonly id: string }) => id);
  return { job, tokens, users, runs, me: me.id, sessions: ids };
}

describe.each(SITES)("a page of somebody else at %s", (name) => {
  test.each(Object.entries(FOREIGN_ATTACKS))(
    "changes and reads nothing with %s",
    async (_, attack) => {
      const before = await stateOfAll();
      const { page } = await open(await foreignSite(name), { cookies });

      const read = await page.evaluate(attack, host.client.url);

      expect(read === null || read === "" || read.includes('"csrf.refused"')).toBe(true);
      expect(await stateOfAll()).toEqual(before);
    },
  );

  test.each(["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])(
    "changes nothing with a form of %s",
    async (enctype) => {
      const before = await stateOfAll();
      const { page } = await open(await foreignSite(name), { cookies });

      const action = `${host.client.url}/api/v1/jobs/prey/pause`;
      await page.evaluate(submitForm, [action, enctype] as const);
      await page.waitForURL(action);

      expect(await page.evaluate(() => document.body.textContent)).toMatch(
        /"(csrf\.refused|token\.missing)"/,
      );
      expect(await stateOfAll()).toEqual(before);
    },
  );

  test("cannot show the dashboard in a frame of its own", async () => {
    const { page } = await open(await foreignSite(name), { cookies });

    await page.evaluate((src) => {
      const frame = document.createElement("iframe");
      frame.src = src;
      document.body.append(frame);
    }, `${host.client.url}/jobs`);

    await expect.poll(() => page.frames()[1]?.url()).toMatch(/^chrome-error:/);
  });
});

test("a page of ours reads what those of others cannot", async () => {
  const { page } = await open(`${host.client.url}/jobs`, { cookies });
  const read = FOREIGN_ATTACKS["a fetch that reads"];

  expect(read && (await page.evaluate(read, host.client.url))).toContain(ADMIN.username);
});

describe("a session", () => {
  test("is never the one that somebody put into the browser before the login", async () => {
    const { url } = host.client;
    const planted: Cookie = {
      name: "tw_session",
      value: "A".repeat(43),
      domain: "127.0.0.1",
      path: "/",
      expires: -1,
      httpOnly: false,
      secure: false,
      sameSite: "Lax",
    };
    const { page } = await open(`${url}/login`, { cookies: [planted] });

    await page.getByLabel("Username").fill(ADMIN.username);
    await page.getByLabel("Password").fill(ADMIN.password);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("navigation").first().waitFor();
    const after = await page.context().cookies();

    expect(after.filter(({ name }) => name === "tw_session")).toEqual([
      expect.objectContaining({ httpOnly: true, sameSite: "Lax", path: "/", domain: "127.0.0.1" }),
    ]);
    expect(sessionOf(after)).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(sessionOf(after)).not.toBe(planted.value);
    expect((await ask([planted], "GET", "/me")).status).toBe(401);
  });

  test("is another one after a login and after a change of the password, and the one before has ended", async () => {
    const [first, second] = await somebody("changer");
    const { headers } = await host.client.ask("PUT", "/api/v1/me/password", {
      token: null,
      headers: { cookie: headerOf(first), origin: host.client.url },
      body: { current: ADMIN.password, next: ANOTHER },
    });
    const fresh = /tw_session=([^;]+)/.exec(headers.getSetCookie().join("\n"))?.[1];

    expect(sessionOf(first)).not.toBe(sessionOf(second));
    expect(fresh).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(fresh).not.toBe(sessionOf(first));
    for (const old of [first, second]) expect((await ask(old, "GET", "/me")).status).toBe(401);
  });

  test("ends with a logout, and the very next request says so", async () => {
    const [first, second] = await somebody("leaver");

    await ask(first, "POST", "/logout");

    expect((await ask(first, "GET", "/me")).json).toMatchObject({ code: "login.needed" });
    expect((await ask(second, "GET", "/me")).status).toBe(200);
  });

  test("ends when it is revoked, when its user is disabled, or gets another role", async () => {
    const { client } = host;
    for (const change of [null, { state: "disabled" }, { role: "viewer" }]) {
      const username = `ended-${change === null ? "revoked" : Object.keys(change).join("")}`;
      const [own] = await somebody(username);
      expect((await ask(own, "GET", "/me")).status).toBe(200);

      const path = `/users/${username}`;
      if (change === null) await client.get("DELETE", `${path}/sessions`, 204);
      else await client.get("PATCH", path, 200, { body: change });

      expect((await ask(own, "GET", "/me")).json).toMatchObject({ code: "login.needed" });
    }
  });

  test(
    "that ends elsewhere closes the socket of an open page, which shows the login by itself",
    async () => {
      const [own] = await somebody("watcher");
      const opened = await open(`${host.client.url}/runs`, { cookies: own });
      const { page } = opened;
      await opened.settled();
      expect(await page.getByRole("dialog").count()).toBe(0);

      await host.client.get("DELETE", "/users/watcher/sessions", 204);

      await page.getByLabel("Password").waitFor({ timeout: NOTICE_MS_MAX });
      await opened.expectClean([/status of 401/]);
    },
    TOUR_MS_MAX,
  );
});

/** Ways to say another origin that browsers and programs have read differently. */
const ELSEWHERE = "evil.invalid";
const NEXTS: readonly string[] = [
  `https://${ELSEWHERE}`,
  `http://${ELSEWHERE}/jobs`,
  `//${ELSEWHERE}`,
  `///${ELSEWHERE}`,
  `////${ELSEWHERE}//`,
  `/\\${ELSEWHERE}`,
  `\\/${ELSEWHERE}`,
  `\\\\${ELSEWHERE}`,
  `/\\/${ELSEWHERE}`,
  `\\${ELSEWHERE}`,
  `https:${ELSEWHERE}`,
  `https:/${ELSEWHERE}`,
  `https:///${ELSEWHERE}`,
  `https:\\\\${ELSEWHERE}`,
  `/%09/${ELSEWHERE}`,
  `/\t/${ELSEWHERE}`,
  `/\n/${ELSEWHERE}`,
  `/\r\n/${ELSEWHERE}`,
  ` //${ELSEWHERE}`,
  `\u0000//${ELSEWHERE}`,
  `\u00A0//${ELSEWHERE}`,
  `/\u2044${ELSEWHERE}`,
  `/\u3002${ELSEWHERE}`,
  `//${ELSEWHERE}%2f..`,
  `//${ELSEWHERE}\\@127.0.0.1`,
  `/%2f${ELSEWHERE}`,
  `/%5c${ELSEWHERE}`,
  `%2f%2f${ELSEWHERE}`,
  `/.//${ELSEWHERE}`,
  `/..//${ELSEWHERE}`,
  `/jobs/../../../${ELSEWHERE}`,
  `/x/..//${ELSEWHERE}`,
  `.${ELSEWHERE}`,
  `@${ELSEWHERE}`,
  `:80@${ELSEWHERE}`,
  `?next=//${ELSEWHERE}`,
  `#//${ELSEWHERE}`,
  "javascript:document.write(1)",
  "/javascript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "blob:https://evil.invalid/1",
  "",
  "/login?next=//evil.invalid",
];

describe("the way back after a login", () => {
  test(
    "never leads to another origin, whatever next says",
    async () => {
      const { url } = host.client;
      const opened = await open(`${url}/healthz`, { cookies });
      const { page } = opened;
      const went: string[] = [];
      page.on("request", (request) => void went.push(new URL(request.url()).origin));
      const addresses = NEXTS.flatMap((next) => [
        `/login?next=${encodeURIComponent(next)}`,
        ...(/^[!-~]+$/.test(next) ? [`/login?next=${next}`] : []),
      ]);
      for (const address of addresses) {
        await page.goto(`${url}${address}`);
        await page.getByRole("heading", { level: 1 }).first().waitFor();
        expect(new URL(page.url()).origin, address).toBe(url);
      }

      expect(NEXTS.length).toBeGreaterThanOrEqual(30);
      expect([...new Set(went)]).toEqual([url]);
      await opened.expectClean([/status of 40[0-9]/]);
    },
    TOUR_MS_MAX,
  );

  test.each([
    ["/jobs?state=paused", "/jobs?state=paused"],
    [`//${ELSEWHERE}/jobs`, "/"],
  ])("goes from the form to where next=%s allows", async (next, wanted) => {
    const { url } = host.client;
    const { page } = await open(`${url}/login?next=${encodeURIComponent(next)}`);

    await page.getByLabel("Username").fill(ADMIN.username);
    await page.getByLabel("Password").fill(ADMIN.password);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("navigation").first().waitFor();

    expect(page.url()).toBe(`${url}${wanted}`);
  });
});
