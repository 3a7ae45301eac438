import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BROKEN } from "../support/executor-jobs.ts";
import { aJob, OpenApi } from "../support/open-api.ts";
import { limitedToken } from "../support/stats-token.ts";
import { failStep, started, succeedStep, view, WORKFLOW_RUNS } from "../support/workflow-api.ts";

const STATS = "/api/v1/stats";
const ORDERS = {
  appKey: "orders",
  name: "Orders",
  registration: "manual",
  nodes: [{ address: "https://one.example.com/" }, { address: "https://two.example.com/" }],
};
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

// oxlint-disable-next-line typescript/no-explicit-any -- Tests look into answers of every shape.
async function summary(token?: string): Promise<any> {
  await open.recordsCaughtUp();
  // What is held for a second is not what the test asks about.
  open.advance(1_000);
  const ask = token === undefined ? {} : { token };
  const got = await open.ask("GET", `${STATS}/summary`, ask);
  expect(got.status, got.text).toBe(200);
  // The alarms of these shards are never armed.
  const attention = got.json.attention.filter(
    ({ kind }: { readonly kind: string }) => kind !== "scheduler",
  );
  return { ...got.json, attention };
}

describe("workflow runs", () => {
  it("that failed need attention until a rerun succeeds", async () => {
    const id = await started(open, { name: "etl" });
    await failStep(open, id, "extract");

    expect((await summary()).attention).toMatchObject([
      {
        kind: "workflow_failed",
        severity: "error",
        object: { kind: "workflow_run", id, name: "etl" },
        count: 1,
        run: id,
      },
    ]);
    const again = await open.ask("POST", `${WORKFLOW_RUNS}/${id}/rerun`);
    await succeedStep(open, again.json.id, "extract");
    await succeedStep(open, again.json.id, "load");
    expect((await summary()).attention).toEqual([]);
  });

  it("are forgotten a day after they failed", async () => {
    await failStep(open, await started(open), "extract");

    open.advance(86_400_000);

    expect((await summary()).attention).toEqual([]);
  });

  it("that wait for an approval are named with their step, and shown as running", async () => {
    const id = await started(open, {
      name: "release",
      steps: [
        { name: "build", run: { url: "https://example.com/build" } },
        { name: "go?", after: ["build"], approval: {} },
      ],
    });
    const nothing = await summary();
    await succeedStep(open, id, "build");
    const waiting = await summary();
    await open.ask("POST", `${WORKFLOW_RUNS}/${id}/steps/go%3F/approve`, { body: {} });
    await view(open, id);

    expect(nothing.attention).toEqual([]);
    expect(waiting.attention).toMatchObject([
      { kind: "approval_waiting", severity: "warning", object: { id, name: "release" } },
    ]);
    expect(waiting.attention[0].message).toBe("go?");
    expect(waiting.running).toMatchObject([
      { kind: "workflow_run", id, name: "release", progress: { percent: 50 } },
    ]);
    expect(await summary()).toMatchObject({ attention: [], running: [] });
  });
});

describe("executors", () => {
  it("need attention when they have nodes and none of them gets deliveries", async () => {
    await open.ask("POST", "/api/v1/executors", { body: ORDERS });
    const all = await open.ask("GET", "/api/v1/executors/orders/nodes");
    expect((await summary()).attention).toEqual([]);

    for (const { id } of all.json.items)
      // oxlint-disable-next-line no-await-in-loop -- One after the other.
      await open.ask("PATCH", `/api/v1/executors/orders/nodes/${id}`, {
        body: { state: "disabled" },
      });

    expect((await summary()).attention).toMatchObject([
      {
        kind: "executor_down",
        object: { kind: "executor", id: "orders", name: "Orders" },
        count: 2,
        run: null,
      },
    ]);
  });
});

describe("somebody who is limited to executors", () => {
  it("sees the figures of their jobs only", async () => {
    await open.ask("POST", "/api/v1/executors", { body: ORDERS });
    const target = { kind: "executor", executor: "orders", handler: "report" };
    const schedule = { kind: "every", every: "1h" };
    await open.ask("POST", "/api/v1/jobs", { body: aJob({ name: "ours", target, schedule }) });
    await open.ask("POST", "/api/v1/jobs", { body: aJob({ name: "theirs", schedule }) });
    for (const name of ["ours", "theirs"]) {
      // oxlint-disable-next-line no-await-in-loop -- One after the other.
      const { json } = await open.ask("POST", `/api/v1/jobs/${name}/runs`);
      // oxlint-disable-next-line no-await-in-loop
      await open.answer(json.id, BROKEN, 500);
    }
    await started(open);
    const token = await limitedToken(open, ["orders"]);

    const { counts, attention, running, next } = await summary(token);
    const jobs = await open.ask("GET", `${STATS}/jobs?job=ours&job=theirs`, { token });
    const range = "from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z";
    const fires = await open.ask("GET", `${STATS}/fires?${range}`, { token });

    expect(counts).toMatchObject({ jobsActive: 1, failed24h: 1 });
    expect(attention).toMatchObject([{ kind: "job_failing", object: { name: "ours" } }]);
    expect(running).toEqual([]);
    expect(next).toMatchObject([{ job: "ours" }]);
    expect(jobs.json.items).toMatchObject([{ job: "ours" }]);
    expect(fires.json.items).toMatchObject([{ job: "ours" }]);
    expect(await open.ask("GET", `${STATS}/trend`, { token })).toMatchObject({
      status: 403,
      json: { code: "permission.denied" },
    });
  });
});
