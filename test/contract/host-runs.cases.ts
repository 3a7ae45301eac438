import { once } from "node:events";
import { createServer } from "node:net";
import { expect } from "vitest";
import { listenOnLoopback } from "../support/listen.ts";
import { attemptOf, runOf } from "../support/sink.ts";
import {
  aWebhookJob,
  type HostCase,
  QUICK_RETRY,
  runInState,
  runToEnd,
  type Scene,
} from "./host-case.ts";

/** Runs on request, and how attempts end. */
export const HOST_RUN_CASES: readonly HostCase[] = [
  { name: "run-now waits for the end and brings the result", run: runNow },
  { name: "a run may be asked for later", run: delayed },
  { name: "an idempotency key makes one run of many requests", run: idempotency },
  { name: "a failed attempt is followed by another under the same identity", run: retries },
  { name: "Retry-After is honoured", run: retryAfter },
  { name: "an answer that forbids retries ends the run", run: nonRetryable },
  { name: "a target that never answers times out", run: timeout },
  { name: "a target that nobody listens at fails the run", run: refusedConnection },
  { name: "a redirect is a failure and is not followed", run: redirect },
  { name: "a cut connection is sent again once, and at most once never", run: cutConnection },
  { name: "a canceled run stays canceled, and a retry names its origin", run: cancelAndRetry },
  { name: "a run that is not asked to overlap is refused beside another", run: overlap },
];

async function runNow(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const url = sink.answers("/run-now", { status: 200, json: { result: { rows: 3 } } });
  const job = aWebhookJob("run-now", url, { params: { day: "monday", region: "eu" } });
  await client.get("POST", "/jobs", 201, { body: job });

  const run = await client.get("POST", "/jobs/run-now/runs?wait=20s", 200, {
    body: { params: { day: "friday" } },
  });

  expect(run).toMatchObject({
    job: "run-now",
    state: "succeeded",
    trigger: { kind: "api" },
    params: { day: "friday", region: "eu" },
    result: { rows: 3 },
    attempt: 1,
    error: null,
  });
  const [arrival] = await sink.arrivals("/run-now", 1);
  expect(runOf(arrival)).toBe(run.id);
  expect(JSON.parse(arrival.body).params).toEqual({ day: "friday", region: "eu" });
  expect(await client.get("GET", `/runs/${run.id}`, 200)).toMatchObject({ state: "succeeded" });
}

async function delayed(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const url = sink.answers("/delayed");
  await client.get("POST", "/jobs", 201, { body: aWebhookJob("delayed", url) });

  const beforeMs = Date.now();
  const run = await client.get("POST", "/jobs/delayed/runs", 202, { body: { delay: "700ms" } });
  const afterMs = Date.now();

  expect(run).toMatchObject({ state: "waiting", attempt: 0 });
  expect(Date.parse(run.dueAt) - 700).toBeGreaterThanOrEqual(beforeMs);
  expect(Date.parse(run.dueAt) - 700).toBeLessThanOrEqual(afterMs);
  const [arrival] = await sink.arrivals("/delayed", 1);
  expect(runOf(arrival)).toBe(run.id);
  expect(arrival.atMs).toBeGreaterThanOrEqual(Date.parse(run.dueAt));
  await runInState(scene, run.id, "succeeded");
}

async function idempotency({ client, sink }: Scene): Promise<void> {
  const url = sink.answers("/idempotency");
  await client.get("POST", "/jobs", 201, { body: aWebhookJob("idempotency", url) });
  const order = { headers: { "idempotency-key": "order-4711" }, body: { params: { order: 4711 } } };
  const path = "/api/v1/jobs/idempotency/runs?wait=20s";

  const first = await client.ask("POST", path, order);
  const second = await client.ask("POST", path, order);
  const other = await client.ask("POST", path, { ...order, body: { params: { order: 4712 } } });

  expect(first.headers.get("idempotency-replayed")).toBeNull();
  expect(second.headers.get("idempotency-replayed")).toBe("true");
  expect(second.json.id).toBe(first.json.id);
  expect(other).toMatchObject({ status: 422, json: { code: "idempotency.mismatch" } });
  expect(sink.at("/idempotency").map(runOf)).toEqual([first.json.id]);
}

