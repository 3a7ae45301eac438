import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OpenApi } from "../support/open-api.ts";
import {
  aStep,
  failStep,
  started,
  stepOf,
  succeedStep,
  view,
  WORKFLOW_RUNS,
  WORKFLOWS,
} from "../support/workflow-api.ts";

let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

const act = (id: string, action: string, body?: unknown) =>
  open.ask("POST", `${WORKFLOW_RUNS}/${id}/${action}`, body === undefined ? {} : { body });

describe("a workflow run", () => {
  it("shows its graph while it goes on, and its end", async () => {
    const id = await started(open);
    const begun = await view(open, id);
    open.advance(1_000);
    await succeedStep(open, id, "extract", { rows: 3 });
    open.advance(500);
    await succeedStep(open, id, "load", "x".repeat(2_000));

    const ended = await view(open, id);

    expect(begun.json).toMatchObject({
      id,
      workflow: "etl",
      workflowVersion: 1,
      state: "running",
      trigger: { kind: "api" },
      revision: 1,
      counts: { total: 2, succeeded: 0 },
      graph: {
        steps: [
          {
            name: "extract",
            kind: "run",
            after: [],
            state: "running",
            startedAt: begun.json.createdAt,
            endedAt: null,
          },
          { name: "load", after: ["extract"], state: "pending", startedAt: null, runs: [] },
        ],
      },
    });
    expect(ended.json).toMatchObject({
      state: "succeeded",
      output: "x".repeat(2_000),
      error: null,
      counts: { total: 2, succeeded: 2 },
      graph: {
        steps: [
          { state: "succeeded", output: { rows: 3 }, outputCut: false, durationMs: 1_000 },
          { state: "succeeded", output: null, outputCut: true, durationMs: 500 },
        ],
        criticalPath: ["extract", "load"],
      },
    });
    expect(ended.headers.get("etag")).not.toBe(begun.headers.get("etag"));
  });

  it("gives one step with its whole output", async () => {
    const id = await started(open);
    await succeedStep(open, id, "extract", "y".repeat(5_000));

    const got = await open.ask("GET", `${WORKFLOW_RUNS}/${id}/steps/extract`);
    const none = await open.ask("GET", `${WORKFLOW_RUNS}/${id}/steps/extrac`);

    expect(got.json).toMatchObject({
      state: "succeeded",
      input: {},
      output: "y".repeat(5_000),
      items: [],
    });
    expect(none).toMatchObject({ status: 404, json: { code: "step.unknown" } });
  });

  it("gives the items of a map page by page", async () => {
    const params = { it: "${item}" };
    const steps = [{ ...aStep("each?"), map: { over: "${params.list}" }, params }];
    const id = await started(open, { steps, params: { list: [1, 2, 3] } });
    const path = `${WORKFLOW_RUNS}/${id}/steps/${encodeURIComponent("each?")}`;
    const { runs, parts } = await stepOf(open, id, "each?");
    for (const run of runs)
      // oxlint-disable-next-line no-await-in-loop -- One after the other.
      await open.succeed(run, run);

    const first = await open.ask("GET", `${path}?limit=2`);
    const rest = await open.ask("GET", `${path}?limit=2&cursor=${first.json.nextCursor}`);

    expect(parts).toEqual({ total: 3, ended: 0 });
    expect(first.json.output).toEqual(runs);
    expect([...first.json.items, ...rest.json.items]).toMatchObject(
      runs.map((run: string, part: number) => ({
        part,
        run,
        state: "succeeded",
        input: { it: part + 1 },
        output: run,
      })),
    );
    expect(rest.json.nextCursor).toBeNull();
  });

  it("has runs that name it, and that only it retries", async () => {
    const id = await started(open);
    await failStep(open, id, "extract");
    const { runs } = await stepOf(open, id, "extract");
    await open.recordsCaughtUp();

    const run = await open.ask("GET", `/api/v1/runs/${runs[0]}`);
    const listed = await open.ask("GET", `/api/v1/runs?workflowRun=${id}`);
    const byName = await open.ask("GET", "/api/v1/runs?workflow=etl&trigger=workflow");
    const retried = await open.ask("POST", `/api/v1/runs/${runs[0]}/retry`);

    expect(run.json).toMatchObject({
      trigger: { kind: "workflow" },
      workflow: { run: id, step: "extract", part: null, revision: 1, compensation: false },
    });
    expect(listed.json.items.map((item: { id: string }) => item.id)).toEqual(runs);
    expect(byName.json.items).toHaveLength(1);
    expect(retried).toMatchObject({ status: 409, json: { code: "run.ended" } });
    expect(retried.json.hint).toContain(id);
  });

  it("is waited for, and started once under one key", async () => {
    await started(open, { steps: [{ name: "gate" }] });
    const headers = { "idempotency-key": "once" };
    const path = `${WORKFLOWS}/etl/runs?wait=1s`;

    const first = await open.ask("POST", path, { body: { params: { a: 1 } }, headers });
    const again = await open.ask("POST", path, { body: { params: { a: 1 } }, headers });

    expect(first).toMatchObject({ status: 200, json: { state: "succeeded", params: { a: 1 } } });
    expect(first.headers.get("location")).toBe(`${WORKFLOW_RUNS}/${first.json.id}`);
    expect(again.json.id).toBe(first.json.id);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
  });

  it("is listed by workflow, state and time", async () => {
    const failed = await started(open);
    await failStep(open, failed, "extract");
    const live = await started(open, { name: "other" });
    await open.recordsCaughtUp();
    const idsOf = async (query: string) =>
      (await open.ask("GET", `${WORKFLOW_RUNS}?${query}`)).json.items.map(
        (item: { id: string }) => item.id,
      );

    expect(await idsOf("")).toEqual([live, failed]);
    expect(await idsOf("order=oldest")).toEqual([failed, live]);
    expect(await idsOf("workflow=etl")).toEqual([failed]);
    expect(await idsOf("state=running,waiting")).toEqual([live]);
    expect(await idsOf("trigger=rerun")).toEqual([]);
    expect(await idsOf("to=2020-01-01T00:00:00Z")).toEqual([]);
    expect(await open.ask("GET", `${WORKFLOW_RUNS}?state=lost`)).toMatchObject({ status: 400 });
  });

  it("is unknown to other namespaces, whatever they ask", async () => {
    const id = await started(open);
    const token = await open.newToken("admin", "other");
    const before = await view(open, id);
    const asked: readonly (readonly [string, string, unknown])[] = [
      ["GET", "", undefined],
      ["GET", "?wait=1s", undefined],
      ["GET", "/steps/extract", undefined],
      ["POST", "/pause", {}],
      ["POST", "/resume", {}],
      ["POST", "/cancel", {}],
      ["POST", "/retry", {}],
      ["POST", "/rerun", {}],
      ["POST", "/events", { name: "paid" }],
      ["POST", "/steps/extract/skip", {}],
      ["POST", "/steps/extract/succeed", {}],
      ["POST", "/steps/extract/retry", {}],
      ["POST", "/steps/extract/approve", {}],
      ["POST", "/steps/extract/reject", {}],
    ];

    for (const [method, path, body] of asked) {
      const ask = body === undefined ? { token } : { token, body };
      // oxlint-disable-next-line no-await-in-loop -- One after the other.
      const got = await open.ask(method, `${WORKFLOW_RUNS}/${id}${path}`, ask);
      expect(got, path).toMatchObject({ status: 404, json: { code: "workflow_run.unknown" } });
    }
    const runs = await open.ask("POST", `${WORKFLOWS}/etl/runs`, { token });
    expect(runs).toMatchObject({ status: 404, json: { code: "workflow.unknown" } });
    expect((await view(open, id)).json).toEqual(before.json);
  });
});

