import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Got } from "../support/open-api.ts";
import { OpenApi } from "../support/open-api.ts";

let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

const WEEKDAYS = { weekdays: [1, 2, 3, 4, 5] };

function post(body: object, headers: Record<string, string> = {}): Promise<Got> {
  return open.ask("POST", "/api/v1/calendars", { body, headers });
}

async function make(body: object): Promise<Got["json"]> {
  const got = await post(body);
  expect(got, got.text).toMatchObject({ status: 201 });
  return got.json;
}

function put(
  name: string,
  body: object,
  ask: { readonly query?: string; readonly ifMatch?: string } = {},
): Promise<Got> {
  const headers: Record<string, string> =
    ask.ifMatch === undefined ? {} : { "if-match": ask.ifMatch };
  return open.ask("PUT", `/api/v1/calendars/${name}${ask.query ?? ""}`, { body, headers });
}

async function days(name: string, from: string, to: string): Promise<Got["json"]> {
  const got = await open.ask("GET", `/api/v1/calendars/${name}/days?from=${from}&to=${to}`);
  return got.json.items;
}

function remove(name: string, query = ""): Promise<Got> {
  return open.ask("DELETE", `/api/v1/calendars/${name}${query}`);
}

function get(name: string): Promise<Got> {
  return open.ask("GET", `/api/v1/calendars/${name}`);
}

describe("POST /calendars", () => {
  it("answers with every default filled in, and where the calendar is", async () => {
    const got = await post({ name: "office" });

    expect(got.status).toBe(201);
    expect(got.headers.get("location")).toBe("/api/v1/calendars/office");
    expect(got.headers.get("etag")).toBe('"1"');
    expect(got.json).toEqual({
      name: "office",
      namespace: "default",
      version: 1,
      description: "",
      weekdays: [1, 2, 3, 4, 5, 6, 7],
      include: [],
      exclude: [],
      allOf: [],
      anyOf: [],
      knownUntil: null,
      createdAt: "2026-11-21T02:00:00.500Z",
      updatedAt: "2026-11-21T02:00:00.500Z",
      etag: '"1"',
    });
    expect((await get("office")).json).toEqual(got.json);
  });

  it("takes dates with and without names, in any order", async () => {
    const exclude = [{ date: "2026-12-25", name: "Christmas Day" }, "2026-12-24"];
    const { exclude: stored } = await make({ name: "office", exclude, include: ["2026-12-26"] });

    expect(stored).toEqual([
      { date: "2026-12-24", name: null },
      { date: "2026-12-25", name: "Christmas Day" },
    ]);
  });

  it("begins with a seed, and what is sent stands instead of its part", async () => {
    const plain = await make({ name: "cn", seed: "cn-workdays" });
    const own = await make({ name: "own", seed: "cn-workdays", weekdays: [1], description: "" });

    expect(plain).toMatchObject({ weekdays: [1, 2, 3, 4, 5], knownUntil: "2026-12-31" });
    expect(plain.exclude).toContainEqual({ date: "2026-10-01", name: "国庆节 National Day" });
    expect(own).toMatchObject({ weekdays: [1], description: "", include: plain.include });
    expect(await post({ name: "no", seed: "none" })).toMatchObject({
      status: 422,
      json: { code: "calendar.unknown", errors: [{ pointer: "/seed" }] },
    });
  });

  it("happens once for one Idempotency-Key", async () => {
    const headers = { "idempotency-key": "k1" };
    const first = await post({ name: "office" }, headers);
    const again = await post({ name: "office" }, headers);

    expect(again).toMatchObject({ status: 201, json: first.json });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await post({ name: "office" })).toMatchObject({
      status: 409,
      json: { code: "name.taken" },
    });
    expect(await post({ name: "other" }, headers)).toMatchObject({
      status: 422,
      json: { code: "idempotency.mismatch" },
    });
  });

  it.each([
    [{ weekdays: [8] }, "calendar.invalid", "/weekdays/0"],
    [{ exclude: ["2026-02-30"] }, "calendar.invalid", "/exclude/0"],
    [{ exclude: ["2026-10-01", "2026-10-01"] }, "calendar.invalid", "/exclude/1"],
    [{ include: ["2026-10-01"], exclude: ["2026-10-01"] }, "calendar.invalid", "/exclude/0"],
    [{ knownUntil: "soon" }, "calendar.invalid", "/knownUntil"],
    [{ weekdays: [] }, "calendar.invalid", ""],
    [{ allOf: ["none"] }, "calendar.invalid", "/allOf/0"],
    [{ allOf: ["new"] }, "calendar.invalid", "/allOf/0"],
    [{ open: true }, "request.unknown_field", "/open"],
    [{ name: "a b" }, "request.invalid", "/name"],
  ])("refuses %j", async (body, code, pointer) => {
    const got = await post({ name: "new", ...body });

    expect(got.json).toMatchObject({ code, errors: [{ pointer }] });
    expect(got.status).toBe(code === "calendar.invalid" ? 422 : 400);
    expect(await get("new")).toMatchObject({ status: 404, json: { code: "calendar.unknown" } });
  });

  it("keeps the calendars of each namespace apart", async () => {
    await make({ name: "office" });
    const token = await open.newToken("write", "other");
    const seen = await open.ask("GET", "/api/v1/calendars/office", { token });

    expect(seen.status).toBe(404);
    const body = { name: "office", weekdays: [6] };
    expect(await open.ask("POST", "/api/v1/calendars", { token, body })).toMatchObject({
      status: 201,
      json: { namespace: "other", version: 1 },
    });
  });
});

