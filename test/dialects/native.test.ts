import { createHash, createSecretKey } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { signJwt } from "../../src/dialects/jwt.ts";
import { nativeDialect } from "../../src/dialects/native.ts";
import {
  aContext,
  anAnswer,
  anExecutorDelivery,
  aStep,
  APP_SECRET,
  cipher,
  DEPLOYMENT_ID,
  NOW_MS,
} from "../support/deliveries.ts";

const KEY = new TextEncoder().encode(APP_SECRET);
const RUN_URL = "https://worker-3.example.com/tickwheel/run";

function bearerOf(headers: Readonly<Record<string, string>>): string {
  return (headers["authorization"] ?? "").replace("Bearer ", "");
}

describe("a delivery to an executor", () => {
  it("is one POST that describes the run", () => {
    const delivery = anExecutorDelivery();

    const request = nativeDialect.encode(delivery, aContext());

    expect(request).toMatchObject({ method: "POST", url: RUN_URL, timeoutMs: 60_000 });
    expect(request.headers).toMatchObject({
      "content-type": "application/json",
      "idempotency-key": delivery.runId,
      "tickwheel-attempt": "2",
    });
    expect(JSON.parse(request.body ?? "")).toEqual({
      run: delivery.runId,
      job: "nightly-report",
      handler: "report",
      trigger: "tick",
      params: { customer: 7 },
      attempt: 2,
      attemptsMax: 4,
      nominalAt: "2026-11-21T02:00:00.000Z",
      deadlineAt: "2026-11-21T02:01:00.250Z",
      callback: {
        url: "https://tickwheel.example/api/v1/executor/callback",
        token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      },
    });
  });

  it.each([
    ["https://worker-3.example.com/", RUN_URL],
    ["https://a.example/base", "https://a.example/base/tickwheel/run"],
    ["https://a.example/base//?x=1#y", "https://a.example/base/tickwheel/run"],
    ["http://10.0.0.7:9999", "http://10.0.0.7:9999/tickwheel/run"],
  ])("to %s goes to %s", (address, url) => {
    const delivery = anExecutorDelivery();
    const route = { ...delivery.route, node: { ...delivery.route.node, address } };

    expect(nativeDialect.encode({ ...delivery, route }, aContext()).url).toBe(url);
  });

  it("carries a token that jose accepts, bound to target, body and send", async () => {
    const delivery = anExecutorDelivery();
    const request = nativeDialect.encode(delivery, aContext());

    const { payload, protectedHeader } = await jwtVerify(bearerOf(request.headers), KEY, {
      algorithms: ["HS256"],
      typ: "run+jwt",
      issuer: DEPLOYMENT_ID,
      audience: "billing",
      subject: RUN_URL,
      requiredClaims: ["iat", "nbf", "exp", "jti", "body", "run", "att", "at"],
      currentDate: new Date(NOW_MS),
    });

    const issuedAt = Math.floor(NOW_MS / 1_000);
    expect(protectedHeader).toEqual({ alg: "HS256", typ: "run+jwt" });
    expect(payload).toEqual({
      iss: DEPLOYMENT_ID,
      aud: "billing",
      sub: RUN_URL,
      iat: issuedAt,
      nbf: issuedAt,
      exp: issuedAt + 300,
      jti: `${delivery.runId}:2:1`,
      body: createHash("sha256")
        .update(request.body ?? "")
        .digest("base64url"),
      run: delivery.runId,
      att: 2,
      at: "2026-11-21T02:00:00.000Z",
    });
  });

  it.each([
    [["a", { b: 1 }], { index: 1, total: 3, items: ["a", { b: 1 }] }],
    [null, { index: 1, total: 3 }],
  ])("of a slice with the items %j says which shard it is", (items, shard) => {
    const slice = { index: 1, total: 3, items, node: "node_1" };
    const delivery = anExecutorDelivery({ slice, trigger: "shard" });

    const request = nativeDialect.encode(delivery, aContext());

    expect(JSON.parse(request.body ?? "")).toMatchObject({ trigger: "shard", shard });
  });

  it.each([
    [{}, {}],
    [{ part: 0 }, { part: 0 }],
    [
      { part: 7, revision: 3 },
      { part: 7, revision: 3 },
    ],
    [{ isCompensation: true }, { compensation: true }],
  ])("of a step with %j says whose step it does", (change, said) => {
    const workflow = aStep(change);
    const delivery = anExecutorDelivery({ workflow, trigger: "workflow" });

    const request = nativeDialect.encode(delivery, aContext());

    const body: unknown = JSON.parse(request.body ?? "");
    expect(body).toMatchObject({ trigger: "workflow" });
    expect(body).toHaveProperty("workflow", {
      run: workflow.run,
      step: "extract",
      revision: 1,
      ...said,
      context: { day: "mon" },
    });
    expect(request.headers).toMatchObject({
      "tickwheel-workflow-run": workflow.run,
      "tickwheel-step": "extract",
    });
  });

  it("never carries another executor's secret", () => {
    const delivery = anExecutorDelivery();
    const stolen = { ...delivery.route, appKey: "mailing" };

    expect(() => nativeDialect.encode({ ...delivery, route: stolen }, aContext())).toThrow(
      /does not open/,
    );
  });
});