async function retries(scene: Scene): Promise<void> {
  const { sink } = scene;
  const error = { message: "The disk is full.", code: "disk_full" };
  const url = sink.answers("/retries", { status: 500, json: { error } }, { status: 200 });

  const run = await runToEnd(scene, aWebhookJob("retries", url, { retry: QUICK_RETRY }));

  expect(run).toMatchObject({
    state: "succeeded",
    attempt: 2,
    attemptsMax: 3,
    error: null,
    attempts: [
      { attempt: 1, send: 1, outcome: "failed", status: 500, error },
      { attempt: 2, send: 1, outcome: "succeeded", status: 200, error: null },
    ],
  });
  const arrivals = sink.at("/retries");
  expect(arrivals.map(attemptOf)).toEqual([1, 2]);
  for (const name of ["tickwheel-run", "idempotency-key", "webhook-id", "tickwheel-nominal"])
    expect(new Set(arrivals.map(({ headers }) => headers[name])).size, name).toBe(1);
}

async function retryAfter(scene: Scene): Promise<void> {
  const { sink } = scene;
  const headers = { "retry-after": "1" };
  const url = sink.answers("/retry-after", { status: 503, headers }, { status: 200 });

  const run = await runToEnd(scene, aWebhookJob("retry-after", url, { retry: QUICK_RETRY }));

  expect(run).toMatchObject({ state: "succeeded", attempt: 2 });
  const [first, second] = run.attempts;
  expect(Date.parse(second.sentAt) - Date.parse(first.answeredAt)).toBeGreaterThanOrEqual(1_000);
}

async function nonRetryable(scene: Scene): Promise<void> {
  const { sink } = scene;
  const json = { error: { message: "No such customer." }, retry: false };
  const refusing = sink.answers("/non-retryable", { status: 422, json });
  const unwilling = sink.answers("/status-489", { status: 489 });

  const runs = await Promise.all([
    runToEnd(scene, aWebhookJob("non-retryable", refusing, { retry: QUICK_RETRY })),
    runToEnd(scene, aWebhookJob("status-489", unwilling, { retry: QUICK_RETRY })),
  ]);

  expect(runs[0]).toMatchObject({ state: "failed", error: { message: "No such customer." } });
  expect(runs[1]).toMatchObject({ state: "failed", error: { code: "http_489" } });
  expect(sink.at("/non-retryable")).toHaveLength(1);
  expect(sink.at("/status-489")).toHaveLength(1);
}

async function timeout(scene: Scene): Promise<void> {
  const url = scene.sink.answers("/timeout", "never");

  const run = await runToEnd(scene, aWebhookJob("timeout", url, { timeout: "1s" }));

  expect(run).toMatchObject({
    state: "timed_out",
    attempts: [{ outcome: "timed_out", status: null }],
  });
  const tookMs = Date.parse(run.endedAt) - Date.parse(run.startedAt);
  expect(tookMs).toBeGreaterThanOrEqual(990);
}

async function refusedConnection(scene: Scene): Promise<void> {
  const url = `http://127.0.0.1:${await closedPort()}/`;
  const retry = { ...QUICK_RETRY, max: 1 };

  const run = await runToEnd(scene, aWebhookJob("nobody-listens", url, { retry }));

  // workerd has one word for a connection that was refused and for one that was cut.
  const [state, code] = scene.hostName === "workers" ? ["lost", "cut"] : ["failed", "unreachable"];
  expect(run).toMatchObject({ state, attempt: 2, error: { code } });
  const statuses = run.attempts.map(({ status }: { readonly status: unknown }) => status);
  expect(new Set(statuses)).toEqual(new Set([null]));
}

