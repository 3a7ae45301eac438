import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { execCall, newExecutor, type ExecIdentity } from "../support/exec-call.ts";
import { signExecToken } from "../support/exec-tokens.ts";
import { aJob, OpenApi } from "../support/open-api.ts";

const ONE = "https://one.example.com";
let open: OpenApi;
let orders: ExecIdentity;

beforeEach(async () => {
  open = await OpenApi.start();
  orders = await newExecutor(open);
});
afterEach(() => open.close());

const nodesNow = async () => (await open.ask("GET", "/api/v1/executors/orders/nodes")).json.items;
const call = (path: string, body: unknown, identity = orders) =>
  execCall(open, identity, path, body);

/** A run of the executor, as it was delivered to its node. */
async function newRun(): Promise<string> {
  await call("beat", { address: ONE });
  const target = { kind: "executor", executor: "orders", handler: "report" };
  await open.ask("POST", "/api/v1/jobs", { body: aJob({ target, timeout: "60s" }) });
  return (await open.ask("POST", "/api/v1/jobs/nightly-report/runs")).json.id;
}

describe("a beat", () => {
  it("registers the node and says how often to beat", async () => {
    const got = await call("beat", {
      address: "https://ONE.example.com:443/",
      weight: 3,
      tags: ["gpu"],
      handlers: ["report"],
      version: "1.0",
      concurrency: 8,
      inFlight: 1,
    });

    const [node] = await nodesNow();
    expect(got).toMatchObject({ status: 200, json: { state: "online", beatEvery: "10s" } });
    expect(got.json.node).toBe(node.id);
    expect(node).toMatchObject({ address: ONE, weight: 3, tags: ["gpu"], inFlight: 1 });
  });

  it("tells a node that is being drained so, and keeps what it does not say", async () => {
    const { node } = (await call("beat", { address: ONE, tags: ["gpu"] })).json;
    const body = { state: "draining" };
    await open.ask("PATCH", `/api/v1/executors/orders/nodes/${node}`, { body });

    const got = await call("beat", { address: ONE });

    expect(got.json).toEqual({ node, state: "draining", beatEvery: "10s" });
    expect(await nodesNow()).toMatchObject([{ tags: ["gpu"] }]);
  });

  it.each([
    ["http://10.0.0.1", 422],
    ["http://127.0.0.1:9000", 422],
    ["http://[::1]", 422],
    ["ftp://one.example.com", 422],
    ["https://user:pass@one.example.com", 422],
    ["https://one.example.com/?a=b", 422],
    ["one.example.com", 422],
    ["", 400],
  ])("is refused for the address %s, which we do not call", async (address, status) => {
    const got = await call("beat", { address });

    expect(got.status).toBe(status);
    expect(got.json.errors[0].pointer).toBe("/address");
    expect(await nodesNow()).toEqual([]);
  });

  it("is refused for an address that a manual executor does not list", async () => {
    const body = { appKey: "listed", name: "x", registration: "manual", nodes: [{ address: ONE }] };
    const { appSecret } = (await open.ask("POST", "/api/v1/executors", { body })).json;
    const listed = { appKey: "listed", appSecret };

    const known = await call("beat", { address: ONE }, listed);
    const other = await call("beat", { address: "https://two.example.com" }, listed);

    expect(known.status).toBe(200);
    expect(other).toMatchObject({ status: 409, json: { code: "node.not_listed" } });
  });

  it.each([
    [{}, "/address"],
    [{ address: ONE, weight: 0 }, "/weight"],
    [{ address: ONE, handlers: "report" }, "/handlers"],
    [{ address: ONE, inFlight: -1 }, "/inFlight"],
    [{ address: ONE, state: "online" }, "/state"],
  ])("is refused as %j", async (body, pointer) => {
    const got = await call("beat", body);

    expect(got.status).toBe(400);
    expect(got.json.errors[0].pointer).toBe(pointer);
  });
});

describe("a node that leaves", () => {
  it("is offline at once, and leaving twice is no mistake", async () => {
    await call("beat", { address: ONE });

    const first = await call("leave", { address: `${ONE}/` });
    const [node] = await nodesNow();
    const never = await call("leave", { address: "https://two.example.com" });

    expect(first).toMatchObject({ status: 200, json: { left: true } });
    expect(node).toMatchObject({ state: "offline", reason: "left" });
    expect(never).toMatchObject({ status: 200, json: { left: false } });
  });
});

