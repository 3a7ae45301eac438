import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ICS, openAudited } from "../support/audit-drivers.ts";
import { execCall, newExecutor } from "../support/exec-call.ts";
import { aJob, type Ask, type Got, type OpenApi } from "../support/open-api.ts";
import { aWorkflow } from "../support/workflow-api.ts";

const API = "/api/v1";
const DEFINED = {
  description: "days",
  weekdays: [1, 2, 3, 4, 5],
  include: [],
  allOf: [],
  anyOf: [],
};
let open: OpenApi;

beforeEach(async () => {
  open = await openAudited();
});
afterEach(() => open.close());

/** Does it, and sees to it that it succeeds. */
async function done(method: string, path: string, ask: Ask = {}): Promise<Got["json"]> {
  const got = await open.ask(method, API + path, ask);
  expect(got.status, got.text).toBeLessThan(300);
  return got.json;
}

/** The history of an object, the newest entry first. */
async function history(of: string): Promise<Got["json"]> {
  await open.recordsCaughtUp();
  return (await done("GET", `/history/${of}`)).items;
}

function actionsOf(items: Got["json"]): readonly string[] {
  return items.map((item: { readonly action: string }) => item.action);
}

describe("the history has both sides of every change", () => {
  it("of a job", async () => {
    await done("POST", "/jobs", { body: aJob() });
    await done("PATCH", "/jobs/nightly-report", { body: { priority: 5 } });
    await done("PUT", "/jobs/nightly-report", { body: aJob({ priority: 6 }) });
    await done("DELETE", "/jobs/nightly-report");

    const [deleted, replaced, patched, made] = await history("job/nightly-report");

    expect(made).toMatchObject({ before: null, after: aJob({ priority: 0 }) });
    expect(patched).toMatchObject({ before: { priority: 0 }, after: aJob({ priority: 5 }) });
    expect(replaced).toMatchObject({ before: { priority: 5 }, after: aJob({ priority: 6 }) });
    expect(deleted).toMatchObject({ before: aJob({ priority: 6 }), after: null });
  });

  it("of a workflow, whose old steps can be put back", async () => {
    await done("PUT", "/workflows/etl", { body: aWorkflow() });
    await done("PUT", "/workflows/etl", { body: aWorkflow({ owner: "data" }) });
    await done("DELETE", "/workflows/etl");

    const [deleted, replaced, made] = await history("workflow/etl");

    expect(made).toMatchObject({ before: null, after: { name: "etl", owner: "" } });
    expect(made.after.steps[0]).toHaveProperty("name");
    expect(replaced).toMatchObject({ before: { owner: "" }, after: { owner: "data" } });
    expect(replaced.before.steps).toEqual(made.after.steps);
    expect(replaced.changed).toEqual(["/owner"]);
    expect(deleted).toMatchObject({ before: { owner: "data" }, after: null });
  });

  it("of a calendar, of an import too", async () => {
    await done("POST", "/calendars", { body: { name: "office", ...DEFINED } });
    await done("PATCH", "/calendars/office", { body: { weekdays: [1, 2] } });
    await done("POST", "/calendars/office/import", { body: { ics: ICS, as: "exclude" } });
    await done("PUT", "/calendars/office", { body: DEFINED });
    await done("DELETE", "/calendars/office");

    const [deleted, replaced, imported, patched, made] = await history("calendar/office");

    expect(made).toMatchObject({ before: null, after: { ...DEFINED, exclude: [] } });
    expect(patched).toMatchObject({ before: DEFINED, after: { weekdays: [1, 2], include: [] } });
    expect(imported).toMatchObject({
      action: "calendar.import",
      before: { weekdays: [1, 2], exclude: [] },
      after: { weekdays: [1, 2], exclude: [{ date: "2026-12-25" }] },
      changed: ["/exclude/0"],
    });
    expect(replaced).toMatchObject({
      before: { exclude: [{ date: "2026-12-25" }] },
      after: DEFINED,
    });
    expect(deleted).toMatchObject({ before: DEFINED, after: null });
  });

  it("of an executor, with its nodes as they were listed and nothing that nodes do", async () => {
    const node = {
      address: "https://one.example.com",
      weight: 2,
      tags: ["gpu"],
      concurrency: null,
    };
    const other = { ...node, address: "https://two.example.com", weight: 1 };
    const body = { appKey: "ledger", name: "Ledger", registration: "manual", nodes: [node] };
    const first = await done("POST", "/executors", { body });
    const renamed = await done("PATCH", "/executors/ledger", { body: { name: "Books" } });
    await done("PATCH", "/executors/ledger", { body: { nodes: [node, other] } });
    await done("DELETE", "/executors/ledger");

    const [deleted, relisted, patched, made] = await history("executor/ledger");

    expect(first.nodes[0]).toHaveProperty("lastBeatAt");
    expect(renamed).toHaveProperty("secrets");
    expect(made).toMatchObject({ before: null, after: { name: "Ledger", concurrency: null } });
    expect(made.after.nodes).toEqual([node]);
    expect(patched).toMatchObject({ before: { name: "Ledger" }, after: { name: "Books" } });
    expect(patched.changed).toEqual(["/name"]);
    expect(relisted.before.nodes).toEqual([node]);
    expect(relisted.after.nodes).toHaveLength(2);
    expect(relisted.after.nodes).toEqual(expect.arrayContaining([node, other]));
    expect(deleted.before).not.toHaveProperty("secrets");
    expect(deleted.after).toBeNull();
  });
});

it("nodes that register themselves are not what somebody has changed", async () => {
  const executor = await newExecutor(open);
  const beat = { address: "https://one.example.com", inFlight: 3, version: "1.2.3" };
  expect((await execCall(open, executor, "beat", beat)).status).toBe(200);
  await done("PATCH", "/executors/orders", { body: { concurrency: 4 } });

  const items = await history("executor/orders");

  expect(actionsOf(items)).toEqual(["executor.patch", "executor.create"]);
  expect(items[0]).toMatchObject({ before: { nodes: [] }, after: { nodes: [], concurrency: 4 } });
  expect(items[0].changed).toEqual(["/concurrency"]);
});
