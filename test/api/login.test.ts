import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ScryptPasswords } from "../../src/adapters/scrypt-passwords.ts";
import { assert } from "../../src/core/assert.ts";
import type { LoginTry, LoginVerdict } from "../../src/ports/passwords.ts";
import { Browser, loggedIn, newUser, PASSWORD } from "../support/browser.ts";
import { CHEAP_COST, OpenApi, type Got } from "../support/open-api.ts";

const LOGIN = "/api/v1/login";
const ME = "/api/v1/me";
let open: OpenApi;
let passwords: CountedPasswords;

/** The real thing; what the limits let through is what is hashed. */
class CountedPasswords extends ScryptPasswords {
  /** When strangers' passwords were hashed. */
  readonly hashedMs: number[] = [];

  override async verify(tried: LoginTry, nowMs: number): Promise<LoginVerdict> {
    const verdict = await super.verify(tried, nowMs);
    if (verdict.kind !== "limited" && tried.device === null) this.hashedMs.push(nowMs);
    return verdict;
  }
}

/** Each request says itself where it comes from. */
const clientAddress = (request: Request): string | null => request.headers.get("x-test-address");

beforeEach(async () => {
  passwords = new CountedPasswords(new Map(), { cost: CHEAP_COST });
  open = await OpenApi.start({ deps: { clientAddress, passwords } });
});
afterEach(() => open.close());

const tryLogin = (username: string, password: string, address = "192.0.2.1"): Promise<Got> =>
  open.ask("POST", LOGIN, {
    token: null,
    body: { username, password },
    headers: { "x-test-address": address },
  });

