import { expect } from "vitest";
import { eventually } from "../support/eventually.ts";
import type { Arrival } from "../support/sink.ts";
import { ONCE, type HostCase, type Scene } from "./host-case.ts";

/** Workflows, from their definition to the end of their runs. */
export const HOST_WORKFLOW_CASES: readonly HostCase[] = [
  { name: "the steps of a workflow hand on outputs and share a context", run: handsOn },
  { name: "a condition skips a step, and a join goes on without it", run: skips },
  { name: "a map keeps to its bound and gives its outputs in the order of its items", run: maps },
  { name: "a workflow waits for an event and for a person", run: waits },
  { name: "a retry does what failed and what follows, as a new revision", run: retries },
  { name: "a job starts a workflow, which starts another, and hears its end", run: nests },
  { name: "a cancel reaches the steps of a workflow within a workflow", run: cancels },
  { name: "an event starts a workflow once, however often it comes", run: starts },
];

/** Saves a workflow whose steps do not try again, and starts a run of it. */
async function start(
  { client }: Scene,
  name: string,
  steps: readonly object[],
  more: { readonly spec?: object; readonly params?: object } = {},
): Promise<string> {
  const body = { name, ...more.spec, steps };
  await client.get("POST", "/workflows", 201, { body });
  const { params = {} } = more;
  const run = await client.get("POST", `/workflows/${name}/runs`, 202, { body: { params } });
  return String(run.id);
}

/** The run when it has ended. */
function ended({ client }: Scene, id: string, state: string): Promise<Record<string, unknown>> {
  return eventually(`workflow run ${id} has ended`, async () => {
    const run = await client.get("GET", `/workflow-runs/${id}?wait=5s`, 200);
    if (run.endedAt === null) return undefined;
    expect(run).toMatchObject({ state });
    return run;
  });
}

function inStep({ client }: Scene, id: string, step: string, state: string): Promise<unknown> {
  return eventually(`step ${step} is ${state}`, async () => {
    const found = await client.get("GET", `/workflow-runs/${id}/steps/${step}`, 200);
    return found.state === state ? found : undefined;
  });
}

function paramsOf({ body }: Arrival): unknown {
  return Object(JSON.parse(body)).params;
}

async function handsOn(scene: Scene): Promise<void> {
  const { sink } = scene;
  const extract = sink.answers("/wf-extract", {
    status: 200,
    json: { result: { files: ["a", "b"], rows: 3 }, context: { batch: 7 } },
  });
  const load = sink.answers("/wf-load", { status: 200, json: { result: "loaded" } });
  const id = await start(
    scene,
    "wf-hand-on",
    [
      { name: "extract", run: { url: extract }, params: { day: "${params.day}" } },
      {
        name: "load",
        after: ["extract"],
        run: { url: load },
        params: {
          first: "${steps.extract.output.files[0]}",
          text: "${steps.extract.output.rows} rows of batch ${context.batch}",
        },
      },
    ],
    { params: { day: "monday" } },
  );

  const run = await ended(scene, id, "succeeded");
  expect(run).toMatchObject({ output: "loaded", context: { batch: 7 } });
  expect(sink.at("/wf-extract").map(paramsOf)).toEqual([{ day: "monday" }]);
  expect(sink.at("/wf-load").map(paramsOf)).toEqual([{ first: "a", text: "3 rows of batch 7" }]);
}

async function skips(scene: Scene): Promise<void> {
  const { sink } = scene;
  const url = sink.answers("/wf-skip", { status: 200, json: { result: 0 } });
  const id = await start(scene, "wf-skip", [
    { name: "count", run: { url } },
    { name: "rare", after: ["count"], when: "steps.count.output > 0.0", run: { url } },
    { name: "usual", after: ["count"], run: { url } },
    { name: "end", after: ["rare", "usual"], run: { url } },
  ]);

  const { graph } = Object(await ended(scene, id, "succeeded"));
  const states = graph.steps.map(({ name, state }: { name: string; state: string }) => [
    name,
    state,
  ]);
  expect(Object.fromEntries(states)).toEqual({
    count: "succeeded",
    rare: "skipped",
    usual: "succeeded",
    end: "succeeded",
  });
  expect(sink.at("/wf-skip")).toHaveLength(3);
}

async function maps(scene: Scene): Promise<void> {
  const { sink } = scene;
  const concurrencyMax = 3;
  let atOnce = 0;
  let most = 0;
  const url = sink.on("/wf-map", async (arrival) => {
    most = Math.max(most, ++atOnce);
    const { item } = Object(paramsOf(arrival));
    // Later items answer sooner.
    await new Promise((resolve) => setTimeout(resolve, 60 - 5 * Number(item)));
    atOnce--;
    return { status: 200, json: { result: Number(item) * 10 } };
  });
  const id = await start(
    scene,
    "wf-map",
    [
      {
        name: "each",
        map: { over: "${params.items}", concurrencyMax },
        run: { url },
        params: { item: "${item}", index: "${index}" },
      },
    ],
    { params: { items: [1, 2, 3, 4, 5, 6, 7, 8] } },
  );

  const run = await ended(scene, id, "succeeded");
  expect(run["output"]).toEqual([10, 20, 30, 40, 50, 60, 70, 80]);
  expect(most).toBeLessThanOrEqual(concurrencyMax);
  expect(sink.at("/wf-map")).toHaveLength(8);
}

