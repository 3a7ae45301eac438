import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { namespaceKey } from "../../src/core/directory.ts";
import { loggedIn } from "../support/browser.ts";
import { OpenApi } from "../support/open-api.ts";

const TOKENS = "/api/v1/tokens";
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

async function generations(): Promise<readonly number[]> {
  return (await open.deps.directory.namespace("default"))?.signingGenerations ?? [1];
}

describe("API tokens", () => {
  it("are shown once, stored by their hash, and listed by their prefix", async () => {
    const made = await open.ask("POST", TOKENS, {
      body: { name: "ci", scopes: ["read", "write"] },
    });
    const listed = await open.ask("GET", TOKENS);

    expect(made.json.token).toMatch(/^tw_[A-Za-z0-9_-]{43}$/);
    expect(made.json.token.startsWith(made.json.prefix)).toBe(true);
    expect(listed.text).not.toContain(made.json.token);
    expect(listed.json.items).toMatchObject([{ id: made.json.id, name: "ci", lastUsedAt: null }]);
  });

  it("are refused from the moment they are revoked", async () => {
    const { json } = await open.ask("POST", TOKENS, { body: { name: "ci", scopes: ["read"] } });
    const ask = () => open.ask("GET", "/api/v1/jobs", { token: json.token });
    const before = await ask();

    const revoked = await open.ask("DELETE", `${TOKENS}/${json.id}`);
    const after = await ask();

    expect([before.status, revoked.status, after.status]).toEqual([200, 204, 401]);
    const { json: read } = await open.ask("GET", `${TOKENS}/${json.id}`);
    expect(read.revokedAt).not.toBeNull();
  });

  it("are refused once they have expired", async () => {
    const body = { name: "ci", scopes: ["read"], expiresIn: "1h" };
    const { json } = await open.ask("POST", TOKENS, { body });
    const ask = () => open.ask("GET", "/api/v1/jobs", { token: json.token });
    const before = await ask();
    open.advance(3_600_000);

    expect([before.status, (await ask()).status]).toEqual([200, 401]);
  });

  it("note their last use at most once a minute", async () => {
    const { json } = await open.ask("POST", TOKENS, { body: { name: "ci", scopes: ["read"] } });
    const lastUsed = async () => (await open.ask("GET", `${TOKENS}/${json.id}`)).json.lastUsedAt;
    const use = () => open.ask("GET", "/api/v1/jobs", { token: json.token });
    const firstMs = open.nowMs;
    await use();
    open.advance(30_000);
    await use();
    const after30 = await lastUsed();
    open.advance(31_000);
    await use();

    expect(after30).toBe(new Date(firstMs).toISOString());
    expect(await lastUsed()).toBe(new Date(open.nowMs).toISOString());
  });

  it.each([
    [{ name: "x", scopes: [] }, "/scopes"],
    [{ name: "x", scopes: ["root"] }, "/scopes/0"],
    [{ name: "x", scopes: ["read"], expiresAt: "2020-01-01T00:00:00Z" }, "/expiresAt"],
    [
      { name: "x", scopes: ["read"], expiresAt: "2030-01-01T00:00:00Z", expiresIn: "1h" },
      "/expiresIn",
    ],
    [{ name: "x", scopes: ["read"], namespace: "A:B" }, "/namespace"],
    [{ name: "x", scopes: ["read"], hash: "0" }, "/hash"],
  ])("are refused as %j", async (body, pointer) => {
    const got = await open.ask("POST", TOKENS, { body });

    expect(got.status).toBe(400);
    expect(got.json.errors[0].pointer).toBe(pointer);
  });

  it("of one namespace make, see and revoke none of another", async () => {
    const { json: mine } = await open.ask("POST", TOKENS, {
      body: { name: "a", scopes: ["read"] },
    });
    const token = await open.newToken("admin", "other");

    const made = await open.ask("POST", TOKENS, {
      token,
      body: { name: "b", scopes: ["admin"], namespace: "default" },
    });
    const seen = await open.ask("GET", `${TOKENS}/${mine.id}`, { token });
    const revoked = await open.ask("DELETE", `${TOKENS}/${mine.id}`, { token });

    expect(made.json.code).toBe("namespace.unknown");
    expect([seen.json.code, revoked.json.code]).toEqual(["token.unknown", "token.unknown"]);
  });

  it("are known while the records are away, once they were seen", async () => {
    const token = await open.newToken("read");
    await open.ask("GET", "/api/v1/schedules", { token });
    open.advance(60_000);
    await open.close();

    const got = await open.ask("GET", "/api/v1/jobs", { token });

    expect(got).toMatchObject({ status: 503, json: { code: "records.unavailable" } });
    expect(got.headers.get("retry-after")).not.toBeNull();
    open = await OpenApi.start();
  });
});

