/**
 * Goal: the examples do on every runtime what a newcomer expects of them, against a real scheduler.
 * Method: a standalone host and the examples as processes; everything is asked over HTTP.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { ExampleProcess, type ExampleName } from "../support/example-process.ts";
import { freePort } from "../support/listen.ts";
import type { HostClient } from "../support/host-client.ts";
import { startHost, type HostProcess } from "../support/host-process.ts";

const START_MS = 40_000;
/** How long a run may take that has to be accepted first. */
const LONG_MS = 20_000;

const folder = mkdtempSync(join(tmpdir(), "tickwheel-examples-"));
let host: HostProcess | null = null;
let client: HostClient;

beforeAll(async () => {
  ({ host, client } = await startHost("node", folder));
});

afterAll(async () => {
  await host?.kill9();
  rmSync(folder, { recursive: true, force: true });
});

interface Started {
  readonly name: ExampleName;
  readonly example: ExampleProcess;
  readonly appKey: string;
  readonly address: string;
}

/** Creates an executor, starts its example, and waits until the scheduler knows that it is there. */
async function start(name: ExampleName): Promise<Started> {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const registration =
    name === "worker" ? { registration: "manual", nodes: [{ address }] } : { registration: "auto" };
  const created = await client.get("POST", "/executors", 201, {
    body: { appKey: `app-${name}`, name, ...registration },
  });
  const { appKey, appSecret, deployment } = created;
  const account = { APP_KEY: appKey, APP_SECRET: appSecret, DEPLOYMENT: deployment };
  const example = new ExampleProcess(name, port, { ...account, SERVER: client.url });
  onTestFinished(() => example.kill9());
  // A manual node counts as online until it is seen to be away, so here its own word is waited for.
  await eventually(
    `${name} is ready: ${example.said}`,
    async () => {
      const isReady = name !== "worker" || example.said.includes("ready");
      return (isReady && (await nodeOf(appKey))?.state === "online") || undefined;
    },
    START_MS,
  );
  return { name, example, appKey, address };
}

async function nodeOf(appKey: string) {
  const [node] = (await client.get("GET", `/executors/${appKey}/nodes`, 200)).items;
  return node;
}

/** A job for one handler; returns its name. */
async function aJob(
  { appKey }: Started,
  handler: string,
  more: { readonly name?: string; readonly sharding?: object; readonly overlap?: string } = {},
): Promise<string> {
  const target = { kind: "executor", executor: appKey, handler };
  const job = { name: `${appKey}-${handler}`, schedule: { kind: "manual" }, target, ...more };
  await client.get("POST", "/jobs", 201, { body: { ...job, timeout: "30s" } });
  return job.name;
}

function run(job: string, params: object = {}) {
  return client.get("POST", `/jobs/${job}/runs?wait=20s`, 200, { body: { params } });
}

async function greets(started: Started): Promise<void> {
  const job = await aJob(started, "greet");

  const done = await run(job, { name: "Ada" });

  const { state, result, node } = done;
  expect({ state, result, node }).toEqual({
    state: "succeeded",
    result: { greeting: "Hello, Ada!" },
    node: started.address,
  });
  const lines = await eventually("its lines", async () => {
    const { items } = await client.get("GET", `/runs/${done.id}/logs`, 200);
    return items.length > 0 ? items : undefined;
  });
  expect(lines).toMatchObject([{ level: "info", text: "greeting Ada", attempt: 1 }]);
}

async function shares(started: Started): Promise<void> {
  const items = ["a", "b", { c: 3 }];
  const counted = await aJob(started, "share", { sharding: { mode: "count", total: 2 } });
  const name = `${counted}-items`;
  const shared = await aJob(started, "share", { name, sharding: { mode: "items", items } });

  const runs = [await run(counted), await run(shared)];

  expect(runs).toMatchObject([
    { state: "succeeded", result: { total: 2, succeeded: 2 } },
    { state: "succeeded", result: { total: 1, succeeded: 1 } },
  ]);
  expect(await resultsOf(runs[0].id, 2)).toEqual([
    { index: 0, items: [] },
    { index: 1, items: [] },
  ]);
  expect(await resultsOf(runs[1].id, 1)).toEqual([{ index: 0, items }]);
}

/** What the shards of a run answered, by their index. */
async function resultsOf(id: string, total: number): Promise<readonly unknown[]> {
  const shards = await eventually("its shards", async () => {
    const { items } = await client.get("GET", `/runs/${id}/shards`, 200);
    // The records follow within a second.
    const ended = items.filter(({ state }: { state: string }) => state === "succeeded");
    return ended.length === total ? ended : undefined;
  });
  return shards
    .map(({ result }: { result: { index: number } }) => result)
    .toSorted((one: { index: number }, other: { index: number }) => one.index - other.index);
}

async function grinds(started: Started): Promise<void> {
  const job = await aJob(started, "grind", { overlap: "allow" });

  expect(await run(job, { steps: 12 })).toMatchObject({
    state: "succeeded",
    result: { steps: 12 },
  });
}

async function stops(started: Started): Promise<void> {
  const job = `${started.appKey}-grind`;
  const { id } = await client.get("POST", `/jobs/${job}/runs`, 202, {
    body: { params: { steps: 3_000 } },
  });
  const stateOf = async () => (await client.get("GET", `/runs/${id}`, 200)).state;
  const inState = (state: string) =>
    eventually(state, async () => ((await stateOf()) === state ? true : undefined), LONG_MS);
  await inState("running");

  const { status } = await client.ask("POST", `/api/v1/runs/${id}/cancel`, { body: {} });

  expect([200, 202]).toContain(status);
  await inState("canceled");
}

async function leaves({ example, appKey }: Started): Promise<void> {
  expect(await example.stop()).toBe(0);

  expect(await nodeOf(appKey)).toMatchObject({ state: "offline", reason: "left" });
}

test.each<ExampleName>(["node", "bun", "deno"])(
  "the example for %s works",
  async (name) => {
    const started = await start(name);

    await greets(started);
    await shares(started);
    await grinds(started);
    await stops(started);
    await leaves(started);
  },
  90_000,
);

test("the example in Python works", async () => {
  const started = await start("python");

  await greets(started);
  await shares(started);
  await grinds(started);
  await stops(started);
}, 90_000);

test("the example for Workers works", async () => {
  const started = await start("worker");

  await greets(started);
  await shares(started);
}, 90_000);