describe("controls", () => {
  it("pause, resume and cancel", async () => {
    const id = await started(open);

    const paused = await act(id, "pause", { reason: "lunch" });
    await succeedStep(open, id, "extract");
    const held = await stepOf(open, id, "load");
    const resumed = await act(id, "resume");
    const going = await stepOf(open, id, "load");
    const canceled = await act(id, "cancel", { reason: "enough" });

    expect(paused.json).toMatchObject({ state: "running", pauseReason: "lunch" });
    expect(paused.json.pausedAt).not.toBeNull();
    expect(held.state).toBe("pending");
    expect(resumed.json.pausedAt).toBeNull();
    expect(going.state).toBe("running");
    expect([200, 202]).toContain(canceled.status);
    expect((await view(open, id)).json).toMatchObject({
      state: "canceled",
      cancelReason: "enough",
    });
  });

  it("retry what failed, as a new revision", async () => {
    const id = await started(open);
    await failStep(open, id, "extract");

    const retried = await act(id, "retry");
    await succeedStep(open, id, "extract");
    await succeedStep(open, id, "load");
    const again = await act(id, "retry", { from: "load" });
    await succeedStep(open, id, "load");

    expect(retried).toMatchObject({ status: 200, json: { state: "running", revision: 2 } });
    expect(again.json.revisions).toMatchObject([
      { revision: 2, action: "retry", step: null, by: "bootstrap" },
      { revision: 3, action: "retry", step: "load", by: "bootstrap" },
    ]);
    expect((await view(open, id)).json).toMatchObject({ state: "succeeded", revision: 3 });
  });

  it("skip a step, mark one as succeeded and approve one", async () => {
    const steps = [
      aStep("a"),
      aStep("b", { after: ["a"] }),
      { name: "ok?", after: ["b"], approval: {} },
    ];
    const id = await started(open, { steps });

    await act(id, "steps/a/skip", { note: "not today" });
    await act(id, "steps/b/succeed", { result: { rows: 1 } });
    const approved = await act(id, "steps/ok%3F/approve", { result: 7, note: "fine" });

    expect(approved.status).toBe(200);
    expect((await view(open, id)).json).toMatchObject({
      state: "succeeded",
      output: { approved: true, by: "bootstrap", note: "fine", result: 7 },
      graph: {
        steps: [
          { state: "skipped", decision: { action: "skip", by: "bootstrap", note: "not today" } },
          { state: "succeeded", output: { rows: 1 } },
          { state: "succeeded", kind: "approval" },
        ],
      },
    });
  });

  it("rerun with other params, as a new workflow run of the same version", async () => {
    const id = await started(open, { params: { a: 1, b: 1 }, steps: [{ name: "gate" }] });
    await open.ask("PUT", `${WORKFLOWS}/etl`, { body: { steps: [{ name: "other" }] } });

    const same = await act(id, "rerun", { params: { b: 2 } });
    const newest = await act(id, "rerun", { version: "newest" });

    expect(same).toMatchObject({
      status: 202,
      json: {
        workflowVersion: 1,
        params: { a: 1, b: 2 },
        trigger: { kind: "rerun", origin: id },
      },
    });
    expect(same.json.id).not.toBe(id);
    expect(newest.json.workflowVersion).toBe(2);
  });

  it("are given once under one key", async () => {
    const id = await started(open);
    const headers = { "idempotency-key": "p" };

    const first = await open.ask("POST", `${WORKFLOW_RUNS}/${id}/pause`, { headers });
    const again = await open.ask("POST", `${WORKFLOW_RUNS}/${id}/pause`, { headers });

    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.json).toEqual(first.json);
  });
});