describe("the rights of a token", () => {
  it("say who made it, and are no wider than those of the maker", async () => {
    const token = await open.newToken("admin", "other");
    const made = await open.ask("POST", TOKENS, {
      token,
      body: { name: "t", scopes: ["read"], executors: ["app-a", "app-b"] },
    });
    const limited = made.json.token;
    const seen = await open.ask("GET", `${TOKENS}/${made.json.id}`, { token });
    const more = await open.ask("POST", TOKENS, {
      token: limited,
      body: { name: "t", scopes: ["admin"] },
    });

    expect(seen.json).toMatchObject({
      executors: ["app-a", "app-b"],
      createdBy: "admin of other",
      namespace: "other",
    });
    expect(more.json.code).toBe("permission.denied");
  });

  it.each([
    ["operate", "read"],
    ["write", "operate"],
    ["admin", "write"],
  ])("never reach %s for whoever has only %s", async (wanted, has) => {
    const token = await open.newToken(has);
    const got = await open.ask("POST", TOKENS, { token, body: { name: "t", scopes: [wanted] } });

    expect(got).toMatchObject({ status: 403, json: { code: "permission.denied" } });
  });

  it("outlive those of whoever made it, and say whose they were", async () => {
    const grace = await loggedIn(open, "grace", { role: "admin" });
    const made = await grace.ask("POST", TOKENS, { body: { name: "ci", scopes: ["write"] } });
    await open.ask("PATCH", "/api/v1/users/grace", { body: { state: "disabled" } });
    const { token } = made.json;
    const disabled = await open.ask("GET", "/api/v1/jobs", { token });
    await open.ask("DELETE", "/api/v1/users/grace");
    const removed = await open.ask("GET", "/api/v1/jobs", { token });
    const listed = await open.ask("GET", TOKENS);

    expect([disabled.status, removed.status]).toEqual([200, 200]);
    expect(listed.json.items).toMatchObject([{ name: "ci", createdBy: "grace", revokedAt: null }]);
  });

  it("are for a namespace that there is, unless the bootstrap token makes it", async () => {
    const before = await open.deps.directory.namespace("fresh");
    const made = await open.newToken("read", "fresh");
    const after = await open.deps.directory.namespace("fresh");

    expect(before).toBeNull();
    expect(made).toMatch(/^tw_/);
    expect(after).toMatchObject({ version: 1, signingGenerations: [1], createdMs: open.nowMs });
  });

  it("are listed by what has become of them", async () => {
    const make = async (name: string, more: object = {}): Promise<string> => {
      const body = { name, scopes: ["read"], ...more };
      return (await open.ask("POST", TOKENS, { body })).json.id;
    };
    await make("good");
    await make("short", { expiresIn: "1h" });
    const gone = await make("gone", { expiresIn: "1h" });
    await open.ask("DELETE", `${TOKENS}/${gone}`);
    open.advance(3_600_000);
    const named = async (state: string): Promise<readonly string[]> => {
      const { json } = await open.ask("GET", `${TOKENS}?state=${state}`);
      return json.items.map(({ name }: { readonly name: string }) => name);
    };

    expect(await named("active")).toEqual(["good"]);
    expect(await named("expired")).toEqual(["short"]);
    expect(await named("revoked")).toEqual(["gone"]);
  });
});

describe("the signing secret of a namespace", () => {
  const PATH = "/api/v1/namespaces/default/signing-secret";

  it("is rotated, the previous one signing on until it is dropped", async () => {
    const first = await open.ask("POST", PATH);
    const second = await open.ask("POST", PATH);
    const both = await generations();
    const dropped = await open.ask("DELETE", `${PATH}/previous`);

    expect(first.json.secret).toMatch(/^whsec_/);
    expect(second.json.secret).not.toBe(first.json.secret);
    expect(both).toEqual([3, 2]);
    expect(dropped.status).toBe(204);
    expect(await generations()).toEqual([3]);
  });

  it("reaches every shard", async () => {
    await open.ask("POST", PATH);

    const lists = await Promise.all(
      open.runners.map((runner) => runner.call("directory.list", {})),
    );

    for (const list of lists)
      expect(list.ok && list.value.copies).toEqual([{ key: namespaceKey("default"), version: 1 }]);
  });

  it("of another namespace is unknown to all but the operator", async () => {
    const token = await open.newToken("admin", "other");

    const foreign = await open.ask("POST", PATH, { token });
    const own = await open.ask("POST", "/api/v1/namespaces/other/signing-secret", { token });

    expect(foreign.json.code).toBe("namespace.unknown");
    expect(own.status).toBe(201);
  });
});