async function waits(scene: Scene): Promise<void> {
  const { client } = scene;
  const id = await start(scene, "wf-wait", [
    { name: "nap", sleep: "50ms" },
    { name: "paid", after: ["nap"], waitFor: { event: "paid", match: "event.data.sum > 1.0" } },
    { name: "ok?", after: ["paid"], approval: { timeout: "1h" } },
  ]);
  const tell = (sum: number): Promise<unknown> => {
    const body = { name: "paid", data: { sum } };
    return client.get("POST", `/workflow-runs/${id}/events`, 200, { body });
  };
  await tell(1);
  await inStep(scene, id, "paid", "waiting");
  await tell(2);
  await inStep(scene, id, "ok%3F", "waiting");
  await client.get("POST", `/workflow-runs/${id}/steps/ok%3F/approve`, 200, {
    body: { note: "fine" },
  });

  const run = await ended(scene, id, "succeeded");
  expect(run["output"]).toMatchObject({ approved: true, note: "fine" });
  const twice = await client.ask("POST", `/api/v1/workflow-runs/${id}/steps/ok%3F/approve`);
  expect(twice.status).toBe(409);
}

async function retries(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const good = sink.answers("/wf-good", { status: 200, json: { result: 1 } });
  const bad = sink.answers("/wf-bad", { status: 500 }, { status: 200, json: { result: 2 } });
  const id = await start(scene, "wf-retry", [
    { name: "good", run: { url: good }, retry: ONCE },
    { name: "bad", after: ["good"], run: { url: bad }, retry: ONCE },
    { name: "last", after: ["bad"], run: { url: good } },
  ]);
  await ended(scene, id, "failed");

  await client.get("POST", `/workflow-runs/${id}/retry`, 200, { body: {} });

  const run = await ended(scene, id, "succeeded");
  expect(run).toMatchObject({ revision: 2, output: 1 });
  expect(sink.at("/wf-good")).toHaveLength(2);
  expect(sink.at("/wf-bad")).toHaveLength(2);
  const ids = new Set(sink.at("/wf-bad").map(({ headers }) => headers["tickwheel-run"]));
  expect(ids.size).toBe(2);
}

async function nests(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const url = sink.answers("/wf-nest", { status: 200, json: { result: "leaf" } });
  const leaf = { name: "wf-leaf", steps: [{ name: "only", run: { url } }] };
  await client.get("POST", "/workflows", 201, { body: leaf });
  const stem = { name: "wf-stem", steps: [{ name: "child", workflow: "wf-leaf" }] };
  await client.get("POST", "/workflows", 201, { body: stem });
  await client.get("POST", "/jobs", 201, {
    body: {
      name: "wf-root",
      schedule: { kind: "manual" },
      target: { kind: "workflow", workflow: "wf-stem" },
    },
  });

  const run = await client.get("POST", "/jobs/wf-root/runs?wait=20s", 200);

  expect(run).toMatchObject({ state: "succeeded", result: "leaf" });
  expect(sink.at("/wf-nest")).toHaveLength(1);
}

async function cancels(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const url = sink.on("/wf-silent", () => "never");
  const inner = { name: "wf-inner", steps: [{ name: "silent", run: { url }, timeout: "1h" }] };
  await client.get("POST", "/workflows", 201, { body: inner });
  const id = await start(scene, "wf-outer", [{ name: "child", workflow: "wf-inner" }]);
  await sink.arrivals("/wf-silent", 1);

  await client.get("POST", `/workflow-runs/${id}/cancel`, 202, { body: { reason: "enough" } });

  await ended(scene, id, "canceled");
  await eventually("the inner workflow run is canceled", async () => {
    const [found] = await client.all("/workflow-runs?workflow=wf-inner");
    return found?.state === "canceled" ? found : undefined;
  });
}

async function starts(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const url = sink.answers("/wf-event", { status: 200, json: {} });
  const body = {
    name: "wf-event",
    on: [
      { event: "order.made", when: "event.data.sum > 1.0", params: { sum: "${event.data.sum}" } },
    ],
    steps: [{ name: "only", run: { url }, params: { sum: "${params.sum}" } }],
  };
  await client.get("POST", "/workflows", 201, { body });
  const event = { name: "order.made", data: { sum: 5 }, id: "order-5" };

  const first = await client.get("POST", "/events", 202, { body: event });
  const again = await client.get("POST", "/events", 202, { body: event });
  await client.get("POST", "/events", 202, { body: { ...event, data: { sum: 1 }, id: "order-1" } });

  expect(first.runs).toHaveLength(1);
  expect(again.runs).toEqual(first.runs);
  await ended(scene, first.runs[0].id, "succeeded");
  expect(sink.at("/wf-event").map(paramsOf)).toEqual([{ sum: 5 }]);
}