describe("GET /calendars", () => {
  it("lists by name, page after page", async () => {
    for (const name of ["c", "a", "b"]) await make({ name });

    const first = await open.ask("GET", "/api/v1/calendars?limit=2");
    const cursor = encodeURIComponent(first.json.nextCursor);
    const second = await open.ask("GET", `/api/v1/calendars?limit=2&cursor=${cursor}`);

    const names = [...first.json.items, ...second.json.items].map((item) => item.name);
    expect(names).toEqual(["a", "b", "c"]);
    expect(second.json.nextCursor).toBeNull();
  });

  it("holds at most 200 in a namespace", async () => {
    for (let i = 0; i < 200; i++) await make({ name: `c${i}` });

    expect(await post({ name: "more" })).toMatchObject({
      status: 429,
      json: { code: "quota.exceeded" },
    });
  });
});

describe("PUT and PATCH /calendars/{name}", () => {
  it("create, replace, and change nothing when repeated", async () => {
    const made = await put("office", WEEKDAYS);
    const again = await put("office", WEEKDAYS);
    const other = await put("office", { exclude: ["2026-12-25"] });

    expect(made).toMatchObject({ status: 201, json: { version: 1, impact: { jobs: [] } } });
    expect(again).toMatchObject({ status: 200, json: { version: 1, dryRun: false } });
    expect(other).toMatchObject({ status: 200, json: { version: 2, weekdays: { length: 7 } } });
    expect(await put("office", { name: "another" })).toMatchObject({ status: 400 });
  });

  it("lay what is sent over what is stored", async () => {
    await make({ name: "office", ...WEEKDAYS, knownUntil: "2027-12-31", description: "Ours" });

    const body = { exclude: ["2026-12-25"], knownUntil: null };
    const got = await open.ask("PATCH", "/api/v1/calendars/office", { body });

    expect(got).toMatchObject({
      status: 200,
      json: { ...WEEKDAYS, ...body, exclude: [{ date: "2026-12-25" }], description: "Ours" },
    });
    expect(await open.ask("PATCH", "/api/v1/calendars/none", { body })).toMatchObject({
      status: 404,
    });
  });

  it("hold to If-Match", async () => {
    await make({ name: "office" });

    expect((await put("office", WEEKDAYS, { ifMatch: '"7"' })).status).toBe(412);
    expect((await put("none", WEEKDAYS, { ifMatch: '"1"' })).status).toBe(412);
    expect((await put("office", WEEKDAYS, { ifMatch: '"1"' })).json.version).toBe(2);
  });

  it("store nothing on a dry run", async () => {
    const made = await put("office", WEEKDAYS, { query: "?dryRun=true" });
    expect(made).toMatchObject({ status: 200, json: { dryRun: true, version: 1 } });
    expect((await get("office")).status).toBe(404);

    await make({ name: "office" });
    const changed = await put("office", WEEKDAYS, { query: "?dryRun=true" });
    expect(changed).toMatchObject({ status: 200, json: { dryRun: true, version: 2, ...WEEKDAYS } });
    expect((await get("office")).json).toMatchObject({ version: 1, weekdays: { length: 7 } });
  });
});

