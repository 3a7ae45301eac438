import { expect } from "vitest";
import type { Handler } from "../../src/sdk/executor.ts";
import {
  createAutoExecutor,
  type ExecutorNode,
  type NewExecutor,
  startNode,
} from "../support/executor-node.ts";
import { eventually } from "../support/eventually.ts";
import { type HostCase, listed, ONCE, runInState, runToEnd, type Scene } from "./host-case.ts";

/** Executors whose nodes register themselves, through the SDK over real HTTP. */
export const HOST_EXECUTOR_CASES: readonly HostCase[] = [
  { name: "a node registers by its beat, is called, and leaves", run: comesAndGoes },
  { name: "a node that drains gets nothing new", run: drains },
  { name: "a delivery goes to the next node when the first cannot be reached", run: failsOver },
  { name: "a long run is accepted, tells its progress, and calls back", run: longRun },
  { name: "a long run that is canceled stops at its node, which confirms it", run: canceled },
  { name: "a job of items is split over the nodes, each item once", run: items },
  { name: "a retry of a sharded run does only what did not succeed", run: retriedShards },
  { name: "logs are read as a list, and followed as they come", run: logs },
  { name: "a secret changes while both serve, and the former one ends at once", run: rotation },
  { name: "dead letters are listed, and done again together", run: deadLetters },
];

