import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { firstNamespace } from "../../src/api/directory-copies.ts";
import { ROLES, includesRole, type Role } from "../../src/core/role.ts";
import { Browser, loggedIn, newUser } from "../support/browser.ts";
import { OpenApi, type Got } from "../support/open-api.ts";

const USERS = "/api/v1/users";
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
  await open.deps.directory.putNamespace({ ...firstNamespace("other"), version: 1 }, null);
});
afterEach(() => open.close());

const patch = (browser: Browser, user: string, body: unknown): Promise<Got> =>
  browser.ask("PATCH", `${USERS}/${user}`, { body });
const inOther = { headers: { "x-namespace": "other" } } as const;

describe("a user", () => {
  it("gets a generated password, which is shown this once and must be changed", async () => {
    const made = await open.ask("POST", USERS, { body: { username: "Grace", role: "editor" } });
    const read = await open.ask("GET", `${USERS}/grace`);

    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({
      username: "grace",
      mustChangePassword: true,
      memberships: [{ namespace: "default", role: "editor", executors: null }],
    });
    expect(made.json.password).toMatch(/^([2-9a-kmnp-z]{4}-){4}[2-9a-kmnp-z]{4}$/);
    expect(made.headers.get("location")).toBe(`${USERS}/${made.json.id}`);
    expect(read.text).not.toContain('assword":"');
    expect(JSON.stringify(await open.deps.people.userByName("grace"))).not.toContain(
      made.json.password,
    );
  });

  it("is made once for one key, and its password is sealed in between", async () => {
    const ask = {
      body: { username: "grace", role: "viewer" },
      headers: { "idempotency-key": "k" },
    };
    const first = await open.ask("POST", USERS, ask);
    const again = await open.ask("POST", USERS, ask);

    expect(again).toMatchObject({ status: 201, json: first.json });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
  });

  it.each([
    ["a role that is none", { role: "root" }, 400],
    ["no role", { role: undefined }, 400],
    ["an unknown field", { id: "usr_1" }, 400],
    ["a state of its own", { state: "disabled" }, 400],
    ["a hash", { passwordHash: "x" }, 400],
    ["a username with a space", { username: "a b" }, 400],
    ["a username that looks like an id", { username: "usr_0" }, 400],
    [
      "a password that is the username",
      { username: "gracehopper1", password: "GraceHopper1" },
      422,
    ],
    ["a common password", { password: "password1234" }, 422],
    ["an executor that is none", { executors: ["a b"] }, 400],
  ])("is refused with %s", async (_, changes, status) => {
    const got = await open.ask("POST", USERS, {
      body: { username: "grace", role: "viewer", ...changes },
    });

    expect(got.status).toBe(status);
    expect(got.json.errors[0].pointer).toBeDefined();
    expect((await open.ask("GET", `${USERS}/grace`)).json.code).toBe("user.unknown");
  });

  it("is listed to its namespace, and everybody to who administers the instance", async () => {
    await newUser(open, "grace");
    await newUser(open, "ada", {}, "other");
    const admin = await loggedIn(open, "admin", { role: "admin" });
    const names = async (browser: Browser | OpenApi, query: string): Promise<readonly string[]> => {
      const { json } = await browser.ask("GET", `${USERS}${query}`);
      return json.items.map((user: { username: string }) => user.username).toSorted();
    };

    expect(await names(admin, "")).toEqual(["admin", "grace"]);
    expect(await names(open, "?all=true")).toEqual(["ada", "admin", "grace"]);
    expect((await admin.ask("GET", `${USERS}?all=true`)).status).toBe(403);
    const first = await open.ask("GET", `${USERS}?all=true&limit=2`);
    const rest = await open.ask("GET", `${USERS}?all=true&cursor=${first.json.nextCursor}`);
    expect([first.json.items.length, rest.json.items.length]).toEqual([2, 1]);
  });

  it("of another namespace is not there", async () => {
    const ada = await newUser(open, "ada", {}, "other");
    const owner = await loggedIn(open, "owner", { role: "owner" });
    const asks: readonly (readonly [string, string, unknown?])[] = [
      ["GET", ""],
      ["PATCH", "", { role: "viewer" }],
      ["DELETE", ""],
      ["GET", "/sessions"],
      ["DELETE", "/sessions"],
    ];
    for (const [method, below, body] of asks)
      for (const name of [ada.id, "ada", "nobody"]) {
        const ask = body === undefined ? {} : { body };
        // oxlint-disable-next-line no-await-in-loop
        const got = await owner.ask(method, `${USERS}/${name}${below}`, ask);
        expect(got, `${method} ${name}${below}`).toMatchObject({
          status: 404,
          json: { code: "user.unknown" },
        });
      }
    expect(
      (await owner.ask("POST", USERS, { body: { username: "ada", role: "viewer" } })).json.code,
    ).toBe("name.taken");
  });

  it("is made a member of another namespace by who administers the instance", async () => {
    await newUser(open, "grace", { role: "owner" });
    const body = { username: "grace", role: "viewer", executors: ["orders"] };

    const got = await open.ask("POST", USERS, { body, ...inOther });
    const again = await open.ask("POST", USERS, { body, ...inOther });
    const withPassword = await open.ask("POST", USERS, {
      body: { ...body, password: "a good new password" },
      ...inOther,
    });

    expect(got).toMatchObject({ status: 200, json: { password: null } });
    expect(got.json.memberships).toHaveLength(2);
    expect([again.json.code, withPassword.json.code]).toEqual(["name.taken", "name.taken"]);
    const browser = new Browser(open);
    expect((await browser.login("grace")).json).toMatchObject({ namespace: "default" });
  });

  it("is changed only as the version that was read", async () => {
    const { version } = await newUser(open, "grace");
    const change = (ifMatch: string) =>
      open.ask("PATCH", `${USERS}/grace`, {
        body: { role: "editor" },
        headers: { "if-match": ifMatch },
      });

    expect((await change(`"${version + 1}"`)).json.code).toBe("version.conflict");
    const done = await change(`"${version}"`);
    expect(done.headers.get("etag")).toBe(`"${version + 1}"`);
    const same = await open.ask("PATCH", `${USERS}/grace`, { body: { role: "editor" } });
    expect(same.json.version).toBe(version + 1);
  });

  it("with a reset password logs in with that one, and must change it", async () => {
    await newUser(open, "grace");
    const reset = await open.ask("PATCH", `${USERS}/grace`, { body: { resetPassword: true } });

    expect((await new Browser(open).login("grace")).status).toBe(401);
    const login = await new Browser(open).login("grace", reset.json.password);
    expect(login.json).toMatchObject({ mustChangePassword: true });
  });

  it("goes with its last membership, unless it administers the instance", async () => {
    await newUser(open, "grace");
    await newUser(open, "boss", { role: "owner", isInstanceAdmin: true });
    await newUser(open, "chief", { role: "owner", isInstanceAdmin: true });
    await open.ask("POST", USERS, { body: { username: "grace", role: "viewer" }, ...inOther });

    await open.ask("DELETE", `${USERS}/grace`);
    const kept = await open.ask("GET", `${USERS}/grace`);
    await open.ask("DELETE", `${USERS}/grace`, inOther);
    const gone = await open.ask("GET", `${USERS}/grace`);
    await open.ask("DELETE", `${USERS}/boss`);
    const boss = await open.ask("GET", `${USERS}/boss`);
    const deleted = await open.ask("DELETE", `${USERS}/boss`);

    expect(kept.json.memberships).toMatchObject([{ namespace: "other" }]);
    expect(gone.json.code).toBe("user.unknown");
    expect(boss.json).toMatchObject({ isInstanceAdmin: true, memberships: [] });
    expect(deleted.status).toBe(204);
    expect((await open.ask("GET", `${USERS}/boss`)).json.code).toBe("user.unknown");
  });
});

