import { createHash } from "node:crypto";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { Webhook } from "standardwebhooks";
import { expect } from "vitest";
import type { Got } from "../support/open-api.ts";
import type { HostClient } from "../support/host-client.ts";
import { runOf, type Arrival } from "../support/sink.ts";
import {
  aWebhookJob,
  type HostCase,
  listed,
  QUICK_RETRY,
  runInState,
  runToEnd,
  type Scene,
} from "./host-case.ts";

const ACCEPTED = { status: 202 } as const;

/** Deliveries that prove who sent them, and answers that come later. */
export const HOST_CALLBACK_CASES: readonly HostCase[] = [
  { name: "webhooks verify by Standard Webhooks, also while the secret changes", run: signatures },
  { name: "an executor is called under its own token", run: executor },
  { name: "an executor's nodes take turns, and run-now may name one", run: nodes },
  { name: "202 waits for the callback, which is taken once", run: callback },
  { name: "a callback of an earlier attempt is over, a forged one unknown", run: staleCallback },
  { name: "a callback may fail the run for good", run: failingCallback },
];

async function signatures(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const url = sink.answers("/signed");
  const path = "/namespaces/default/signing-secret";
  const { secret } = await client.get("POST", path, 201);
  await runToEnd(scene, aWebhookJob("signed", url));
  const { secret: next } = await client.get("POST", path, 201);
  await client.get("POST", "/jobs/signed/runs?wait=20s", 200);
  await client.get("DELETE", `${path}/previous`, 204);
  await client.get("POST", "/jobs/signed/runs?wait=20s", 200);

  const [first, second, third] = sink.at("/signed");

  expect(isSigned(first, secret)).toBe(true);
  expect(isSigned(first, next)).toBe(false);
  expect([isSigned(second, secret), isSigned(second, next)]).toEqual([true, true]);
  expect([isSigned(third, secret), isSigned(third, next)]).toEqual([false, true]);
  expect(first?.headers["webhook-id"]).toBe(first === undefined ? "" : runOf(first));
}

async function executor(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const { appSecret, deployment } = await client.get("POST", "/executors", 201, {
    body: {
      appKey: "orders",
      name: "Orders",
      registration: "manual",
      nodes: [{ address: `${sink.url}/orders/` }],
    },
  });
  sink.answers("/orders/tickwheel/run", { status: 200, json: { result: "packed" } });
  const target = { kind: "executor", executor: "orders", handler: "pack" };

  const run = await runToEnd(scene, executorJob("pack", target));

  const [arrival] = await sink.arrivals("/orders/tickwheel/run", 1);
  expect(run).toMatchObject({ state: "succeeded", result: "packed", node: `${sink.url}/orders` });
  const token = bearerOf(arrival);
  expect(decodeProtectedHeader(token)).toEqual({ alg: "HS256", typ: "run+jwt" });
  const { payload } = await jwtVerify(token, new TextEncoder().encode(appSecret), {
    algorithms: ["HS256"],
    typ: "run+jwt",
    audience: "orders",
    issuer: deployment,
    subject: `${sink.url}/orders/tickwheel/run`,
    requiredClaims: ["iat", "nbf", "exp", "jti", "body", "run", "att", "at"],
  });
  expect(payload).toMatchObject({
    run: run.id,
    att: 1,
    at: run.nominalAt,
    jti: `${run.id}:1:1`,
    body: createHash("sha256").update(arrival.body).digest("base64url"),
  });
  expect(JSON.parse(arrival.body)).toMatchObject({ run: run.id, handler: "pack", attempt: 1 });
  const shown = await client.ask("GET", "/api/v1/executors/orders");
  expect(shown.text).not.toContain(appSecret);
}

async function nodes(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const addresses = ["/node-a", "/node-b"].map((path) => sink.url + path);
  await client.get("POST", "/executors", 201, {
    body: {
      appKey: "fleet",
      name: "Fleet",
      registration: "manual",
      nodes: addresses.map((address) => ({ address })),
    },
  });
  const target = { kind: "executor", executor: "fleet", handler: "drive" };
  const first = await runToEnd(scene, executorJob("drive", target));
  const second = await client.get("POST", "/jobs/drive/runs?wait=20s", 200);

  const named = await client.get("POST", "/jobs/drive/runs?wait=20s", 200, {
    body: { node: addresses[1] },
  });

  expect(new Set([first.node, second.node])).toEqual(new Set(addresses));
  expect(named).toMatchObject({ state: "succeeded", node: addresses[1] });
  await listed(scene, "/jobs?executor=fleet", (items) => items.length === 1);
  const inUse = await client.ask("DELETE", "/api/v1/executors/fleet");
  expect(inUse).toMatchObject({ status: 409, json: { code: "executor.in_use" } });
}

