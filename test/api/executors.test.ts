import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { secretContext } from "../../src/ports/cipher.ts";
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
    const stored = await open.deps.directory.executor("default", "orders");

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
    expect(stored?.sealedSecret).not.toContain("tws_");
    const opened = open.deps.cipher.open(
      stored?.sealedSecret ?? "",
      secretContext("default", "orders"),
    );
    expect(opened).toBe(made.json.appSecret);
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

    const stored = await open.deps.directory.executor("default", "orders");
    expect(again.status).toBe(201);
    expect(open.deliveries.map(({ route }) => route)).toEqual([
      expect.objectContaining({
        address: "https://three.example.com",
        sealedSecret: stored?.sealedSecret,
      }),
    ]);
  });

  it("get an appKey when none is sent", async () => {
    const got = await open.ask("POST", EXECUTORS, { body: { name: "x", registration: "manual" } });

    expect(got.json.appKey).toMatch(/^app-[0-9a-f]{16}$/);
  });

  it.each([
    ["registration of its own", { registration: "auto" }, 400, "/registration"],
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

  it("reach every shard when they are made and when they change", async () => {
    const { version } = (await open.ask("POST", EXECUTORS, { body: ORDERS })).json;
    const key = executorKey("default", "orders");
    const before = await versionsInShards(key);

    const got = await open.ask("PATCH", `${EXECUTORS}/orders`, {
      body: {
        nodes: [
          { address: "https://two.example.com/base" },
          { address: "https://new.example.com" },
        ],
      },
    });

    expect(before).toEqual([version, version, version]);
    expect(await versionsInShards(key)).toEqual([version + 1, version + 1, version + 1]);
    expect(got.json.version).toBe(version + 1);
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
    const stored = await open.deps.directory.executor("default", "orders");
    if (stored === null) throw new Error("it was made");
    const version = stored.version + 1;
    await open.deps.directory.updateExecutor({ ...stored, version, nodes: [] }, null);

    const mended = await healDirectory(open.deps);

    expect(mended).toBe(3);
    expect(await versionsInShards(executorKey("default", "orders"))).toEqual([
      version,
      version,
      version,
    ]);
    expect(await healDirectory(open.deps)).toBe(0);
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