describe("a login", () => {
  it("is answered with who that is, and with a cookie that no script reads", async () => {
    await newUser(open, "grace", { role: "editor" });

    const got = await new Browser(open).login("Grace");

    expect(got.status).toBe(200);
    expect(got.json).toMatchObject({ kind: "user", name: "grace", role: "editor" });
    const [session, device] = got.headers.getSetCookie();
    expect(session).toMatch(
      /^tw_session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    expect(device).toMatch(/^tw_device=\S+; Max-Age=15552000; Path=\/; HttpOnly; SameSite=Lax$/);
  });

  it("over https gets a cookie that only this host sets, and only encrypted", async () => {
    await newUser(open, "grace");
    const response = await open.api.request("https://tickwheel.test/api/v1/login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username: "grace", password: PASSWORD }),
    });

    const [session = ""] = response.headers.getSetCookie();
    expect(session).toMatch(/^__Host-tw_session=[\w-]{43}; /);
    expect(session).toContain("; Secure");
    expect(session).toContain("; Path=/;");
    expect(session).not.toContain("Domain");
  });

  it("keeps nothing in the records that opens anything", async () => {
    await newUser(open, "grace");
    const got = await new Browser(open).login("grace");
    const user = await open.deps.people.userByName("grace");
    const stored = JSON.stringify([user, await open.deps.people.sessions(user?.id ?? "")]);

    const token = /tw_session=([\w-]+)/.exec(got.headers.getSetCookie()[0] ?? "")?.[1] ?? "none";
    expect(stored).not.toContain(token);
    expect(stored).not.toContain(PASSWORD);
    expect(JSON.stringify(open.log)).not.toContain(token);
    expect(JSON.stringify(open.log)).not.toContain(PASSWORD);
  });

  it("says the same of an unknown user, a wrong password and a disabled user", async () => {
    await newUser(open, "grace");
    await newUser(open, "idle");
    await open.ask("PATCH", "/api/v1/users/idle", { body: { state: "disabled" } });

    const answers = [
      await tryLogin("grace", "a wrong password"),
      await tryLogin("nobody", "a wrong password"),
      await tryLogin("idle", PASSWORD),
      await tryLogin("../../etc", "a wrong password"),
    ].map(({ status, json }) => ({ status, ...json, requestId: "" }));

    expect(answers[0]).toMatchObject({ status: 401, code: "login.failed" });
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  it("compares an unknown user's password with as much work as a known one's", async () => {
    await newUser(open, "grace");
    await open.close();
    // A cost at which one hash is clearly to be seen.
    const cost = { costLog2: 14, blockSize: 8, parallel: 1 };
    const costly = new ScryptPasswords(new Map(), { cost });
    const tried = { account: "a", address: "192.0.2.1", device: null, password: "x" } as const;
    const stored = await costly.hash("y");
    const timeOf = async (hash: string | null): Promise<number> => {
      const startedMs = performance.now();
      await costly.verify({ ...tried, stored: hash }, startedMs);
      return performance.now() - startedMs;
    };
    const known = Math.min(await timeOf(stored), await timeOf(stored));
    const unknown = Math.min(await timeOf(null), await timeOf(null));

    expect(unknown).toBeGreaterThan(known / 3);
    open = await OpenApi.start();
  });

  it("hashes the password anew where the stored hash is of another cost", async () => {
    await newUser(open, "grace");
    const old = await new ScryptPasswords(new Map(), {
      cost: { ...CHEAP_COST, costLog2: 5 },
    }).hash(PASSWORD);
    const user = await open.deps.people.userByName("grace");
    assert(user !== null, "the user is there");
    await open.deps.people.putUser({
      user: { ...user, version: 2, passwordHash: old },
      ends: "none",
      remain: { isInstanceAdminNeeded: false, ownersOf: [] },
      reply: null,
    });

    const first = await new Browser(open).login("grace");
    const now = await open.deps.people.userByName("grace");
    const second = await new Browser(open).login("grace");

    expect([first.status, second.status]).toEqual([200, 200]);
    expect(now?.passwordHash).toMatch(/^\$scrypt\$ln=4,r=8,p=1\$/);
  });

  it("refuses unknown fields, and bodies of another type", async () => {
    const extra = { username: "a", password: "b", role: "owner" };
    const strange = await open.ask("POST", LOGIN, { token: null, body: extra });
    const form = await open.ask("POST", LOGIN, {
      token: null,
      text: "username=a&password=b",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });

    expect(strange.json.code).toBe("request.unknown_field");
    expect(form.status).toBe(415);
  });
});

describe("without anybody having made a user", () => {
  it.each([
    ["admin", "admin"],
    ["admin", "123456"],
    ["admin", "1"],
    ["admin", "password"],
    ["root", "root"],
    ["tickwheel", "tickwheel"],
    ["admin", "correct horse battery"],
  ])("nobody logs in as %s with %s", async (username, password) => {
    expect((await tryLogin(username, password)).status).toBe(401);
  });
});

describe("guessing", () => {
  it("hashes few of ten thousand tries, and lets in the browser that was there before", async () => {
    await newUser(open, "grace");
    const known = new Browser(open, { "x-test-address": "198.51.100.7" });
    await known.login("grace");
    const legitimate: number[] = [];
    for (let i = 0; i < 10_000; i++) {
      open.advance(60);
      // oxlint-disable-next-line no-await-in-loop -- One after another, as the clock moves.
      const got = await tryLogin("grace", `guess ${i}`, `192.0.${i % 200}.${i % 251}`);
      expect([401, 429]).toContain(got.status);
      // oxlint-disable-next-line no-await-in-loop
      if (i % 1_000 === 999) legitimate.push((await known.login("grace")).status);
    }

    const { hashedMs } = passwords;
    const worst = Math.max(
      ...hashedMs.map((atMs) => hashedMs.filter((at) => at >= atMs && at < atMs + 60_000).length),
    );
    expect(worst).toBeLessThanOrEqual(20);
    expect(worst).toBeGreaterThan(5);
    expect(legitimate).toEqual(Array.from({ length: 10 }, () => 200));
  }, 120_000);

  it("says how long to wait, and locks nobody out for good", async () => {
    await newUser(open, "grace");
    let got = await tryLogin("grace", "guess");
    for (let i = 0; i < 25 && got.status === 401; i++)
      // oxlint-disable-next-line no-await-in-loop
      got = await tryLogin("grace", "guess");

    expect(got).toMatchObject({ status: 429, json: { code: "rate.limited" } });
    const seconds = Number(got.headers.get("retry-after"));
    expect(seconds).toBeLessThanOrEqual(60);
    open.advance(60_000);
    expect((await tryLogin("grace", PASSWORD)).status).toBe(200);
  });

  it("at many accounts from one address is slowed down, too", async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 40; i++)
      // oxlint-disable-next-line no-await-in-loop
      statuses.push((await tryLogin(`user${i}`, "guess")).status);

    expect(statuses.filter((status) => status === 401)).toHaveLength(30);
    expect((await tryLogin("other", "guess", "198.51.100.1")).status).toBe(401);
  });

  it("at once is hashed in few turns, and refused beyond them", async () => {
    const got = await Promise.all(
      Array.from({ length: 60 }, (_, i) => tryLogin(`user${i}`, "guess", `192.0.2.${i}`)),
    );
    const refused = got.filter(({ status }) => status === 429);

    expect(refused.length).toBeGreaterThan(0);
    for (const { headers } of refused) expect(headers.get("retry-after")).toBe("2");
    expect(got.filter(({ status }) => status === 401).length).toBeGreaterThanOrEqual(22);
  });

  it("takes nothing from a device that is forged or of another account", async () => {
    const other = await loggedIn(open, "other");
    await newUser(open, "grace");
    const device = other.cookies.get("tw_device") ?? "";
    const guess = (cookie: string): Promise<Got> =>
      open.ask("POST", LOGIN, {
        token: null,
        body: { username: "grace", password: "guess" },
        headers: { "x-test-address": "203.0.113.9", cookie },
      });
    for (let i = 0; i < 12; i++)
      // oxlint-disable-next-line no-await-in-loop
      await tryLogin("grace", "guess", "203.0.113.9");

    expect((await guess(`tw_device=${device}`)).status).toBe(429);
    expect((await guess(`tw_device=${device.replace(/^../, "xx")}`)).status).toBe(429);
  });
});