describe("a cancel", () => {
  const { node, appKey } = anExecutorDelivery().route;
  const notice = {
    namespace: "default",
    appKey,
    node: { ...node, address: "https://a.example/base/" },
    runId: "run_1",
    attempt: 2,
    reason: "wrong day",
  };

  it("names the attempt, under a token for this one cancel", async () => {
    const request = nativeDialect.encodeCancel(notice, aContext());

    const { payload } = await jwtVerify(bearerOf(request.headers), KEY, {
      typ: "run+jwt",
      issuer: DEPLOYMENT_ID,
      audience: "billing",
      subject: "https://a.example/base/tickwheel/cancel",
      requiredClaims: ["iat", "nbf", "exp"],
      currentDate: new Date(NOW_MS),
    });
    const body = createHash("sha256")
      .update(request.body ?? "")
      .digest("base64url");
    expect(request).toMatchObject({ method: "POST", timeoutMs: 5_000 });
    expect(JSON.parse(request.body ?? "")).toEqual({
      run: "run_1",
      attempt: 2,
      reason: "wrong day",
    });
    expect(payload).toMatchObject({ jti: "run_1:2:cancel", run: "run_1", att: 2, body });
  });

  it.each([
    [200, '{"canceled":true}', true],
    [404, '{"known":false}', true],
    [200, '{"known":false}', true],
    [200, '{"canceled":false}', false],
    [200, "", false],
    [404, "", false],
    [404, '{"canceled":true}', false],
    [500, '{"canceled":true}', false],
    [302, '{"known":false}', false],
  ])("that is answered with %i %s is confirmed: %s", (status, body, isConfirmed) => {
    expect(nativeDialect.decodeCancel(anAnswer(status, body))).toBe(isConfirmed);
  });

  it("that reaches nobody is not confirmed", () => {
    const answer = { ok: false, reason: "cut", message: "", delivered: true } as const;

    expect(nativeDialect.decodeCancel(answer)).toBe(false);
  });
});

describe("tokens", () => {
  it("are byte for byte those that jose makes", async () => {
    const claims = { iss: "dep_ä", n: 1, nested: { a: [1, "x"] }, iat: 1, exp: 2 };
    const theirs = await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256", typ: "run+jwt" })
      .sign(KEY);

    expect(signJwt("run+jwt", claims, createSecretKey(KEY))).toBe(theirs);
  });

  it("of one kind are not those of another", () => {
    const key = createSecretKey(cipher.derive("x"));

    expect(signJwt("run+jwt", { a: 1 }, key)).not.toBe(signJwt("cb+jwt", { a: 1 }, key));
  });
});
