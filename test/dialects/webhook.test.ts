import { Webhook } from "standardwebhooks";
import { expect, it, vi } from "vitest";
import { webhookSecret } from "../../src/dialects/webhook-secret.ts";
import { webhookDialect } from "../../src/dialects/webhook.ts";
import { aContext, aStep, aWebhookDelivery, cipher, NOW_MS } from "../support/deliveries.ts";

/** Verifies as a receiver would who runs the reference library at the moment of the delivery. */
function verify(secret: string, body: string, headers: Readonly<Record<string, string>>): unknown {
  vi.useFakeTimers({ now: NOW_MS, toFake: ["Date"] });
  try {
    return new Webhook(secret).verify(body, headers);
  } finally {
    vi.useRealTimers();
  }
}

it("without a body of its own, a webhook gets the description of its delivery", () => {
  const delivery = aWebhookDelivery();

  const request = webhookDialect.encode(delivery, aContext());

  expect(request).toMatchObject({
    method: "POST",
    url: "https://example.com/hook?a=b",
    timeoutMs: 60_000,
  });
  expect(JSON.parse(request.body ?? "")).toEqual({
    run: delivery.runId,
    job: "nightly-report",
    params: { customer: 7 },
    attempt: 2,
    attemptsMax: 4,
    nominalAt: "2026-11-21T02:00:00.000Z",
    trigger: "tick",
  });
});

it("a step's webhook without a body of its own is told whose step it does", () => {
  const workflow = aStep({ part: 2 });
  const delivery = aWebhookDelivery({}, { workflow, trigger: "workflow" });

  const request = webhookDialect.encode(delivery, aContext());

  expect(JSON.parse(request.body ?? "")).toMatchObject({
    trigger: "workflow",
    workflow: {
      run: workflow.run,
      step: "extract",
      revision: 1,
      part: 2,
      context: { day: "mon" },
    },
  });
  expect(
    verify(webhookSecret(cipher, "default", 1), request.body ?? "", request.headers),
  ).toMatchObject({ workflow: { step: "extract" } });
});

it.each([
  { method: "POST", body: { a: 1 } },
  { method: "GET", body: null },
] as const)("a step's $method with the body $body is told so by its headers", (target) => {
  const delivery = aWebhookDelivery(target, { workflow: aStep() });

  const { headers, body } = webhookDialect.encode(delivery, aContext());

  expect(body ?? "").not.toContain("workflow");
  expect(headers).toMatchObject({
    "tickwheel-workflow-run": aStep().run,
    "tickwheel-step": "extract",
  });
});

it("the headers say which run it is, and the user's own go along", () => {
  const delivery = aWebhookDelivery({ headers: { Authorization: "Bearer theirs", "X-Team": "a" } });

  const { headers } = webhookDialect.encode(delivery, aContext());

  expect(headers).toMatchObject({
    authorization: "Bearer theirs",
    "x-team": "a",
    "content-type": "application/json",
    "idempotency-key": delivery.runId,
    "tickwheel-run": delivery.runId,
    "tickwheel-attempt": "2",
    "tickwheel-nominal": "2026-11-21T02:00:00.000Z",
    "webhook-id": delivery.runId,
    "webhook-timestamp": String(Math.floor(NOW_MS / 1_000)),
  });
  expect(Object.keys(headers).filter((name) => name.startsWith("tickwheel-callback"))).toEqual([]);
});

it("a header of the user never replaces one of ours", () => {
  const theirs = { "Webhook-Id": "x", "Idempotency-Key": "x", "Content-Type": "text/x" };

  const { headers } = webhookDialect.encode(aWebhookDelivery({ headers: theirs }), aContext());

  expect(headers["webhook-id"]).toBe(aWebhookDelivery().runId);
  expect(headers["idempotency-key"]).toBe(aWebhookDelivery().runId);
  expect(headers["content-type"]).toBe("text/x");
});

it.each([
  { method: "GET", body: null, sent: null },
  { method: "GET", body: { a: 1 }, sent: null },
  { method: "DELETE", body: null, sent: null },
  { method: "DELETE", body: { a: 1 }, sent: '{"a":1}' },
  { method: "PUT", body: "text", sent: '"text"' },
  { method: "PATCH", body: [1, 2], sent: "[1,2]" },
] as const)("$method with the body $body sends $sent", ({ method, body, sent }) => {
  const request = webhookDialect.encode(aWebhookDelivery({ method, body }), aContext());

  expect(request.body).toBe(sent);
  expect("content-type" in request.headers).toBe(sent !== null);
});

it("the reference library of Standard Webhooks accepts our signature", () => {
  const request = webhookDialect.encode(aWebhookDelivery({ body: { a: "ä🍵" } }), aContext());
  const secret = webhookSecret(cipher, "default", 1);

  expect(verify(secret, request.body ?? "", request.headers)).toEqual({ a: "ä🍵" });
  expect(() => verify(secret, "{}", request.headers)).toThrow(/signature/);
  expect(() =>
    verify(webhookSecret(cipher, "other", 1), request.body ?? "", request.headers),
  ).toThrow(/signature/);
});

it("while the secret changes, receivers with the old and with the new one accept", () => {
  const delivery = aWebhookDelivery();
  const rotating = { ...delivery, route: { ...delivery.route, signingGenerations: [3, 2] } };

  const request = webhookDialect.encode(rotating, aContext());

  for (const generation of [3, 2])
    expect(
      verify(webhookSecret(cipher, "default", generation), request.body ?? "", request.headers),
    ).toMatchObject({ attempt: 2 });
  expect(() =>
    verify(webhookSecret(cipher, "default", 1), request.body ?? "", request.headers),
  ).toThrow(/signature/);
});

it("a secret is 32 bytes, and another one for each namespace and generation", () => {
  const secrets = [
    webhookSecret(cipher, "default", 1),
    webhookSecret(cipher, "default", 2),
    webhookSecret(cipher, "other", 1),
  ];

  expect(new Set(secrets).size).toBe(3);
  for (const secret of secrets) {
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(Buffer.from(secret.slice(6), "base64")).toHaveLength(32);
  }
});

it("an asynchronous webhook learns where and with what to call back", () => {
  const { headers } = webhookDialect.encode(aWebhookDelivery({ mode: "async" }), aContext());

  expect(headers["tickwheel-callback-url"]).toBe(
    "https://tickwheel.example/api/v1/executor/callback",
  );
  expect(headers["tickwheel-callback-token"]).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
});