async function withNodes(
  scene: Scene,
  appKey: string,
  handlers: readonly Readonly<Record<string, Handler>>[],
  work: (nodes: readonly ExecutorNode[], executor: NewExecutor) => Promise<void>,
): Promise<void> {
  const executor = await createAutoExecutor(scene.client, appKey);
  const nodes: ExecutorNode[] = [];
  try {
    for (const of of handlers)
      // The order in which they register is told from the outside.
      // oxlint-disable-next-line no-await-in-loop
      nodes.push(await startNode(scene.client, executor, { handlers: of, acceptAfterMs: 200 }));
    await work(nodes, executor);
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
}

function aJob(
  executor: string,
  name: string,
  changes: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const { target = {}, ...others } = changes;
  return {
    name,
    schedule: { kind: "manual" },
    target: Object.assign({ kind: "executor", executor, handler: "work" }, target),
    retry: ONCE,
    ...others,
  };
}

function nodesOf({ client }: Scene, appKey: string) {
  return client.all(`/executors/${appKey}/nodes`);
}

const echo: Handler = (ctx) => ({ got: ctx.params, attempt: ctx.attempt });

async function comesAndGoes(scene: Scene): Promise<void> {
  await withNodes(scene, "comes", [{ work: echo }], async ([node], executor) => {
    const job = aJob("comes", "comes", { params: { size: 3 } });

    const run = await runToEnd(scene, job);

    expect(run).toMatchObject({
      state: "succeeded",
      node: node?.address,
      result: { got: { size: 3 }, attempt: 1 },
    });
    expect(await nodesOf(scene, executor.appKey)).toMatchObject([
      { address: node?.address, state: "online", handlers: ["work"] },
    ]);
    await node?.stop();
    expect(await nodesOf(scene, executor.appKey)).toMatchObject([{ state: "offline" }]);
  });
}

async function drains(scene: Scene): Promise<void> {
  await withNodes(scene, "drains", [{ work: () => 1 }, { work: () => 2 }], async ([first]) => {
    const { client } = scene;
    const node = encodeURIComponent(first?.address ?? "");
    await client.get("PATCH", `/executors/drains/nodes/${node}`, 200, {
      body: { state: "draining" },
    });
    await client.get("POST", "/jobs", 201, { body: aJob("drains", "drains") });

    for (let i = 0; i < 4; i++)
      // oxlint-disable-next-line no-await-in-loop
      expect(await client.get("POST", "/jobs/drains/runs?wait=20s", 200)).toMatchObject({
        state: "succeeded",
        result: 2,
      });
  });
}

async function failsOver(scene: Scene): Promise<void> {
  const { client } = scene;
  await withNodes(scene, "fails-over", [{ work: () => "here" }], async ([node], executor) => {
    // It registers, and nobody listens there any more.
    const gone = await startNode(client, executor, { handlers: { work: () => "there" } });
    await client.get("POST", "/jobs", 201, {
      body: aJob("fails-over", "fails-over", { target: { route: "last" } }),
    });
    await gone.die();

    const run = await client.get("POST", "/jobs/fails-over/runs?wait=20s", 200);

    expect(run).toMatchObject({ state: "succeeded", result: "here", node: node?.address });
    // workerd cannot tell a refused connection from a cut one: there the attempt is sent again.
    const isSure = scene.hostName !== "workers";
    expect(run.attempt).toBe(1);
    expect(run.attempts).toHaveLength(isSure ? 1 : 2);
    await eventually("the silent node is suspect", async () => {
      const nodes = await nodesOf(scene, "fails-over");
      return nodes.find(({ state }) => state === "suspect");
    });
  });
}

async function longRun(scene: Scene): Promise<void> {
  const go = Promise.withResolvers<string>();
  const work: Handler = async (ctx) => {
    ctx.progress(40, "half way");
    return go.promise;
  };
  await withNodes(scene, "long", [{ work }], async () => {
    const { client } = scene;
    await client.get("POST", "/jobs", 201, { body: aJob("long", "long", { timeout: "3s" }) });
    const { id } = await client.get("POST", "/jobs/long/runs", 202);
    const running = await eventually("it tells its progress", async () => {
      const run = await client.get("GET", `/runs/${id}`, 200);
      return run.progress?.percent === 40 ? run : undefined;
    });

    expect(running).toMatchObject({ state: "running", progress: { message: "half way" } });
    go.resolve("done");
    expect(await runInState(scene, id, "succeeded")).toMatchObject({ result: "done" });
  });
}

async function canceled(scene: Scene): Promise<void> {
  const started = Promise.withResolvers<void>();
  const work: Handler = (ctx) => {
    started.resolve();
    return new Promise((_resolve, reject) => {
      ctx.signal.addEventListener("abort", () => reject(new Error("stopped")));
    });
  };
  await withNodes(scene, "canceled", [{ work }], async () => {
    const { client } = scene;
    await client.get("POST", "/jobs", 201, { body: aJob("canceled", "canceled") });
    const { id } = await client.get("POST", "/jobs/canceled/runs", 202);
    await started.promise;
    await runInState(scene, id, "running");

    await client.get("POST", `/runs/${id}/cancel`, 202, { body: { reason: "enough" } });

    const run = await runInState(scene, id, "canceled");
    expect(run).toMatchObject({ cancelReason: "enough" });
    expect(Date.parse(run.endedAt) - Date.parse(run.cancelRequestedAt)).toBeLessThan(9_000);
  });
}

async function items(scene: Scene): Promise<void> {
  const seen: unknown[] = [];
  const work: Handler = ({ shard }) => {
    seen.push(...(shard?.items ?? []));
    return shard?.index;
  };
  await withNodes(scene, "items", [{ work }, { work }, { work }], async () => {
    const wanted = Array.from({ length: 100 }, (_, i) => i);
    const sharding = { mode: "items", items: wanted };

    const run = await runToEnd(scene, aJob("items", "items", { sharding }));

    expect(run).toMatchObject({
      state: "succeeded",
      shards: { total: 3, succeeded: 3, failed: 0, canceled: 0 },
      progress: { percent: 100 },
    });
    expect(seen.toSorted((a, b) => Number(a) - Number(b))).toEqual(wanted);
    const shards = await listed(scene, `/runs/${run.id}/shards`, (all) => all.length === 3);
    expect(new Set(shards.map(({ node }) => node)).size).toBe(3);
  });
}

async function retriedShards(scene: Scene): Promise<void> {
  let isBroken = true;
  const seen: number[] = [];
  const work: Handler = ({ shard }) => {
    if (isBroken && shard?.index === 1) throw new Error("not this one");
    seen.push(shard?.index ?? -1);
  };
  await withNodes(scene, "retried", [{ work }], async () => {
    const { client } = scene;
    const sharding = { mode: "count", total: 3 };
    const run = await runToEnd(scene, aJob("retried", "retried", { sharding }));
    expect(run).toMatchObject({ state: "failed", shards: { succeeded: 2, failed: 1 } });
    isBroken = false;
    seen.length = 0;
    await listed(
      scene,
      `/runs/${run.id}/shards`,
      (all) => all.length === 3 && all.every(({ endedAt }) => endedAt !== null),
    );

    const again = await client.get("POST", `/runs/${run.id}/retry`, 202);

    await runInState(scene, again.id, "succeeded");
    expect(seen).toEqual([1]);
  });
}

async function logs(scene: Scene): Promise<void> {
  const go = Promise.withResolvers<void>();
  const work: Handler = async (ctx) => {
    ctx.log.info("first");
    await go.promise;
    ctx.log.error("second");
  };
  await withNodes(scene, "logs", [{ work }], async () => {
    const { client } = scene;
    await client.get("POST", "/jobs", 201, { body: aJob("logs", "logs") });
    const { id } = await client.get("POST", "/jobs/logs/runs", 202);
    await listed(scene, `/runs/${id}/logs`, (lines) => lines.length === 1);
    const followed = fetch(`${client.url}/api/v1/runs/${id}/logs?follow=1`, {
      headers: { authorization: `Bearer ${client.token}` },
    });
    go.resolve();

    const text = await (await followed).text();

    expect(text).toMatch(/event: line[\s\S]*first[\s\S]*event: line[\s\S]*second[\s\S]*event: end/);
    const lines = await client.all(`/runs/${id}/logs?level=error`);
    expect(lines).toMatchObject([{ level: "error", text: "second" }]);
  });
}

async function rotation(scene: Scene): Promise<void> {
  await withNodes(scene, "rotation", [{ work: () => "old" }], async ([node], executor) => {
    const { client } = scene;
    await client.get("POST", "/jobs", 201, { body: aJob("rotation", "rotation") });
    const runNow = () => client.get("POST", "/jobs/rotation/runs?wait=20s", 200);
    const { next } = await client.get("POST", "/executors/rotation/secrets", 201);
    expect(await runNow()).toMatchObject({ state: "succeeded", result: "old" });
    const renewed = { ...executor, appSecret: next.appSecret };
    const other = await startNode(client, renewed, { handlers: { work: () => "new" } });
    try {
      expect(await runNow()).toMatchObject({ state: "succeeded" });
      expect(await runNow()).toMatchObject({ state: "succeeded" });
      await node?.stop();
      await client.get("DELETE", "/executors/rotation/secrets/previous", 204);

      expect(await runNow()).toMatchObject({ state: "succeeded", result: "new" });
      await expect(startNode(client, executor, { handlers: {} })).rejects.toThrow(
        "refuses this node",
      );
    } finally {
      await other.stop();
    }
  });
}

async function deadLetters(scene: Scene): Promise<void> {
  let isBroken = true;
  const work: Handler = ({ params }) => {
    if (isBroken) throw new Error("broken");
    return params;
  };
  await withNodes(scene, "dead", [{ work }], async () => {
    const { client } = scene;
    const run = await runToEnd(scene, aJob("dead", "dead", { params: { original: 1 } }));
    expect(run.state).toBe("failed");
    await listed(scene, "/dead-letters?job=dead", (all) => all.length === 1);
    isBroken = false;
    const bulk = { action: "retry", filter: { job: "dead", deadLetter: true } };
    const dry = await client.get("POST", "/runs/bulk", 200, { body: { ...bulk, dryRun: true } });
    expect(dry).toMatchObject({ matched: 1 });

    const done = await client.get("POST", "/runs/bulk", 200, { body: { ...bulk, dryRun: false } });

    expect(done).toMatchObject({ matched: 1, done: 1, failed: [] });
    const [again] = await listed(
      scene,
      "/runs?job=dead&trigger=retry&state=succeeded",
      (all) => all.length === 1,
    );
    expect(again).toMatchObject({ result: { original: 1 } });
    await listed(scene, "/dead-letters?job=dead", (all) => all.length === 0);
  });
}
