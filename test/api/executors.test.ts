import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { secretContext } from "../../src/ports/cipher.ts";
import type { Executor } from "../../src/ports/executors.ts";
import { executorKey } from "../../src/core/directory.ts";
import { healDirectory } from "../../src/api/heal-directory.ts";
import { aJob, OpenApi } from "../support/open-api.ts";

const EXECUTORS = "/api/v1/executors";
const ORDERS = {
  appKey: "orders",
  name: "Orders",
  registration: "manual",
  nodes: [
    { address: "https://one.example.com/" },
    { address: "https://two.example.com/base", weight: 3 },
  ],
};
const USES_IT = aJob({ target: { kind: "executor", executor: "orders", handler: "report" } });
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

async function storedExecutor(appKey: string): Promise<Executor> {
  const reply = await open.deps.executors.of(appKey).call("executor.get", { namespace: "default" });
  if (!reply.ok) throw new Error(reply.refusal.detail);
  return reply.value.executor;
}

async function versionsInShards(key: string): Promise<readonly (number | undefined)[]> {
  const replies = await Promise.all(
    open.runners.map((runner) => runner.call("directory.list", {})),
  );
  return replies.map((reply) =>
    reply.ok ? reply.value.copies.find((copy) => copy.key === key)?.version : undefined,
  );
}