describe("calendars that name calendars", () => {
  beforeEach(async () => {
    await make({ name: "holidays", exclude: [{ date: "2026-12-25", name: "Christmas Day" }] });
    await make({ name: "office", ...WEEKDAYS, allOf: ["holidays"] });
    await make({ name: "desk", allOf: ["office"] });
  });

  it("take a change of what they name, and get a new version by it", async () => {
    const patch = { exclude: [{ date: "2026-12-24", name: "Eve" }] };
    await open.ask("PATCH", "/api/v1/calendars/holidays", { body: patch });

    expect(await days("desk", "2026-12-24", "2026-12-27")).toEqual([
      { date: "2026-12-24", open: false, name: "Eve" },
      { date: "2026-12-25", open: true, name: null },
      { date: "2026-12-26", open: false, name: null },
      { date: "2026-12-27", open: false, name: null },
    ]);
    const versions = await Promise.all(
      ["holidays", "office", "desk"].map(async (name) => (await get(name)).json.version),
    );
    expect(versions).toEqual([2, 2, 2]);
  });

  it("keep their version when only words change", async () => {
    const body = { description: "Public holidays" };
    await open.ask("PATCH", "/api/v1/calendars/holidays", { body });

    expect((await get("holidays")).json.version).toBe(2);
    expect((await get("office")).json.version).toBe(1);
  });

  it("may not name each other in a circle", async () => {
    const got = await open.ask("PATCH", "/api/v1/calendars/holidays", {
      body: { anyOf: ["desk"] },
    });

    expect(got).toMatchObject({ status: 422, json: { code: "calendar.invalid" } });
    expect(got.json.detail).toContain("holidays -> desk -> office -> holidays");
    expect((await get("holidays")).json.version).toBe(1);
  });

  it("refuse a change that leaves one of them no open day", async () => {
    const got = await open.ask("PATCH", "/api/v1/calendars/holidays", { body: { weekdays: [6] } });

    expect(got).toMatchObject({ status: 422, json: { code: "calendar.invalid" } });
    expect(got.json.detail).toContain("names this one and would be invalid");
    expect((await get("holidays")).json.version).toBe(1);
  });

  it("are not deleted while another one names them", async () => {
    expect(await remove("holidays")).toMatchObject({
      status: 409,
      json: { code: "calendar.in_use", detail: 'Calendars name "holidays": desk, office.' },
    });
    expect(await remove("desk", "?dryRun=true")).toMatchObject({ json: { dryRun: true } });
    for (const name of ["desk", "office", "holidays"])
      expect(await remove(name)).toMatchObject({
        status: 200,
        json: { name, impact: { jobs: [] } },
      });
    expect((await remove("desk")).status).toBe(404);
  });

  it("begin above every version that a deleted one had", async () => {
    await open.ask("PATCH", "/api/v1/calendars/desk", { body: { weekdays: [1] } });
    await open.ask("DELETE", "/api/v1/calendars/desk");

    expect((await make({ name: "desk" })).version).toBe(3);
  });
});

describe("GET /calendar-seeds", () => {
  it("tells what there is and where it comes from", async () => {
    const { json } = await open.ask("GET", "/api/v1/calendar-seeds");

    expect(json.items).toMatchObject([
      { name: "cn-workdays", source: expect.stringContaining("MIT"), knownUntil: "2026-12-31" },
      { name: "us-federal-holidays", knownUntil: "2037-12-31", includeCount: 0 },
    ]);
  });
});