/** What becomes of making somebody with this role, and of changing, logging out and removing another one. */
async function outcomes(browser: Browser, given: Role): Promise<readonly number[]> {
  await newUser(open, `is-${given}`, { role: given });
  const body = { username: `new-${given}`, role: given };
  const got = [
    await browser.ask("POST", USERS, { body }),
    await patch(browser, `is-${given}`, { executors: ["orders"] }),
    await browser.ask("DELETE", `${USERS}/is-${given}/sessions`),
    await browser.ask("DELETE", `${USERS}/is-${given}`),
  ];
  return got.map(({ status }) => status);
}

describe("nobody gives or touches more than they have", () => {
  it.each(ROLES)("as %s", async (role) => {
    const browser = await loggedIn(open, "somebody", { role });
    for (const given of ROLES) {
      // oxlint-disable-next-line no-await-in-loop
      expect(await outcomes(browser, given), `${role} on ${given}`).toEqual(
        includesRole(role, "admin") && includesRole(role, given)
          ? [201, 200, 204, 204]
          : [403, 403, 403, 403],
      );
      // oxlint-disable-next-line no-await-in-loop
      const raised = await patch(browser, "somebody", { role: given });
      if (!includesRole(role, given)) expect(raised.status).toBe(403);
      // oxlint-disable-next-line no-await-in-loop
      await open.ask("PATCH", `${USERS}/somebody`, { body: { role } });
      // oxlint-disable-next-line no-await-in-loop
      await browser.login("somebody");
    }
  });

  it("but only who administers the instance says who else does, and handles shared accounts", async () => {
    const owner = await loggedIn(open, "owner", { role: "owner" });
    await newUser(open, "shared");
    await newUser(open, "boss", { isInstanceAdmin: true });
    await newUser(open, "plain");
    await open.ask("POST", USERS, { body: { username: "shared", role: "viewer" }, ...inOther });
    const refused = [
      await patch(owner, "plain", { isInstanceAdmin: true }),
      await patch(owner, "owner", { isInstanceAdmin: true }),
      await owner.ask("POST", USERS, {
        body: { username: "x", role: "viewer", isInstanceAdmin: true },
      }),
      await patch(owner, "shared", { state: "disabled" }),
      await patch(owner, "shared", { resetPassword: true }),
      await patch(owner, "boss", { resetPassword: true }),
      await owner.ask("GET", `${USERS}/shared/sessions`),
      await owner.ask("DELETE", `${USERS}/boss/sessions`),
    ];

    for (const { json } of refused) expect(json.code).toBe("permission.denied");
    expect((await patch(owner, "shared", { role: "operator" })).status).toBe(200);
    expect((await patch(owner, "plain", { state: "disabled" })).status).toBe(200);
    const seen = await owner.ask("GET", `${USERS}/shared`);
    expect(seen.json.memberships).toMatchObject([{ namespace: "default" }]);
  });

  it("nor more executors than their own", async () => {
    const bound = await loggedIn(open, "bound", { role: "admin", executors: ["orders"] });
    await newUser(open, "free");
    const give = (executors: readonly string[] | null) =>
      bound.ask("POST", USERS, { body: { username: "new", role: "viewer", executors } });

    expect((await give(null)).status).toBe(403);
    expect((await give(["orders", "billing"])).status).toBe(403);
    expect((await patch(bound, "free", { resetPassword: true })).status).toBe(403);
    expect((await patch(bound, "bound", { executors: null })).status).toBe(403);
    expect((await give(["orders"])).status).toBe(201);
  });
});