describe("an extension", () => {
  it("begins the lease anew and shows the progress", async () => {
    const run = await newRun();
    await open.answer(run, { kind: "accepted" }, 202);
    open.advance(50_000);
    await call("beat", { address: ONE });

    const progress = { percent: 40, message: "halfway, nearly" };
    const got = await call("extend", { run, attempt: 1, progress });
    open.advance(20_000);

    const leaseUntil = new Date(open.nowMs + 40_000).toISOString();
    expect(got).toMatchObject({
      status: 200,
      json: { run, attempt: 1, leaseUntil, canceled: false },
    });
    expect((await open.ask("GET", `/api/v1/runs/${run}`)).json).toMatchObject({
      state: "running",
      progress: { percent: 40 },
    });
  });

  it("tells the handler to stop once the run is to be canceled", async () => {
    const run = await newRun();
    await open.answer(run, { kind: "accepted" }, 202);
    await open.ask("POST", `/api/v1/runs/${run}/cancel`);

    const got = await call("extend", { run, attempt: 1 });

    expect(got).toMatchObject({ status: 200, json: { canceled: true } });
  });

  it.each([false, true])("comes too late for a run that has ended (recorded: %s)", async (is) => {
    const run = await newRun();
    await open.succeed(run);
    if (is) await open.recordsCaughtUp();

    const got = await call("extend", { run, attempt: 1 });

    expect(got).toMatchObject({ status: 410, json: { code: "callback.over" } });
  });

  it.each([false, true])("of another executor's run is told nothing (recorded: %s)", async (is) => {
    const run = await newRun();
    await open.answer(run, { kind: "accepted" }, 202);
    if (is) await open.ask("POST", `/api/v1/runs/${run}/cancel`);
    if (is) await open.recordsCaughtUp();
    const other = await newExecutor(open, "other");

    const got = await call("extend", { run, attempt: 1 }, other);
    const nothing = await call("extend", { run: "run_of_nobody", attempt: 1 });

    expect(got).toMatchObject({ status: 404, json: { code: "run.unknown" } });
    expect(nothing).toMatchObject({ status: 404, json: { code: "run.unknown" } });
  });

  it.each([
    [{ attempt: 1 }, "/run"],
    [{ run: "run_1", attempt: 0 }, "/attempt"],
    [{ run: "run_1", attempt: 1, progress: { percent: 101 } }, "/progress/percent"],
    [{ run: "run_1", attempt: 1, progress: { rows: 1 } }, "/progress/rows"],
  ])("is refused as %j", async (body, pointer) => {
    const got = await call("extend", body);

    expect(got.status).toBe(400);
    expect(got.json.errors[0].pointer).toBe(pointer);
  });
});

describe("what executors may send", () => {
  it("is bounded for each executor, and says when to come again", async () => {
    const answers = await Promise.all(
      Array.from({ length: 6_001 }, () => call("leave", { address: ONE })),
    );
    const other = await newExecutor(open, "other");

    const statuses = answers.map(({ status }) => status);
    const refused = answers.find(({ status }) => status === 429);
    expect(statuses.filter((status) => status === 200)).toHaveLength(6_000);
    expect(refused?.json.code).toBe("rate.limited");
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await call("beat", { address: ONE }, other)).status).toBe(200);
  });

  it("is heard from an address that tried too many tokens, when the executor is known", async () => {
    const late = await newExecutor(open, "late");
    await call("beat", { address: ONE });
    const text = JSON.stringify({ address: ONE });
    const guess = (appKey: string) => {
      const forged = { appKey, appSecret: "guessed", bodyText: text, nowMs: open.nowMs };
      return open.ask("POST", "/api/v1/executor/beat", { token: signExecToken(forged), text });
    };
    await Promise.all(Array.from({ length: 600 }, () => guess("orders")));

    const [forged, nobody] = [await guess("orders"), await guess("nobody")];
    const known = await call("beat", { address: ONE });
    const unseen = await call("beat", { address: ONE }, late);

    expect(forged).toMatchObject({ status: 429, json: { code: "rate.limited" } });
    expect(nobody.json.detail).toBe(forged.json.detail);
    expect([known.status, unseen.status]).toEqual([200, 429]);
    open.advance(60_000);
    expect((await call("beat", { address: ONE }, late)).status).toBe(200);
  });
});
