import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { firstNamespace } from "../../src/api/directory-copies.ts";
import type { Namespace } from "../../src/ports/directory.ts";
import { Browser, loggedIn, newUser, PASSWORD } from "../support/browser.ts";
import { OpenApi } from "../support/open-api.ts";

const ME = "/api/v1/me";
const SESSIONS = "/api/v1/sessions";
const USERS = "/api/v1/users";
const MINUTE_MS = 60_000;
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

const aNamespace = (name: string): Namespace => ({ ...firstNamespace(name), version: 1 });

/** What a browser is told that asks who it is. */
async function codeOf(browser: Browser): Promise<string> {
  const { status, json } = await browser.ask("GET", ME);
  return status === 200 ? "ok" : json.code;
}

describe("a session", () => {
  it("is never one that a browser brought along", async () => {
    await newUser(open, "grace");
    const browser = new Browser(open);
    const planted = "A".repeat(43);
    browser.cookies.set("tw_session", planted);

    const before = await browser.ask("GET", ME);
    browser.cookies.set("tw_session", planted);
    await browser.login("grace");
    const thief = new Browser(open);
    thief.cookies.set("tw_session", planted);

    expect(before).toMatchObject({ status: 401, json: { code: "login.needed" } });
    expect(browser.cookies.get("tw_session")).not.toBe(planted);
    expect(await codeOf(browser)).toBe("ok");
    expect(await codeOf(thief)).toBe("login.needed");
  });

  it("is another one after each login, and the one before has ended", async () => {
    const browser = await loggedIn(open, "grace");
    const before = new Browser(open);
    for (const [name, value] of browser.cookies) before.cookies.set(name, value);

    await browser.login("grace");

    expect(browser.cookie).not.toBe(before.cookie);
    expect(await codeOf(before)).toBe("login.needed");
    expect((await browser.ask("GET", SESSIONS)).json.items).toHaveLength(1);
  });

  it("ends when nothing was asked for half an hour, and not before", async () => {
    const browser = await loggedIn(open, "grace");
    for (let i = 0; i < 3; i++) {
      open.advance(29 * MINUTE_MS);
      // oxlint-disable-next-line no-await-in-loop
      expect(await codeOf(browser)).toBe("ok");
    }
    open.advance(30 * MINUTE_MS);

    const got = await browser.ask("GET", ME);

    expect(got).toMatchObject({ status: 401, json: { code: "login.needed" } });
    expect(got.headers.getSetCookie()).toEqual([
      "tw_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
    ]);
    expect(browser.cookies.has("tw_session")).toBe(false);
  });

  it("ends after twelve hours, however busy it was", async () => {
    const browser = await loggedIn(open, "grace");
    const codes: string[] = [];
    for (let i = 0; i < 12 * 3; i++) {
      open.advance(20 * MINUTE_MS);
      // oxlint-disable-next-line no-await-in-loop
      codes.push(await codeOf(browser));
    }

    expect(codes.indexOf("login.needed")).toBe(35);
  });

  it("ends with a leap of the clock", async () => {
    const browser = await loggedIn(open, "grace");
    open.advance(13 * 60 * MINUTE_MS);

    expect(await codeOf(browser)).toBe("login.needed");
  });

  it("is written as seen at most once a minute", async () => {
    const browser = await loggedIn(open, "grace");
    const id = (await open.deps.people.userByName("grace"))?.id ?? "";
    const seenMs = async () => (await open.deps.people.sessions(id))[0]?.seenMs;
    const startMs = open.nowMs;

    open.advance(59_000);
    await browser.ask("GET", ME);
    const early = await seenMs();
    open.advance(2_000);
    await browser.ask("GET", ME);

    expect(early).toBe(startMs);
    await expect.poll(seenMs).toBe(startMs + 61_000);
  });

  it("is looked up anew after five seconds, whoever ended it", async () => {
    const browser = await loggedIn(open, "grace");
    await codeOf(browser);
    const id = (await open.deps.people.userByName("grace"))?.id ?? "";
    // As another process would: this one is told nothing.
    await open.deps.people.endSessions(id, null);

    const atOnce = await codeOf(browser);
    open.advance(5_000);

    expect(atOnce).toBe("ok");
    expect(await codeOf(browser)).toBe("login.needed");
  });
});

const patch = (body: unknown) => () => open.ask("PATCH", `${USERS}/grace`, { body });

describe("with the next request a session is over", () => {
  const ENDINGS: readonly (readonly [string, (browser: Browser) => Promise<unknown>])[] = [
    ["a reset password", patch({ resetPassword: true })],
    ["another role", patch({ role: "editor" })],
    ["other executors", patch({ executors: ["orders"] })],
    ["a disabled account", patch({ state: "disabled" })],
    ["a change of who administers the instance", patch({ isInstanceAdmin: true })],
    ["a deleted account", () => open.ask("DELETE", `${USERS}/grace`)],
    ["sessions that an admin ended", () => open.ask("DELETE", `${USERS}/grace/sessions`)],
    [
      "a membership elsewhere",
      () => {
        const headers = { "x-namespace": "elsewhere" };
        return open.ask("POST", USERS, { headers, body: { username: "grace", role: "viewer" } });
      },
    ],
    ["a logout", (browser) => browser.ask("POST", "/api/v1/logout")],
    [
      "a logout of that session elsewhere",
      async (browser) => {
        const other = new Browser(open);
        await other.login("grace");
        const { json } = await browser.ask("GET", SESSIONS);
        const own = json.items.find((item: { isCurrent: boolean }) => item.isCurrent);
        await other.ask("DELETE", `${SESSIONS}/${own.id}`);
      },
    ],
    [
      "a logout of all others",
      async () => {
        const other = new Browser(open);
        await other.login("grace");
        await other.ask("DELETE", SESSIONS);
      },
    ],
  ];

  it.each(ENDINGS)("after %s", async (_, end) => {
    await open.deps.directory.putNamespace(aNamespace("elsewhere"), null);
    const browser = await loggedIn(open, "grace");
    const thief = new Browser(open);
    for (const [name, value] of browser.cookies) thief.cookies.set(name, value);
    expect(await codeOf(browser)).toBe("ok");

    await end(browser);

    expect(await codeOf(thief)).toBe("login.needed");
  });
});

