import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OpenApi } from "../support/open-api.ts";
import { aStep, aWorkflow, WORKFLOWS } from "../support/workflow-api.ts";

let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

const save = (changes: Readonly<Record<string, unknown>> = {}) =>
  open.ask("POST", WORKFLOWS, { body: aWorkflow(changes) });

const put = (changes = {}, headers = {}) =>
  open.ask("PUT", `${WORKFLOWS}/etl`, { body: aWorkflow(changes), headers });

describe("a definition", () => {
  it("comes back as it was said, with only the top filled in", async () => {
    const steps = [
      aStep("extract", {
        params: { day: "${params.day}" },
        retry: { max: 1 },
        timeout: "5m",
        compensate: { run: { url: "https://example.com/undo" }, params: { id: 1 } },
      }),
      {
        name: "clean",
        after: ["extract"],
        tasks: [
          { run: { url: "https://example.com/a" } },
          { run: { url: "https://example.com/b" } },
        ],
        complete: { mode: "count", count: 1, rest: "finish" },
      },
      { name: "decide", after: ["clean"], when: "steps.clean.output.rows > 0.0" },
      {
        ...aStep("each", { after: ["decide"] }),
        map: { over: "${steps.extract.output.files}", concurrencyMax: 20 },
      },
      { name: "nap", after: ["each"], sleep: "10m" },
      { name: "wait", after: ["each"], waitFor: { event: "paid", timeout: "1d", lookBack: "1h" } },
      {
        name: "ok?",
        after: ["nap", "wait"],
        join: { count: 1 },
        approval: { timeout: "1d", onTimeout: "reject" },
      },
      { name: "child", after: ["ok?"], workflow: "publish" },
    ];
    const saved = await save({ params: { day: "today" }, steps });

    const got = await open.ask("GET", `${WORKFLOWS}/etl`);

    expect(saved.status).toBe(201);
    expect(saved.headers.get("etag")).toBe('"1"');
    expect(saved.headers.get("location")).toBe(`${WORKFLOWS}/etl`);
    expect(got.json).toEqual({ ...saved.json, liveRuns: 0 });
    expect(got.json).toMatchObject({
      name: "etl",
      namespace: "default",
      version: 1,
      params: { day: "today" },
      timeout: "7d",
      onFailure: "fail_fast",
      overlap: "allow",
      concurrency: null,
      priority: 0,
      on: [],
      output: null,
    });
    expect(got.json.steps).toEqual(steps);
  });

  it("is known by its id too, to its own namespace only", async () => {
    const { json } = await save();
    const token = await open.newToken("admin", "other");

    const byId = await open.ask("GET", `${WORKFLOWS}/${json.id}`);
    const foreign = await Promise.all(
      [json.id, "etl", `${json.id}/versions/1`, `${json.id}/versions`].map((path) =>
        open.ask("GET", `${WORKFLOWS}/${path}`, { token }),
      ),
    );

    expect(byId.json.name).toBe("etl");
    for (const got of foreign)
      expect(got).toMatchObject({ status: 404, json: { code: "workflow.unknown" } });
  });

  it("is taken once under one name, and once under one key", async () => {
    const ask = { body: aWorkflow(), headers: { "idempotency-key": "k" } };
    const first = await open.ask("POST", WORKFLOWS, ask);

    const again = await open.ask("POST", WORKFLOWS, ask);
    const other = await save();

    expect(again.json).toEqual(first.json);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(other).toMatchObject({ status: 409, json: { code: "name.taken" } });
  });

  it("is listed without its steps", async () => {
    await save({ tags: ["night"] });
    await save({ name: "other" });
    await open.recordsCaughtUp();

    const all = await open.ask("GET", WORKFLOWS);
    const tagged = await open.ask("GET", `${WORKFLOWS}?tag=night&limit=1`);

    expect(all.json.items.map((item: { name: string }) => item.name)).toEqual(["etl", "other"]);
    expect(tagged.json.items).toHaveLength(1);
    expect(tagged.json.items[0]).toMatchObject({ name: "etl", stepCount: 2 });
    expect(tagged.json.items[0]).not.toHaveProperty("steps");
  });

  it("is gone once it is deleted, and its versions are found by its id", async () => {
    const { json } = await save();
    await open.recordsCaughtUp();

    const stale = await open.ask("DELETE", `${WORKFLOWS}/etl`, { headers: { "if-match": '"7"' } });
    const gone = await open.ask("DELETE", `${WORKFLOWS}/etl`, { headers: { "if-match": '"1"' } });
    const after = await open.ask("GET", `${WORKFLOWS}/etl`);
    const version = await open.ask("GET", `${WORKFLOWS}/${json.id}/versions/1`);

    expect([stale.status, gone.status, after.status]).toEqual([412, 204, 404]);
    expect(version.json).toEqual(json);
  });
});

