import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Browser, PASSWORD } from "../support/browser.ts";
import { aJob, OpenApi, type Ask, type Got } from "../support/open-api.ts";
import { aUser } from "../support/people.ts";

const NAMESPACES = "/api/v1/namespaces";
const NONE = { jobs: null, workflows: null, executors: null };
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

const create = (body: unknown, ask: Ask = {}): Promise<Got> =>
  open.ask("POST", NAMESPACES, { ...ask, body });
const patch = (name: string, body: unknown, ask: Ask = {}): Promise<Got> =>
  open.ask("PATCH", `${NAMESPACES}/${name}`, { ...ask, body });
const namesOf = ({ json }: Got): readonly string[] =>
  json.items.map(({ name }: { readonly name: string }) => name);

describe("a namespace", () => {
  it("is made, read, changed and deleted by who administers the instance", async () => {
    const made = await create({ name: "team-a", description: "A team", quotas: { jobs: 5 } });
    const read = await open.ask("GET", `${NAMESPACES}/team-a`);
    const changed = await patch("team-a", { quotas: { jobs: null, executors: 2 } });
    const gone = await open.ask("DELETE", `${NAMESPACES}/team-a`);
    const after = await open.ask("GET", `${NAMESPACES}/team-a`);

    expect(made).toMatchObject({ status: 201, json: read.json });
    expect(read.json).toEqual({
      name: "team-a",
      description: "A team",
      version: 1,
      quotas: { ...NONE, jobs: 5 },
      usage: { jobs: 0, workflows: 0, executors: 0 },
      signingSecrets: 1,
      createdAt: new Date(open.nowMs).toISOString(),
    });
    expect(made.headers.get("location")).toBe(`${NAMESPACES}/team-a`);
    expect(changed.json).toMatchObject({ version: 2, quotas: { ...NONE, executors: 2 } });
    expect(changed.headers.get("etag")).toBe('"2"');
    expect([gone.status, after.json.code]).toEqual([204, "namespace.unknown"]);
  });

  it("is made once for one key, and its name is taken once", async () => {
    const headers = { "idempotency-key": "k" };
    const first = await create({ name: "team-a" }, { headers });
    const again = await create({ name: "team-a" }, { headers });
    const other = await create({ name: "team-a" });
    const usual = await create({ name: "default" });

    expect(again).toMatchObject({ status: 201, json: first.json });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect([other.json.code, usual.json.code]).toEqual(["name.taken", "name.taken"]);
  });

  it.each([
    [{ name: "A" }, "/name"],
    [{ name: "a", quotas: { jobs: -1 } }, "/quotas/jobs"],
    [{ name: "a", quotas: { jobs: 1.5 } }, "/quotas/jobs"],
    [{ name: "a", quotas: { runs: 1 } }, "/quotas/runs"],
    [{ name: "a", version: 7 }, "/version"],
    [{ name: "a", signingGenerations: [9] }, "/signingGenerations"],
    [{ name: "a", createdAt: "2020-01-01T00:00:00Z" }, "/createdAt"],
    [{ description: "no name" }, "/name"],
  ])("is refused as %j", async (body, pointer) => {
    const got = await create(body);

    expect(got.status).toBe(400);
    expect(got.json.errors[0].pointer).toBe(pointer);
  });

  it("is changed only from the version that was read", async () => {
    await create({ name: "team-a" });
    const headers = { "if-match": '"1"' };
    const first = await patch("team-a", { description: "one" }, { headers });
    const stale = await patch("team-a", { description: "two" }, { headers });
    const both = await Promise.all([
      patch("team-a", { description: "three" }),
      patch("team-a", { quotas: { jobs: 3 } }),
    ]);
    const { json } = await open.ask("GET", `${NAMESPACES}/team-a`);

    expect([first.status, stale.status]).toEqual([200, 412]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(json).toMatchObject({ version: 4, description: "three", quotas: { jobs: 3 } });
  });

  it("keeps its signing secrets when it is changed", async () => {
    await create({ name: "team-a" });
    await open.ask("POST", `${NAMESPACES}/team-a/signing-secret`);
    await patch("team-a", { description: "A team" });
    const { json } = await open.ask("GET", `${NAMESPACES}/team-a`);

    expect(json).toMatchObject({ signingSecrets: 2, version: 3 });
    expect((await open.deps.directory.namespace("team-a"))?.signingGenerations).toEqual([2, 1]);
  });

  it("of the name default is there without having been made, and stays", async () => {
    const read = await open.ask("GET", `${NAMESPACES}/default`);
    const changed = await patch("default", { description: "Everybody" });
    const gone = await open.ask("DELETE", `${NAMESPACES}/default`);

    expect(read.json).toMatchObject({ version: 0, createdAt: null, quotas: NONE });
    expect(changed.json).toMatchObject({ version: 1, description: "Everybody" });
    expect(gone).toMatchObject({ status: 409, json: { code: "namespace.in_use" } });
  });

  it("shows what is in it, once the records know", async () => {
    const token = await open.newToken("admin", "team-a");
    await open.ask("POST", "/api/v1/jobs", { token, body: aJob() });
    await open.ask("POST", "/api/v1/executors", {
      token,
      body: { appKey: "orders", name: "Orders", registration: "auto" },
    });
    await open.ask("POST", "/api/v1/jobs", { body: aJob() });
    await open.recordsCaughtUp();
    const { json } = await open.ask("GET", `${NAMESPACES}/team-a`, { token });

    expect(json.usage).toEqual({ jobs: 1, workflows: 0, executors: 1 });
  });
});

describe("the list of namespaces", () => {
  it("shows everybody those they may see, by name and in pages", async () => {
    await create({ name: "zoo" });
    const token = await open.newToken("read", "team-a");
    const all = await open.ask("GET", NAMESPACES);
    const first = await open.ask("GET", `${NAMESPACES}?limit=2`);
    const rest = await open.ask("GET", `${NAMESPACES}?limit=2&cursor=${first.json.nextCursor}`);
    const own = await open.ask("GET", NAMESPACES, { token });

    expect(namesOf(all)).toEqual(["default", "team-a", "zoo"]);
    expect([...namesOf(first), ...namesOf(rest)]).toEqual(["default", "team-a", "zoo"]);
    expect(rest.json.nextCursor).toBeNull();
    expect(namesOf(own)).toEqual(["team-a"]);
  });

  it("leaves those to the operator that others may not see or change", async () => {
    const token = await open.newToken("admin", "team-a");
    const asked = await Promise.all([
      open.ask("GET", `${NAMESPACES}/default`, { token }),
      create({ name: "mine" }, { token }),
      patch("team-a", { quotas: { jobs: null } }, { token }),
      open.ask("DELETE", `${NAMESPACES}/team-a`, { token }),
    ]);

    expect(asked.map(({ json }) => json.code)).toEqual([
      "namespace.unknown",
      "permission.denied",
      "permission.denied",
      "permission.denied",
    ]);
  });
});

describe("the end of a namespace", () => {
  it("waits until nothing is left in it", async () => {
    const token = await open.newToken("admin", "team-a");
    const drop = () => open.ask("DELETE", `${NAMESPACES}/team-a`);
    const left: [string, string, unknown][] = [
      ["/jobs", "/jobs/nightly-report", aJob()],
      ["/workflows", "/workflows/w", { name: "w", steps: [{ name: "s", sleep: "1s" }] }],
      ["/calendars", "/calendars/c", { name: "c" }],
      ["/executors", "/executors/app-x", { appKey: "app-x", name: "X", registration: "auto" }],
    ];
    const codes: string[] = [];
    for (const [list, one, body] of left) {
      // oxlint-disable-next-line no-await-in-loop -- One after another.
      const made = await open.ask("POST", `/api/v1${list}`, { token, body });
      expect(made.status).toBe(201);
      // oxlint-disable-next-line no-await-in-loop
      await open.recordsCaughtUp();
      // oxlint-disable-next-line no-await-in-loop
      codes.push((await drop()).json.code);
      // oxlint-disable-next-line no-await-in-loop
      await open.ask("DELETE", `/api/v1${one}`, { token });
      // oxlint-disable-next-line no-await-in-loop
      await open.recordsCaughtUp();
    }
    const gone = await drop();

    expect(codes).toEqual(left.map(() => "namespace.in_use"));
    expect(gone.status).toBe(204);
  });

  it("revokes its tokens at once and drops its members", async () => {
    const token = await open.newToken("admin", "team-a");
    const ask = () => open.ask("GET", "/api/v1/jobs", { token });
    const before = await ask();
    const memberships = ["default", "team-a"].map((namespace) => ({
      namespace,
      role: "owner" as const,
      executors: null,
    }));
    await open.deps.people.createUser({ ...aUser("ada"), memberships }, null);
    const stale = await open.ask("DELETE", `${NAMESPACES}/team-a`, {
      headers: { "if-match": '"7"' },
    });
    const gone = await open.ask("DELETE", `${NAMESPACES}/team-a`);
    const after = await ask();
    const user = await open.deps.people.user("usr_ada");

    expect([before.status, stale.status, gone.status, after.status]).toEqual([200, 412, 204, 401]);
    expect(user?.memberships.map(({ namespace }) => namespace)).toEqual(["default"]);
  });

  it("drops its members and their sessions in the same write, or not at all", async () => {
    await create({ name: "team-a" });
    const headers = { "x-namespace": "team-a" };
    const body = { username: "ada", password: PASSWORD, role: "owner", mustChangePassword: false };
    await open.ask("POST", "/api/v1/users", { headers, body });
    const ada = new Browser(open);
    await ada.login("ada");
    const { directory, people } = open.deps;
    const isStale = await directory.deleteNamespace("team-a", 7, { nowMs: open.nowMs, by: "x" });
    const untouched = await people.userByName("ada");
    const isGone = await directory.deleteNamespace("team-a", 1, { nowMs: open.nowMs, by: "x" });
    const user = await people.userByName("ada");

    expect([isStale, isGone]).toEqual([false, true]);
    expect(untouched?.memberships).toHaveLength(1);
    expect(user).toEqual({
      ...untouched,
      version: (untouched?.version ?? 0) + 1,
      memberships: [],
      updatedMs: open.nowMs,
    });
    expect(await people.sessions(user?.id ?? "")).toEqual([]);
  });

  it("is one for whoever entered it a moment ago, too", async () => {
    await create({ name: "team-a" });
    const headers = { "x-namespace": "team-a" };
    const before = await open.ask("GET", "/api/v1/jobs", { headers });
    await open.ask("DELETE", `${NAMESPACES}/team-a`);
    const late = await open.ask("POST", "/api/v1/jobs", { headers, body: aJob() });

    expect(before.status).toBe(200);
    expect(late).toMatchObject({ status: 404, json: { code: "namespace.unknown" } });
  });

  it("is not undone by a new signing secret", async () => {
    const secret = await open.ask("POST", `${NAMESPACES}/nowhere/signing-secret`);
    const dropped = await open.ask("DELETE", `${NAMESPACES}/nowhere/signing-secret/previous`);
    const read = await open.ask("GET", `${NAMESPACES}/nowhere`);

    for (const got of [secret, dropped, read])
      expect(got).toMatchObject({ status: 404, json: { code: "namespace.unknown" } });
  });

  it("keeps its name from being given to somebody else who would see its history", async () => {
    const token = await open.newToken("admin", "team-a");
    await open.ask("POST", "/api/v1/jobs", { token, body: aJob() });
    const run = await open.ask("POST", "/api/v1/jobs/nightly-report/runs", { token });
    await open.ask("POST", `/api/v1/runs/${run.json.id}/cancel`, { token });
    await open.ask("DELETE", "/api/v1/jobs/nightly-report", { token });
    await open.recordsCaughtUp();
    const gone = await open.ask("DELETE", `${NAMESPACES}/team-a`);
    const again = await create({ name: "team-a" });

    expect(gone.status).toBe(204);
    expect(again).toMatchObject({ status: 409, json: { code: "name.taken" } });
  });
});
