import { expect, test } from "vitest";
import { EGRESS_LIMITS, type EgressLimits } from "../../src/adapters/egress-options.ts";
import { createEgressPolicy } from "../../src/adapters/egress-policy.ts";
import type { BreakOff, EgressRequest } from "../../src/ports/egress.ts";
import { createFetchEgress } from "../../workers/egress-fetch.ts";

const REQUEST: EgressRequest = {
  method: "POST",
  url: "https://target.example/hook",
  headers: { "content-type": "application/json" },
  body: "{}",
  timeoutMs: 5_000,
};

type Answering = (url: string, init: RequestInit) => Promise<Response>;

function anEgress(fetch: Answering, limits: Partial<EgressLimits> = {}) {
  const policy = createEgressPolicy({ allow: [], own: ["tickwheel.example"] });
  return createFetchEgress({ policy, limits: { ...EGRESS_LIMITS, ...limits }, fetch });
}

test("an answer comes back whole, with lower-case headers", async () => {
  const egress = anEgress(
    async () => new Response("hello", { status: 201, headers: { "X-Trace": "a" } }),
  );

  await expect(egress.send(REQUEST)).resolves.toMatchObject({
    ok: true,
    status: 201,
    headers: { "x-trace": "a" },
    body: "hello",
    truncated: false,
  });
});

test("the request leaves as it is, and redirects are not followed", async () => {
  const seen: { readonly url: string; readonly init: RequestInit }[] = [];
  const egress = anEgress(async (url, init) => {
    seen.push({ url, init });
    return new Response(null, { status: 302, headers: { location: "http://127.0.0.1/" } });
  });

  const answer = await egress.send(REQUEST);

  expect(answer).toMatchObject({ ok: true, status: 302 });
  expect(seen).toHaveLength(1);
  expect(seen[0]?.init).toMatchObject({ method: "POST", body: "{}", redirect: "manual" });
});

test.each([
  "http://127.0.0.1/",
  "http://[::1]/",
  "http://2130706433/",
  "http://169.254.169.254/latest/meta-data",
  "http://10.0.0.1/",
  "http://localhost/",
  "https://tickwheel.example/api/v1/jobs",
  "ftp://target.example/",
])("%s is refused before anything is sent", async (url) => {
  let calls = 0;
  const egress = anEgress(async () => {
    calls++;
    return new Response();
  });

  const answer = await egress.send({ ...REQUEST, url });

  expect(answer).toMatchObject({ ok: false, reason: "refused", delivered: false });
  expect(egress.refuses(url)).not.toBeNull();
  expect(calls).toBe(0);
});

test("a long body is cut at the limit, and the rest is not read", async () => {
  let isCanceled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode("x".repeat(1_000))),
    cancel: () => {
      isCanceled = true;
    },
  });
  const egress = anEgress(async () => new Response(endless), {
    keepBytesMax: 1_500,
    readBytesMax: 4_000,
  });

  const answer = await egress.send(REQUEST);

  expect(answer).toMatchObject({ ok: true, body: "x".repeat(1_500), truncated: true });
  expect(isCanceled).toBe(true);
});

test("a target that says nothing has timed out", async () => {
  const egress = anEgress((_, init) => rejectedWhenAborted(init));

  const answer = await egress.send({ ...REQUEST, timeoutMs: 20 });

  expect(answer).toMatchObject({ ok: false, reason: "timed_out", delivered: true });
});

test("a body that pauses for too long has timed out", async () => {
  const egress = anEgress(
    async (_, init) => {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          controller.enqueue(new TextEncoder().encode("a"));
          breakWhenAborted(controller, init);
        },
      });
      return new Response(body);
    },
    { idleTimeoutMs: 20 },
  );

  const answer = await egress.send(REQUEST);

  expect(answer).toMatchObject({
    ok: false,
    reason: "timed_out",
    message: "the answer paused for more than 20 ms",
  });
});

test("an answer may be longer in coming than a pause in it may be", async () => {
  const egress = anEgress(
    (_, init) => {
      const late = after(150).then(() => new Response("late"));
      return Promise.race([late, rejectedWhenAborted(init)]);
    },
    { idleTimeoutMs: 20 },
  );

  await expect(egress.send(REQUEST)).resolves.toMatchObject({ ok: true, body: "late" });
});

test("a body whose pauses are short is read to its end, however long it takes in all", async () => {
  const pieces = Array.from("abcdefghijkl");
  const egress = anEgress(
    async (_, init) =>
      new Response(
        new ReadableStream<Uint8Array>({
          start: (controller) => breakWhenAborted(controller, init),
          pull: async (controller) => {
            await after(100);
            const piece = pieces.shift();
            if (piece === undefined) controller.close();
            else controller.enqueue(new TextEncoder().encode(piece));
          },
        }),
      ),
    { idleTimeoutMs: 300 },
  );

  const answer = await egress.send(REQUEST);

  expect(answer).toMatchObject({ ok: true, body: "abcdefghijkl" });
});

test("a connection that is lost may have carried the request", async () => {
  const egress = anEgress(() => Promise.reject(new Error("Network connection lost.")));

  const answer = await egress.send(REQUEST);

  expect(answer).toMatchObject({ ok: false, reason: "cut", delivered: true });
});

test("a request that cannot be written down has not left", async () => {
  const egress = anEgress(async (url, init) => {
    void new Request(url, init);
    return new Response();
  });

  const answer = await egress.send({ ...REQUEST, headers: { "x-a": "one\ntwo" } });

  expect(answer).toMatchObject({ ok: false, reason: "refused", delivered: false });
});

test("an answer with too many headers is invalid", async () => {
  const headers = new Headers();
  for (let i = 0; i < 5; i++) headers.set(`x-${i}`, "a");
  const egress = anEgress(async () => new Response("", { headers }), { headersMax: 4 });

  const answer = await egress.send(REQUEST);

  expect(answer).toMatchObject({ ok: false, reason: "invalid" });
});

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function breakWhenAborted(body: ReadableStreamDefaultController, { signal }: RequestInit): void {
  signal?.addEventListener("abort", () => body.error(new Error("aborted")));
}

function rejectedWhenAborted({ signal }: RequestInit): Promise<Response> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(new Error("The operation was aborted")));
  });
}

test("a request that is broken off is answered at once", async () => {
  const breakOff: BreakOff = { isBroken: false, onBreak: null };
  const egress = anEgress(
    (_url, { signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(new Error("aborted")));
      }),
  );
  const answering = egress.send(REQUEST, breakOff);
  breakOff.isBroken = true;
  breakOff.onBreak?.();

  await expect(answering).resolves.toMatchObject({ ok: false, reason: "cut", delivered: true });
  await expect(egress.send(REQUEST, breakOff)).resolves.toMatchObject({ delivered: false });
});
