import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NO_PROBE_ANSWER } from "../support/open-executors.ts";
import { newExecutor } from "../support/exec-call.ts";
import { OpenApi } from "../support/open-api.ts";

const NODES = "/api/v1/executors/orders/nodes";
const ONE = "https://one.example.com";
const TWO = "https://two.example.com/base";
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
  await newExecutor(open);
});
afterEach(() => open.close());

const pathOf = (node: string): string => `${NODES}/${encodeURIComponent(node)}`;

describe("the nodes of an executor", () => {
  it("are listed with all that is known of them", async () => {
    const { id } = await open.beat("orders", ONE, {
      tags: ["gpu"],
      handlers: ["report"],
      version: "1.2.3",
      concurrency: 4,
      inFlight: 2,
    });
    const at = new Date(open.nowMs).toISOString();

    const { json } = await open.ask("GET", NODES);

    expect(json).toEqual({
      items: [
        {
          id,
          address: ONE,
          source: "beat",
          state: "online",
          wish: "enabled",
          health: "online",
          since: at,
          reason: null,
          weight: 1,
          tags: ["gpu"],
          concurrency: 4,
          handlers: ["report"],
          version: "1.2.3",
          registeredAt: at,
          lastBeatAt: at,
          inFlight: 2,
          errorRate: null,
        },
      ],
      nextCursor: null,
    });
  });

  it("are listed in pages", async () => {
    const addresses = Array.from({ length: 5 }, (_, i) => `https://node-${i}.example.com`);
    // oxlint-disable-next-line no-await-in-loop -- In this order.
    for (const address of addresses) await open.beat("orders", address);

    const first = await open.ask("GET", `${NODES}?limit=3`);
    const second = await open.ask("GET", `${NODES}?limit=3&cursor=${first.json.nextCursor}`);

    const seen = [...first.json.items, ...second.json.items].map(({ address }) => address);
    expect(new Set(seen)).toEqual(new Set(addresses));
    expect(first.json.items).toHaveLength(3);
    expect(second.json.nextCursor).toBeNull();
  });

  it.each([
    ["their id", (id: string) => `${NODES}/${id}`],
    ["their address", () => pathOf(TWO)],
    ["another spelling of it", () => pathOf("HTTPS://two.example.com:443/base/")],
  ])("are changed by %s", async (_, path) => {
    const { id } = await open.beat("orders", TWO);

    const body = { state: "draining", weight: 5, tags: ["eu"], concurrency: 3 };
    const got = await open.ask("PATCH", path(id), { body });

    expect(got).toMatchObject({
      status: 200,
      json: { id, state: "draining", wish: "draining", weight: 5, tags: ["eu"], concurrency: 3 },
    });
  });

  it("come back to use when they are enabled again", async () => {
    await open.beat("orders", ONE);
    const disabled = await open.ask("PATCH", pathOf(ONE), { body: { state: "disabled" } });
    await open.beat("orders", ONE);
    const enabled = await open.ask("PATCH", pathOf(ONE), { body: { state: "enabled" } });

    expect([disabled.json.state, enabled.json.state]).toEqual(["disabled", "online"]);
  });

  it("turn suspect and offline in silence, and say so", async () => {
    await open.beat("orders", ONE);
    const stateAfter = async (ms: number): Promise<string> => {
      open.advance(ms);
      return (await open.ask("GET", NODES)).json.items[0].state;
    };

    const states = [await stateAfter(24_000), await stateAfter(2_000), await stateAfter(36_000)];
    await open.beat("orders", ONE);

    expect(states).toEqual(["online", "suspect", "offline"]);
    expect(await stateAfter(0)).toBe("online");
  });

  it("are forgotten on request, and have a history all the same", async () => {
    await open.beat("orders", ONE);
    await open.beat("orders", TWO);
    await open.ask("PATCH", pathOf(TWO), { body: { state: "disabled" } });

    const gone = await open.ask("DELETE", pathOf(TWO));

    const history = await open.ask("GET", `${pathOf(TWO)}/history`);
    const all = await open.ask("GET", "/api/v1/executors/orders/history?limit=2");
    const rest = await open.ask(
      "GET",
      `/api/v1/executors/orders/history?cursor=${all.json.nextCursor}`,
    );
    const kinds = ({ json }: typeof history): readonly string[] =>
      json.items.map(({ kind }: { kind: string }) => kind);
    expect(gone.status).toBe(204);
    expect((await open.ask("GET", NODES)).json.items).toHaveLength(1);
    expect(kinds(history)[0]).toBe("removed");
    expect(kinds(history)).toContain("disabled");
    expect(kinds(all)).toHaveLength(2);
    expect(rest.json.nextCursor).toBeNull();
    expect(rest.json.items.at(-1)).toMatchObject({ kind: "registered", address: ONE });
  });

  it("answer a ping, or it says why they did not", async () => {
    const { id } = await open.beat("orders", ONE);
    const answer = { ok: true };
    open.executors.probes.set(ONE, {
      ...NO_PROBE_ANSWER,
      isReached: true,
      status: 200,
      latencyMs: 12,
      clockSkewMs: -40,
      answer,
      error: null,
    });

    const reached = await open.ask("POST", `${NODES}/${id}/ping`);
    open.executors.probes.clear();
    const silent = await open.ask("POST", `${pathOf(ONE)}/ping`);

    expect(reached.json).toEqual({
      reached: true,
      status: 200,
      latencyMs: 12,
      clockSkewMs: -40,
      answer,
      error: null,
    });
    expect(silent).toMatchObject({ status: 200, json: { reached: false, status: null } });
  });

  it("are unknown in another namespace, and where there are none", async () => {
    const { id } = await open.beat("orders", ONE);
    const token = await open.newToken("admin", "other");
    const body = { state: "disabled" };

    const foreign = [
      await open.ask("GET", NODES, { token }),
      await open.ask("PATCH", `${NODES}/${id}`, { token, body }),
      await open.ask("DELETE", `${NODES}/${id}`, { token }),
      await open.ask("POST", `${NODES}/${id}/ping`, { token }),
      await open.ask("GET", `${NODES}/${id}/history`, { token }),
    ];
    const unknown = await open.ask("PATCH", `${NODES}/node_of_nobody`, { body });

    for (const got of foreign)
      expect(got).toMatchObject({ status: 404, json: { code: "executor.unknown" } });
    expect(unknown).toMatchObject({ status: 404, json: { code: "node.unknown" } });
  });

  it.each([
    [{ state: "gone" }, "/state"],
    [{ weight: 0 }, "/weight"],
    [{ tags: [""] }, "/tags/0"],
    [{ concurrency: -1 }, "/concurrency"],
    [{ address: ONE }, "/address"],
  ])("are not changed by %j", async (body, pointer) => {
    const { id } = await open.beat("orders", ONE);

    const got = await open.ask("PATCH", `${NODES}/${id}`, { body });

    expect(got.status).toBe(400);
    expect(got.json.errors[0].pointer).toBe(pointer);
  });
});
