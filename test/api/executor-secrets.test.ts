import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { execCall, newExecutor, type ExecIdentity } from "../support/exec-call.ts";
import { aJob, OpenApi } from "../support/open-api.ts";

const EXECUTORS = "/api/v1/executors";
const SECRETS = `${EXECUTORS}/orders/secrets`;
const BEAT = { address: "https://one.example.com" };
let open: OpenApi;
let orders: ExecIdentity;

beforeEach(async () => {
  open = await OpenApi.start();
  orders = await newExecutor(open);
});
afterEach(() => open.close());

const rotate = async (): Promise<ExecIdentity> => {
  const { json } = await open.ask("POST", SECRETS);
  return { appKey: "orders", appSecret: json.next.appSecret };
};
const revoke = () => open.ask("DELETE", `${SECRETS}/previous`);
const beat = (identity: ExecIdentity) => execCall(open, identity, "beat", BEAT);

describe("the creation of an executor under an idempotency key", () => {
  const body = { name: "Orders", registration: "auto" };
  const headers = { "idempotency-key": "once" };

  it("shows the same appKey and appSecret to each repetition", async () => {
    const first = await open.ask("POST", EXECUTORS, { body, headers });
    const again = await open.ask("POST", EXECUTORS, { body, headers });

    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.json).toEqual(first.json);
    expect((await beat(again.json)).status).toBe(200);
  });

  it("is refused for another body, whatever appKey it names", async () => {
    await open.ask("POST", EXECUTORS, { body, headers });

    const other = { ...body, appKey: "another" };
    const got = await open.ask("POST", EXECUTORS, { body: other, headers });

    expect(got).toMatchObject({ status: 422, json: { code: "idempotency.mismatch" } });
    expect((await open.ask("GET", `${EXECUTORS}/another`)).status).toBe(404);
  });
});

describe("a rotation", () => {
  it("shows the next secret once, and both count", async () => {
    const got = await open.ask("POST", SECRETS);
    const next = { appKey: "orders", appSecret: got.json.next.appSecret };
    const read = await open.ask("GET", `${EXECUTORS}/orders`);

    expect(got.status).toBe(201);
    expect(got.json).toMatchObject({ current: { lastUsedAt: null }, next: { lastUsedAt: null } });
    expect(got.json.current).not.toHaveProperty("appSecret");
    expect(read.json.secrets.map((secret: { id: string }) => secret.id)).toEqual([
      got.json.current.id,
      got.json.next.id,
    ]);
    expect(read.text).not.toContain("tws_");
    expect([(await beat(orders)).status, (await beat(next)).status]).toEqual([200, 200]);
  });

  it("gives the same secret to the same idempotency key", async () => {
    const headers = { "idempotency-key": "rotate once" };
    const first = await open.ask("POST", SECRETS, { headers });
    const again = await open.ask("POST", SECRETS, { headers });

    expect(again.json).toEqual(first.json);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
  });

  it("is refused while one is under way, and so is an end without one", async () => {
    const early = await revoke();
    await rotate();
    const second = await open.ask("POST", SECRETS);

    expect(early).toMatchObject({ status: 409, json: { code: "secret.not_rotating" } });
    expect(second).toMatchObject({ status: 409, json: { code: "secret.rotating" } });
  });

  it("obeys If-Match", async () => {
    const stale = await open.ask("POST", SECRETS, { headers: { "if-match": '"4"' } });

    expect(stale).toMatchObject({ status: 412, json: { code: "version.conflict" } });
  });

  it("ends the old secret at once", async () => {
    const next = await rotate();
    await beat(orders);

    const ended = await revoke();

    expect(ended.status).toBe(204);
    expect(await beat(orders)).toMatchObject({ status: 401, json: { code: "token.invalid" } });
    expect((await beat(next)).status).toBe(200);
  });

  it("fails no call while nodes change over", async () => {
    const statuses: number[] = [];
    const beats = async (identity: ExecIdentity, count: number): Promise<void> => {
      const got = await Promise.all(Array.from({ length: count }, () => beat(identity)));
      statuses.push(...got.map(({ status }) => status));
    };

    const [, next] = await Promise.all([beats(orders, 50), rotate()]);
    await Promise.all([beats(orders, 50), beats(next, 50)]);
    await Promise.all([beats(next, 50), revoke()]);
    await beats(next, 50);

    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it("shows when each secret was last used", async () => {
    open.advance(1_000);
    await beat(orders);

    const { json } = await open.ask("GET", `${EXECUTORS}/orders`);

    expect(json.secrets[0].lastUsedAt).toBe(new Date(open.nowMs).toISOString());
  });

  it("signs what goes to a node with a secret that the node knows", async () => {
    await beat(orders);
    const target = { kind: "executor", executor: "orders", handler: "report" };
    await open.ask("POST", "/api/v1/jobs", { body: aJob({ target }) });
    const sealed = async (): Promise<string | undefined> => {
      const { json } = await open.ask("POST", "/api/v1/jobs/nightly-report/runs?overlap=allow");
      const { route } = open.delivery(json.id);
      return route.kind === "executor" ? route.node.sealedSecret : undefined;
    };

    const before = await sealed();
    const next = await rotate();
    const between = await sealed();
    await beat(next);
    await revoke();
    const after = await sealed();

    expect(between).toBe(before);
    expect(after).not.toBe(before);
  });

  it("needs the scope admin", async () => {
    const token = await open.newToken("write");

    expect((await open.ask("POST", SECRETS, { token })).status).toBe(403);
  });
});