async function callback(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const url = sink.answers("/callback", ACCEPTED);
  await client.get("POST", "/jobs", 201, { body: asyncJob("callback", url) });
  const { id } = await client.get("POST", "/jobs/callback/runs", 202);
  const [arrival] = await sink.arrivals("/callback", 1);
  await runInState(scene, id, "running");
  expect(arrival.headers["tickwheel-callback-url"]).toBe(`${client.url}/api/v1/executor/callback`);

  const said = { status: "succeeded", result: { rows: 9 } };
  const first = await callBack(client, arrival, said);
  const ended = await client.get("GET", `/runs/${id}`, 200);
  const repeated = await callBack(client, arrival, said);
  const contrary = await callBack(client, arrival, { status: "failed" });

  expect(first).toMatchObject({ status: 200, json: { run: id, attempt: 1, repeated: false } });
  expect(ended).toMatchObject({ state: "succeeded", result: { rows: 9 } });
  expect(repeated).toMatchObject({ status: 200, json: { repeated: true } });
  expect(contrary).toMatchObject({ status: 409, json: { code: "callback.contradicts" } });
  expect(await client.get("GET", `/runs/${id}`, 200)).toMatchObject({ state: "succeeded" });
}

async function staleCallback(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const url = sink.answers("/stale-callback", ACCEPTED);
  const job = asyncJob("stale-callback", url, { timeout: "1s", retry: QUICK_RETRY });
  await client.get("POST", "/jobs", 201, { body: job });
  const { id } = await client.get("POST", "/jobs/stale-callback/runs", 202);
  const [first, second] = await sink.arrivals("/stale-callback", 2);
  const done = { status: "succeeded" };

  const stale = await callBack(client, first, done);
  const forged = await callBack(client, first, done, `${callbackTokenOf(first).slice(0, -4)}AAAA`);
  const current = second === undefined ? null : await callBack(client, second, done);

  expect(stale).toMatchObject({ status: 410, json: { code: "callback.over" } });
  expect(forged).toMatchObject({ status: 401, json: { code: "token.invalid" } });
  expect(current).toMatchObject({ status: 200, json: { run: id, attempt: 2 } });
  const run = await runInState(scene, id, "succeeded");
  expect(run.attempts.map(({ outcome }: { readonly outcome: string }) => outcome)).toEqual([
    "timed_out",
    "succeeded",
  ]);
}

async function failingCallback(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const url = sink.answers("/failing-callback", ACCEPTED);
  await client.get("POST", "/jobs", 201, {
    body: asyncJob("failing-callback", url, { retry: QUICK_RETRY }),
  });
  const { id } = await client.get("POST", "/jobs/failing-callback/runs", 202);
  const [arrival] = await sink.arrivals("/failing-callback", 1);
  const error = { message: "The file is empty.", code: "empty" };

  const answer = await callBack(client, arrival, { status: "failed", error, retry: false });

  expect(answer).toMatchObject({ status: 200 });
  expect(await client.get("GET", `/runs/${id}`, 200)).toMatchObject({ state: "failed", error });
  expect(sink.at("/failing-callback")).toHaveLength(1);
}

/** Sends a callback as the receiver of a delivery would. */
export function callBack(
  client: HostClient,
  arrival: Arrival,
  body: unknown,
  token: string = callbackTokenOf(arrival),
): Promise<Got> {
  return client.ask("POST", "/api/v1/executor/callback", { token, body });
}

/** A webhook job whose 202 means that a callback follows. */
export function asyncJob(
  name: string,
  url: string,
  changes: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return aWebhookJob(name, url, { target: { mode: "async" }, ...changes });
}

function executorJob(
  name: string,
  target: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return { name, schedule: { kind: "manual" }, target };
}

function callbackTokenOf(arrival: Arrival): string {
  return arrival.headers["tickwheel-callback-token"] ?? "";
}

function bearerOf(arrival: Arrival): string {
  return arrival.headers["authorization"]?.replace(/^Bearer /, "") ?? "";
}

function isSigned(arrival: Arrival | undefined, secret: string): boolean {
  try {
    new Webhook(secret).verify(arrival?.body ?? "", { ...arrival?.headers });
    return true;
  } catch {
    return false;
  }
}
