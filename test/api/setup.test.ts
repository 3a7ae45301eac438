import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Browser, PASSWORD } from "../support/browser.ts";
import { OpenApi, type Got } from "../support/open-api.ts";

const SETUP = "/api/v1/setup";
const SETUP_TOKEN = "setup-of-the-tests-".padEnd(40, "x");
let open: OpenApi;

async function startWith(setupToken: string | null): Promise<OpenApi> {
  const plain = await OpenApi.start();
  await plain.close();
  const setupTokenHash =
    setupToken === null ? null : createHash("sha256").update(setupToken).digest("hex");
  return OpenApi.start({ deps: { settings: { ...plain.deps.settings, setupTokenHash } } });
}

beforeEach(async () => {
  open = await startWith(SETUP_TOKEN);
});
afterEach(() => open.close());

const setUp = (changes: Readonly<Record<string, unknown>> = {}): Promise<Got> =>
  open.ask("POST", SETUP, {
    token: null,
    body: { setupToken: SETUP_TOKEN, username: "grace", password: PASSWORD, ...changes },
  });
const isNeeded = async (): Promise<boolean> =>
  (await open.ask("GET", SETUP, { token: null })).json.needed;

describe("the setup of a deployment", () => {
  it("makes its first user, who administers it, and logs in at once", async () => {
    const before = await isNeeded();
    const browser = new Browser(open);
    const got = await browser.ask("POST", SETUP, {
      body: { setupToken: SETUP_TOKEN, username: "Grace", password: PASSWORD },
    });

    expect(got.status).toBe(201);
    expect(got.json).toMatchObject({ name: "grace", role: "owner", isInstanceAdmin: true });
    expect((await browser.ask("GET", "/api/v1/me")).json.name).toBe("grace");
    expect([before, await isNeeded()]).toEqual([true, false]);
  });

  it("happens once, even when many try at the same time", async () => {
    const got = await Promise.all(
      Array.from({ length: 8 }, (_, i) => setUp({ username: `user${i}` })),
    );
    const later = await setUp();

    const statuses = got.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(7);
    expect(later).toMatchObject({ status: 409, json: { code: "setup.closed" } });
    const { json } = await open.ask("GET", "/api/v1/users?all=true");
    expect(json.items).toHaveLength(1);
  });

  it.each([
    ["another setup token", { setupToken: "x".repeat(40) }, 401, "token.invalid"],
    ["a short password", { password: "short" }, 422, "password.weak"],
    ["a username that is none", { username: "a b" }, 400, "request.invalid"],
    ["a username like an id", { username: "usr_1" }, 400, "request.invalid"],
    ["an unknown field", { role: "owner" }, 400, "request.unknown_field"],
  ])("is refused with %s", async (_, changes, status, code) => {
    expect(await setUp(changes)).toMatchObject({ status, json: { code } });
    expect(await isNeeded()).toBe(true);
  });

  it("is not guessed at for long", async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 40; i++)
      // oxlint-disable-next-line no-await-in-loop
      statuses.push((await setUp({ setupToken: `guess ${i}` })).status);

    expect(statuses.filter((status) => status === 401)).toHaveLength(30);
    expect(statuses.at(-1)).toBe(429);
  });

  it("is not done by another page", async () => {
    const got = await open.ask("POST", SETUP, {
      token: null,
      body: { setupToken: SETUP_TOKEN, username: "grace", password: PASSWORD },
      headers: { origin: "https://evil.example" },
    });

    expect(got).toMatchObject({ status: 403, json: { code: "csrf.refused" } });
  });

  it("is hinted at as long as it is needed", async () => {
    const before = await open.ask("GET", "/api/v1/jobs", { token: null });
    await setUp();
    open.advance(5_000);
    const after = await open.ask("GET", "/api/v1/jobs", { token: null });

    expect(before).toMatchObject({ status: 401, json: { code: "token.missing" } });
    expect(before.json.hint).toContain("/setup");
    expect(after.json.hint).not.toContain("/setup");
  });

  it("is closed where the host has no setup token", async () => {
    await open.close();
    open = await startWith(null);

    expect(await isNeeded()).toBe(false);
    expect(await setUp()).toMatchObject({ status: 409, json: { code: "setup.closed" } });
    expect((await setUp({ setupToken: "" })).status).toBe(400);
  });
});