async function redirect(scene: Scene): Promise<void> {
  const { sink } = scene;
  const headers = { location: `${sink.url}/redirect-goal` };
  const url = sink.answers("/redirect", { status: 302, headers });

  const run = await runToEnd(scene, aWebhookJob("redirect", url));

  expect(run).toMatchObject({ state: "failed", error: { code: "http_302" } });
  expect(sink.at("/redirect")).toHaveLength(1);
  expect(sink.at("/redirect-goal")).toEqual([]);
}

async function cutConnection(scene: Scene): Promise<void> {
  const { sink } = scene;
  const again = sink.answers("/cut", "reset", { status: 200 });
  const never = sink.answers("/cut-at-most-once", "reset", { status: 200 });
  const backoff = QUICK_RETRY;

  const [sentAgain, lost] = await Promise.all([
    runToEnd(scene, aWebhookJob("cut", again, { retry: { ...backoff, max: 0 } })),
    runToEnd(
      scene,
      aWebhookJob("cut-at-most-once", never, { retry: backoff, delivery: "at_most_once" }),
    ),
  ]);

  expect(sentAgain).toMatchObject({
    state: "succeeded",
    attempts: [
      { attempt: 1, send: 1, outcome: "lost" },
      { attempt: 1, send: 2, outcome: "succeeded" },
    ],
  });
  expect(sink.at("/cut").map(attemptOf)).toEqual([1, 1]);
  expect(lost).toMatchObject({ state: "lost", attempts: [{ send: 1, outcome: "lost" }] });
  expect(sink.at("/cut-at-most-once")).toHaveLength(1);
}

async function cancelAndRetry(scene: Scene): Promise<void> {
  const { client, sink } = scene;
  const url = sink.answers("/cancel", "never", { status: 200 });
  await client.get("POST", "/jobs", 201, { body: aWebhookJob("cancel", url) });
  const { id } = await client.get("POST", "/jobs/cancel/runs", 202);
  await sink.arrivals("/cancel", 1);

  const canceled = await client.get("POST", `/runs/${id}/cancel`, 200, {
    body: { reason: "Not needed." },
  });
  const again = await client.ask("POST", `/api/v1/runs/${id}/cancel`);
  const retried = await client.get("POST", `/runs/${id}/retry`, 202);

  expect(canceled).toMatchObject({ state: "canceled", cancelReason: "Not needed." });
  expect(again).toMatchObject({ status: 409, json: { code: "run.ended" } });
  expect(retried.id).not.toBe(id);
  expect(retried.trigger).toEqual({ kind: "retry", origin: id });
  await runInState(scene, retried.id, "succeeded");
  expect(await client.get("GET", `/runs/${id}`, 200)).toMatchObject({ state: "canceled" });
}

async function overlap({ client, sink }: Scene): Promise<void> {
  const release = Promise.withResolvers<void>();
  const url = sink.on("/overlap", async () => {
    await release.promise;
    return { status: 200 };
  });
  await client.get("POST", "/jobs", 201, { body: aWebhookJob("overlap", url) });
  const { id } = await client.get("POST", "/jobs/overlap/runs", 202);

  const refused = await client.ask("POST", "/api/v1/jobs/overlap/runs");
  const beside = await client.get("POST", "/jobs/overlap/runs?overlap=allow", 202);

  expect(refused).toMatchObject({ status: 409, json: { code: "run.overlaps" } });
  await sink.arrivals("/overlap", 2);
  release.resolve();
  const ended = await Promise.all(
    [id, beside.id].map((run) => client.get("GET", `/runs/${run}?wait=20s`, 200)),
  );
  expect(ended.map(({ state }) => state)).toEqual(["succeeded", "succeeded"]);
}

/** A port that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server);
  server.close();
  await once(server, "close");
  return port;
}