describe("versions", () => {
  it("are added by a PUT that says something else, and by no other", async () => {
    const first = await put();
    const same = await put();
    const other = await put({ timeout: "1h" });
    const stale = await put({ timeout: "2h" }, { "if-match": '"1"' });
    const insisting = await put({ timeout: "2h" }, { "if-match": '"2"' });

    expect([first.status, same.status, other.status]).toEqual([201, 200, 200]);
    expect([same.json.version, other.json.version]).toEqual([1, 2]);
    expect(same.json.id).toBe(first.json.id);
    expect(stale).toMatchObject({ status: 412, json: { code: "version.conflict" } });
    expect(insisting.json.version).toBe(3);
  });

  it("are listed newest first, page by page, and stay what they were", async () => {
    for (const timeout of ["1h", "2h", "3h"])
      // oxlint-disable-next-line no-await-in-loop -- Each is the version after the one before.
      await open.ask("PUT", `${WORKFLOWS}/etl`, { body: aWorkflow({ timeout }) });

    const first = await open.ask("GET", `${WORKFLOWS}/etl/versions?limit=2`);
    const rest = await open.ask(
      "GET",
      `${WORKFLOWS}/etl/versions?limit=2&cursor=${first.json.nextCursor}`,
    );
    const oldest = await open.ask("GET", `${WORKFLOWS}/etl/versions/1`);
    const none = await open.ask("GET", `${WORKFLOWS}/etl/versions/4`);

    const versionsOf = (got: typeof first) =>
      got.json.items.map((item: { version: number }) => item.version);
    expect([versionsOf(first), versionsOf(rest)]).toEqual([[3, 2], [1]]);
    expect(rest.json.nextCursor).toBeNull();
    expect(oldest.json).toMatchObject({ version: 1, timeout: "1h" });
    expect(none).toMatchObject({ status: 404, json: { code: "workflow.unknown" } });
  });

  it("are not made by insisting on a workflow that there is not", async () => {
    const got = await open.ask("PUT", `${WORKFLOWS}/etl`, {
      body: aWorkflow(),
      headers: { "if-match": "*" },
    });

    expect(got).toMatchObject({ status: 412, json: { code: "version.conflict" } });
  });
});

describe("checking a definition", () => {
  it("tells what it amounts to and stores nothing", async () => {
    const steps = [
      aStep("a"),
      aStep("b", { after: ["a"] }),
      { name: "child", workflow: "publish" },
    ];

    const got = await open.ask("POST", `${WORKFLOWS}/check`, { body: aWorkflow({ steps }) });
    const after = await open.ask("GET", `${WORKFLOWS}/etl`);

    expect(got.json).toMatchObject({ ok: true, steps: 3, edges: 1, depth: 2 });
    expect(got.json.warnings).toEqual([
      { pointer: "/steps/2/workflow", message: 'There is no workflow "publish" yet.' },
    ]);
    expect(after.status).toBe(404);
  });
});

