import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { execCall, newExecutor, type ExecIdentity } from "../support/exec-call.ts";
import { ATTACKS, type Known } from "../support/exec-token-attacks.ts";
import { signExecToken } from "../support/exec-tokens.ts";
import { OpenApi } from "../support/open-api.ts";

const BEAT = "/api/v1/executor/beat";
const BODY_TEXT = JSON.stringify({ address: "https://one.example.com" });
const REQUEST_ID = "the-same-for-all";
let open: OpenApi;
let orders: ExecIdentity;
let known: Known;

beforeEach(async () => {
  open = await OpenApi.start();
  orders = await newExecutor(open);
  const other = await newExecutor(open, "attacker");
  known = {
    ...orders,
    bodyText: BODY_TEXT,
    nowMs: open.nowMs,
    otherAppKey: other.appKey,
    otherSecret: other.appSecret,
    apiToken: await open.newToken("admin"),
    callbackToken: open.tokens.issue({ run: "run_x", attempt: 1, deadlineMs: open.nowMs + 60_000 }),
  };
});
afterEach(() => open.close());

interface Sent {
  readonly status: number;
  readonly text: string;
}

async function send(authorization: string | readonly string[], text = BODY_TEXT): Promise<Sent> {
  const headers = new Headers({ "content-type": "application/json", "x-request-id": REQUEST_ID });
  const values = typeof authorization === "string" ? [authorization] : authorization;
  for (const value of values) headers.append("authorization", value);
  const response = await open.api.request(BEAT, { method: "POST", headers, body: text });
  return { status: response.status, text: await response.text() };
}

const goodToken = (): string =>
  signExecToken({ ...orders, bodyText: BODY_TEXT, nowMs: open.nowMs });

/** A beat by a clock that is ahead by so many seconds. */
const skewed = (seconds: number): Promise<Sent> => {
  const nowMs = open.nowMs + seconds * 1_000;
  return send(`Bearer ${signExecToken({ ...orders, bodyText: BODY_TEXT, nowMs })}`);
};

const executorNow = async () => (await open.ask("GET", "/api/v1/executors/orders")).json;

describe("a token of an executor", () => {
  it("is accepted when it is right in every way", async () => {
    expect((await send(`Bearer ${goodToken()}`)).status).toBe(200);
  });

  it("is attacked in more than sixty ways", () => {
    expect(new Set(ATTACKS.map(([name]) => name)).size).toBe(ATTACKS.length);
    expect(ATTACKS.length).toBeGreaterThan(60);
  });

  it.each(ATTACKS)("is refused with %s, like any other, and nothing changes", async (_, attack) => {
    const before = await executorNow();
    const usual = await send("Bearer a.b.c");

    const got = await send(attack(known));

    expect(got).toEqual({ status: 401, text: usual.text });
    expect(await executorNow()).toEqual(before);
  });

  it("is refused for a body that was changed by one space", async () => {
    expect((await send(`Bearer ${goodToken()}`, `${BODY_TEXT} `)).status).toBe(401);
  });

  it("is refused before anything is said about a body that is not valid", async () => {
    const got = await send("Bearer a.b.c", '{"address":7}');

    expect(got.status).toBe(401);
  });

  it("is refused everywhere else", async () => {
    const token = goodToken();
    const elsewhere = [
      await open.ask("GET", "/api/v1/jobs", { token }),
      await open.ask("POST", "/api/v1/executor/callback", { token, body: { status: "failed" } }),
      await open.ask("DELETE", "/api/v1/executors/orders", { token }),
    ];

    for (const got of elsewhere)
      expect(got).toMatchObject({ status: 401, json: { code: "token.invalid" } });
  });

  it("is refused once its executor is deleted", async () => {
    await send(`Bearer ${goodToken()}`);
    await open.ask("DELETE", "/api/v1/executors/orders");
    const usual = await send("Bearer a.b.c");

    expect(await send(`Bearer ${goodToken()}`)).toEqual({ status: 401, text: usual.text });
  });

  it("bears clocks that differ by 30 seconds, and no more", async () => {
    const statuses = [await skewed(30), await skewed(32), await skewed(-89), await skewed(-91)];
    expect(statuses.map(({ status }) => status)).toEqual([200, 401, 200, 401]);
  });
});

describe("a replay", () => {
  it("is refused, on whatever route the token was used", async () => {
    const token = goodToken();
    const usual = await send("Bearer a.b.c");
    const first = await send(`Bearer ${token}`);
    const again = await send(`Bearer ${token}`);
    const leave = await open.ask("POST", "/api/v1/executor/leave", { token, text: BODY_TEXT });

    expect(first.status).toBe(200);
    expect(again).toEqual({ status: 401, text: usual.text });
    expect(leave.status).toBe(401);
    expect((await executorNow()).nodes[0].state).toBe("online");
  });

  it("is never accepted in ten thousand tries", async () => {
    const token = goodToken();
    await send(`Bearer ${token}`);
    const statuses = new Map<number, number>();
    for (let round = 0; round < 20; round++) {
      // A little later each time, so that the rate limit is not what refuses most of them.
      open.advance(15_000);
      // oxlint-disable-next-line no-await-in-loop -- In waves, some at the same time.
      const got = await Promise.all(Array.from({ length: 500 }, () => send(`Bearer ${token}`)));
      for (const { status } of got) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }

    const refused = (statuses.get(401) ?? 0) + (statuses.get(429) ?? 0);
    expect(refused).toBe(10_000);
    expect(statuses.get(401)).toBeGreaterThan(1_000);
  });

  it("of two calls at the same time lets one through", async () => {
    const token = goodToken();
    const got = await Promise.all(Array.from({ length: 20 }, () => send(`Bearer ${token}`)));

    expect(got.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it("does not keep the executor from calling", async () => {
    const token = goodToken();
    await Promise.all(Array.from({ length: 700 }, () => send(`Bearer ${token}`)));

    const got = await execCall(open, orders, "beat", { address: "https://one.example.com" });

    expect(got.status).toBe(200);
  });
});
