import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { aJob, OpenApi } from "../support/open-api.ts";
import { aWorkflow, succeedStep, view, WORKFLOW_RUNS, WORKFLOWS } from "../support/workflow-api.ts";

const JOBS = "/api/v1/jobs";
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

const target = { kind: "workflow", workflow: "etl" };
const saveJob = (changes: Readonly<Record<string, unknown>> = {}) =>
  open.ask("POST", JOBS, { body: aJob({ target, ...changes }) });

describe("a job whose target is a workflow", () => {
  it("has the time of a workflow, and leaves retries to its steps", async () => {
    await open.ask("POST", WORKFLOWS, { body: aWorkflow() });

    const got = await saveJob();

    expect(got).toMatchObject({
      status: 201,
      json: { target, timeout: "30d", retry: { max: 0 } },
    });
  });

  it("is refused while there is no such workflow", async () => {
    const got = await saveJob();

    expect(got).toMatchObject({ status: 422, json: { code: "workflow.unknown" } });
    expect(got.json.errors[0].pointer).toBe("/target/workflow");
    expect(got.json.hint).toContain("/workflows");
  });

  it.each([
    ["/sharding", { sharding: { mode: "count", total: 2 } }],
    ["/timeout", { timeout: "31d" }],
    ["/target/workflow", { target: { kind: "workflow", workflow: "a b" } }],
  ])("is refused with a pointer to %s", async (pointer, changes) => {
    await open.ask("POST", WORKFLOWS, { body: aWorkflow() });

    const got = await saveJob(changes);

    expect(got).toMatchObject({ status: 400, json: { code: "request.invalid" } });
    expect(got.json.errors[0].pointer).toBe(pointer);
  });
});

describe("its run", () => {
  it("starts the workflow, and ends with it", async () => {
    await open.ask("POST", WORKFLOWS, { body: aWorkflow() });
    await saveJob();

    const { json: run } = await open.ask("POST", `${JOBS}/nightly-report/runs`);
    const id = await eventually("the workflow run is recorded", async () => {
      await open.recordsCaughtUp();
      const { json } = await open.ask("GET", `${WORKFLOW_RUNS}?trigger=run`);
      return json.items[0]?.id;
    });
    await succeedStep(open, id, "extract");
    await succeedStep(open, id, "load", { rows: 3 });
    const ended = await open.ask("GET", `/api/v1/runs/${run.id}?wait=5s`);

    expect((await view(open, id)).json).toMatchObject({
      state: "succeeded",
      trigger: { kind: "run", run: run.id },
    });
    expect(ended.json).toMatchObject({ state: "succeeded", result: { rows: 3 } });
  });
});

it("keeps other jobs to a day, and webhooks that are waited for to an hour", async () => {
  const webhook = { kind: "webhook", url: "https://example.com", mode: "async" };

  const long = await saveJob({ target: webhook, timeout: "2d" });
  const waited = await saveJob({ target: { ...webhook, mode: "sync" }, timeout: "2h" });
  const usual = await saveJob({ target: webhook });

  expect([long.status, waited.status]).toEqual([400, 400]);
  expect(usual.json.timeout).toBe("60s");
});