describe("a workflow run that has left its shard", () => {
  it("is read from the records, and brought back by a retry", async () => {
    const id = await started(open);
    await succeedStep(open, id, "extract", { rows: 3 });
    await failStep(open, id, "load");
    const held = await view(open, id);
    await open.recordsCaughtUp();
    await untilGone(id);

    const gone = await view(open, id);
    const step = await open.ask("GET", `${WORKFLOW_RUNS}/${id}/steps/extract`);
    const paused = await act(id, "pause");
    const unknown = await act(id, "retry", { from: "nothing" });
    const retried = await act(id, "retry");
    await succeedStep(open, id, "load");

    expect(gone.json).toEqual(held.json);
    expect(step.json.output).toEqual({ rows: 3 });
    expect(paused).toMatchObject({ status: 409, json: { code: "workflow_run.ended" } });
    expect(unknown).toMatchObject({ status: 404, json: { code: "step.unknown" } });
    expect(retried.json).toMatchObject({ state: "running", revision: 2 });
    expect((await view(open, id)).json.state).toBe("succeeded");
  });
});

/** Ended workflow runs stay for a while, so that two retries cannot both bring one back. */
async function untilGone(id: string): Promise<void> {
  const shard = Number.parseInt(id.slice(-2), 36);
  const ref = { namespace: "default", workflowRun: id };
  for (let minutes = 0; minutes < 30; minutes++) {
    open.advance(60_000);
    // oxlint-disable-next-line no-await-in-loop -- It is the waiting that is wanted.
    await open.recordsCaughtUp();
    // oxlint-disable-next-line no-await-in-loop
    const reply = await open.deps.shards.at(shard).call("workflow-run.get", { ref });
    if (!reply.ok) return;
  }
  throw new Error("the workflow run has not left its shard");
}