describe("a definition that cannot be run is refused", () => {
  const a = aStep("a");
  it.each([
    ["a cycle", [aStep("a", { after: ["b"] }), aStep("b", { after: ["a"] })], "workflow.cycle", ""],
    ["an unknown step", [aStep("a", { after: ["b"] })], "workflow.invalid", "/steps/0/after/0"],
    ["two steps of one name", [a, a], "workflow.invalid", "/steps/1/name"],
    [
      "a wrong expression",
      [a, aStep("b", { after: ["a"], when: "1 +" })],
      "expression.invalid",
      "",
    ],
    [
      "a regular expression",
      [aStep("b", { when: 'params.x.matches("a*")' })],
      "expression.invalid",
      "/steps/0/when",
    ],
    ["two kinds of work", [{ ...a, sleep: "1s" }], "workflow.invalid", "/steps/0/sleep"],
    [
      "a private address",
      [aStep("a", { run: { url: "http://127.0.0.1/" } })],
      "target.refused",
      "",
    ],
    [
      "a header of ours",
      [aStep("a", { run: { url: "https://example.com", headers: { Host: "x" } } })],
      "target.refused",
      "/steps/0/run/headers/Host",
    ],
    [
      "an executor that there is not",
      [aStep("a", { run: { executor: "orders", handler: "x" } })],
      "executor.unknown",
      "/steps/0/run/executor",
    ],
  ])("for %s", async (_, steps, code, pointer) => {
    const got = await save({ steps });
    const checked = await open.ask("POST", `${WORKFLOWS}/check`, { body: aWorkflow({ steps }) });
    const after = await open.ask("GET", `${WORKFLOWS}/etl`);

    expect(got).toMatchObject({ status: 422, json: { code } });
    expect(checked.json.code).toBe(code);
    expect(got.json.errors[0].pointer).toContain(pointer);
    expect(after.status).toBe(404);
  });

  it.each([
    ["/steps/0/colour", [aStep("a", { colour: "red" })], "request.unknown_field"],
    [
      "/steps/0/run/colour",
      [{ name: "a", run: { url: "https://x.io", colour: 1 } }],
      "request.unknown_field",
    ],
    [
      "/steps/0/run/url",
      [aStep("a", { run: { url: "https://${params.host}/" } })],
      "request.invalid",
    ],
    [
      "/steps/0/run/headers",
      [{ name: "a", run: { url: "https://x.io", headers: { a: "${1}" } } }],
      "request.invalid",
    ],
    ["/steps/0/join", [aStep("a", { join: "some" })], "request.invalid"],
    ["/steps", [], "request.invalid"],
  ])("with a pointer to %s", async (pointer, steps, code) => {
    const got = await save({ steps });

    expect(got).toMatchObject({ status: 400, json: { code } });
    expect(got.json.errors[0].pointer).toBe(pointer);
  });

  it("for its number of steps, before any of them is looked at", async () => {
    // Nothing here is a step: a validator that had walked them would say so.
    const text = `{"name":"etl","steps":[${"0,".repeat(999_000)}0]}`;

    const got = await open.ask("POST", WORKFLOWS, { text });

    expect(got).toMatchObject({ status: 422, json: { code: "workflow.invalid" } });
    expect(got.json.detail).toContain("999001 steps");
    expect(got.json.errors).toEqual([{ pointer: "/steps", message: "More than 10000 steps." }]);
  });

  it("for its bytes, while they are read", async () => {
    const text = JSON.stringify({
      name: "etl",
      steps: Array.from({ length: 1_000_000 }, () => ({ name: "a" })),
    });

    const got = await open.ask("POST", WORKFLOWS, { text });

    expect(got).toMatchObject({ status: 413, json: { code: "body.too_large" } });
  });
});

it("takes ten thousand steps", async () => {
  const steps = Array.from({ length: 10_000 }, (_, i) =>
    aStep(`s${i}`, i < 10 ? {} : { after: [`s${i - 10}`] }),
  );

  const got = await open.ask("PUT", `${WORKFLOWS}/wide`, { body: { steps } });

  expect(got.status).toBe(201);
  expect(got.json.steps).toHaveLength(10_000);
});