describe("somebody is always in charge", () => {
  it("of the instance", async () => {
    const boss = await loggedIn(open, "boss", { role: "owner", isInstanceAdmin: true });
    const tries = [
      await patch(boss, "boss", { isInstanceAdmin: false }),
      await patch(boss, "boss", { state: "disabled" }),
    ];
    for (const got of tries)
      expect(got).toMatchObject({ status: 409, json: { code: "user.last_owner" } });

    await newUser(open, "chief", { isInstanceAdmin: true });
    await patch(boss, "chief", { state: "disabled" });
    expect((await patch(boss, "boss", { isInstanceAdmin: false })).json.code).toBe(
      "user.last_owner",
    );
    await patch(boss, "chief", { state: "active" });
    expect((await patch(boss, "boss", { isInstanceAdmin: false })).status).toBe(200);
  });

  it("of a namespace, when nobody administers the instance", async () => {
    const owner = await loggedIn(open, "owner", { role: "owner" });
    await newUser(open, "second", { role: "owner" });
    const away = await patch(owner, "second", { state: "disabled" });
    const tries = [
      await patch(owner, "owner", { role: "admin" }),
      await patch(owner, "owner", { state: "disabled" }),
      await owner.ask("DELETE", `${USERS}/owner`),
    ];

    expect(away.status).toBe(200);
    for (const got of tries)
      expect(got).toMatchObject({ status: 409, json: { code: "user.last_owner" } });
    await patch(owner, "second", { state: "active" });
    expect((await patch(owner, "owner", { role: "viewer" })).status).toBe(200);
  });

  it("when two step down at the same moment", async () => {
    const both = [
      await loggedIn(open, "one", { role: "owner" }),
      await loggedIn(open, "two", { role: "owner" }),
    ];

    const got = await Promise.all(
      both.map((browser, i) => patch(browser, i === 0 ? "one" : "two", { role: "viewer" })),
    );

    expect(new Set(got.map(({ status }) => status))).toEqual(new Set([200, 409]));
  });
});