describe("executors", () => {
  it("are made with a secret that is shown once and sealed at rest", async () => {
    const made = await open.ask("POST", EXECUTORS, { body: ORDERS });
    const read = await open.ask("GET", `${EXECUTORS}/orders`);
    const stored = await storedExecutor("orders");

    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({
      appKey: "orders",
      deployment: "dep_test",
      dialect: "native",
    });
    expect(made.json.appSecret).toMatch(/^tws_[A-Za-z0-9_-]{43}$/);
    expect(made.json.nodes.map((node: { address: string }) => node.address)).toEqual([
      "https://one.example.com",
      "https://two.example.com/base",
    ]);
    expect(read.text).not.toContain("tws_");
    expect(JSON.stringify(stored)).not.toContain("tws_");
    const [{ sealed } = { sealed: "" }] = stored.secrets;
    const opened = open.deps.cipher.open(sealed, secretContext("default", "orders"));
    expect(opened).toBe(made.json.appSecret);
    expect(made.json.secrets).toEqual([
      { id: expect.stringMatching(/^sec_/), createdAt: made.json.createdAt, lastUsedAt: null },
    ]);
  });

  it("that are made again under the same appKey are called by their new nodes and secret only", async () => {
    await open.ask("POST", EXECUTORS, { body: ORDERS });
    await open.ask("PATCH", `${EXECUTORS}/orders`, { body: { name: "Renamed" } });
    await open.ask("DELETE", `${EXECUTORS}/orders`);
    open.advance(1_000);

    const nodes = [{ address: "https://three.example.com" }];
    const again = await open.ask("POST", EXECUTORS, { body: { ...ORDERS, nodes } });
    await open.ask("POST", "/api/v1/jobs", { body: USES_IT });
    await open.ask("POST", `/api/v1/jobs/nightly-report/runs`);
    open.advance(1);

    const [{ sealed } = { sealed: "" }] = (await storedExecutor("orders")).secrets;
    expect(again.status).toBe(201);
    expect(open.deliveries.map(({ route }) => route)).toMatchObject([
      { node: { address: "https://three.example.com", sealedSecret: sealed }, alternates: [] },
    ]);
  });

  it("get an appKey when none is sent", async () => {
    const got = await open.ask("POST", EXECUTORS, { body: { name: "x", registration: "manual" } });

    expect(got.json.appKey).toMatch(/^app-[0-9a-f]{16}$/);
  });

  it.each([
    ["a registration of its own", { registration: "none" }, 400, "/registration"],
    ["nodes that are to register themselves", { registration: "auto" }, 400, "/nodes"],
    ["a limit of nothing", { concurrency: 0 }, 400, "/concurrency"],
    ["a bad appKey", { appKey: "a:b" }, 400, "/appKey"],
    ["a private node", { nodes: [{ address: "http://10.0.0.1" }] }, 422, "/nodes/0/address"],
    ["a node that is no URL", { nodes: [{ address: "worker-3" }] }, 422, "/nodes/0/address"],
    [
      "a node with a query",
      { nodes: [{ address: "https://a.example.com/?x" }] },
      422,
      "/nodes/0/address",
    ],
    [
      "a node twice",
      { nodes: [{ address: "https://a.example.com" }, { address: "https://a.example.com/" }] },
      422,
      "/nodes/1/address",
    ],
    [
      "a weight of nothing",
      { nodes: [{ address: "https://a.example.com", weight: 0 }] },
      400,
      "/nodes/0/weight",
    ],
    ["a secret of its own", { appSecret: "x" }, 400, "/appSecret"],
  ])("are refused with %s", async (_, changes, status, pointer) => {
    const got = await open.ask("POST", EXECUTORS, { body: { ...ORDERS, ...changes } });

    expect(got.status).toBe(status);
    expect(got.json.errors[0].pointer).toBe(pointer);
  });

  it("reach a shard with the first job there, and every such shard with each change", async () => {
    await open.ask("POST", EXECUTORS, { body: ORDERS });
    const key = executorKey("default", "orders");
    const before = await versionsInShards(key);
    await open.ask("POST", "/api/v1/jobs", { body: USES_IT });
    const [first = 0, ...others] = (await versionsInShards(key)).filter((one) => one !== undefined);

    const nodes = [{ address: "https://two.example.com/base" }];
    await open.ask("PATCH", `${EXECUTORS}/orders`, { body: { nodes } });

    const changed = (await versionsInShards(key)).find((one) => one !== undefined);
    expect(before).toEqual([undefined, undefined, undefined]);
    expect(others).toEqual([]);
    expect(changed).toBeGreaterThan(first);
  });

  it("keep the identity of a node whose address stays", async () => {
    const { json: made } = await open.ask("POST", EXECUTORS, { body: ORDERS });

    const { json: changed } = await open.ask("PATCH", `${EXECUTORS}/orders`, {
      body: { nodes: [{ address: "https://two.example.com/base", weight: 5 }] },
    });

    expect(changed.nodes).toEqual([{ ...made.nodes[1], weight: 5 }]);
  });

  it("are mended in shards that missed a change", async () => {
    await open.ask("POST", EXECUTORS, { body: ORDERS });
    await open.recordsCaughtUp();
    const key = executorKey("default", "orders");
    const copy = { appKey: "orders", namespace: "default", nodes: [], sealedSecrets: ["old"] };
    const old = { key, version: 1, body: JSON.stringify({ ...copy, concurrency: null }) };
    await Promise.all(open.runners.map((one) => one.call("directory.put", { copies: [old] })));

    const mended = await healDirectory(open.deps);

    const [one, ...others] = await versionsInShards(key);
    expect(mended).toBe(3);
    expect(one).toBeGreaterThan(1);
    expect(others).toEqual([one, one]);
    expect(await healDirectory(open.deps)).toBe(0);
  });

  it("show their limits, and lose them again", async () => {
    const limits = { concurrency: 10, nodeConcurrency: 2 };
    const made = await open.ask("POST", EXECUTORS, { body: { ...ORDERS, ...limits } });

    const body = { concurrency: null };
    const changed = await open.ask("PATCH", `${EXECUTORS}/orders`, { body });

    expect(made.json).toMatchObject(limits);
    expect(changed.json).toMatchObject({ concurrency: null, nodeConcurrency: 2 });
    expect(changed.headers.get("etag")).toBe(`"${changed.json.version}"`);
    expect(changed.json.version).toBeGreaterThan(made.json.version);
  });

  it("are refused in another namespace than that of their appKey", async () => {
    await open.ask("POST", EXECUTORS, { body: ORDERS });
    const token = await open.newToken("write", "other");

    const taken = await open.ask("POST", EXECUTORS, { token, body: ORDERS });
    const patched = await open.ask("PATCH", `${EXECUTORS}/orders`, { token, body: { name: "x" } });

    expect(taken).toMatchObject({ status: 409, json: { code: "name.taken" } });
    expect(patched).toMatchObject({ status: 404, json: { code: "executor.unknown" } });
  });

  it("answer 412 to a stale If-Match, and 404 where there is none", async () => {
    await open.ask("POST", EXECUTORS, { body: ORDERS });

    const stale = await open.ask("PATCH", `${EXECUTORS}/orders`, {
      body: { name: "x" },
      headers: { "if-match": '"4"' },
    });
    const unknown = await open.ask("PATCH", `${EXECUTORS}/other`, { body: { name: "x" } });

    expect([stale.status, unknown.status]).toEqual([412, 404]);
  });

  it("are not deleted while a job names them", async () => {
    await open.ask("POST", EXECUTORS, { body: ORDERS });
    await open.ask("POST", "/api/v1/jobs", { body: USES_IT });
    await open.recordsCaughtUp();

    const used = await open.ask("DELETE", `${EXECUTORS}/orders`);
    await open.ask("DELETE", "/api/v1/jobs/nightly-report");
    await open.recordsCaughtUp();
    const free = await open.ask("DELETE", `${EXECUTORS}/orders`);

    expect(used).toMatchObject({ status: 409, json: { code: "executor.in_use" } });
    expect(free.status).toBe(204);
    expect((await open.ask("POST", "/api/v1/jobs", { body: USES_IT })).json.code).toBe(
      "target.refused",
    );
  });

  it("are listed in pages, each namespace its own", async () => {
    for (const appKey of ["a", "b", "c"])
      // oxlint-disable-next-line no-await-in-loop
      await open.ask("POST", EXECUTORS, { body: { ...ORDERS, appKey } });
    await open.recordsCaughtUp();
    const token = await open.newToken("read", "other");

    const first = await open.ask("GET", `${EXECUTORS}?limit=2`);
    const second = await open.ask("GET", `${EXECUTORS}?limit=2&cursor=${first.json.nextCursor}`);

    const seen = [...first.json.items, ...second.json.items].map((item) => item.appKey);
    expect(seen).toEqual(["a", "b", "c"]);
    expect(second.json.nextCursor).toBeNull();
    expect((await open.ask("GET", EXECUTORS, { token })).json.items).toEqual([]);
    expect((await open.ask("GET", `${EXECUTORS}/a`, { token })).status).toBe(404);
  });

  it("are called at their nodes in turn", async () => {
    await open.ask("POST", EXECUTORS, { body: ORDERS });
    await open.ask("POST", "/api/v1/jobs", { body: USES_IT });

    for (let i = 0; i < 2; i++)
      // oxlint-disable-next-line no-await-in-loop
      await open.ask("POST", "/api/v1/jobs/nightly-report/runs?overlap=allow");

    const addresses = open.deliveries.map(({ route }) =>
      route.kind === "executor" ? route.node.address : route.kind,
    );
    expect(addresses.toSorted()).toEqual([
      "https://one.example.com",
      "https://two.example.com/base",
    ]);
  });
});