const change = (browser: Browser, current: string, next: string): Promise<Got> =>
  browser.ask("PUT", `${ME}/password`, { body: { current, next } });

describe("one's own password", () => {
  it("is changed by who knows it, and ends every other session", async () => {
    const here = await loggedIn(open, "grace");
    const there = new Browser(open);
    await there.login("grace");
    const before = here.cookies.get("tw_session");

    const got = await change(here, PASSWORD, "another good password");

    expect(got.status).toBe(204);
    expect(here.cookies.get("tw_session")).not.toBe(before);
    expect((await here.ask("GET", ME)).status).toBe(200);
    expect((await there.ask("GET", ME)).json.code).toBe("login.needed");
    expect((await tryLogin("grace", PASSWORD)).status).toBe(401);
    expect((await tryLogin("grace", "another good password")).status).toBe(200);
  });

  it("is not changed by who does not know it, nor guessed at for long", async () => {
    const browser = await loggedIn(open, "grace");
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++)
      // oxlint-disable-next-line no-await-in-loop
      statuses.push((await change(browser, `guess ${i}`, "another good password")).status);

    expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
    expect(statuses.at(-1)).toBe(429);
    expect((await browser.ask("GET", ME)).status).toBe(200);
  });

  it.each([
    ["short", "elevenchars"],
    ["the username", "grace.hopper"],
    ["a common one", "Password1234"],
    ["one letter", "aaaaaaaaaaaaaaaa"],
    ["the old one", PASSWORD],
  ])("is not changed to one that is %s", async (_, next) => {
    const browser = await loggedIn(open, "grace.hopper");

    const got = await change(browser, PASSWORD, next);

    expect(got).toMatchObject({ status: 422, json: { code: "password.weak" } });
    expect(got.json.errors[0].pointer).toBe("/next");
  });

  it("that somebody else chose opens nothing until it is changed", async () => {
    const made = await open.ask("POST", "/api/v1/users", {
      body: { username: "new", role: "owner" },
    });
    const browser = new Browser(open);
    const login = await browser.login("new", made.json.password);

    const jobs = await browser.ask("GET", "/api/v1/jobs");
    const me = await browser.ask("GET", ME);
    const changed = await change(browser, made.json.password, "my own long password");
    const after = await browser.ask("GET", "/api/v1/jobs");

    expect(login.json.mustChangePassword).toBe(true);
    expect(jobs).toMatchObject({ status: 403, json: { code: "permission.denied" } });
    expect(jobs.json.hint).toContain("/me/password");
    expect([me.status, changed.status, after.status]).toEqual([200, 204, 200]);
  });
});
