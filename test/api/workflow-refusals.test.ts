import { afterEach, beforeEach, expect, it } from "vitest";
import { OpenApi } from "../support/open-api.ts";
import { aStep, started, succeedStep, view, WORKFLOW_RUNS } from "../support/workflow-api.ts";

let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

const LIVE = [aStep("a"), { name: "ok", approval: {} }];
const ENDED = [{ name: "gate" }];
const LONG = "x".repeat(1_000_001);

/** What is asked of a workflow run that cannot have it. */
const REFUSED = [
  ["a resume of what is not paused", LIVE, "resume", {}, 409, "workflow_run.not_paused"],
  ["a retry of what goes on", LIVE, "retry", {}, 409, "workflow_run.not_ended"],
  ["a retry from a step that never existed", LIVE, "retry", { from: "x" }, 404, "step.unknown"],
  ["a retry from a step that goes on", LIVE, "steps/a/retry", {}, 409, "step.not_ended"],
  ["an approval of what is none", LIVE, "steps/a/approve", {}, 409, "step.not_waiting"],
  ["a step that never existed", LIVE, "steps/x/skip", {}, 404, "step.unknown"],
  ["a result too large", LIVE, "steps/a/succeed", { result: LONG }, 413, "output.too_large"],
  [
    "an event too large",
    LIVE,
    "events",
    { name: "e", data: LONG.slice(0, 65_537) },
    413,
    "output.too_large",
  ],
  ["an event without a name", LIVE, "events", { data: 1 }, 400, "request.invalid"],
  ["a field that there is not", LIVE, "pause", { why: "" }, 400, "request.unknown_field"],
  ["an event for what has ended", ENDED, "events", { name: "e" }, 409, "workflow_run.ended"],
  ["a pause of what has ended", ENDED, "pause", {}, 409, "workflow_run.ended"],
  ["a cancel of what has ended", ENDED, "cancel", {}, 409, "workflow_run.ended"],
  ["a retry of what has succeeded", ENDED, "retry", {}, 409, "workflow_run.ended"],
  ["a retry from nowhere of what has ended", ENDED, "retry", { from: "x" }, 404, "step.unknown"],
  ["a skip of what has ended", ENDED, "steps/gate/skip", {}, 409, "workflow_run.ended"],
] as const;

it.each(REFUSED)("refuses %s and changes nothing", async (...refused) => {
  const [, steps, action, body, status, code] = refused;
  const id = await started(open, { steps });
  const before = await view(open, id);

  const got = await open.ask("POST", `${WORKFLOW_RUNS}/${id}/${action}`, { body });

  expect(got).toMatchObject({ status, json: { code } });
  expect(got.json.hint.length).toBeGreaterThan(10);
  expect((await view(open, id)).json).toEqual(before.json);
});

it.each([
  ["pause", "workflow_run.paused", LIVE],
  ["steps/ok/approve", "step.ended", LIVE],
  ["steps/ok/approve", "workflow_run.ended", [{ name: "ok", approval: {} }]],
])("refuses to %s twice with %s", async (action, code, steps) => {
  const id = await started(open, { steps });
  const path = `${WORKFLOW_RUNS}/${id}/${action}`;
  const first = await open.ask("POST", path);
  const before = await view(open, id);

  const second = await open.ask("POST", path);

  expect(first.status).toBe(200);
  expect(second).toMatchObject({ status: 409, json: { code } });
  expect((await view(open, id)).json).toEqual(before.json);
});

it("refuses to skip a step that has succeeded", async () => {
  const id = await started(open, { steps: LIVE });
  await succeedStep(open, id, "a");

  const got = await open.ask("POST", `${WORKFLOW_RUNS}/${id}/steps/a/skip`);

  expect(got).toMatchObject({ status: 409, json: { code: "step.ended" } });
});

it.each([
  "nothing",
  "wr_x",
  `wr_${"0".repeat(32)}00`,
  `run_${"0".repeat(32)}00`,
  `wr_${"0".repeat(32)}zz`,
])("does not know the workflow run %s", async (id) => {
  const got = await view(open, id);
  const acted = await open.ask("POST", `${WORKFLOW_RUNS}/${id}/cancel`);

  expect([got.status, acted.status]).toEqual([404, 404]);
  expect(got.json.code).toBe("workflow_run.unknown");
});