describe("one's own sessions", () => {
  it("are listed newest first, with where they are from", async () => {
    const first = await loggedIn(open, "grace");
    open.advance(1_000);
    const second = new Browser(open, { "user-agent": "Mosaic/1.0" });
    await second.login("grace");

    const { json } = await first.ask("GET", SESSIONS);

    expect(json.items).toMatchObject([
      { userAgent: "Mosaic/1.0", address: "192.0.2.1", isCurrent: false },
      { isCurrent: true },
    ]);
    expect(JSON.stringify(json)).not.toContain("hash");
  });

  it("are nobody else's to end", async () => {
    const grace = await loggedIn(open, "grace");
    const ada = await loggedIn(open, "ada", { role: "admin" });
    const { json } = await grace.ask("GET", SESSIONS);

    const got = await ada.ask("DELETE", `${SESSIONS}/${json.items[0].id}`);

    expect(got).toMatchObject({ status: 404, json: { code: "session.unknown" } });
    expect(await codeOf(grace)).toBe("ok");
  });

  it("are none that a token has", async () => {
    const got = await open.ask("GET", SESSIONS);

    expect(got).toMatchObject({ status: 403, json: { code: "permission.denied" } });
  });
});

describe("who is asking", () => {
  it("is told by the token alone, whatever cookie is beside it", async () => {
    const browser = await loggedIn(open, "grace", { role: "owner" });
    const token = await open.newToken("read");

    const both = await browser.ask("GET", ME, { token });
    const forged = await browser.ask("GET", ME, { token: `tw_${"A".repeat(43)}` });

    expect(both.json).toMatchObject({ kind: "token", role: "viewer", memberships: [{}] });
    expect(forged.json.code).toBe("token.invalid");
    expect(await codeOf(browser)).toBe("ok");
  });

  it("is in the namespace that X-Namespace names, if it is one of theirs", async () => {
    for (const name of ["one", "two"])
      // oxlint-disable-next-line no-await-in-loop
      await open.deps.directory.putNamespace(aNamespace(name), null);
    await newUser(open, "grace", { role: "viewer" }, "two");
    await open.ask("POST", USERS, {
      body: { username: "grace", role: "operator" },
      headers: { "x-namespace": "one" },
    });
    const browser = new Browser(open);
    await browser.login("grace");
    const at = (namespace: string) =>
      browser.ask("GET", ME, { headers: { "x-namespace": namespace } });

    expect((await browser.ask("GET", ME)).json).toMatchObject({ namespace: "two", role: "viewer" });
    expect((await at("one")).json).toMatchObject({ namespace: "one", role: "operator" });
    for (const foreign of ["default", "three", "ONE", ""])
      // oxlint-disable-next-line no-await-in-loop
      expect(await at(foreign)).toMatchObject({ status: 404, json: { code: "namespace.unknown" } });
  });

  it("administers every namespace that there is, and no other", async () => {
    await open.deps.directory.putNamespace(aNamespace("one"), null);
    const browser = await loggedIn(open, "boss", { isInstanceAdmin: true });
    const at = (namespace: string) =>
      browser.ask("GET", ME, { headers: { "x-namespace": namespace } });
    const token = await open.newToken("admin");

    expect((await at("one")).json).toMatchObject({ namespace: "one", role: "owner" });
    expect((await at("two")).json.code).toBe("namespace.unknown");
    const { json } = await browser.ask("GET", ME);
    expect(json.memberships.map((own: { namespace: string }) => own.namespace)).toEqual([
      "default",
      "one",
    ]);
    const bound = await open.ask("GET", ME, { token, headers: { "x-namespace": "one" } });
    expect(bound.json.code).toBe("namespace.unknown");
  });

  it("gets a ticket to watch, unless limited to some executors", async () => {
    const free = await loggedIn(open, "free");
    const bound = await loggedIn(open, "bound", { executors: ["orders"] });

    const ticket = await free.ask("POST", "/api/v1/live/tickets", { body: {} });
    const refused = await bound.ask("POST", "/api/v1/live/tickets", { body: {} });

    expect(ticket.status).toBe(201);
    expect(refused).toMatchObject({ status: 403, json: { code: "permission.denied" } });
    expect(refused.json.detail).toContain("limited");
    const direct = await bound.ask("GET", "/api/v1/live", { headers: { upgrade: "websocket" } });
    expect(direct.status).toBe(403);
  });

  it("may use an idempotency key anew in each namespace", async () => {
    await open.deps.directory.putNamespace(aNamespace("one"), null);
    const boss = await loggedIn(open, "boss", { isInstanceAdmin: true });
    const make = (namespace: string) =>
      boss.ask("POST", USERS, {
        body: { username: `in-${namespace}`, role: "viewer" },
        headers: { "x-namespace": namespace, "idempotency-key": "k" },
      });

    const [first, other, again] = [await make("default"), await make("one"), await make("one")];

    expect([first.status, other.status, again.status]).toEqual([201, 201, 201]);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.json.password).toBe(other.json.password);
    expect(PASSWORD).not.toBe(other.json.password);
  });
});
